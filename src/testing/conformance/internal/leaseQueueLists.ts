import { assert, describe } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as TestClock from "effect/TestClock"
import type * as LeaseQueue from "../../../delivery/LeaseQueue.js"
import { claimOne, offerOne, queue, type Service, type Test } from "./leaseQueueKit.js"

/** Lists, groups and stats. */
export const listTests = (test: Test): void => {
  describe("list", () => {
    const fill = (service: Service) =>
      Effect.gen(function*() {
        const ids: Array<string> = []
        for (let i = 0; i < 12; i++) {
          ids.push(
            yield* offerOne(service, {
              state: i % 2 === 0 ? "parked" : "ready",
              source: i % 3 === 0 ? "hubspot" : "stripe",
              kind: i < 6 ? "create" : "update",
              reason: ["A", "B", "C"][i % 3] ?? ""
            })
          )
          yield* TestClock.adjust("1 second")
        }
        return ids
      })

    const all = (service: Service, filter: Omit<LeaseQueue.Filter, "queue">, page: LeaseQueue.PageOptions) =>
      Effect.gen(function*() {
        const ids: Array<string> = []
        let after: string | undefined = undefined
        do {
          const result: LeaseQueue.Page = yield* service.list({ queue, ...filter }, { ...page, after })
          assert.isAtMost(result.items.length, page.limit ?? 50)
          for (const item of result.items) ids.push(item.id)
          after = Option.getOrUndefined(result.next)
        } while (after !== undefined)
        return ids
      })

    test("gives every item once, in order, whatever the size of the page", (service) =>
      Effect.gen(function*() {
        const ids = yield* fill(service)
        for (const limit of [1, 5, 12, 50]) {
          assert.deepStrictEqual(yield* all(service, {}, { limit }), ids)
          assert.deepStrictEqual(yield* all(service, {}, { limit, direction: "desc" }), ids.slice().reverse())
        }
      }))

    test("by the time of the last change, it is the order of changes", (service) =>
      Effect.gen(function*() {
        const ids = yield* fill(service)
        yield* service.discard(ids[0] ?? "")
        const expected = [...ids.slice(1), ids[0]]
        assert.deepStrictEqual(yield* all(service, {}, { limit: 5, orderBy: "updatedAt" }), expected)
        assert.deepStrictEqual(
          yield* all(service, {}, { limit: 5, orderBy: "updatedAt", direction: "desc" }),
          expected.reverse()
        )
      }))

    test("filters by state, labels and time, all of which must hold", (service) =>
      Effect.gen(function*() {
        const ids = yield* fill(service)
        const pick = (...indexes: ReadonlyArray<number>) => indexes.map((i) => ids[i])
        const list = (filter: Omit<LeaseQueue.Filter, "queue">) => all(service, filter, { limit: 2 })
        assert.deepStrictEqual(yield* list({ states: ["parked"] }), pick(0, 2, 4, 6, 8, 10))
        assert.deepStrictEqual(yield* list({ states: [] }), [])
        assert.deepStrictEqual(yield* list({ source: "hubspot" }), pick(0, 3, 6, 9))
        assert.deepStrictEqual(yield* list({ source: "stripe", kind: "update" }), pick(7, 8, 10, 11))
        assert.deepStrictEqual(yield* list({ reason: "B" }), pick(1, 4, 7, 10))
        assert.deepStrictEqual(yield* list({ reason: ["B", "C"], states: ["ready"] }), pick(1, 5, 7, 11))
        assert.deepStrictEqual(yield* list({ createdBefore: 2000 }), pick(0, 1, 2))
        assert.deepStrictEqual(yield* list({ createdAfter: 9000, states: ["ready", "parked"] }), pick(9, 10, 11))
        assert.deepStrictEqual((yield* service.list({ queue: "other" })).items, [])
      }))

    test("bounded by a watermark it does not see later offers", (service) =>
      Effect.gen(function*() {
        const ids = yield* fill(service)
        const upTo = yield* service.watermark
        yield* offerOne(service)
        assert.deepStrictEqual(yield* all(service, { upTo }, { limit: 5 }), ids)
      }))

    test("counts groups and states", (service) =>
      Effect.gen(function*() {
        yield* fill(service)
        assert.deepStrictEqual(
          yield* service.groups({ queue }, "source"),
          new Map([["hubspot", 4], ["stripe", 8]])
        )
        assert.deepStrictEqual(
          yield* service.groups({ queue, states: ["ready"], kind: "create" }, "reason"),
          new Map([["A", 1], ["B", 1], ["C", 1]])
        )
        assert.deepStrictEqual(
          yield* service.groups({ queue }, "state"),
          new Map([["parked", 6], ["ready", 6]])
        )
        const stats = yield* service.stats(queue)
        assert.deepInclude(stats.byState, { ready: 6, parked: 6, done: 0 })
        assert.deepStrictEqual(stats.oldest, Option.some(0))
      }))

    test("tells what failed alike: how often, since when and until when", (service) =>
      Effect.gen(function*() {
        const labels = { kind: "create", lastError: "{}", source: "hubspot", state: "parked" as const }
        const a = { ...labels, reason: "A", signature: "A 1" }
        yield* TestClock.setTime(1000)
        const one = yield* offerOne(service, a)
        yield* TestClock.adjust("1 second")
        yield* offerOne(service, { ...labels, reason: "A", signature: "A: 2%" })
        yield* offerOne(service, { ...labels, reason: "" })
        yield* TestClock.adjust("1 second")
        yield* offerOne(service, a)
        const two = yield* offerOne(service, { ...a, kind: "update" })
        const failure = {
          first: 1000,
          items: 2,
          kind: "create",
          last: 3000,
          reason: "A",
          signature: "A 1",
          source: "hubspot"
        }
        const update = { ...failure, first: 3000, items: 1, kind: "update" }
        const other = { ...failure, first: 2000, items: 1, last: 2000, signature: "A: 2%" }
        assert.deepStrictEqual(yield* service.failures({ queue }), [failure, update, other])
        const ids = (filter: Omit<LeaseQueue.Filter, "queue">) => all(service, filter, { limit: 1 })
        assert.deepStrictEqual(yield* ids({ kind: "update", signature: "A 1" }), [two])
        assert.strictEqual((yield* ids({ signature: ["A 1", "A: 2%"] })).length, 4)
        assert.deepStrictEqual(yield* ids({ signature: [] }), [])
        assert.deepStrictEqual(yield* service.failures({ createdBefore: 2000, queue, signature: "A 1" }), [
          { ...failure, items: 1, last: 1000 }
        ])
        assert.deepStrictEqual(yield* service.failures({ queue, states: ["ready"] }), [])
        // it fails once more, in another way, and an edit brings the second one up to date
        const leased = yield* service.acquire(one, { owner: "x" })
        yield* TestClock.adjust("1 second")
        yield* service.fail(one, leased.token, { error: "{}", next: { _tag: "park" }, signature: "A: 2%" })
        yield* service.edit(two, 1, { lastError: "{\"b\":1}" })
        assert.deepStrictEqual(yield* service.failures({ queue, states: ["parked", "leased"] }), [
          { ...other, first: 1000, items: 2, last: 4000 },
          { ...update, last: 4000 },
          { ...failure, first: 3000, items: 1 }
        ])
        yield* service.discard(two)
        assert.strictEqual((yield* service.failures({ queue, states: ["parked"] })).length, 2)
      }))

    test("shows an item whose lease has ended as it is then", (service) =>
      Effect.gen(function*() {
        yield* offerOne(service)
        yield* claimOne(service)
        assert.strictEqual((yield* service.list({ queue, states: ["leased"] })).items.length, 1)
        yield* TestClock.adjust(Duration.seconds(10))
        assert.strictEqual((yield* service.list({ queue, states: ["ready"] })).items.length, 1)
        assert.strictEqual((yield* service.stats(queue)).byState.leased, 0)
      }))
  })
}
