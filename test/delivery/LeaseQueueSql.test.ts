import * as SqliteClient from "@effect/sql-sqlite-node/SqliteClient"
import * as SqlClient from "@effect/sql/SqlClient"
import * as Statement from "@effect/sql/Statement"
import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as FiberRef from "effect/FiberRef"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as TestClock from "effect/TestClock"
import * as LeaseQueue from "../../src/delivery/LeaseQueue.js"
import * as LeaseQueueSql from "../../src/delivery/LeaseQueue/Sql.js"
import * as files from "./files.js"

const queue = "q"

const memory = Layer.provideMerge(LeaseQueueSql.layer(), SqliteClient.layer({ filename: ":memory:" }))

const build = (filename: string) =>
  Effect.map(
    Layer.build(Layer.provideMerge(LeaseQueueSql.layer(), SqliteClient.layer({ filename }))),
    (context) => ({
      service: Context.get(context, LeaseQueue.LeaseQueue),
      sql: Context.get(context, SqlClient.SqlClient)
    })
  )

const items = (count: number): ReadonlyArray<LeaseQueue.NewItem> =>
  Array.from({ length: count }, (_, i) => ({ queue, payload: String(i) }))

describe("LeaseQueue.Sql", () => {
  describe("transactions (Q6)", () => {
    it.effect("an offer is rolled back with the caller's transaction", () =>
      Effect.gen(function*() {
        const sql = yield* SqlClient.SqlClient
        const service = yield* LeaseQueue.LeaseQueue
        yield* Effect.ignore(sql.withTransaction(Effect.zipRight(service.offer(items(2)), Effect.fail("no"))))
        assert.strictEqual((yield* service.stats(queue)).byState.ready, 0)
        yield* sql.withTransaction(service.offer(items(2)))
        assert.strictEqual((yield* service.stats(queue)).byState.ready, 2)
      }).pipe(Effect.provide(memory)))

    it.effect("a settlement is rolled back with the caller's transaction, and can then be made again", () =>
      Effect.gen(function*() {
        const sql = yield* SqlClient.SqlClient
        const service = yield* LeaseQueue.LeaseQueue
        yield* service.offer(items(1))
        const [item] = yield* service.claim({ queue, owner: "a" })
        if (item === undefined) return assert.fail("an item")
        const complete = service.complete(item.id, item.token)
        yield* Effect.ignore(sql.withTransaction(Effect.zipRight(complete, Effect.fail("no"))))
        assert.strictEqual(Option.getOrThrow(yield* service.get(item.id)).state, "leased")
        assert.strictEqual((yield* complete).state, "done")
      }).pipe(Effect.provide(memory)))

    it.effect("a batch is stored wholly or not at all, and the failure is typed", () =>
      Effect.gen(function*() {
        const sql = yield* SqlClient.SqlClient
        const service = yield* LeaseQueue.LeaseQueue
        yield* sql`CREATE TRIGGER no_299 BEFORE INSERT ON holdfast_lease_items WHEN NEW.payload = '299'
BEGIN SELECT RAISE(ABORT, 'not this one'); END`
        const error = yield* Effect.flip(service.offer(items(300)))
        assert.strictEqual(error.reason, "storage")
        assert.include(error.message, "not this one")
        assert.strictEqual((yield* service.stats(queue)).byState.ready, 0)
        assert.strictEqual((yield* service.offer(items(299))).length, 299)
      }).pipe(Effect.provide(memory)))

    it.effect("a full disk fails the offers of the moment, and nothing after it", () =>
      Effect.gen(function*() {
        const sql = yield* SqlClient.SqlClient
        const service = yield* LeaseQueue.LeaseQueue
        yield* service.offer(items(10))
        yield* sql`PRAGMA max_page_count = 1`
        const big = { queue, payload: "x".repeat(100_000) }
        const exits = yield* Effect.forEach([1, 2, 3], () => Effect.exit(service.offer([big])), {
          concurrency: "unbounded"
        })
        assert.isTrue(exits.every(Exit.isFailure))
        yield* sql`PRAGMA max_page_count = 1000000`
        yield* service.offer([big])
        assert.strictEqual((yield* service.stats(queue)).byState.ready, 11)
      }).pipe(Effect.provide(memory)))

    it.effect("a database that is away fails each step with a typed error", () =>
      Effect.gen(function*() {
        const sql = yield* SqlClient.SqlClient
        const service = yield* LeaseQueue.LeaseQueue
        yield* sql`DROP TABLE holdfast_lease_items`
        const steps: ReadonlyArray<Effect.Effect<unknown, LeaseQueue.LeaseQueueError>> = [
          service.offer(items(1)),
          service.claim({ queue, owner: "a" }),
          service.acquire("x", { owner: "a" }),
          service.complete("x", 1),
          service.get("x"),
          service.list({ queue }),
          service.stats(queue),
          service.purge({ queue, olderThan: 0 }),
          service.watermark
        ]
        for (const step of steps) {
          assert.strictEqual((yield* Effect.flip(Effect.asVoid(step))).reason, "storage")
        }
      }).pipe(Effect.provide(memory)))
  })

  describe("settlements of one process on SQLite", () => {
    it.effect("that come together are committed together, and one that is refused keeps no other from it", () =>
      Effect.gen(function*() {
        const service = yield* LeaseQueue.LeaseQueue
        yield* service.offer(items(40))
        const claimed = yield* service.claim({ limit: 40, owner: "a", queue })
        let transactions = 0
        const settled = yield* Statement.withTransformer(
          Effect.forEach(
            claimed,
            ({ id, token }, i) => Effect.either(service.complete(id, i === 7 ? token + 1 : token)),
            { concurrency: "unbounded" }
          ),
          (statement) =>
            Effect.sync(() => {
              // each begins with it
              if (statement.compile()[0].endsWith("WHERE 0")) transactions++
              return statement
            })
        )
        assert.deepStrictEqual(
          settled.map((one) => Either.isLeft(one) ? one.left.reason : one.right.state),
          claimed.map((_, i) => i === 7 ? "stale" : "done")
        )
        assert.strictEqual((yield* service.stats(queue)).byState.done, 39)
        assert.isAtMost(transactions, 3)
      }).pipe(Effect.provide(memory)))

    it.effect("leave the rest of the process its turn, also where nothing is waited for in between", () =>
      Effect.gen(function*() {
        const service = yield* LeaseQueue.LeaseQueue
        yield* service.offer(items(100))
        const claimed = yield* service.claim({ limit: 100, owner: "a", queue })
        let turns = 0
        const next = () => {
          turns++
          watch = setImmediate(next)
        }
        let watch = setImmediate(next)
        yield* Effect.forEach(claimed, ({ id }) => service.history(id), { discard: true })
        const before = turns
        yield* Effect.forEach(claimed, ({ id, token }) => service.complete(id, token), { discard: true })
        clearImmediate(watch)
        assert.isAtLeast(turns - before, 100)
      }).pipe(Effect.provide(memory)))
  })

  describe("several clients of one file", () => {
    it.scoped("may create the tables at the same time", () =>
      Effect.gen(function*() {
        const filename = yield* files.file
        const clients = yield* Effect.forEach([1, 2, 3, 4], () => build(filename), { concurrency: "unbounded" })
        yield* Effect.forEach(clients, ({ service }) => service.offer(items(1)), { concurrency: "unbounded" })
        for (const { service } of clients) {
          assert.strictEqual((yield* service.stats(queue)).byState.ready, 4)
        }
      }))

    it.scoped("offer and claim side by side: nothing is lost and nothing is claimed twice", () =>
      Effect.gen(function*() {
        const filename = yield* files.file
        const clients = yield* Effect.forEach([1, 2, 3], () => build(filename))
        yield* Effect.forEach(
          clients,
          ({ service }) => Effect.forEach(items(30), (item) => service.offer([item]), { concurrency: 10 }),
          { concurrency: "unbounded" }
        )
        const claims = yield* Effect.forEach(clients, ({ service }, i) =>
          Effect.gen(function*() {
            const ids: Array<string> = []
            while (true) {
              const claimed = yield* service.claim({ queue, owner: `w${i}`, limit: 2 })
              if (claimed.length === 0) return ids
              for (const item of claimed) {
                ids.push(item.id)
                yield* service.complete(item.id, item.token)
              }
            }
          }), { concurrency: "unbounded" })
        const ids = claims.flat()
        assert.strictEqual(ids.length, 90)
        assert.strictEqual(new Set(ids).size, 90)
      }))

    it.scopedLive("a writer waits for another one's transaction instead of failing", () =>
      Effect.gen(function*() {
        const filename = yield* files.file
        const one = yield* build(filename)
        const two = yield* build(filename)
        yield* two.sql`PRAGMA busy_timeout = 0`
        const held = one.sql.withTransaction(
          Effect.zipRight(one.service.offer(items(1)), Effect.sleep("150 millis"))
        )
        const waited = Effect.delay(two.service.offer(items(1)), "20 millis")
        yield* Effect.all([held, waited], { concurrency: 2 })
        assert.strictEqual((yield* two.service.stats(queue)).byState.ready, 2)
      }))

    it.scopedLive("a writer that waited in vain says so with a typed error", () =>
      Effect.gen(function*() {
        const filename = yield* files.file
        const one = yield* build(filename)
        const context = yield* Layer.build(SqliteClient.layer({ filename }))
        const two = yield* Effect.provide(LeaseQueueSql.make({ patience: "50 millis" }), context)
        const sql = Context.get(context, SqlClient.SqlClient)
        yield* sql`PRAGMA busy_timeout = 0`
        const error = yield* one.sql.withTransaction(
          Effect.zipRight(one.service.offer(items(1)), Effect.flip(detachedOffer(two)))
        )
        assert.strictEqual(error.reason, "storage")
        assert.include(error.message, "locked")
      }))
  })

  describe("statements (Q8)", () => {
    it.scoped("every list, claim, sweep and settlement is a search in an index, and none sorts what it finds", () =>
      Effect.gen(function*() {
        const { service, sql } = yield* build(":memory:")
        const seen = new Map<string, ReadonlyArray<unknown>>()
        const watch = <A, E>(effect: Effect.Effect<A, E>) =>
          Statement.withTransformer(effect, (statement) =>
            Effect.sync(() => {
              const [text, params] = statement.compile()
              seen.set(text, params)
              return statement
            }))
        yield* watch(everyStep(service))
        const plans = yield* FiberRef.get(Statement.currentTransformer).pipe(
          Effect.zipRight(Effect.forEach(seen, ([text, params]) =>
            /^(SELECT|UPDATE|DELETE)/.test(text)
              ? Effect.map(
                sql.unsafe<Plan>(`EXPLAIN QUERY PLAN ${text}`, params),
                (steps) => ({ text, steps })
              )
              : Effect.succeed({ text, steps: [] })))
        )
        let searches = 0
        for (const { steps, text } of plans) {
          // Takes the write lock and touches no row
          if (text.endsWith("WHERE 0")) continue
          for (const { detail, parent } of steps) {
            assert.notMatch(detail, /^SCAN holdfast/, text)
            if (detail.startsWith("SEARCH")) {
              searches++
              // The highest row id is found without an index
              if (!text.startsWith("SELECT max(seq)")) {
                assert.match(detail, /USING (COVERING INDEX|INDEX|PRIMARY KEY|INTEGER PRIMARY KEY)/, text)
              }
            }
            // A page of several states is merged from as many pages; history and groups sort what they give
            const sorts = steps.some((step) => step.parent === parent && step.detail.startsWith("SEARCH holdfast")) &&
              !text.includes("holdfast_lease_ledger") && !text.includes("GROUP BY")
            if (sorts) assert.notInclude(detail, "TEMP B-TREE", text)
          }
        }
        assert.isAbove(searches, 40)
      }))
  })
})

