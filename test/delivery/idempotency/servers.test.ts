/** Idempotency over real servers and files, on their own clocks. */
import * as SqliteClient from "@effect/sql-sqlite-node/SqliteClient"
import * as SqlClient from "@effect/sql/SqlClient"
import { afterAll, describe, it } from "@effect/vitest"
import { assertInclude, assertTrue, strictEqual } from "@effect/vitest/utils"
import { Context, Effect, Exit, Layer, Option, Schema, Scope } from "effect"
import { Idempotency, Redis } from "holdfast"
import * as RedisNode from "holdfast/core/Redis/Node"
import * as IdempotencyRedis from "holdfast/delivery/Idempotency/Redis"
import * as IdempotencySql from "holdfast/delivery/Idempotency/Sql"
import * as IdempotencySqlite from "holdfast/delivery/Idempotency/Sqlite"
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import * as Conformance from "../../../src/testing/conformance/Idempotency.js"
import { runs } from "../../campaign.js"
import * as servers from "../../servers/index.js"

// one database for all specs
const scope = Effect.runSync(Scope.make())
const database = Effect.runSync(Effect.cached(Scope.extend(servers.database, scope)))
const folder = fs.mkdtempSync(path.join(os.tmpdir(), "holdfast-once-"))
afterAll(async () => {
  await Effect.runPromise(Scope.close(scope, Exit.void))
  fs.rmSync(folder, { force: true, recursive: true })
})

const postgres = Layer.unwrapEffect(
  Effect.map(database, (url) => Layer.provide(IdempotencySql.layer(), Layer.orDie(servers.client(url))))
)
const sqlite = IdempotencySqlite.layer({ filename: path.join(folder, "once.db") })
const prefix = `test:${crypto.randomUUID()}`
const redis = Layer.unwrapEffect(
  Effect.map(servers.redis, ({ url }) =>
    Layer.provide(
      IdempotencyRedis.layer({ prefix }),
      Layer.orDie(RedisNode.layer({ commandTimeout: "30 seconds", url }))
    ))
)

const options = { clock: "live", numRuns: runs(30) } as const
Conformance.suite("PostgreSQL", postgres, { ...options, peer: postgres })
Conformance.suite("SQLite", sqlite, { ...options, peer: sqlite })
Conformance.suite("Redis", redis, { ...options, peer: redis })

describe("Idempotency in Redis", () => {
  it.scopedLive("leaves no key without an end", () =>
    Effect.gen(function*() {
      const { prefix, url } = yield* servers.redis
      const node = Layer.orDie(RedisNode.layer({ url }))
      const context = yield* Layer.build(Layer.provideMerge(IdempotencyRedis.layer({ prefix }), node))
      const run = (effect: Effect.Effect<number>, key: string) =>
        Effect.provide(
          Effect.exit(Idempotency.once(effect, key, { success: Schema.Number, timeToLive: "1 minute" })),
          context
        )
      yield* run(Effect.succeed(1), "done")
      yield* run(Effect.die("boom"), "gone")
      yield* Effect.provide(
        Effect.timeout(
          Idempotency.once(Effect.never, "interrupted", { success: Schema.Number, timeToLive: "1 minute" }),
          "50 millis"
        ),
        context
      ).pipe(Effect.exit)
      yield* Effect.fork(Effect.provide(
        Idempotency.once(Effect.never, "running", {
          lease: "20 seconds",
          success: Schema.Number,
          timeToLive: "1 minute"
        }),
        context
      ))
      const redis = Context.get(context, Redis.Redis)
      const keys = Effect.map(
        redis.send("KEYS", `${prefix}*`),
        (keys) => (keys as ReadonlyArray<string>).map((key) => key.replace(/.*\{|\}/g, "")).sort().join()
      )
      yield* Effect.repeat(Effect.delay(keys, "10 millis"), { until: (keys) => keys === "done,running" })
      for (const [key, most] of [["done", 60_000], ["running", 80_000]] as const) {
        const left = Number(yield* redis.send("PTTL", `${prefix}:once:v1:{${key}}`))
        assertTrue(left > most / 2 && left <= most)
      }
    }))
})

describe("Idempotency in a SQL database", () => {
  it.scopedLive("inside of a transaction of the same SQLite connection says what to do", () =>
    Effect.gen(function*() {
      const client = SqliteClient.layer({ filename: path.join(folder, "transaction.db") })
      const context = yield* Layer.build(Layer.provideMerge(IdempotencySql.layer(), client))
      const sql = Context.get(context, SqlClient.SqlClient)
      const error = yield* Effect.succeed(1).pipe(
        Idempotency.once("k", { success: Schema.Number }),
        sql.withTransaction,
        Effect.flip,
        Effect.provide(context)
      )
      assertTrue(error._tag === "IdempotencyError" && error.reason === "storage")
      assertInclude(error.message, "begin the transaction inside of it")
    }))

  it.scopedLive("is seen by others while the caller's transaction is open, and stays when that is rolled back", () =>
    Effect.gen(function*() {
      const url = yield* database
      const context = yield* Layer.build(Layer.provideMerge(IdempotencySql.layer(), servers.client(url)))
      const sql = Context.get(context, SqlClient.SqlClient)
      const key = crypto.randomUUID()
      const rolledBack = yield* Effect.succeed(1).pipe(
        Idempotency.once(key, { success: Schema.Number }),
        Effect.zipRight(Effect.fail("no")),
        sql.withTransaction,
        Effect.option,
        Effect.provide(context)
      )
      assertTrue(Option.isNone(rolledBack))
      strictEqual(
        yield* Effect.provide(Idempotency.once(Effect.succeed(2), key, { success: Schema.Number }), context),
        1
      )
    }))

  it.scopedLive("what has expired goes", () =>
    Effect.gen(function*() {
      const url = yield* servers.database
      const context = yield* Layer.build(Layer.provideMerge(IdempotencySql.layer(), servers.client(url)))
      const sql = Context.get(context, SqlClient.SqlClient)
      yield* Effect.forEach(
        Array.from({ length: 20 }, (_, i) => `k${i}`),
        (key) => Idempotency.once(Effect.succeed(1), key, { success: Schema.Number, timeToLive: "100 millis" })
      ).pipe(Effect.provide(context))
      yield* Idempotency.once(Effect.succeed(1), "stays", { success: Schema.Number }).pipe(Effect.provide(context))
      yield* Effect.repeat(
        Effect.delay(sql<{ name: string }>`SELECT name FROM holdfast_idempotency_1`, "500 millis"),
        { until: (rows) => rows.length === 1 }
      )
    }))

  it.scopedLive("a file that cannot be opened is named, with the mend", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(
        Layer.build(
          IdempotencySqlite.layer({ filename: path.join(folder, "nowhere", "once.db"), patience: "100 millis" })
        )
      )
      assertInclude(error.message, "create the folder")
    }))
})
