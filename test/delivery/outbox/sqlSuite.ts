/** What a database adds: the caller's transaction, and bytes to look through. */
import * as SqlClient from "@effect/sql/SqlClient"
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Exit, Layer } from "effect"
import { Outbox } from "holdfast"
import * as LeaseQueueSql from "holdfast/delivery/LeaseQueue/Sql"
import * as OutboxSql from "holdfast/delivery/Outbox/Sql"
import { Faults } from "holdfast/testing"
import { type Store, world } from "./kit.js"
import { secret, Shop } from "./shop.js"

export const sqlSuite = (
  name: string,
  client: Layer.Layer<SqlClient.SqlClient, unknown>,
  settled: Effect.Effect<void> = Effect.void
): void => {
  /** The program's own client beside the outbox over it. */
  const setting = (faults?: Faults.Plan) =>
    Effect.gen(function*() {
      const context = yield* Layer.build(client)
      const store: Store = {
        layer: Layer.provide(LeaseQueueSql.layer(), Layer.succeedContext(context)),
        name,
        settled
      }
      const sql = Context.get(context, SqlClient.SqlClient)
      return { sql, world: yield* world(store, faults === undefined ? {} : { faults }) }
    })

  describe(`Outbox in a transaction of ${name}`, () => {
    it.scopedLive("is not seen before the commit", () =>
      Effect.gen(function*() {
        const { sql, world } = yield* setting()
        yield* sql`CREATE TABLE orders (number INTEGER)`
        yield* world.worker({ pollInterval: "10 millis" })
        yield* sql.withTransaction(Effect.gen(function*() {
          for (const number of [1, 2]) {
            yield* sql`INSERT INTO orders ${sql.insert({ number })}`
            yield* world.submit("a", number, { partitionKey: "a" })
          }
          // a worker on another connection looks as often as it will
          yield* Effect.sleep("100 millis")
          assert.strictEqual(yield* world.requests, 0)
        }))
        yield* Effect.repeat(Effect.zipRight(Effect.sleep("10 millis"), world.done), {
          until: (done) => done.length === 2
        })
        assert.deepStrictEqual(yield* world.done, [1, 2])
        assert.strictEqual((yield* sql`SELECT number FROM orders`).length, 2)
      }))

    it.scoped("is gone when that is rolled back, as is its idempotency key", () =>
      Effect.gen(function*() {
        const { sql, world } = yield* setting()
        const options = { idempotencyKey: "k", partitionKey: "a" }
        const failed = yield* Effect.exit(sql.withTransaction(Effect.gen(function*() {
          yield* world.submit("a", 1, options)
          return yield* Effect.fail("changed my mind" as const)
        })))
        assert.deepStrictEqual(failed, Exit.fail("changed my mind"))
        // a savepoint that is rolled back takes only its own
        yield* sql.withTransaction(Effect.gen(function*() {
          yield* world.submit("a", 2, { partitionKey: "a" })
          yield* Effect.ignore(sql.withTransaction(Effect.zipRight(world.submit("a", 3), Effect.fail("no"))))
          yield* Effect.catchAllDefect(
            sql.withTransaction(Effect.zipRight(world.submit("a", 4), Effect.die("no"))),
            () => Effect.void
          )
        }))
        assert.isTrue((yield* world.submit("a", 5, options)).created)
        yield* world.worker()
        yield* world.pass("5 seconds")
        assert.deepStrictEqual(yield* world.done, [2, 5])
      }))

    it.scoped("a batch with a message that is refused leaves nothing", () =>
      Effect.gen(function*() {
        const { sql, world } = yield* setting()
        const { submit } = Shop.operations.orders
        yield* world.submit("a", 1, { idempotencyKey: "k" })
        const both = Effect.gen(function*() {
          yield* world.outbox.send([
            yield* Outbox.message(submit, { payload: { key: "a", number: 2 } }),
            yield* Outbox.message(submit, { payload: { key: "a", number: 3 } }, { idempotencyKey: "k" })
          ])
        })
        const error = yield* Effect.flip(sql.withTransaction(both))
        assert.deepInclude(error, { reason: "conflict" })
        yield* world.worker()
        yield* world.pass("1 second")
        assert.deepStrictEqual(yield* world.done, [1])
      }))
  })

  it.scoped(`no credential is in ${name}, whatever a delivery fails with`, () =>
    Effect.gen(function*() {
      const { sql, world } = yield* setting(
        Faults.script([
          Faults.status(500, { body: { echoed: "a body" } }),
          Faults.resetAfter,
          Faults.malformedJson,
          Faults.halfBody,
          Faults.status(401),
          Faults.status(400)
        ])
      )
      yield* world.worker({ retry: { initialDelay: "1 second" } })
      for (let number = 1; number <= 6; number++) yield* world.submit("a", number)
      yield* world.submit("a", -1)
      yield* world.pass("30 seconds")
      yield* world.letters.replayAll()
      const rows = [
        ...(yield* sql`SELECT * FROM holdfast_lease_items`),
        ...(yield* sql`SELECT * FROM holdfast_lease_ledger`)
      ]
      assert.isAbove(rows.length, 15)
      const text = JSON.stringify(rows)
      assert.include(text, "ServerError")
      assert.include(text, "NetworkError")
      assert.notInclude(text, secret)
      assert.notInclude(text.toLowerCase(), "bearer")
    }))

  it.scoped(`OutboxSql.layer over ${name}`, () =>
    Effect.gen(function*() {
      const outbox = yield* Outbox.Outbox
      yield* Outbox.send(Shop.operations.orders.submit, { payload: { key: "a", number: 1 } })
      assert.strictEqual((yield* outbox.stats("shop"))[0]?.byState.ready, 1)
    }).pipe(Effect.provide(Layer.provide(OutboxSql.layer(), client))))
}
