/**
 * What every backing of the dead letter queue must do. A third party's backing proves itself by calling `suite` in a
 * spec of its own.
 *
 * @since 0.1.0
 */
import { assert, describe, it } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import type * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as TestClock from "effect/TestClock"
import * as DeadLetterQueue from "../../delivery/DeadLetterQueue.js"
import { captureTests } from "./internal/deadLetterCaptures.js"
import { decisionTests } from "./internal/deadLetterDecisions.js"
import { editTests } from "./internal/deadLetterEdits.js"
import { captureMany, idsOf, passing, refusedWith, type Test } from "./internal/deadLetterKit.js"
import { replayAllTests } from "./internal/deadLetterReplayAll.js"
import { replayJobTests } from "./internal/deadLetterReplayJobs.js"
import { breakerOpen, contactExists, everyError, letter, localRefusals, serverError } from "./internal/deadLetters.js"

/**
 * The conformance suite of a backing. The layer is built anew for each test, must be empty then, and must have the
 * default options.
 *
 * @example
 * ```ts
 * import { DeadLetterQueue } from "holdfast"
 * import { suite } from "holdfast/testing/conformance/DeadLetterQueue"
 *
 * suite("memory", DeadLetterQueue.layerMemory)
 * ```
 *
 * @since 0.1.0
 * @category conformance
 */
