import { RateLimiterRedis } from "rate-limiter-flexible"
import { createClient } from "redis"
import type { Limiter } from "../peers.js"

export const make = async (url: string): Promise<Limiter> => {
  const client = createClient({ url })
  client.on("error", () => {})
  await client.connect()
  const limiter = new RateLimiterRedis({
    duration: 3600,
    points: 2 ** 31 - 1,
    storeClient: client,
    useRedisPackage: true
  })
  return {
    acquire: () => limiter.consume("bench"),
    close: () => client.close()
  }
}
