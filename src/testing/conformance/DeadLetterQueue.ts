/**
 * What every backing of the dead letter queue must do. A third party's backing proves itself by calling `suite` in a
 * spec of its own.
 *
 * @since 0.1.0
 */
import { assert, describe, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import type * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import * as DeadLetterQueue from "../../delivery/DeadLetterQueue.js"
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

    describe("decisions", () => {
      test("discard ends a letter, with its reason in the history", (service) =>
        Effect.gen(function*() {
          const id = yield* service.capture(letter())
          assert.strictEqual((yield* service.discard(id, "sent by hand")).state, "discarded")
          assert.deepInclude((yield* service.history(id))[0], { outcome: "discarded", detail: "sent by hand" })
          yield* service.register("hubspot", () => Effect.void)
          yield* refusedWith(service.replay(id), "ReplayRefusedError", "not-pending")
          yield* refusedWith(service.discard("nobody", "x"), "DeadLetterNotFoundError")
          yield* refusedWith(service.history("nobody"), "DeadLetterNotFoundError")
        }))

      test(
        "a letter that is being replayed or was replayed cannot be discarded",
        (service, pass) =>
          Effect.gen(function*() {
            const id = yield* service.capture(letter())
            yield* service.register("hubspot", () => Effect.sleep("1 second"))
            const fiber = yield* Effect.fork(service.replay(id))
            yield* pass(1)
            yield* refusedWith(service.discard(id, "x"), "DeadLetterStateError")
            yield* pass("1 second")
            yield* Fiber.join(fiber)
            yield* refusedWith(service.discard(id, "x"), "DeadLetterStateError")
          })
      )

      test("park sets a letter aside, with its reason in the history, and unpark brings it back", (service) =>
        Effect.gen(function*() {
          const [id = ""] = yield* captureMany(service, 1)
          yield* service.register("hubspot", () => Effect.void)
          assert.deepInclude(yield* service.park(id, "the customer is asked"), { state: "parked", replays: 0 })
          assert.deepInclude((yield* service.history(id))[0], { detail: "the customer is asked", outcome: "parked" })
          yield* refusedWith(service.replay(id), "ReplayRefusedError", "parked")
          assert.strictEqual((yield* service.replayAll()).selected, 0)
          assert.strictEqual((yield* service.unpark(id)).state, "pending")
          assert.strictEqual((yield* service.replay(id)).state, "replayed")
          yield* refusedWith(service.park(id, "too late"), "DeadLetterStateError")
          yield* refusedWith(service.park("nobody", "x"), "DeadLetterNotFoundError")
        }))

      test("unpark makes a parked letter pending, its replays counted anew", (service) =>
        Effect.gen(function*() {
          const id = yield* service.capture(letter())
          yield* service.register("hubspot", () => serverError())
          for (let i = 0; i < 10; i++) yield* Effect.ignore(service.replay(id))
          assert.deepInclude(yield* service.unpark(id), { state: "pending", replays: 0 })
        }))

      test("purge removes what is final and old, and nothing else", (service, pass) =>
        Effect.gen(function*() {
          const [one, two] = yield* captureMany(service, 2)
          yield* service.discard(one ?? "", "no")
          yield* pass("1 day")
          assert.strictEqual((yield* service.purge({ olderThan: "2 days" })).purged, 0)
          assert.deepStrictEqual(
            yield* service.purge({ olderThan: "1 day", dryRun: true }),
            { discarded: 1, purged: 1, replayed: 0 }
          )
          assert.strictEqual((yield* service.get(one ?? "")).state, "discarded")
          assert.strictEqual(
            (yield* service.purge({ olderThan: 0, filter: { integration: "stripe", state: "discarded" } })).purged,
            0
          )
          for (const state of ["pending", "parked", "replaying"] as const) {
            yield* refusedWith(
              service.purge({ olderThan: 0, filter: { state: ["discarded", state] } }),
              "PurgeRefusedError"
            )
          }
          assert.strictEqual((yield* service.purge({ olderThan: "1 day" })).purged, 1)
          yield* refusedWith(service.get(one ?? ""), "DeadLetterNotFoundError")
          assert.strictEqual((yield* service.get(two ?? "")).state, "pending")
        }))

      test(
        "changes tells what happens, and a reader that does not read holds up nobody",
        (service, pass) =>
          Effect.gen(function*() {
            const seen = yield* Effect.fork(Stream.runCollect(Stream.take(service.changes, 7)))
            yield* Effect.fork(Stream.runForEach(service.changes, () => Effect.never))
            yield* pass(1)
            let fails = true
            yield* service.register("hubspot", () => Effect.suspend(() => fails ? serverError() : Effect.void))
            const id = yield* service.capture(letter())
            yield* Effect.ignore(service.replay(id))
            fails = false
            yield* service.replay(id)
            yield* service.discard(yield* service.capture(letter()), "no")
            const changes = Chunk.toReadonlyArray(yield* Fiber.join(seen))
            assert.deepStrictEqual(
              changes.map((change) => change._tag),
              ["Captured", "Replaying", "ReplayFailed", "Replaying", "Replayed", "Captured", "Discarded"]
            )
            assert.deepInclude(changes[0], { id, integration: "hubspot", operation: "contacts.create" })
            yield* Effect.forEach(Array.from({ length: 1500 }), () => service.capture(letter()), { concurrency: 100 })
          })
      )
    })
  })
}
