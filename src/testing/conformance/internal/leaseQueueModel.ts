/**
 * Any interleaving of two workers, crashes, lost answers and expiries against one queue, with the invariants checked
 * after each step by an observer who knows only what the workers were told.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as fc from "effect/FastCheck"
import type * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as TestClock from "effect/TestClock"
import * as TestContext from "effect/TestContext"
import * as LeaseQueue from "../../../delivery/LeaseQueue.js"

const queue = "model"

type Step =
  | {
    readonly _tag: "offer"
    readonly partition: string | undefined
    readonly onPark: "block" | "skip"
    readonly dedupe: string | undefined
    readonly priority: number
    readonly delay: number
    readonly parked: boolean
    readonly lost: boolean
  }
  | { readonly _tag: "claim"; readonly worker: number; readonly limit: number; readonly lost: boolean }
  | { readonly _tag: "acquire"; readonly worker: number; readonly pick: number; readonly lost: boolean }
  | {
    readonly _tag: "settle"
    readonly worker: number
    readonly pick: number
    readonly how: "complete" | "retry" | "park" | "poison" | "release"
    readonly lost: boolean
  }
  | { readonly _tag: "renew"; readonly worker: number; readonly pick: number }
  | { readonly _tag: "crash"; readonly worker: number }
  | { readonly _tag: "advance"; readonly millis: number }
  | { readonly _tag: "decide"; readonly how: "discard" | "park" | "unpark" | "edit"; readonly pick: number }
  | { readonly _tag: "purge" }

const pick = fc.nat(50)
const worker = fc.nat(1)

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      _tag: fc.constant("offer" as const),
      partition: fc.constantFrom(undefined, "p", "q"),
      onPark: fc.constantFrom("block" as const, "skip" as const),
      dedupe: fc.constantFrom(undefined, undefined, "k", "l"),
      priority: fc.integer({ min: -1, max: 1 }),
      delay: fc.constantFrom(0, 0, 50),
      parked: fc.constantFrom(false, false, false, true),
      lost: fc.boolean()
    })
  },
  {
    weight: 5,
    arbitrary: fc.record({
      _tag: fc.constant("claim" as const),
      worker,
      limit: fc.integer({ min: 1, max: 3 }),
      lost: fc.constantFrom(false, false, true)
    })
  },
  {
    weight: 2,
    arbitrary: fc.record({
      _tag: fc.constant("acquire" as const),
      worker,
      pick,
      lost: fc.boolean()
    })
  },
  {
    weight: 6,
    arbitrary: fc.record({
      _tag: fc.constant("settle" as const),
      worker,
      pick,
      how: fc.constantFrom(
        "complete" as const,
        "complete" as const,
        "retry" as const,
        "park" as const,
        "poison" as const,
        "release" as const
      ),
      lost: fc.boolean()
    })
  },
  { weight: 1, arbitrary: fc.record({ _tag: fc.constant("renew" as const), worker, pick }) },
  { weight: 1, arbitrary: fc.record({ _tag: fc.constant("crash" as const), worker }) },
  {
    weight: 3,
    arbitrary: fc.record({ _tag: fc.constant("advance" as const), millis: fc.constantFrom(1, 30, 60, 120) })
  },
  {
    weight: 2,
    arbitrary: fc.record({
      _tag: fc.constant("decide" as const),
      how: fc.constantFrom("discard" as const, "park" as const, "unpark" as const, "edit" as const),
      pick
    })
  },
  { weight: 1, arbitrary: fc.record({ _tag: fc.constant("purge" as const) }) }
)

const lease = 100

const dedupeFor = 200

/** What the observer holds about a lease that was given out. */
interface Grant {
  readonly id: string
  readonly token: number
  until: number
  settled: boolean
}

const isFinal = (state: LeaseQueue.State) => state === "done" || state === "discarded"

const isAside = (state: LeaseQueue.State) => state === "parked" || state === "poison"

class Observer {
  /** In the order of the offers. */
  readonly order: Array<string> = []
  readonly partitions = new Map<string, string>()
  readonly grants: Array<Grant> = []
  readonly held: ReadonlyArray<Array<Grant>> = [[], []]
  readonly dedupe = new Map<string, { readonly id: string; readonly until: number }>()
  readonly completed = new Map<string, number>()
  /** Were skipped by their partition, and queue up again behind whose turn it is. */
  readonly returned = new Set<string>()
  snapshot = new Map<string, LeaseQueue.Item>()
  offers = 0
  owners = 0
  purged = false

  constructor(readonly service: LeaseQueue.LeaseQueue["Type"]) {}

  take = Effect.gen(this, function*() {
    const page = yield* this.service.list({ queue }, { limit: 500 })
    return new Map(page.items.map((item) => [item.id, item]))
  })

  /** Q4: nothing leaves but by a purge of a final state, and final states stay. */
  compare(after: Map<string, LeaseQueue.Item>) {
    for (const [id, before] of this.snapshot) {
      const now = after.get(id)
      if (now === undefined) {
        assert.isTrue(this.purged && isFinal(before.state), `Q4: ${id} was ${before.state} and is gone`)
      } else if (isFinal(before.state)) {
        assert.strictEqual(now.state, before.state, "Q4: a final state stays")
      }
      if (now !== undefined) {
        assert.isAtLeast(now.token, before.token, "tokens only grow")
      }
    }
    this.snapshot = after
    this.purged = false
  }

