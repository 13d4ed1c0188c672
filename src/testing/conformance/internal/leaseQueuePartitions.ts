import { assert, describe } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/TestClock"
import {
  claim,
  claimOne,
  failsWith,
  idsOf,
  offerOne,
  queue,
  type Service,
  stateOf,
  type Test
} from "./leaseQueueKit.js"

/** Partitions, and taking one item by its id. */
export const partitionTests = (test: Test): void => {
  describe("partition", () => {
    const offerPartition = (service: Service, onPark: "block" | "skip") =>
      Effect.map(
        service.offer(
          Array.from({ length: 3 }, (_, i) => ({ queue, payload: String(i), partitionKey: "p", onPark }))
        ),
        (offered) => offered.map((offer) => offer.id)
      )

    test("goes in the order of its offers, one after the other", (service) =>
      Effect.gen(function*() {
        const ids = yield* offerPartition(service, "block")
        for (const id of ids) {
          const claimed = yield* claim(service, 10)
          assert.deepStrictEqual(idsOf(claimed), [id])
          assert.strictEqual((yield* claim(service, 10)).length, 0)
          yield* service.complete(id, claimed[0]?.token ?? 0)
        }
      }))

    test("a retry later, a release and a stall keep the rest waiting", (service) =>
      Effect.gen(function*() {
        const [id] = yield* offerPartition(service, "skip")
        const first = yield* claimOne(service)
        yield* service.fail(first.id, first.token, { next: { _tag: "retry", after: "1 minute" } })
        assert.strictEqual((yield* claim(service, 10)).length, 0)
        yield* TestClock.adjust("1 minute")
        const second = yield* claimOne(service)
        assert.strictEqual(second.id, id)
        yield* service.release(second.id, second.token)
        assert.strictEqual((yield* claimOne(service)).id, id)
        yield* TestClock.adjust("10 seconds")
        assert.strictEqual((yield* claimOne(service)).id, id)
      }))

    test("a parked item holds it where the rule is block, until it is final", (service) =>
      Effect.gen(function*() {
        const ids = yield* offerPartition(service, "block")
        const first = yield* claimOne(service)
        yield* service.fail(first.id, first.token, { next: { _tag: "park" } })
        assert.strictEqual((yield* claim(service, 10)).length, 0)
        yield* service.discard(first.id)
        assert.deepStrictEqual(idsOf(yield* claim(service, 10)), [ids[1]])
      }))

    test("a parked item lets the next one go where the rule is skip, and queues up when it is unparked", (service) =>
      Effect.gen(function*() {
        const ids = yield* offerPartition(service, "skip")
        const first = yield* claimOne(service)
        yield* service.fail(first.id, first.token, { next: { _tag: "park" } })
        const second = yield* claimOne(service)
        assert.strictEqual(second.id, ids[1])
        assert.strictEqual((yield* service.unpark(first.id)).state, "waiting")
        yield* service.complete(second.id, second.token)
        assert.strictEqual((yield* claimOne(service)).id, ids[0])
      }))

    test("poison lets the next one go where the rule is skip", (service) =>
      Effect.gen(function*() {
        const ids = yield* offerPartition(service, "skip")
        for (let i = 0; i < 10; i++) {
          assert.strictEqual((yield* claimOne(service)).id, ids[0])
          yield* TestClock.adjust("10 seconds")
        }
        assert.strictEqual((yield* claimOne(service)).id, ids[1])
      }))

    test("discarding an item that waits leaves the order of the others", (service) =>
      Effect.gen(function*() {
        const ids = yield* offerPartition(service, "block")
        yield* service.discard(ids[1] ?? "")
        const first = yield* claimOne(service)
        yield* service.complete(first.id, first.token)
        assert.strictEqual((yield* claimOne(service)).id, ids[2])
      }))

    test("keys and queues do not meet", (service) =>
      Effect.gen(function*() {
        yield* service.offer([
          { queue, payload: "1", partitionKey: "p" },
          { queue, payload: "2", partitionKey: "q" },
          { queue: "other", payload: "3", partitionKey: "p" }
        ])
        assert.strictEqual((yield* claim(service, 10)).length, 2)
        assert.strictEqual((yield* service.claim({ queue: "other", owner: "a" })).length, 1)
      }))
  })

  describe("acquire", () => {
    test("takes one item by its id, parked or ready, and only from the states that are asked for", (service) =>
      Effect.gen(function*() {
        const parked = yield* offerOne(service, { state: "parked" })
        const ready = yield* offerOne(service)
        yield* failsWith(service.acquire(parked, { owner: "x", states: ["ready"] }), "state")
        assert.strictEqual((yield* service.acquire(parked, { owner: "x" })).lease?.from, "parked")
        assert.strictEqual((yield* service.acquire(ready, { owner: "y" })).lease?.from, "ready")
        yield* failsWith(service.acquire("nobody", { owner: "x" }), "not-found")
      }))

    test("the same owner asking again gets the same lease, another one is refused", (service) =>
      Effect.gen(function*() {
        const id = yield* offerOne(service, { state: "parked" })
        const first = yield* service.acquire(id, { owner: "x" })
        assert.deepStrictEqual(yield* service.acquire(id, { owner: "x" }), first)
        yield* failsWith(service.acquire(id, { owner: "y" }), "state")
      }))

    test("an ended lease goes back to where the item was, and can be acquired at once", (service) =>
      Effect.gen(function*() {
        const id = yield* offerOne(service, { state: "parked" })
        yield* service.acquire(id, { owner: "x", lease: "10 seconds" })
        yield* TestClock.adjust("10 seconds")
        assert.strictEqual(yield* stateOf(service, id), "parked")
        yield* service.acquire(id, { owner: "y", lease: "10 seconds" })
        yield* TestClock.adjust("10 seconds")
        const again = yield* service.acquire(id, { owner: "z" })
        assert.strictEqual(again.stalls, 2)
      }))

    test("an older item of the partition holds the younger ones, unless order is waived", (service) =>
      Effect.gen(function*() {
        const one = yield* offerOne(service, { state: "parked", partitionKey: "p" })
        const two = yield* offerOne(service, { state: "parked", partitionKey: "p" })
        yield* failsWith(service.acquire(two, { owner: "x" }), "held")
        const first = yield* service.acquire(one, { owner: "x" })
        yield* failsWith(service.acquire(two, { owner: "y" }), "held")
        yield* service.complete(one, first.token)
        const second = yield* service.acquire(two, { owner: "y" })
        yield* service.release(two, second.token)
        const three = yield* offerOne(service, { state: "parked", partitionKey: "p" })
        assert.strictEqual((yield* service.acquire(three, { owner: "z", ordered: false })).state, "leased")
      }))
  })
}