interface Plan {
  readonly parent: number
  readonly detail: string
}

const detachedOffer = (service: LeaseQueue.LeaseQueue["Type"]) =>
  Effect.mapInputContext(
    service.offer(items(1)),
    (context: Context.Context<never>) => Context.omit(SqlClient.TransactionConnection)(context)
  )

const everyStep = (service: LeaseQueue.LeaseQueue["Type"]) =>
  Effect.gen(function*() {
    for (let i = 0; i < 40; i++) {
      yield* service.offer([{
        queue,
        payload: "{}",
        partitionKey: i % 2 === 0 ? "p" : undefined,
        onPark: i % 4 === 0 ? "block" : "skip",
        dedupeKey: i % 5 === 0 ? `k${i % 10}` : undefined,
        dedupeFor: 0,
        state: i % 3 === 0 ? "parked" : "ready",
        source: `s${i % 3}`,
        kind: `k${i % 3}`,
        reason: `r${i % 3}`
      }])
    }
    const claimed = yield* service.claim({ queue, owner: "a", limit: 10 })
    for (const [i, item] of claimed.entries()) {
      const { id, token } = item
      yield* service.renew(id, token)
      yield* Effect.asVoid<unknown, LeaseQueue.LeaseQueueError, never>(
        i % 4 === 0
          ? service.complete(id, token)
          : i % 4 === 1
          ? service.fail(id, token, { next: { _tag: "park" } })
          : i % 4 === 2
          ? service.release(id, token)
          : Effect.void
      )
    }
    yield* TestClock.adjust("1 hour")
    yield* service.claim({ queue, owner: "a" })
    yield* service.sweep({ queue })
    const [parked] = (yield* service.list({ queue, states: ["parked"] })).items
    if (parked !== undefined) {
      yield* Effect.ignore(service.acquire(parked.id, { owner: "b" }))
      yield* Effect.ignore(service.unpark(parked.id))
      yield* Effect.ignore(service.edit(parked.id, parked.version, { payload: "1" }))
      yield* Effect.ignore(service.discard(parked.id))
      yield* service.history(parked.id)
    }
    const filters: ReadonlyArray<Omit<LeaseQueue.Filter, "queue">> = [
      {},
      { states: ["parked"] },
      { states: ["parked", "ready", "waiting"] },
      { source: "s1" },
      { kind: "k1", states: ["parked"] },
      { reason: "r1" },
      { reason: ["r1", "r2"], source: "s1", states: ["parked"] },
      { createdBefore: 1e12, createdAfter: 0, upTo: 1000 }
    ]
    for (const filter of filters) {
      for (const orderBy of ["id", "updatedAt"] as const) {
        for (const direction of ["asc", "desc"] as const) {
          const page = yield* service.list({ queue, ...filter }, { limit: 3, orderBy, direction })
          yield* service.list({ queue, ...filter }, {
            limit: 3,
            orderBy,
            direction,
            after: Option.getOrUndefined(page.next)
          })
        }
      }
      yield* service.groups({ queue, ...filter }, "reason")
    }
    yield* service.stats(queue)
    yield* service.watermark
    yield* service.purge({ queue, olderThan: 0 })
  })