  /** Q1 and Q3, at the moment at which a lease is given. */
  granted(item: LeaseQueue.Item, time: number, claimed: boolean) {
    for (const grant of this.grants) {
      if (grant.id === item.id) {
        assert.isTrue(grant.settled || grant.until <= time, `Q1: ${item.id} is leased twice`)
        assert.isBelow(grant.token, item.token, "Q1: a new lease has a new token")
      }
    }
    const partition = this.partitions.get(item.id)
    if (partition !== undefined) {
      for (const other of this.order) {
        if (other === item.id) {
          if (!claimed) continue
          break
        }
        if (this.partitions.get(other) === partition) this.precedes(other, item, time)
      }
      for (const grant of this.grants) {
        if (grant.id !== item.id && this.partitions.get(grant.id) === partition) {
          assert.isTrue(grant.settled || grant.until <= time, `Q3: ${grant.id} and ${item.id} at once`)
        }
      }
    }
    this.grants.push({ id: item.id, token: item.token, until: item.lease?.until ?? 0, settled: false })
  }

  private precedes(other: string, item: LeaseQueue.Item, time: number) {
    const before = this.snapshot.get(other)
    if (before === undefined || this.order.indexOf(other) > this.order.indexOf(item.id)) return
    const leaseOver = before.state === "leased" && before.lease !== undefined && before.lease.until <= time
    const from = leaseOver ? before.lease?.from ?? "ready" : before.state
    assert.isTrue(
      isFinal(before.state) ||
        (before.onPark === "skip" &&
          (isAside(from) || leaseOver || (before.state === "waiting" && this.returned.has(other)))),
      `Q3: ${item.id} was leased while ${other}, offered before it, is ${before.state}`
    )
  }

  settleGrant(id: string, token: number) {
    for (const grant of this.grants) {
      if (grant.id === id && grant.token === token) grant.settled = true
    }
  }
}

const settle = (
  observer: Observer,
  grant: Grant,
  how: "complete" | "retry" | "park" | "poison" | "release"
) => {
  const { service } = observer
  switch (how) {
    case "complete":
      return service.complete(grant.id, grant.token)
    case "release":
      return service.release(grant.id, grant.token)
    case "retry":
      return service.fail(grant.id, grant.token, { next: { _tag: "retry", after: 10 } })
    default:
      return service.fail(grant.id, grant.token, { next: { _tag: how } })
  }
}

const at = <A>(values: ReadonlyArray<A>, index: number): A | undefined =>
  values.length === 0 ? undefined : values[index % values.length]

