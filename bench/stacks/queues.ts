/** Lease queues on stores of the benchmark's own, and an offer on each. */
import * as PgClient from "@effect/sql-pg/PgClient"
import * as SqlClient from "@effect/sql/SqlClient"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { mkdtempSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as RedisNode from "../../src/core/Redis/Node.js"
import * as sqliteQueue from "../../src/delivery/internal/sqliteQueue.js"
import * as LeaseQueue from "../../src/delivery/LeaseQueue.js"
import * as LeaseQueueRedis from "../../src/delivery/LeaseQueue/Redis.js"
import * as LeaseQueueSql from "../../src/delivery/LeaseQueue/Sql.js"
import * as sqliteFile from "../../src/internal/sqliteFile.js"
import * as PostgresServer from "../../src/testing/PostgresServer.js"
import * as RedisServer from "../../src/testing/RedisServer.js"
import { forever } from "./holdfast.js"

export type Once = Effect.Effect<unknown, unknown>

/** 300 bytes, as a small call has. */
export const payload = JSON.stringify({ note: "x".repeat(288) })

const item: LeaseQueue.NewItem = { payload, queue: "bench" }

export const names = {
  postgres: "Holdfast on PostgreSQL",
  postgresAlone: "the same, a transaction a message",
  redis: "Holdfast on Redis",
  sqlite: "Holdfast on SQLite",
  sqliteAlone: "the same on SQLite, a transaction a message"
} as const

const built = <A, E>(layer: Layer.Layer<A, E>): Promise<Context.Context<A>> =>
  Effect.runPromise(forever(Layer.build(layer)))

const onSql = async (client: Layer.Layer<SqlClient.SqlClient, unknown>) => {
  const context = await built(Layer.provideMerge(LeaseQueueSql.layer({ patience: "1 minute" }), client))
  const queue = Context.get(context, LeaseQueue.LeaseQueue)
  const offer = queue.offer([item])
  return { alone: Context.get(context, SqlClient.SqlClient).withTransaction(offer), grouped: offer }
}

export const start = async () => {
  const redis = await Effect.runPromise(forever(RedisServer.make()))
  const postgres = await Effect.runPromise(forever(PostgresServer.make()))
  const folder = mkdtempSync(join(tmpdir(), "holdfast-bench-"))
  const sqliteAlone = await onSql(
    Layer.scoped(SqlClient.SqlClient, sqliteFile.open(join(folder, "alone.db"), 60_000))
  )
  const sqlite = Context.get(
    await built(
      Layer.scoped(
        LeaseQueue.LeaseQueue,
        sqliteQueue.make({ filename: join(folder, "queue.db"), patience: "1 minute" })
      )
    ),
    LeaseQueue.LeaseQueue
  )
  const pg = await onSql(PgClient.layer({ maxConnections: 10, url: Redacted.make(postgres.url) }))
  const inRedis = Context.get(
    await built(Layer.provide(LeaseQueueRedis.layer({ checkServer: false }), RedisNode.layer({ url: redis.url }))),
    LeaseQueue.LeaseQueue
  )
  return {
    folder,
    offers: new Map<string, Once>([
      [names.sqlite, sqlite.offer([item])],
      [names.sqliteAlone, sqliteAlone.alone],
      [names.postgres, pg.grouped],
      [names.postgresAlone, pg.alone],
      [names.redis, inRedis.offer([item])]
    ]),
    urls: { postgres: postgres.url, redis: redis.url }
  }
}
