import { Queue } from "bullmq"
import { Redis } from "ioredis"
import PgBoss from "pg-boss"
import type { Queues } from "../peers.js"

const name = "bench"

export const make = async (urls: { readonly postgres: string; readonly redis: string }): Promise<Queues> => {
  const connection = new Redis(urls.redis, { maxRetriesPerRequest: null })
  const bullmq = new Queue(name, { connection })
  await bullmq.waitUntilReady()
  const boss = new PgBoss({ connectionString: urls.postgres, max: 10, schedule: false, supervise: false })
  boss.on("error", () => {})
  await boss.start()
  await boss.createQueue(name)
  return {
    add: {
      "BullMQ on Redis": (data) => bullmq.add("call", data),
      "pg-boss on PostgreSQL": (data) => boss.send(name, data)
    },
    close: async () => {
      await bullmq.close()
      connection.disconnect()
      await boss.stop({ graceful: false })
    }
  }
}