export const suite = <E>(
  name: string,
  layer: Layer.Layer<DeadLetterQueue.DeadLetterQueue, E>,
  options?: {
    /** Waits until the store has nothing under way. For one whose steps take real time, which the test's clock is not. */
    readonly settled?: Effect.Effect<void> | undefined
  }
): void => {
  const pass = passing(options?.settled ?? Effect.void)
  const test: Test = (behaviour, run) =>
    it.scoped(
      behaviour,
      () => Effect.provide(Effect.flatMap(DeadLetterQueue.DeadLetterQueue, (service) => run(service, pass)), layer)
    )

  describe(`DeadLetterQueue over ${name}`, () => {
    captureTests(test)

    describe("list", () => {
      test("gives pages in the order of capture, either way", (service) =>
        Effect.gen(function*() {
          const ids = yield* captureMany(service, 7)
          const first = yield* service.list({}, { limit: 3 })
          const second = yield* service.list({}, { limit: 3, after: Option.getOrThrow(first.next) })
          const third = yield* service.list({}, { limit: 3, after: Option.getOrThrow(second.next) })
          assert.deepStrictEqual([first, second, third].flatMap((page) => idsOf(page.items)), ids)
          assert.deepStrictEqual(third.next, Option.none())
          assert.deepStrictEqual(idsOf((yield* service.list({}, { order: "newest" })).items), ids.slice().reverse())
        }))

      test("filters by integration, operation, error, state and age", (service, pass) =>
        Effect.gen(function*() {
          const one = yield* service.capture(letter())
          yield* pass("1 hour")
          const two = yield* service.capture(letter({ integration: "stripe", error: breakerOpen() }))
          const three = yield* service.capture(letter({ operation: "deals.create" }))
          yield* service.discard(three, "no")
          const list = (filter: DeadLetterQueue.Filter) => Effect.map(service.list(filter), (page) => idsOf(page.items))
          assert.deepStrictEqual(yield* list({ integration: "stripe" }), [two])
          assert.deepStrictEqual(yield* list({ operation: "contacts.create" }), [one, two])
          assert.deepStrictEqual(yield* list({ errorTag: "ServerError" }), [one, three])
          assert.deepStrictEqual(yield* list({ errorTag: ["CircuitBreakerOpenError", "NetworkError"] }), [two])
          assert.deepStrictEqual(yield* list({ state: "pending" }), [one, two])
          assert.deepStrictEqual(yield* list({ state: ["discarded", "parked"] }), [three])
          assert.deepStrictEqual(yield* list({ olderThan: "30 minutes" }), [one])
          assert.deepStrictEqual(yield* list({ newerThan: "30 minutes" }), [two, three])
        }))

      test(
        "groups tell what fails, how often and since when, and select what to replay",
        (service, pass) =>
          Effect.gen(function*() {
            yield* TestClock.setTime(5000)
            const one = yield* service.capture(letter())
            yield* pass("1 minute")
            yield* service.capture(letter({ error: serverError("in other words") }))
            const open = yield* service.capture(letter({ error: breakerOpen() }))
            yield* service.discard(yield* service.capture(letter({ integration: "stripe" })), "no")
            const [down, refused, ...rest] = yield* service.groups({ state: "pending" })
            const given = { errorTag: "ServerError", integration: "hubspot", operation: "contacts.create" }
            assert.deepStrictEqual(down, {
              ...given,
              count: 2,
              firstSeen: DateTime.unsafeMake(5000),
              lastSeen: DateTime.unsafeMake(65_000),
              signature: "ServerError 503"
            })
            assert.deepInclude(refused, { count: 1, signature: "CircuitBreakerOpenError" })
            assert.deepStrictEqual(rest, [])
            assert.strictEqual((yield* service.groups()).length, 3)
            assert.strictEqual((yield* service.get(one)).signature, down?.signature)
            assert.deepStrictEqual(idsOf((yield* service.list({ signature: refused?.signature })).items), [open])
            // a replay that fails in another way moves its letter to another group
            yield* service.register("hubspot", () => Effect.fail(contactExists()))
            yield* pass("1 minute")
            const report = yield* service.replayAll({ signature: "ServerError 503" })
            assert.deepInclude(report, { failed: 2, selected: 2 })
            assert.deepStrictEqual(
              (yield* service.groups({ integration: "hubspot" })).map(({ count, lastSeen, signature }) => ({
                at: DateTime.toEpochMillis(lastSeen),
                count,
                signature
              })),
              [
                { at: 125_000, count: 2, signature: "ConflictError 409 CONTACT_EXISTS" },
                { at: 65_000, count: 1, signature: "CircuitBreakerOpenError" }
              ]
            )
          })
      )

      test("stats count what the filter selects", (service, pass) =>
        Effect.gen(function*() {
          yield* captureMany(service, 2)
          yield* pass("1 minute")
          const id = yield* service.capture(letter({ integration: "stripe", error: breakerOpen() }))
          yield* service.discard(id, "no")
          assert.deepStrictEqual(yield* service.stats(), {
            total: 3,
            byState: { pending: 2, replaying: 0, replayed: 0, parked: 0, discarded: 1 },
            byIntegration: { hubspot: 2, stripe: 1 },
            byErrorTag: { ServerError: 2, CircuitBreakerOpenError: 1 },
            oldestAge: Option.some(Duration.minutes(1)),
            undecodable: 0
          })
          const stripe = yield* service.stats({ integration: "stripe" })
          assert.strictEqual(stripe.total, 1)
          assert.deepStrictEqual(stripe.oldestAge, Option.none())
        }))
    })

    describe("replay", () => {
      test("sends the letter as it was stored, and ends it", (service) =>
        Effect.gen(function*() {
          const given = letter()
          const id = yield* service.capture(given)
          const sent: Array<DeadLetterQueue.DeadLetter> = []
          yield* service.register("hubspot", (letter) => Effect.sync(() => void sent.push(letter)))
          const replayed = yield* service.replay(id)
          assert.deepInclude(replayed, { id, state: "replayed", replays: 1 })
          assert.strictEqual(sent.length, 1)
          assert.deepInclude(sent[0], {
            request: given.request,
            idempotencyKey: given.idempotencyKey,
            state: "replaying"
          })
          yield* refusedWith(service.replay(id), "ReplayRefusedError", "not-pending")
          assert.deepStrictEqual((yield* service.history(id)).map((entry) => entry.outcome), ["replayed"])
        }))

      test(
        "that fails leaves the letter pending, with the new error and one more line of history",
        (service, pass) =>
          Effect.gen(function*() {
            const id = yield* service.capture(letter())
            yield* pass("1 minute")
            yield* service.register("hubspot", () => Effect.fail(everyError[0] ?? serverError()))
            yield* refusedWith(service.replay(id), "NetworkError")
            const stored = yield* service.get(id)
            assert.deepInclude(stored, { state: "pending", replays: 1 })
            assert.strictEqual(stored.error._tag, "NetworkError")
            assert.strictEqual(DateTime.toEpochMillis(stored.lastAttemptAt), 60_000)
            const [entry] = yield* service.history(id)
            assert.deepInclude(entry, { outcome: "failed", detail: "NetworkError: it failed" })
            assert.deepStrictEqual(idsOf((yield* service.list({ errorTag: "NetworkError" })).items), [id])
          })
      )

      test("refused in this process burns nothing", (service) =>
        Effect.gen(function*() {
          for (const error of localRefusals) {
            const id = yield* service.capture(letter())
            yield* Effect.scoped(Effect.zipRight(
              service.register("hubspot", () => Effect.fail(error)),
              refusedWith(service.replay(id), error._tag)
            ))
            const stored = yield* service.get(id)
            assert.deepInclude(stored, { state: "pending", replays: 0 })
            assert.strictEqual(stored.error._tag, "ServerError")
          }
        }))

      test("that dies burns one, keeps the error and is told", (service) =>
        Effect.gen(function*() {
          const id = yield* service.capture(letter())
          yield* service.register("hubspot", () => Effect.dieMessage("a bug"))
          const exit = yield* Effect.exit(service.replay(id))
          assert.isTrue(Exit.isFailure(exit))
          assert.deepInclude(yield* service.get(id), { state: "pending", replays: 1 })
          assert.include((yield* service.history(id))[0]?.detail, "a bug")
        }))

      test(
        "that is interrupted gives the letter back at once and burns nothing",
        (service, pass) =>
          Effect.gen(function*() {
            const id = yield* service.capture(letter())
            yield* service.register("hubspot", () => Effect.never)
            const fiber = yield* Effect.fork(service.replay(id))
            yield* pass("1 second")
            assert.strictEqual((yield* service.get(id)).state, "replaying")
            yield* Fiber.interrupt(fiber)
            assert.deepInclude(yield* service.get(id), { state: "pending", replays: 0 })
          })
      )

      test("that takes longer than its lease keeps the letter", (service, pass) =>
        Effect.gen(function*() {
          const id = yield* service.capture(letter())
          yield* service.register("hubspot", () => Effect.sleep("5 minutes"))
          const fiber = yield* Effect.fork(service.replay(id))
          for (let i = 0; i < 60; i++) {
            yield* pass("4 seconds")
            assert.strictEqual((yield* service.get(id)).state, "replaying")
          }
          yield* refusedWith(service.replay(id), "ReplayRefusedError", "claimed")
          yield* pass("1 minute")
          assert.strictEqual((yield* Fiber.join(fiber)).state, "replayed")
        }))

      test("without a replayer is refused and says what is missing", (service) =>
        Effect.gen(function*() {
          const id = yield* service.capture(letter())
          const error = yield* Effect.flip(service.replay(id))
          assert.strictEqual(error._tag, "ReplayRefusedError")
          assert.include(error.message, "hubspot")
          assert.include(error.message, "provide its layer")
          yield* refusedWith(service.replay("nobody"), "DeadLetterNotFoundError")
        }))

      test("uses the replayer registered last, for as long as its scope lasts", (service) =>
        Effect.gen(function*() {
          const sent: Array<string> = []
          const say = (name: string) => () => Effect.sync(() => void sent.push(name))
          const [one, two] = yield* captureMany(service, 2)
          yield* service.register("hubspot", say("first"))
          yield* Effect.scoped(
            Effect.zipRight(service.register("hubspot", say("second")), service.replay(one ?? ""))
          )
          yield* service.replay(two ?? "")
          assert.deepStrictEqual(sent, ["second", "first"])
        }))

      test("parks a letter that failed too often, which then needs force", (service) =>
        Effect.gen(function*() {
          const id = yield* service.capture(letter())
          let healthy = false
          yield* service.register("hubspot", () => Effect.suspend(() => healthy ? Effect.void : serverError()))
          for (let i = 0; i < 10; i++) {
            assert.strictEqual((yield* service.get(id)).state, "pending")
            yield* refusedWith(service.replay(id), "ServerError")
          }
          assert.deepInclude(yield* service.get(id), { state: "parked", replays: 10 })
          yield* refusedWith(service.replay(id), "ReplayRefusedError", "parked")
          yield* refusedWith(service.replay(id, { force: true }), "ServerError")
          assert.strictEqual((yield* service.get(id)).state, "parked")
          healthy = true
          assert.strictEqual((yield* service.replay(id, { force: true })).state, "replayed")
        }))

      test("two at once of one letter: one is refused as claimed", (service, pass) =>
        Effect.gen(function*() {
          const id = yield* service.capture(letter())
          let sent = 0
          yield* service.register("hubspot", () => Effect.delay(Effect.sync(() => void sent++), "1 second"))
          const fibers = yield* Effect.forEach([1, 2, 3], () => Effect.fork(Effect.exit(service.replay(id))))
          yield* pass("2 seconds")
          const exits = yield* Effect.forEach(fibers, Fiber.join)
          assert.strictEqual(exits.filter(Exit.isSuccess).length, 1)
          assert.strictEqual(sent, 1)
        }))
    })

    editTests(test)
    replayAllTests(test)
    replayJobTests(test)

    decisionTests(test)
  })
}
