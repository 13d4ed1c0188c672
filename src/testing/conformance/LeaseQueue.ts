/**
 * What every backing of the lease queue must do. A third party's backing proves itself by calling `suite` in a spec of
 * its own.
 *
 * @since 0.1.0
 */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as TestClock from "effect/TestClock"
import * as LeaseQueue from "../../delivery/LeaseQueue.js"
import { claim, claimOne, failsWith, idsOf, offerOne, queue, stateOf, type Test } from "./internal/leaseQueueKit.js"
import { listTests } from "./internal/leaseQueueLists.js"
import * as model from "./internal/leaseQueueModel.js"
import { partitionTests } from "./internal/leaseQueuePartitions.js"

/**
 * The conformance suite of a backing. The layer is built anew for each test, and must be empty then.
 *
 * @example
 * ```ts
 * import { LeaseQueue } from "holdfast"
 * import { suite } from "holdfast/testing/conformance/LeaseQueue"
 *
 * suite("memory", LeaseQueue.layerMemory)
 * ```
 *
 * @since 0.1.0
 * @category conformance
 */
export const suite = <E>(
  name: string,
  layer: Layer.Layer<LeaseQueue.LeaseQueue, E>,
  options?: {
    /** Sequences of commands that the model tests try. Default 100. */
    readonly numRuns?: number | undefined
  }
): void => {
  const test: Test = (behaviour, run) =>
    it.effect(behaviour, () => Effect.provide(Effect.flatMap(LeaseQueue.LeaseQueue, run), layer))

  describe(`LeaseQueue over ${name}`, () => {
    describe("offer", () => {
      test("gives ids in the order of time", (service) =>
        Effect.gen(function*() {
          const ids: Array<string> = []
          for (let i = 0; i < 5; i++) {
            ids.push(yield* offerOne(service), yield* offerOne(service))
            yield* TestClock.adjust("1 second")
          }
          assert.deepStrictEqual(ids, ids.slice().sort())
        }))

      test("keeps what it was given", (service) =>
        Effect.gen(function*() {
          yield* TestClock.setTime(5000)
          const id = yield* offerOne(service, {
            payload: "{\"a\":\"é\"}",
            lastError: "\"e\"",
            source: "s",
            kind: "k",
            reason: "r",
            partitionKey: "p",
            dedupeKey: "d",
            priority: 3,
            delay: "1 second",
            onPark: "skip"
          })
          const item = Option.getOrThrow(yield* service.get(id))
          assert.deepInclude(item, {
            id,
            queue,
            state: "ready",
            payload: "{\"a\":\"é\"}",
            lastError: "\"e\"",
            source: "s",
            kind: "k",
            reason: "r",
            partitionKey: "p",
            dedupeKey: "d",
            priority: 3,
            notBefore: 6000,
            onPark: "skip",
            attempts: 0,
            stalls: 0,
            version: 1,
            lease: undefined,
            createdAt: 5000,
            updatedAt: 5000
          })
        }))

      test("repeated with the same id stores nothing and says so", (service) =>
        Effect.gen(function*() {
          const first = yield* service.offer([{ queue, payload: "1", id: "own" }])
          const second = yield* service.offer([{ queue, payload: "2", id: "own" }])
          assert.deepStrictEqual(first, [{ id: "own", created: true }])
          assert.deepStrictEqual(second, [{ id: "own", created: false }])
          assert.strictEqual(Option.getOrThrow(yield* service.get("own")).payload, "1")
        }))

      test("gives the existing id for the same dedupe key, also within a batch and after the item is done", (service) =>
        Effect.gen(function*() {
          const [first, second] = yield* service.offer([
            { queue, payload: "1", dedupeKey: "k", dedupeFor: "1 hour" },
            { queue, payload: "2", dedupeKey: "k" }
          ])
          assert.deepStrictEqual(second, { id: first?.id ?? "", created: false })
          const item = yield* claimOne(service)
          yield* service.complete(item.id, item.token)
          const [third] = yield* service.offer([{ queue, payload: "3", dedupeKey: "k" }])
          assert.deepStrictEqual(third, { id: item.id, created: false })
          assert.strictEqual((yield* claim(service, 10)).length, 0)
        }))

      test("accepts a dedupe key again when its retention is over and its item is final", (service) =>
        Effect.gen(function*() {
          const first = yield* offerOne(service, { dedupeKey: "k", dedupeFor: "1 hour" })
          yield* TestClock.adjust("2 hours")
          assert.strictEqual(yield* offerOne(service, { dedupeKey: "k" }), first)
          const item = yield* claimOne(service)
          yield* service.complete(item.id, item.token)
          const [again] = yield* service.offer([{ queue, payload: "{}", dedupeKey: "k" }])
          assert.strictEqual(again?.created, true)
          assert.strictEqual(yield* stateOf(service, first), "done")
        }))

      test("dedupe keys of different queues do not meet", (service) =>
        Effect.gen(function*() {
          const offered = yield* service.offer([
            { queue, payload: "1", dedupeKey: "k" },
            { queue: "other", payload: "2", dedupeKey: "k" }
          ])
          assert.deepStrictEqual(offered.map((offer) => offer.created), [true, true])
        }))

      test("takes a large batch and keeps its order", (service) =>
        Effect.gen(function*() {
          const offered = yield* service.offer(
            Array.from({ length: 1000 }, (_, i) => ({ queue, payload: String(i) }))
          )
          assert.strictEqual(new Set(offered.map((offer) => offer.id)).size, 1000)
          const claimed = yield* claim(service, 500)
          assert.deepStrictEqual(claimed.map((item) => item.payload), Array.from({ length: 500 }, (_, i) => String(i)))
        }))

      test("answers many callers at once, each with its own", (service) =>
        Effect.gen(function*() {
          const ids = yield* Effect.forEach(
            Array.from({ length: 300 }, (_, i) => i),
            (i) => offerOne(service, { id: `own-${i}`, payload: String(i) }),
            { concurrency: "unbounded" }
          )
          assert.deepStrictEqual(ids, Array.from({ length: 300 }, (_, i) => `own-${i}`))
          const stats = yield* service.stats(queue)
          assert.strictEqual(stats.byState.ready, 300)
        }))

      test("an item can be offered parked", (service) =>
        Effect.gen(function*() {
          const id = yield* offerOne(service, { state: "parked" })
          assert.strictEqual(yield* stateOf(service, id), "parked")
          assert.strictEqual((yield* claim(service)).length, 0)
        }))
    })

    describe("claim", () => {
      test("goes by priority, then by when an item was due, then by id", (service) =>
        Effect.gen(function*() {
          const late = yield* offerOne(service, { delay: "2 seconds" })
          const low = yield* offerOne(service, { priority: 5 })
          const early = yield* offerOne(service, { delay: "1 second" })
          const early2 = yield* offerOne(service, { delay: "1 second" })
          const urgent = yield* offerOne(service, { priority: -5, delay: "3 seconds" })
          yield* TestClock.adjust("3 seconds")
          assert.deepStrictEqual(idsOf(yield* claim(service, 10)), [urgent, early, early2, late, low])
        }))

      test("leaves items alone that are not due, and finds those behind them", (service) =>
        Effect.gen(function*() {
          const later = yield* offerOne(service, { delay: "1 minute", priority: 0 })
          const due = yield* offerOne(service, { priority: 1 })
          assert.deepStrictEqual(idsOf(yield* claim(service, 10)), [due])
          yield* TestClock.adjust("1 minute")
          assert.include(idsOf(yield* claim(service, 10)), later)
        }))

      test("two at once never get the same item", (service) =>
        Effect.gen(function*() {
          yield* service.offer(Array.from({ length: 40 }, () => ({ queue, payload: "{}" })))
          const claims = yield* Effect.forEach(
            Array.from({ length: 8 }, (_, i) => `w${i}`),
            (owner) => claim(service, 5, owner),
            { concurrency: "unbounded" }
          )
          const ids = claims.flatMap(idsOf)
          assert.strictEqual(ids.length, 40)
          assert.strictEqual(new Set(ids).size, 40)
        }))

      test("gives a lease with owner, token and end", (service) =>
        Effect.gen(function*() {
          yield* TestClock.setTime(1000)
          yield* offerOne(service)
          const item = yield* claimOne(service)
          assert.strictEqual(item.state, "leased")
          assert.deepStrictEqual(item.lease, { owner: "a", token: 1, since: 1000, until: 11_000, from: "ready" })
        }))
    })

    describe("lease", () => {
      test("an ended one makes the item claimable again, with a higher token, counted as a stall", (service) =>
        Effect.gen(function*() {
          yield* offerOne(service)
          const first = yield* claimOne(service)
          assert.strictEqual((yield* claim(service)).length, 0)
          yield* TestClock.adjust("10 seconds")
          const second = yield* claimOne(service, "b")
          assert.strictEqual(second.id, first.id)
          assert.isAbove(second.token, first.token)
          assert.strictEqual(second.stalls, 1)
          assert.deepStrictEqual((yield* service.history(first.id)).map((entry) => entry.outcome), ["stalled"])
        }))

      test("a renewed one does not end", (service) =>
        Effect.gen(function*() {
          yield* offerOne(service)
          const item = yield* claimOne(service)
          yield* TestClock.adjust("9 seconds")
          yield* service.renew(item.id, item.token, "10 seconds")
          yield* TestClock.adjust("9 seconds")
          assert.strictEqual((yield* claim(service)).length, 0)
          yield* service.complete(item.id, item.token)
        }))

      test("the worker that lost its lease can neither renew nor settle, and is told so", (service) =>
        Effect.gen(function*() {
          yield* offerOne(service)
          const first = yield* claimOne(service)
          yield* TestClock.adjust("10 seconds")
          const second = yield* claimOne(service, "b")
          yield* failsWith(service.renew(first.id, first.token), "stale")
          yield* failsWith(service.complete(first.id, first.token), "stale")
          yield* failsWith(service.fail(first.id, first.token, { next: { _tag: "park" } }), "stale")
          yield* failsWith(service.release(first.id, first.token), "stale")
          assert.deepStrictEqual(yield* service.get(first.id), Option.some(second))
        }))

      test("an item whose lease ends too often is set aside as poison", (service) =>
        Effect.gen(function*() {
          const id = yield* offerOne(service)
          for (let i = 0; i < 10; i++) {
            yield* claimOne(service)
            yield* TestClock.adjust("10 seconds")
          }
          assert.strictEqual((yield* claim(service)).length, 0)
          assert.strictEqual(yield* stateOf(service, id), "poison")
        }))

      test("sweep gives the number of leases that it took back", (service) =>
        Effect.gen(function*() {
          yield* service.offer(Array.from({ length: 5 }, () => ({ queue, payload: "{}" })))
          yield* claim(service, 5)
          assert.strictEqual(yield* service.sweep({ queue }), 0)
          yield* TestClock.adjust("10 seconds")
          assert.strictEqual(yield* service.sweep({ queue, limit: 3 }), 3)
          assert.strictEqual(yield* service.sweep({ queue }), 2)
        }))
    })

    describe("settlement", () => {
      test("complete makes it final and counts the attempt", (service) =>
        Effect.gen(function*() {
          yield* offerOne(service)
          const item = yield* claimOne(service)
          const done = yield* service.complete(item.id, item.token, { detail: "ok" })
          assert.deepInclude(done, { state: "done", attempts: 1, lease: undefined })
          const [entry] = yield* service.history(item.id)
          assert.deepInclude(entry, { token: item.token, owner: "a", outcome: "completed", detail: "ok" })
        }))

      test("fail with retry makes it ready later, with the error", (service) =>
        Effect.gen(function*() {
          yield* offerOne(service)
          const item = yield* claimOne(service)
          const failed = yield* service.fail(item.id, item.token, {
            next: { _tag: "retry", after: "1 minute" },
            error: "\"boom\"",
            reason: "Boom",
            detail: "it went boom"
          })
          assert.deepInclude(failed, { state: "ready", attempts: 1, lastError: "\"boom\"", reason: "Boom" })
          assert.strictEqual((yield* claim(service)).length, 0)
          yield* TestClock.adjust("1 minute")
          assert.strictEqual((yield* claimOne(service)).id, item.id)
        }))

      test("fail can park it or set it aside as poison", (service) =>
        Effect.gen(function*() {
          yield* service.offer([{ queue, payload: "1" }, { queue, payload: "2" }])
          const [one, two] = yield* claim(service, 2)
          if (one === undefined || two === undefined) return assert.fail("two items")
          assert.strictEqual((yield* service.fail(one.id, one.token, { next: { _tag: "park" } })).state, "parked")
          assert.strictEqual((yield* service.fail(two.id, two.token, { next: { _tag: "poison" } })).state, "poison")
          assert.strictEqual((yield* claim(service)).length, 0)
        }))

      test("release burns no attempt and gives the item back as it was", (service) =>
        Effect.gen(function*() {
          yield* offerOne(service)
          const item = yield* claimOne(service)
          const released = yield* service.release(item.id, item.token, { detail: "shutdown" })
          assert.deepInclude(released, { state: "ready", attempts: 0, stalls: 0 })
          const parked = yield* offerOne(service, { state: "parked" })
          const leased = yield* service.acquire(parked, { owner: "x" })
          assert.strictEqual((yield* service.release(parked, leased.token)).state, "parked")
        }))

      test("repeated with its token, after a lost answer, changes nothing and succeeds", (service) =>
        Effect.gen(function*() {
          yield* service.offer([{ queue, payload: "1" }, { queue, payload: "2" }, { queue, payload: "3" }])
          const [one, two, three] = yield* claim(service, 3)
          if (one === undefined || two === undefined || three === undefined) return assert.fail("three items")
          const steps = [
            service.complete(one.id, one.token),
            service.fail(two.id, two.token, { next: { _tag: "park" } }),
            service.release(three.id, three.token, { after: "1 minute" })
          ]
          for (const step of steps) {
            assert.deepStrictEqual(yield* step, yield* step)
          }
          assert.strictEqual((yield* service.history(two.id)).length, 1)
          yield* failsWith(service.complete(two.id, two.token), "stale")
        }))
    })

    partitionTests(test)
    listTests(test)
    describe("decisions", () => {
      test("edit changes what is given if nobody was faster, and may be repeated", (service) =>
        Effect.gen(function*() {
          const id = yield* offerOne(service, { payload: "1", reason: "A" })
          const edited = yield* service.edit(id, 1, { payload: "2", detail: "typo" })
          assert.deepInclude(edited, { payload: "2", reason: "A", version: 2 })
          assert.deepStrictEqual(yield* service.edit(id, 1, { payload: "2" }), edited)
          yield* failsWith(service.edit(id, 1, { payload: "3" }), "version")
          yield* claimOne(service)
          yield* failsWith(service.edit(id, 2, { payload: "3" }), "state")
          assert.deepStrictEqual((yield* service.history(id)).map((entry) => entry.detail), ["typo"])
        }))

      test("a quiet edit leaves no line in the history", (service) =>
        Effect.gen(function*() {
          const id = yield* offerOne(service, { payload: "1", state: "parked" })
          assert.deepInclude(yield* service.edit(id, 1, { payload: "2", quiet: true }), { payload: "2", version: 2 })
          assert.deepInclude(yield* service.edit(id, 1, { payload: "2", quiet: true }), { payload: "2", version: 2 })
          assert.deepStrictEqual(yield* service.history(id), [])
        }))

      test("discard ends whatever is neither leased nor done", (service) =>
        Effect.gen(function*() {
          const id = yield* offerOne(service)
          assert.strictEqual((yield* service.discard(id, { detail: "why" })).state, "discarded")
          assert.strictEqual((yield* service.discard(id)).state, "discarded")
          yield* offerOne(service)
          const item = yield* claimOne(service)
          yield* failsWith(service.discard(item.id), "state")
          yield* service.complete(item.id, item.token)
          yield* failsWith(service.discard(item.id), "state")
          yield* failsWith(service.discard("nobody"), "not-found")
        }))

      test("unpark makes a parked item ready, with its attempts counted anew", (service) =>
        Effect.gen(function*() {
          yield* offerOne(service)
          const item = yield* claimOne(service)
          yield* failsWith(service.unpark(item.id), "state")
          yield* service.fail(item.id, item.token, { next: { _tag: "poison" } })
          assert.deepInclude(yield* service.unpark(item.id, { to: "parked" }), { state: "parked", attempts: 0 })
          assert.strictEqual((yield* service.unpark(item.id)).state, "ready")
          assert.strictEqual((yield* service.unpark(item.id)).state, "ready")
        }))

      test("park sets aside whatever is neither leased nor final, and burns no attempt", (service) =>
        Effect.gen(function*() {
          const id = yield* offerOne(service)
          assert.deepInclude(yield* service.park(id, { detail: "why" }), { state: "poison", attempts: 0 })
          assert.strictEqual((yield* service.park(id)).state, "poison")
          assert.deepStrictEqual(yield* service.claim({ owner: "w", queue }), [])
          yield* failsWith(service.acquire(id, { owner: "w" }), "state")
          assert.deepStrictEqual(
            (yield* service.history(id)).map(({ detail, outcome }) => ({ detail, outcome })),
            [{ detail: "why", outcome: "parked" }]
          )
          assert.strictEqual((yield* service.unpark(id)).state, "ready")
          const item = yield* claimOne(service)
          yield* failsWith(service.park(id), "state")
          yield* service.complete(item.id, item.token)
          yield* failsWith(service.park(id), "state")
          yield* failsWith(service.park("nobody"), "not-found")
        }))

      test("park holds the partition where its items block, and passes the turn on where they do not", (service) =>
        Effect.gen(function*() {
          for (const onPark of ["block", "skip"] as const) {
            const item = { onPark, partitionKey: onPark, payload: "{}", queue }
            const [first, second] = yield* service.offer([item, item])
            const [one, two] = [first?.id ?? "", second?.id ?? ""]
            assert.isFalse(yield* service.held(one))
            assert.isTrue(yield* service.held(two))
            yield* service.park(one)
            assert.strictEqual(yield* service.held(two), onPark === "block")
            assert.strictEqual(yield* stateOf(service, two), onPark === "block" ? "waiting" : "ready")
          }
          yield* failsWith(service.held("nobody"), "not-found")
        }))

      test("leases that end without a result set an item aside as poison (maxStalls)", (service) =>
        Effect.gen(function*() {
          const id = yield* offerOne(service)
          for (let stalls = 1; stalls <= 10; stalls++) {
            yield* claimOne(service)
            yield* TestClock.adjust("1 hour")
            yield* service.sweep({ queue })
            assert.strictEqual(yield* stateOf(service, id), stalls < 10 ? "ready" : "poison")
          }
          assert.strictEqual((yield* service.history(id)).length, 10)
        }))

      test("purge takes what its labels and states say, and with dryRun nothing", (service) =>
        Effect.gen(function*() {
          const labels = { kind: "k", reason: "r", signature: "r 1", source: "s" }
          yield* service.offer([
            { ...labels, id: "a", payload: "{}", queue },
            { ...labels, id: "b", payload: "{}", queue, source: "t" },
            { ...labels, id: "c", payload: "{}", queue }
          ])
          const c = yield* service.acquire("c", { owner: "w" })
          yield* service.complete("c", c.token)
          yield* service.discard("a")
          yield* service.discard("b")
          const purge = (options: Partial<LeaseQueue.PurgeOptions>) =>
            service.purge({ olderThan: 0, queue, ...options })
          assert.strictEqual(yield* purge({ dryRun: true }), 3)
          assert.strictEqual(yield* purge({ dryRun: true, source: "s" }), 2)
          assert.strictEqual(yield* purge({ dryRun: true, reason: ["r"], signature: "r 2" }), 0)
          assert.strictEqual(yield* stateOf(service, "a"), "discarded")
          assert.strictEqual(yield* purge({ kind: "k", source: "s", states: ["done"] }), 1)
          assert.deepStrictEqual(
            [yield* stateOf(service, "a"), yield* stateOf(service, "b"), yield* stateOf(service, "c")],
            ["discarded", "discarded", "gone"]
          )
        }))

      test("purge takes final items of an age, and leaves those whose dedupe key is still needed", (service) =>
        Effect.gen(function*() {
          yield* service.offer([
            { queue, payload: "done" },
            { queue, payload: "kept", dedupeKey: "k", dedupeFor: "1 day" },
            { queue, payload: "live" }
          ])
          const [one, two] = yield* claim(service, 2)
          if (one === undefined || two === undefined) return assert.fail("two items")
          yield* service.complete(one.id, one.token)
          yield* service.complete(two.id, two.token)
          yield* TestClock.adjust("1 hour")
          assert.strictEqual(yield* service.purge({ queue, olderThan: "2 hours" }), 0)
          assert.strictEqual(yield* service.purge({ queue, olderThan: "1 hour" }), 1)
          assert.strictEqual(yield* stateOf(service, one.id), "gone")
          assert.deepStrictEqual(yield* service.history(one.id), [])
          yield* TestClock.adjust("1 day")
          assert.strictEqual(yield* service.purge({ queue, olderThan: 0 }), 1)
          assert.strictEqual((yield* service.stats(queue)).byState.ready, 1)
        }))

      test("purge takes any number", (service) =>
        Effect.gen(function*() {
          const offered = yield* service.offer(Array.from({ length: 450 }, () => ({ queue, payload: "{}" })))
          yield* Effect.forEach(offered, (offer) => service.discard(offer.id), { discard: true })
          assert.strictEqual(yield* service.purge({ queue, olderThan: 0 }), 450)
        }))
    })

    model.tests(layer, options?.numRuns ?? 100)
  })
}
