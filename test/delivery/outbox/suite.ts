/** What the outbox does, over any store of the lease queue. */
import { assert, describe, it } from "@effect/vitest"
import { DateTime, Effect, Exit, Logger, LogLevel, Option, Scope, TestClock } from "effect"
import { Call, IdempotencyKey, IntegrationContext, Outbox } from "holdfast"
import { Faults } from "holdfast/testing"
import { type Setting, type Store, type World, world } from "./kit.js"
import { Shop } from "./shop.js"

/** `whole`: all of it; else what leans on the store most, since each store has a suite of its own. */
export const suite = (store: Store, whole: boolean): void => {
  const test = <E>(
    behaviour: string,
    run: (world: World) => Effect.Effect<void, E, Scope.Scope>,
    setting?: Setting
  ) => it.scoped(behaviour, () => Effect.flatMap(world(store, setting), run))

  const more: typeof test = (...args) => whole ? test(...args) : undefined

  describe(`Outbox over ${store.name}`, () => {
    describe("send", () => {
      test("stores a call, which a worker makes: once, with its key, for whom it was sent", (world) =>
        Effect.gen(function*() {
          const receipt = yield* world.submit("a", 1).pipe(
            IntegrationContext.provide({ correlationId: "c-1", metadata: { from: "test" }, tenantId: "acme" })
          )
          assert.isTrue(receipt.created)
          assert.deepInclude(yield* world.outbox.get(receipt.id), {
            attempts: 0,
            correlationId: "c-1",
            idempotencyKey: receipt.idempotencyKey,
            input: { payload: { key: "a", number: 1 } },
            integration: "shop",
            metadata: { from: "test" },
            operation: "orders.submit",
            state: "ready",
            tenantId: "acme"
          })
          yield* world.worker()
          yield* world.pass("1 second")
          const [entry, ...more] = yield* world.emulator.ledger
          assert.deepStrictEqual(more, [])
          assert.strictEqual(entry?.headers["idempotency-key"], receipt.idempotencyKey)
          assert.deepStrictEqual(world.seen, [{ correlationId: "c-1", tenantId: "acme" }])
          assert.strictEqual((yield* world.outbox.get(receipt.id)).state, "delivered")
          assert.deepStrictEqual(
            (yield* world.outbox.history(receipt.id)).map(({ outcome, owner }) => [outcome, owner]),
            [["delivered", "worker"]]
          )
        }))

      more("refuses what the operation does not take, and stores nothing", (world) =>
        Effect.gen(function*() {
          const refused = [
            world.submit("", 1),
            world.submit("a", 0.5),
            Outbox.send(Shop.operations.orders.change, {
              path: { key: ".." },
              payload: { due: DateTime.unsafeMake(0) }
            }).pipe(Effect.provide(world.context))
          ]
          for (const each of refused) {
            const error = yield* Effect.flip(each)
            assert.strictEqual(error._tag, "ValidationError")
            assert.isAbove("issues" in error ? error.issues.length : 0, 0)
          }
          assert.deepStrictEqual((yield* world.outbox.list({ integration: "shop" })).items, [])
        }))

      more("keeps what is not JSON by itself as its Schema writes it", (world) =>
        Effect.gen(function*() {
          yield* Outbox.send(Shop.operations.orders.change, {
            path: { key: "a" },
            payload: { due: DateTime.unsafeMake(1000) },
            urlParams: { at: DateTime.toDate(DateTime.unsafeMake(2000)) }
          }).pipe(Effect.provide(world.context))
          yield* world.worker()
          yield* world.pass("1 second")
          assert.deepStrictEqual(
            (yield* world.emulator.state as Effect.Effect<{ readonly dues: ReadonlyArray<string> }>).dues,
            ["a 1970-01-01T00:00:01.000Z 1970-01-01T00:00:02.000Z"]
          )
        }))

      more("of a batch stores all or none", (world) =>
        Effect.gen(function*() {
          const { submit } = Shop.operations.orders
          const messages = yield* Effect.forEach(
            [1, 2, 3],
            (number) => Outbox.message(submit, { payload: { key: "a", number } })
          )
          const receipts = yield* world.outbox.send(messages)
          assert.deepStrictEqual(receipts.map(({ created }) => created), [true, true, true])
          yield* world.worker()
          yield* world.pass("1 second")
          assert.sameMembers(yield* world.done, [1, 2, 3])
        }))
    })

    describe("an idempotency key of the caller's", () => {
      test("makes a second send the first one, and of another tenant another", (world) =>
        Effect.gen(function*() {
          const first = yield* world.submit("a", 1, { idempotencyKey: "k" })
          const again = yield* IdempotencyKey.provide("k")(world.submit("a", 1))
          assert.deepStrictEqual(again, { ...first, created: false })
          const other = yield* IntegrationContext.provide(world.submit("a", 1, { idempotencyKey: "k" }), {
            tenantId: "other"
          })
          assert.isTrue(other.created)
          yield* world.worker()
          yield* world.pass("1 second")
          assert.isFalse((yield* world.submit("a", 1, { idempotencyKey: "k" })).created)
          yield* world.pass("1 second")
          assert.strictEqual(yield* world.requests, 2)
        }))

      test("with another input is refused and not silently lost", (world) =>
        Effect.gen(function*() {
          const first = yield* world.submit("a", 1, { idempotencyKey: "k" })
          const error = yield* Effect.flip(world.submit("a", 2, { idempotencyKey: "k" }))
          assert.deepInclude(error, { _tag: "OutboxError", reason: "conflict" })
          assert.include(error.message, first.id)
        }))
    })

    describe("order", () => {
      test("is kept within a partition key, whatever fails on the way", (world) =>
        Effect.gen(function*() {
          yield* world.worker()
          for (let number = 1; number <= 4; number++) {
            yield* Call.withPartitionKey("a")(world.submit("a", number))
            yield* world.submit("b", 10 + number, { partitionKey: "b" })
          }
          yield* world.pass("40 seconds")
          const done = yield* world.done
          assert.deepStrictEqual(done.filter((number) => number < 10), [1, 2, 3, 4])
          assert.deepStrictEqual(done.filter((number) => number > 10), [11, 12, 13, 14])
        }), { faults: Faults.script([Faults.status(500), Faults.resetAfter, Faults.ok, Faults.status(502)]) })

      more(
        "the next of a key follows at once, however rarely the worker looks around by itself",
        (world) =>
          Effect.gen(function*() {
            yield* world.worker({ pollInterval: "1 hour" })
            for (let number = 1; number <= 15; number++) yield* world.submit("a", number, { partitionKey: "a" })
            yield* world.pass("1 second")
            assert.strictEqual((yield* world.done).length, 15)
          })
      )

      more("is by priority where there is no key", (world) =>
        Effect.gen(function*() {
          for (const [number, priority] of [[1, 5], [2, 0], [3, -5], [4, 0]] as const) {
            yield* world.submit("a", number, { priority })
            yield* TestClock.adjust(1)
          }
          yield* world.worker({ concurrency: 1 })
          yield* world.pass("5 seconds")
          assert.deepStrictEqual(yield* world.done, [3, 2, 4, 1])
        }))
    })

    more("a message is not delivered before its time", (world) =>
      Effect.gen(function*() {
        yield* TestClock.setTime(1000)
        yield* world.submit("a", 1, { delay: "10 minutes" })
        yield* world.submit("a", 2, { notBefore: DateTime.unsafeMake(5 * 60_000) })
        yield* world.submit("a", 3, { delay: 5, notBefore: DateTime.unsafeMake(0) })
        yield* world.worker({ pollInterval: "1 minute" })
        yield* world.pass("4 minutes")
        assert.deepStrictEqual(yield* world.done, [3])
        yield* world.pass("2 minutes")
        assert.deepStrictEqual(yield* world.done, [3, 2])
        yield* world.pass("5 minutes")
        assert.deepStrictEqual(yield* world.done, [3, 2, 1])
      }))

    describe("a delivery that fails", () => {
      more(
        "is tried again after growing pauses, and what the provider asks for goes before",
        (world) =>
          Effect.gen(function*() {
            const { id } = yield* world.submit("a", 1)
            yield* world.worker({ pollInterval: "5 seconds", retry: { initialDelay: "10 seconds" } })
            yield* world.pass("50 seconds")
            const entries = yield* world.emulator.ledger
            assert.deepStrictEqual(entries.map(({ status }) => status), [500, 503, 201])
            const [first, second, third] = entries.map(({ at }) => at)
            // half of a pause is chance; and a look around comes every 5 seconds
            assert.isAtLeast(second! - first!, 5000)
            assert.isAtMost(second! - first!, 15_000)
            assert.isAtLeast(third! - second!, 25_000)
            assert.deepInclude(yield* world.outbox.get(id), { attempts: 3, state: "delivered" })
            assert.deepStrictEqual(
              (yield* world.outbox.history(id)).map(({ outcome }) => outcome),
              ["failed", "failed", "delivered"]
            )
          }),
        { faults: Faults.script([Faults.status(500), Faults.retryAfterSeconds(25, 503)]) }
      )

      more(
        "burns no attempt where the circuit is open or the provider limits the rate",
        (world) =>
          Effect.gen(function*() {
            yield* world.worker({
              concurrency: 1,
              pollInterval: "5 seconds",
              retry: { initialDelay: "1 second", maxAttempts: 5 }
            })
            const receipts = yield* Effect.forEach([1, 2, 3, 4], (number) => world.submit("a", number))
            yield* world.pass("10 seconds")
            const during = yield* Effect.forEach(receipts, ({ id }) => world.outbox.history(id))
            assert.isTrue(
              during.flat().some(({ detail = "", outcome }) =>
                outcome === "released" && detail.startsWith("CircuitBreakerOpenError")
              )
            )
            yield* world.pass("5 minutes")
            assert.sameMembers(yield* world.done, [1, 2, 3, 4])
            const after = yield* Effect.forEach(receipts, ({ id }) => world.outbox.history(id))
            assert.isTrue(
              after.flat().some(({ detail = "", outcome }) =>
                outcome === "released" && detail.startsWith("RateLimitError")
              )
            )
            for (const [index, { id }] of receipts.entries()) {
              assert.strictEqual(
                (yield* world.outbox.get(id)).attempts,
                after[index]!.filter(({ outcome }) => outcome !== "released").length
              )
            }
            assert.strictEqual(after.flat().filter(({ outcome }) => outcome === "failed").length, 3)
          }),
        {
          faults: Faults.script([
            Faults.status(500),
            Faults.status(500),
            Faults.status(500),
            Faults.retryAfterSeconds(20)
          ])
        }
      )

      test("for good becomes a dead letter, and the next of its key has its turn", (world) =>
        Effect.gen(function*() {
          yield* world.worker()
          const bad = yield* world.submit("a", -1, { idempotencyKey: "bad", partitionKey: "a" })
          yield* world.submit("a", 2, { partitionKey: "a" })
          yield* world.pass("2 seconds")
          assert.deepStrictEqual(yield* world.done, [2])
          const { items } = yield* world.letters.list()
          assert.strictEqual(items.length, 1)
          assert.deepInclude(items[0], { idempotencyKey: "bad", operation: "orders.submit", partitionKey: "a" })
          const message = yield* world.outbox.get(bad.id)
          assert.deepInclude(message, { deadLetterId: items[0]!.id, state: "discarded" })
          assert.strictEqual(message.error?._tag, "ValidationError")
          assert.deepInclude(yield* world.stats, { deadLettered: 1 })
        }))

      more("one time too many becomes a dead letter, whose replay has its key", (world) =>
        Effect.gen(function*() {
          yield* world.worker({ retry: { initialDelay: "1 second", maxAttempts: 3 } })
          yield* world.submit("a", 1, { idempotencyKey: "k" })
          yield* world.pass("30 seconds")
          assert.strictEqual(yield* world.requests, 3)
          const [letter] = (yield* world.letters.list()).items
          assert.strictEqual(letter?.error._tag, "ServerError")
          yield* world.letters.replay(letter?.id ?? "")
          assert.deepStrictEqual(yield* world.done, [1])
          assert.strictEqual((yield* world.emulator.ledger)[3]?.headers["idempotency-key"], "k")
        }), {
        faults: Faults.script([Faults.status(500), Faults.status(500), Faults.status(500)]),
        policy: { circuitBreaker: false }
      })

      more("where no dead letter can be stored is parked", (world) =>
        Effect.gen(function*() {
          yield* world.worker()
          const { id } = yield* world.submit("a", -1)
          yield* world.pass("1 second")
          assert.deepInclude(yield* world.outbox.get(id), { attempts: 1, deadLetterId: undefined, state: "parked" })
        }), { policy: { deadLettering: false } })
    })

    describe("parked", () => {
      test("a message holds its key until somebody decides", (world) =>
        Effect.gen(function*() {
          yield* world.worker({ giveUp: "park" })
          const [first, second] = yield* Effect.forEach(
            [1, 2, 3],
            (number) => world.submit("a", number, { partitionKey: "a" })
          )
          yield* world.pass("10 seconds")
          assert.deepStrictEqual(yield* world.done, [])
          assert.deepInclude((yield* world.stats).byState, { parked: 1, waiting: 2 })
          assert.strictEqual((yield* world.letters.stats()).total, 0)

          assert.strictEqual((yield* world.outbox.retry(first!.id)).state, "ready")
          yield* world.pass("10 seconds")
          assert.deepStrictEqual(yield* world.done, [1])

          assert.strictEqual((yield* world.outbox.get(second!.id)).state, "parked")
          assert.strictEqual((yield* world.outbox.discard(second!.id, "nobody wants it")).state, "discarded")
          yield* world.pass("10 seconds")
          assert.deepStrictEqual(yield* world.done, [1, 3])
          assert.deepStrictEqual(
            (yield* world.outbox.history(second!.id)).map(({ detail }) => detail?.split(":")[0]),
            ["ValidationError", "nobody wants it"]
          )
        }), { faults: Faults.script([Faults.status(400), Faults.ok, Faults.status(400)]) })

      more(
        "a message holds up nobody who was sent to skip it; all of them are retried by filter",
        (world) =>
          Effect.gen(function*() {
            yield* world.worker({ giveUp: "park" })
            for (const number of [1, 2, 3]) yield* world.submit("a", number, { onPark: "skip", partitionKey: "a" })
            yield* world.pass("10 seconds")
            assert.deepStrictEqual(yield* world.done, [3])
            assert.strictEqual(yield* world.outbox.retryAll({ errorTag: "NotFoundError", integration: "shop" }), 0)
            assert.strictEqual(yield* world.outbox.retryAll({ errorTag: "ValidationError", integration: "shop" }), 2)
            yield* world.pass("10 seconds")
            assert.sameMembers(yield* world.done, [1, 2, 3])
          }),
        { faults: Faults.script([Faults.status(400), Faults.status(400)]) }
      )

      more("is what this program cannot deliver, once others have had their time", (world) =>
        Effect.gen(function*() {
          yield* world.worker({ retry: { initialDelay: "1 second", maxAttempts: 2 } })
          const message = yield* Outbox.message(Shop.operations.orders.submit, { payload: { key: "a", number: 1 } })
          const receipts = yield* world.outbox.send([
            { ...message, operation: "orders.cancel" },
            { ...message, payload: message.payload.replace("\"number\"", "\"nummer\"") },
            { ...message, payload: "{}" }
          ])
          yield* world.pass("10 seconds")
          assert.strictEqual(yield* world.requests, 0)
          for (const { id } of receipts) {
            const [tried, last] = yield* world.outbox.history(id)
            assert.strictEqual(tried?.outcome, "failed")
            assert.include(last?.detail, "ValidationError")
          }
          assert.strictEqual((yield* world.stats).byState.parked, 3)
          const page = yield* world.outbox.list({ integration: "shop", state: "parked" })
          assert.deepInclude(page, { undecodable: 1 })
          assert.include(page.items[0]?.error?.message, "orders.cancel")
        }))
    })

    describe("a worker", () => {
      more("never has more under way than it may", (world) =>
        Effect.gen(function*() {
          yield* world.worker({ concurrency: 3 })
          for (let number = 1; number <= 9; number++) yield* world.submit("a", number)
          for (let seconds = 0; seconds < 3; seconds++) {
            yield* world.pass("1 second")
            assert.strictEqual((yield* world.stats).byState.delivering, 3)
            yield* world.pass("9 seconds")
          }
          yield* world.pass("1 second")
          assert.strictEqual((yield* world.done).length, 9)
        }), {
        faults: Faults.make({ latency: { max: "10 seconds", min: "10 seconds" } }),
        policy: { attemptTimeout: "20 seconds" }
      })

      more("keeps what takes long, and another one does not get it", (world) =>
        Effect.gen(function*() {
          yield* world.worker({ lease: "3 seconds" })
          yield* world.worker({ lease: "3 seconds" })
          const { id } = yield* world.submit("a", 1)
          yield* world.pass("20 seconds")
          assert.strictEqual(yield* world.requests, 1)
          assert.deepInclude(yield* world.outbox.get(id), { stalls: 0, state: "delivered" })
        }), {
        faults: Faults.make({ latency: { max: "16 seconds", min: "16 seconds" } }),
        policy: { attemptTimeout: "20 seconds" }
      })

      test("that died is stood in for when its lease ends", (world) =>
        Effect.gen(function*() {
          const { id } = yield* world.submit("a", 1)
          const { queue, queueOf } = world.outbox.workings
          yield* queue.claim({ lease: "30 seconds", owner: "dead", queue: queueOf("shop") })
          yield* world.worker()
          yield* world.pass("29 seconds")
          assert.strictEqual(yield* world.requests, 0)
          yield* world.pass("2 seconds")
          assert.deepStrictEqual(yield* world.done, [1])
          assert.deepInclude(yield* world.outbox.get(id), { stalls: 1, state: "delivered" })
        }))

      more(
        "that is shut down claims no more, ends what it can, and gives the rest back",
        (world) =>
          Effect.gen(function*() {
            const scope = yield* Scope.make()
            yield* Scope.extend(world.worker({ concurrency: 2, drain: "8 seconds" }), scope)
            const slow = yield* world.submit("a", 1)
            yield* world.pass("5 seconds")
            const slower = yield* world.submit("a", 2)
            const third = yield* world.submit("a", 3)
            yield* world.pass("1 second")
            const closing = yield* Effect.fork(Scope.close(scope, Exit.void))
            yield* world.pass("7 seconds")
            assert.isTrue(Option.isNone(yield* closing.poll))
            yield* world.pass("2 seconds")
            assert.isTrue(Option.isSome(yield* closing.poll))
            assert.strictEqual((yield* world.outbox.get(slow.id)).state, "delivered")
            assert.deepInclude(yield* world.outbox.get(slower.id), { attempts: 0, state: "ready" })
            assert.deepStrictEqual(
              (yield* world.outbox.history(slower.id)).map(({ outcome }) => outcome),
              ["released"]
            )
            assert.deepStrictEqual(yield* world.outbox.history(third.id), [])
            // what was given back is done by the next one
            yield* world.worker()
            yield* world.pass("1 minute")
            assert.sameMembers(yield* world.done, [1, 2, 3])
          }),
        {
          faults: Faults.make({ latency: { max: "10 seconds", min: "10 seconds" } }),
          policy: { attemptTimeout: "20 seconds" }
        }
      )

      more("purges what has been final for long, and no key before its time", (world) =>
        Effect.gen(function*() {
          yield* world.worker({ pollInterval: "10 minutes", retention: "1 hour" })
          const { id } = yield* world.submit("a", 1, { dedupeFor: "3 hours", idempotencyKey: "k" })
          yield* world.submit("a", 2)
          yield* world.pass("2 hours")
          assert.deepStrictEqual((yield* world.outbox.list({ integration: "shop" })).items.map((item) => item.id), [id])
          yield* world.pass("2 hours")
          assert.deepStrictEqual((yield* world.outbox.list({ integration: "shop" })).items, [])
          assert.deepInclude(yield* Effect.flip(world.outbox.get(id)), { reason: "not-found" })
        }))
    })

    describe.runIf(whole)("what comes in between", () => {
      test(
        "a worker that dies between a dead letter and the end of its message is made up for",
        (world) =>
          Effect.gen(function*() {
            const { id } = yield* world.submit("a", 1, { partitionKey: "a" })
            yield* world.submit("a", 2, { partitionKey: "a" })
            const { queue, queueOf } = world.outbox.workings
            const [item] = yield* queue.claim({ owner: "dead", queue: queueOf("shop") })
            yield* queue.fail(id, item!.token, { next: { _tag: "park" }, reason: "dead-lettered" })
            yield* world.worker()
            yield* world.pass("1 second")
            assert.strictEqual((yield* world.outbox.get(id)).state, "discarded")
            assert.deepStrictEqual(yield* world.done, [2])
          })
      )

      test("a bug in the client costs no message, and is not tried for ever", (world) =>
        Effect.gen(function*() {
          const broken = { orders: { submit: () => Effect.die(new Error("a bug")) } }
          yield* Effect.forkScoped(
            Outbox.worker([Shop], { retry: { initialDelay: "1 second", maxAttempts: 3 } }).pipe(
              Effect.provideService(Shop, broken as unknown as Shop["Type"]),
              Effect.provide(world.context),
              Logger.withMinimumLogLevel(LogLevel.None)
            )
          )
          const { id } = yield* world.submit("a", 1)
          yield* world.pass("10 seconds")
          assert.deepInclude(yield* world.outbox.get(id), { attempts: 3, state: "parked" })
          const details = (yield* world.outbox.history(id)).map(({ detail }) => detail)
          assert.include(details[2], "a bug")
        }))

      test("a message whose workers died too often is parked", (world) =>
        Effect.gen(function*() {
          const { id } = yield* world.submit("a", 1)
          const { queue, queueOf } = world.outbox.workings
          for (let deaths = 0; deaths < 10; deaths++) {
            yield* queue.claim({ lease: "1 second", owner: "dead", queue: queueOf("shop") })
            yield* world.pass("1 second")
          }
          yield* world.worker()
          yield* world.pass("5 seconds")
          assert.strictEqual(yield* world.requests, 0)
          assert.deepInclude(yield* world.outbox.get(id), { stalls: 10, state: "parked" })
        }))
    })

    describe("an integration that is paused", () => {
      more("is delivered to by no worker until it is resumed", (world) =>
        Effect.gen(function*() {
          yield* world.worker()
          yield* world.outbox.pause("shop", "their migration")
          yield* world.pass("2 seconds")
          yield* world.submit("a", 1)
          yield* world.pass("10 seconds")
          // a process that starts meanwhile knows of it too
          yield* world.worker()
          yield* world.pass("10 seconds")
          assert.strictEqual(yield* world.requests, 0)
          const paused = Option.getOrThrow((yield* world.stats).paused)
          assert.strictEqual(paused.reason, "their migration")
          yield* world.outbox.pause("shop", "still")
          yield* world.outbox.resume("shop")
          yield* world.pass("2 seconds")
          assert.deepStrictEqual(yield* world.done, [1])
          assert.isTrue(Option.isNone((yield* world.stats).paused))
        }))

      test("may be paused before it has ever had a worker", (world) =>
        Effect.gen(function*() {
          assert.deepStrictEqual(yield* world.outbox.stats(), [])
          yield* world.outbox.resume("other")
          yield* world.outbox.pause("shop", "not yet")
          yield* world.submit("a", 1)
          yield* world.worker()
          yield* world.pass("10 seconds")
          assert.strictEqual(yield* world.requests, 0)
          assert.deepStrictEqual(
            (yield* world.outbox.stats()).map(({ byState, integration }) => [integration, byState.ready]),
            [["other", 0], ["shop", 1]]
          )
        }))
    })
  })
}
