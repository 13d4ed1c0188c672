/** What a database adds: the handler's own writes, in the event's transaction. */
import * as SqlClient from "@effect/sql/SqlClient"
import { assert, describe, it } from "@effect/vitest"
import { Context, Deferred, Effect, Layer, Logger, LogLevel } from "effect"
import type { Scope } from "effect"
import { Inbox } from "holdfast"
import * as InboxSql from "holdfast/webhook/Inbox/Sql"
import { comes } from "../../comes.js"
import { type Order, order, shop } from "./kit.js"

export const sqlSuite = (name: string, client: Layer.Layer<SqlClient.SqlClient, unknown>): void => {
  type Handle = (
    event: Inbox.Event<Order>
  ) => Effect.Effect<unknown, unknown, Inbox.Handling | SqlClient.SqlClient>

  const make = Effect.gen(function*() {
    const context = yield* Layer.build(Layer.provideMerge(InboxSql.layer(), Layer.orDie(client)))
    const sql = Context.get(context, SqlClient.SqlClient)
    yield* sql`CREATE TABLE done (id VARCHAR(20), worker VARCHAR(20))`
    const inbox = Context.get(context, Inbox.Inbox)
    const work = (handle: Handle, options: Inbox.WorkerOptions = {}) =>
      Effect.asVoid(Layer.build(Layer.provide(
        Inbox.layerWorker([Inbox.on(shop, handle)], {
          pollInterval: "20 millis",
          retry: { initialDelay: "20 millis", maxAttempts: 3 },
          ...options
        }),
        Layer.succeedContext(context)
      )))
    const write = (event: Inbox.Event<Order>, worker = "worker") =>
      Effect.flatMap(
        SqlClient.SqlClient,
        (sql) => sql`INSERT INTO done ${sql.insert({ id: event.value.id, worker })}`
      )
    const done = Effect.map(
      sql<{ readonly id: string; readonly worker: string }>`SELECT id, worker FROM done`,
      (rows) => rows.map(({ id, worker }) => `${id} by ${worker}`)
    )
    const until = (id: string, state: Inbox.State) =>
      comes(
        `${id} is ${state}`,
        Effect.repeat(Effect.delay(inbox.get(id), "10 millis"), { until: (event) => event.state === state })
      )
    return { done, inbox, sql, until, work, write }
  })

  const test = <E>(
    behaviour: string,
    run: (setting: Effect.Effect.Success<typeof make>) => Effect.Effect<void, E, Scope.Scope>
  ) => it.scopedLive(behaviour, () => Effect.flatMap(make, run).pipe(Logger.withMinimumLogLevel(LogLevel.None)))

  describe(`Inbox.commit in ${name}`, () => {
    test("writes and completes together, and where that fails, neither", ({ done, inbox, until, work, write }) =>
      Effect.gen(function*() {
        let attempts = 0
        yield* work((event) =>
          Inbox.commit(Effect.gen(function*() {
            yield* write(event)
            if (++attempts < 3) return yield* Effect.fail("changed my mind")
          }))
        )
        const [receipt] = yield* inbox.offer(shop, [order("e1", "a", 1)])
        const event = yield* until(receipt!.id, "handled")
        assert.strictEqual(attempts, 3)
        assert.strictEqual(event.attempts, 3)
        assert.deepStrictEqual(yield* done, ["e1 by worker"])
        // the entity has come as far as that in the same transaction
        const [old] = yield* inbox.offer(shop, [order("e0", "a", 0)])
        yield* until(old!.id, "ignored")
      }))

    test("of a worker that was too slow is rolled back, and another one's stays", ({ done, inbox, until, work, write }) =>
      Effect.gen(function*() {
        const mayGoOn = yield* Deferred.make<void>()
        const began = yield* Deferred.make<void>()
        const ended = yield* Deferred.make<unknown>()
        const { queue, queueOf } = inbox.workings
        const [receipt] = yield* inbox.offer(shop, [order("e1", "a", 1)])
        yield* work((event) =>
          Effect.gen(function*() {
            yield* Deferred.succeed(began, undefined)
            yield* Deferred.await(mayGoOn)
            const exit = yield* Effect.exit(Inbox.commit(write(event, "slow")))
            yield* Deferred.succeed(ended, exit)
            return yield* exit
          }), { pollInterval: "1 hour" })
        yield* comes("the handler", Deferred.await(began))
        // as it is when a process was put to sleep for longer than its lease
        const item = yield* Effect.flatten(queue.get(receipt!.id))
        yield* queue.release(item.id, item.token)
        const [again] = yield* queue.claim({ owner: "fast", queue: queueOf("shop") })
        assert.strictEqual(again?.id, receipt!.id)
        yield* Deferred.succeed(mayGoOn, undefined)
        const exit = yield* comes("the end", Deferred.await(ended))
        assert.include(JSON.stringify(exit), "another worker's")
        assert.deepStrictEqual(yield* done, [])
        yield* queue.complete(again!.id, again!.token)
        yield* until(receipt!.id, "handled")
        assert.deepStrictEqual(yield* done, [])
      }))

    test("that is done is done, whatever its handler does then", ({ done, inbox, until, work, write }) =>
      Effect.gen(function*() {
        yield* work((event) => Effect.zipRight(Inbox.commit(write(event)), Effect.fail("too late")))
        const [receipt] = yield* inbox.offer(shop, [order("e1", "a", 1)])
        assert.deepInclude(yield* until(receipt!.id, "handled"), { attempts: 1 })
        assert.deepStrictEqual(yield* done, ["e1 by worker"])
      }))

    test("a statement that fails is an error like any other", ({ inbox, until, work }) =>
      Effect.gen(function*() {
        yield* work(() =>
          Inbox.commit(Effect.flatMap(SqlClient.SqlClient, (sql) => sql`INSERT INTO nowhere VALUES (1)`))
        )
        const [receipt] = yield* inbox.offer(shop, [order("e1", "a", 1)])
        const event = yield* until(receipt!.id, "dead")
        assert.deepInclude(event, { attempts: 3 })
        assert.strictEqual(event.error?.tag, "InboxError")
      }))

    test("refuses a client that is not the inbox's", ({ done, inbox, until, work, write }) =>
      Effect.gen(function*() {
        const other = yield* Layer.build(Layer.orDie(client))
        yield* work((event) => Effect.provide(Inbox.commit(write(event)), other), { retry: { maxAttempts: 1 } })
        const [receipt] = yield* inbox.offer(shop, [order("e1", "a", 1)])
        const event = yield* until(receipt!.id, "dead")
        assert.include(event.error?.message, "another SqlClient")
        assert.deepStrictEqual(yield* done, [])
      }))

    test("what is offered within a transaction is part of it", ({ inbox, sql }) =>
      Effect.gen(function*() {
        yield* Effect.ignore(sql.withTransaction(
          Effect.zipRight(inbox.offer(shop, [order("e1", "a", 1)]), Effect.fail("changed my mind"))
        ))
        assert.deepStrictEqual((yield* inbox.list({ source: "shop" })).items, [])
        assert.isTrue((yield* inbox.offer(shop, [order("e1", "a", 1)]))[0]?.created)
      }))
  })
}
