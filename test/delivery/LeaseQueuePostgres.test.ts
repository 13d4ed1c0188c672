import type * as PgClient from "@effect/sql-pg/PgClient"
import * as SqlClient from "@effect/sql/SqlClient"
import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import * as LeaseQueue from "../../src/delivery/LeaseQueue.js"
import * as LeaseQueueSql from "../../src/delivery/LeaseQueue/Sql.js"
import * as Conformance from "../../src/testing/conformance/LeaseQueue.js"
import { PostgresServer } from "../../src/testing/index.js"
import { runs } from "../campaign.js"
import * as servers from "../servers/index.js"
import * as postgres from "./postgres.js"

Conformance.suite("PostgreSQL", Layer.provide(LeaseQueueSql.layer(), postgres.client), { numRuns: runs(5, 8) })

const queue = "q"

const connect = (url: string, options: Partial<PgClient.PgClientConfig> = {}) =>
  Effect.map(
    Layer.build(Layer.provideMerge(LeaseQueueSql.layer(), servers.client(url, options))),
    (context) => ({
      service: Context.get(context, LeaseQueue.LeaseQueue),
      sql: Context.get(context, SqlClient.SqlClient)
    })
  )

/** Clients of one database, each with its own connections. */
const clients = (count: number) =>
  Effect.flatMap(
    servers.database,
    (url) =>
      Effect.forEach(Array.from({ length: count }), () => connect(url, { maxConnections: 4 }), {
        concurrency: "unbounded"
      })
  )

const items = (count: number): ReadonlyArray<LeaseQueue.NewItem> =>
  Array.from({ length: count }, (_, i) => ({ payload: String(i), queue }))

const workOff = (service: LeaseQueue.LeaseQueue["Type"], owner: string) =>
  Effect.gen(function*() {
    const payloads: Array<string> = []
    while (true) {
      const claimed = yield* service.claim({ limit: 3, owner, queue })
      if (claimed.length === 0) return payloads
      for (const item of claimed) {
        payloads.push(item.payload)
        yield* service.complete(item.id, item.token)
      }
    }
  })

describe("LeaseQueue.Sql on PostgreSQL", () => {
  it.scopedLive("many clients may create the tables at the same time, also those with one connection", () =>
    Effect.gen(function*() {
      const url = yield* servers.database
      const all = yield* Effect.forEach(
        [1, 2, 3, 4, 5, 6, 7, 8],
        (i) => connect(url, { maxConnections: i % 2 === 0 ? 1 : 2 }),
        { concurrency: "unbounded" }
      )
      for (const { service } of all) yield* service.offer(items(1))
      const [first] = all
      if (first === undefined) return assert.fail("a client")
      assert.strictEqual((yield* first.service.stats(queue)).byState.ready, 8)
      const rows = yield* first.sql`SELECT count(*)::int AS count FROM holdfast_migrations`
      assert.deepStrictEqual(rows, [{ count: 3 }])
    }))

  it.scopedLive("offers and claims side by side: nothing is lost and nothing is claimed twice", () =>
    Effect.gen(function*() {
      const all = yield* clients(4)
      const [first] = all
      if (first === undefined) return assert.fail("a client")
      yield* Effect.forEach(
        all,
        ({ service }) => Effect.forEach(items(50), (item) => service.offer([item]), { concurrency: 10 }),
        { concurrency: "unbounded" }
      )
      const worked = yield* Effect.forEach(all, ({ service }, i) => workOff(service, `w${i}`), {
        concurrency: "unbounded"
      })
      assert.strictEqual(worked.flat().length, 200)
      assert.strictEqual((yield* first.service.stats(queue)).byState.done, 200)
    }))

  it.scopedLive("the items of a partition go in order, one at a time, whoever takes them (Q3)", () =>
    Effect.gen(function*() {
      const all = yield* clients(4)
      const [first] = all
      if (first === undefined) return assert.fail("a client")
      for (let i = 0; i < 20; i++) {
        yield* first.service.offer(
          ["a", "b"].map((partitionKey) => ({ partitionKey, payload: `${partitionKey}${i}`, queue }))
        )
      }
      const seen: Array<string> = []
      yield* Effect.forEach(all, ({ service }, w) =>
        Effect.gen(function*() {
          while (seen.length < 40) {
            for (const item of yield* service.claim({ limit: 2, owner: `w${w}`, queue })) {
              seen.push(item.payload)
              yield* service.complete(item.id, item.token)
            }
          }
        }), { concurrency: "unbounded" })
      for (const key of ["a", "b"]) {
        assert.deepStrictEqual(
          seen.filter((payload) => payload.startsWith(key)),
          Array.from({ length: 20 }, (_, i) => `${key}${i}`)
        )
      }
    }))

  it.scopedLive("a dedupe key that many offer at once makes one item (Q7)", () =>
    Effect.gen(function*() {
      const all = yield* clients(4)
      for (let round = 0; round < 5; round++) {
        const offered = yield* Effect.forEach(
          all.flatMap((client) => [client, client, client]),
          ({ service }) => service.offer([{ dedupeKey: `k${round}`, payload: "1", queue }]),
          { concurrency: "unbounded" }
        )
        assert.strictEqual(new Set(offered.flat().map(({ id }) => id)).size, 1)
        assert.strictEqual(offered.flat().filter(({ created }) => created).length, 1)
      }
    }))

  it.scopedLive("a claim skips what somebody else has locked, and waits for nobody", () =>
    Effect.gen(function*() {
      const [one, two] = yield* clients(2)
      if (one === undefined || two === undefined) return assert.fail("two clients")
      yield* one.service.offer(items(3))
      const locked = yield* Deferred.make<void>()
      const enough = yield* Deferred.make<void>()
      const holder = yield* Effect.fork(two.sql.withTransaction(Effect.gen(function*() {
        yield* two.sql`SELECT id FROM holdfast_lease_items WHERE payload = '0' FOR UPDATE`
        yield* Deferred.succeed(locked, undefined)
        yield* Deferred.await(enough)
      })))
      yield* Deferred.await(locked)
      const claimed = yield* one.service.claim({ limit: 10, owner: "a", queue })
      assert.deepStrictEqual(claimed.map((item) => item.payload), ["1", "2"])
      yield* Deferred.succeed(enough, undefined)
      yield* Fiber.join(holder)
      assert.strictEqual((yield* one.service.claim({ limit: 10, owner: "a", queue })).length, 1)
    }))

  it.scopedLive("an offer is part of the caller's transaction (Q6)", () =>
    Effect.gen(function*() {
      const [client] = yield* clients(1)
      if (client === undefined) return assert.fail("a client")
      const { service, sql } = client
      yield* Effect.ignore(sql.withTransaction(Effect.zipRight(service.offer(items(2)), Effect.fail("no"))))
      assert.strictEqual((yield* service.stats(queue)).byState.ready, 0)
      yield* sql.withTransaction(service.offer(items(2)))
      assert.strictEqual((yield* service.stats(queue)).byState.ready, 2)
    }))

  it.scopedLive("a server that is killed fails each step with a typed error, and what it acknowledged is there after", () =>
    Effect.gen(function*() {
      const server = yield* PostgresServer.make()
      const { service } = yield* connect(server.url)
      yield* service.offer(items(3))
      yield* server.kill
      assert.strictEqual((yield* Effect.flip(service.offer(items(1)))).reason, "storage")
      assert.strictEqual((yield* Effect.flip(service.claim({ owner: "a", queue }))).reason, "storage")
      yield* server.start
      assert.strictEqual((yield* Effect.retry(workOff(service, "a"), Schedule.spaced("50 millis"))).length, 3)
    }))
})
