import { assert, describe } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import * as DeadLetterQueue from "../../../delivery/DeadLetterQueue.js"
import { idsOf, refusedWith, type Test } from "./deadLetterKit.js"
import { breakerOpen, everyError, letter, serverError } from "./deadLetters.js"

/** What is kept of a call, and when. */
export const captureTests = (test: Test): void => {
  describe("capture", () => {
    test("keeps the whole call, pending, under an id ordered by time", (service, pass) =>
      Effect.gen(function*() {
        yield* TestClock.setTime(5000)
        const given = letter({
          tenantId: "t",
          connectionId: "c",
          userId: "u",
          partitionKey: "p",
          error: serverError("down")
        })
        const id = yield* service.capture(given)
        const stored = yield* service.get(id)
        const { error, ...rest } = given
        assert.deepInclude(stored, { ...rest, id, state: "pending", replays: 0, version: 1 })
        assert.strictEqual(DateTime.toEpochMillis(stored.createdAt), 5000)
        assert.strictEqual(stored.error._tag, error._tag)
        assert.deepStrictEqual(stored.error.details, error.details)
        yield* pass("1 second")
        assert.isBelow(id.localeCompare(yield* service.capture(letter())), 0)
      }))

    test("every error comes back as it was", (service) =>
      Effect.forEach(everyError, (error) =>
        Effect.gen(function*() {
          const stored = yield* service.get(yield* service.capture(letter({ error })))
          assert.deepStrictEqual({ ...stored.error }, { ...error })
          assert.strictEqual(stored.error._tag, error._tag)
          assert.strictEqual(stored.error.constructor, error.constructor)
        }), { discard: true }))

    test("an error whose details cannot be JSON, or whose wait is infinite, costs no letter", (service) =>
      Effect.gen(function*() {
        const circular: { self?: unknown } = {}
        circular.self = circular
        for (const details of [circular, 1n]) {
          const error = serverError()
          const id = yield* service.capture(
            letter({ error: Object.assign(error, { details, retryAfter: Duration.infinity }) })
          )
          assert.strictEqual((yield* service.get(id)).error._tag, "ServerError")
        }
      }))

    test("restores letters of another queue: none that is there by its id or its call, and parked what was", (service) =>
      Effect.gen(function*() {
        const there = letter()
        const id = yield* service.capture(there)
        const stored = yield* service.get(id)
        const from = (changes: Partial<DeadLetterQueue.DeadLetter>) =>
          new DeadLetterQueue.DeadLetter({ ...stored, ...changes })
        const pending = from({ id: "01KAXF0000000000000000000A", idempotencyKey: "restored-1", partitionKey: "p" })
        const parked = from({ id: "01KAXF0000000000000000000B", idempotencyKey: "restored-2", state: "parked" })
        const sameCall = from({ id: "01KAXF0000000000000000000C" })
        const letters = [pending, stored, parked, sameCall]
        assert.deepStrictEqual(yield* service.restore(letters), [true, false, true, false])
        assert.deepStrictEqual(yield* service.restore(letters), [false, false, false, false])
        assert.strictEqual((yield* service.stats()).total, 3)
        assert.deepInclude(yield* service.get(pending.id), {
          idempotencyKey: "restored-1",
          partitionKey: "p",
          replays: 0,
          request: stored.request,
          state: "pending"
        })
        assert.strictEqual((yield* service.get(parked.id)).state, "parked")
        yield* service.register("hubspot", () => Effect.void)
        assert.deepInclude(yield* service.replayAll(), { replayed: 2 })
        // final now, it is not brought back to life
        assert.deepStrictEqual(yield* service.restore([pending]), [false])
        assert.strictEqual((yield* service.get(pending.id)).state, "replayed")
      }))

    test("a letter that was stored without a part of its request is not replayed, nor charged for it", (service) =>
      Effect.gen(function*() {
        const { request } = letter()
        const id = yield* service.capture(
          letter({ request: new DeadLetterQueue.DeadLetterRequest({ ...request, redacted: ["body.card"] }) })
        )
        yield* service.register("hubspot", () => Effect.die("it must not be sent"))
        const error = yield* Effect.flip(service.replay(id))
        yield* refusedWith(Effect.fail(error), "ReplayRefusedError", "redacted")
        assert.include(error.message, "body.card")
        assert.deepInclude(yield* service.replayAll(), { selected: 1, skipped: 1 })
        assert.deepInclude(yield* service.get(id), { replays: 0, state: "pending" })
        assert.deepStrictEqual(yield* service.history(id), [])
      }))

    test("of the same call gives the same letter, brought up to date", (service) =>
      Effect.gen(function*() {
        const first = letter({ attempts: 2 })
        const id = yield* service.capture(first)
        const again = yield* service.capture({
          ...first,
          attempts: 3,
          error: breakerOpen(),
          firstAttemptAt: DateTime.unsafeMake(8000),
          lastAttemptAt: DateTime.unsafeMake(9000)
        })
        assert.strictEqual(again, id)
        const stored = yield* service.get(id)
        assert.deepInclude(stored, { attempts: 5, version: 2, firstAttemptAt: first.firstAttemptAt })
        assert.strictEqual(DateTime.toEpochMillis(stored.lastAttemptAt), 9000)
        assert.strictEqual(stored.error._tag, "CircuitBreakerOpenError")
        assert.strictEqual((yield* service.stats()).total, 1)
      }))

    test("repeated because its answer was lost, changes nothing", (service) =>
      Effect.gen(function*() {
        const given = letter()
        const id = yield* service.capture(given)
        const stored = yield* service.get(id)
        assert.strictEqual(yield* service.capture(given), id)
        assert.deepStrictEqual(yield* service.get(id), stored)
      }))

    test("of a call whose letter is final is a new letter", (service) =>
      Effect.gen(function*() {
        const given = letter()
        const id = yield* service.capture(given)
        yield* service.discard(id, "wrong")
        assert.notStrictEqual(yield* service.capture(given), id)
      }))

    test("the same key of another tenant, operation or integration is another letter", (service) =>
      Effect.gen(function*() {
        const given = letter()
        yield* service.capture(given)
        yield* service.capture({ ...given, tenantId: "t" })
        yield* service.capture({ ...given, connectionId: "c" })
        yield* service.capture({ ...given, operation: "contacts.update" })
        yield* service.capture({ ...given, integration: "stripe" })
        assert.strictEqual((yield* service.stats()).total, 5)
      }))

    test("many at once are all kept", (service) =>
      Effect.gen(function*() {
        const ids = yield* Effect.forEach(Array.from({ length: 300 }), () => service.capture(letter()), {
          concurrency: "unbounded"
        })
        assert.strictEqual(new Set(ids).size, 300)
        assert.deepStrictEqual(
          new Set(idsOf(Chunk.toReadonlyArray(yield* Stream.runCollect(service.stream())))),
          new Set(ids)
        )
      }))

    test("an interrupted caller has either captured or not, and never half", (service) =>
      Effect.gen(function*() {
        const fibers = yield* Effect.forEach(
          Array.from({ length: 50 }),
          () => Effect.fork(service.capture(letter()))
        )
        yield* Effect.yieldNow()
        const exits = yield* Effect.forEach(fibers, Fiber.interrupt)
        const stored = new Set(idsOf((yield* service.list({}, { limit: 500 })).items))
        for (const exit of exits) {
          if (Exit.isSuccess(exit)) assert.isTrue(stored.has(exit.value))
        }
      }))
  })
}