const perform = (observer: Observer, step: Step): Effect.Effect<void, LeaseQueue.LeaseQueueError> =>
  Effect.gen(function*() {
    const { service } = observer
    const time = yield* Clock.currentTimeMillis
    switch (step._tag) {
      case "offer": {
        const id = `item-${String(observer.offers++).padStart(4, "0")}`
        const offer = service.offer([{
          id,
          queue,
          payload: "0",
          partitionKey: step.partition,
          // One rule a partition, as a partition's owner would have it
          onPark: step.partition === "p" ? "block" : step.partition === "q" ? "skip" : step.onPark,
          dedupeKey: step.dedupe,
          dedupeFor,
          priority: step.priority,
          delay: step.delay,
          state: step.parked ? "parked" : "ready"
        }])
        const [first] = yield* offer
        const [again] = step.lost ? yield* offer : [first]
        assert.strictEqual(again?.id, first?.id, "an offer repeated with its id gives the same answer")
        if (step.lost) assert.strictEqual(again?.created, false)
        const holder = step.dedupe === undefined ? undefined : observer.dedupe.get(step.dedupe)
        if (first?.created === true) {
          observer.order.push(id)
          if (step.partition !== undefined) observer.partitions.set(id, step.partition)
          if (step.dedupe !== undefined) {
            const before = holder === undefined ? undefined : observer.snapshot.get(holder.id)
            assert.isTrue(
              holder === undefined || (holder.until <= time && (before === undefined || isFinal(before.state))),
              "Q7: a dedupe key is given again only after its retention, and when its item is final"
            )
            observer.dedupe.set(step.dedupe, { id, until: time + dedupeFor })
          }
        } else {
          assert.strictEqual(first?.id, holder?.id, "Q7: the id of the item that holds the key")
        }
        return
      }
      case "claim": {
        const items = yield* service.claim({ queue, owner: `w${step.worker}`, limit: step.limit, lease })
        for (const item of items) {
          observer.granted(item, time, true)
          const grant = observer.grants[observer.grants.length - 1]
          if (!step.lost && grant !== undefined) observer.held[step.worker]?.push(grant)
        }
        return
      }
      case "acquire": {
        const id = at(observer.order, step.pick)
        if (id === undefined) return
        const acquire = service.acquire(id, { owner: `own-${observer.owners++}`, lease })
        const first = yield* Effect.either(acquire)
        if (Either.isLeft(first)) {
          assert.include(["not-found", "state", "held"], first.left.reason)
          return
        }
        if (step.lost) assert.deepStrictEqual(yield* acquire, first.right, "the same owner gets the lease it has")
        observer.granted(first.right, time, false)
        const grant = observer.grants[observer.grants.length - 1]
        if (grant !== undefined) observer.held[step.worker]?.push(grant)
        return
      }
      case "settle": {
        const grant = at(observer.held[step.worker] ?? [], step.pick)
        if (grant === undefined) return
        const before = yield* service.get(grant.id)
        const current = Option.exists(before, (item) => item.state === "leased" && item.token === grant.token)
        const first = yield* Effect.either(settle(observer, grant, step.how))
        if (Either.isRight(first)) {
          assert.isTrue(current || grant.settled, "Q2: only the holder of the lease settles")
          observer.settleGrant(grant.id, grant.token)
          if (current && step.how === "complete") {
            observer.completed.set(grant.id, (observer.completed.get(grant.id) ?? 0) + 1)
            assert.strictEqual(observer.completed.get(grant.id), 1, "Q7: an item is completed once")
          }
          if (step.lost) {
            const after = yield* service.get(grant.id)
            yield* settle(observer, grant, step.how)
            assert.deepStrictEqual(yield* service.get(grant.id), after, "a repeated settlement changes nothing")
          }
        } else {
          assert.include(["stale", "not-found"], first.left.reason)
          assert.isFalse(current, "the holder of the lease can settle")
          assert.deepStrictEqual(yield* service.get(grant.id), before, "Q2: an old token changes nothing")
        }
        return
      }
      case "renew": {
        const grant = at(observer.held[step.worker] ?? [], step.pick)
        if (grant === undefined) return
        const renewed = yield* Effect.either(service.renew(grant.id, grant.token, lease))
        if (Either.isRight(renewed)) {
          assert.isFalse(grant.settled, "Q2: a settled lease is not renewed")
          grant.until = renewed.right.lease?.until ?? 0
        }
        return
      }
      case "crash":
        observer.held[step.worker]?.splice(0)
        return
      case "advance":
        return yield* TestClock.adjust(step.millis)
      case "decide": {
        const id = at(observer.order, step.pick)
        if (id === undefined) return
        const version = observer.snapshot.get(id)?.version ?? 1
        const decided = yield* Effect.either(
          step.how === "discard"
            ? service.discard(id)
            : step.how === "park"
            ? service.park(id)
            : step.how === "unpark"
            ? service.unpark(id)
            : service.edit(id, version, { payload: String(version) })
        )
        if (Either.isLeft(decided)) assert.include(["state", "not-found"], decided.left.reason)
        else if (step.how === "unpark") observer.returned.add(id)
        return
      }
      case "purge":
        observer.purged = true
        yield* service.purge({ queue, olderThan: 50 })
        return
    }
  })

const observed = (observer: Observer, step: Step) =>
  Effect.gen(function*() {
    yield* perform(observer, step)
    observer.compare(yield* observer.take)
  })

/** Q5: whatever the workers left behind can be worked off, but for what was set aside and what waits behind that. */
const workOff = (observer: Observer) =>
  Effect.gen(function*() {
    yield* TestClock.adjust(lease + 100)
    observer.compare(yield* observer.take)
    for (let round = 0; round < 500; round++) {
      const items = yield* observer.service.claim({ queue, owner: "last", limit: 5, lease })
      if (items.length === 0) break
      const time = yield* Clock.currentTimeMillis
      for (const item of items) observer.granted(item, time, true)
      for (const item of items) {
        yield* observer.service.complete(item.id, item.token)
        observer.settleGrant(item.id, item.token)
      }
      observer.compare(yield* observer.take)
    }
    for (const item of observer.snapshot.values()) {
      const behind = item.state === "waiting" &&
        Array.from(observer.snapshot.values()).some((other) =>
          other.partitionKey === item.partitionKey && other.onPark === "block" && isAside(other.state)
        )
      assert.isTrue(isFinal(item.state) || isAside(item.state) || behind, `Q5: ${item.id} is stuck as ${item.state}`)
    }
  })

export const tests = <E>(layer: Layer.Layer<LeaseQueue.LeaseQueue, E>, numRuns: number): void => {
  describe("two workers, any interleaving, crashes, lost answers and expiries", () => {
    it("Q1 to Q5 and Q7 hold after each step, and everything can be worked off", () =>
      fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 40, size: "max" }), (steps) =>
          // the layer is built on the test's clock, so that the two cannot be merged
          // @effect-diagnostics-next-line multipleEffectProvide:off
          Effect.gen(function*() {
            const observer = new Observer(yield* LeaseQueue.LeaseQueue)
            yield* Effect.forEach(steps, (step) => observed(observer, step), { discard: true })
            yield* workOff(observer)
          }).pipe(Effect.provide(layer), Effect.provide(TestContext.TestContext), Effect.runPromise)),
        { numRuns }
      ), 900_000)
  })
}
