/** The scripts and the core, side by side: whatever is asked of both, they answer the same. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as fc from "effect/FastCheck"
import * as Option from "effect/Option"
import * as TestClock from "effect/TestClock"
import * as TestContext from "effect/TestContext"
import * as LeaseQueue from "../../src/delivery/LeaseQueue.js"
import { holds } from "../campaign.js"
import * as redis from "./redis.js"

type Service = LeaseQueue.LeaseQueue["Type"]

/** Names that would break an encoding that is not careful. */
const label = fc.constantFrom("", "a", "b:%3A", "é{}")

const queue = fc.constantFrom("q", "q:2%")

const id = fc.nat(7).map((n) => `item:${n}`)

/** How many leases ago the token was given that is settled with. */
const back = fc.constantFrom(0, 0, 0, 1)

const millis = fc.constantFrom(0, 1, 40, 100, Number.MAX_SAFE_INTEGER)

const detail = fc.option(fc.constantFrom("why", "\"\\\n\u0001/é"), { nil: undefined })

const item: fc.Arbitrary<LeaseQueue.NewItem> = fc.record({
  dedupeFor: millis,
  dedupeKey: fc.constantFrom(undefined, undefined, "", "k:1"),
  delay: fc.constantFrom(0, 0, 40),
  id,
  kind: label,
  lastError: fc.constantFrom(undefined, "", "\"e\""),
  onPark: fc.constantFrom("block" as const, "skip" as const),
  partitionKey: fc.constantFrom(undefined, undefined, "", "p:1", "p"),
  payload: fc.constantFrom("1", "+", "\u0000\ud83d\ude00"),
  priority: fc.constantFrom(-100, 0, 0, 0, 7),
  queue,
  reason: label,
  signature: label,
  source: label,
  state: fc.constantFrom("ready" as const, "ready" as const, "parked" as const)
})

const filter: fc.Arbitrary<LeaseQueue.Filter> = fc.record({
  createdAfter: fc.constantFrom(undefined, undefined, -Infinity, 40.5),
  createdBefore: fc.constantFrom(undefined, undefined, Infinity, 99.5),
  kind: fc.option(label, { nil: undefined }),
  queue,
  reason: fc.oneof(fc.constant(undefined), label, fc.array(label, { maxLength: 2 })),
  signature: fc.constantFrom(undefined, undefined, "", ["a", "b:%3A"]),
  source: fc.constantFrom(undefined, undefined, "a"),
  states: fc.constantFrom<ReadonlyArray<LeaseQueue.State> | undefined>(undefined, ["ready", "waiting"], ["done"], []),
  upTo: fc.constantFrom(undefined, undefined, 3)
})

type Step = (service: Service) => Effect.Effect<unknown, LeaseQueue.LeaseQueueError>

const held =
  (id: string, back: number, settle: (service: Service, token: number) => ReturnType<Step>): Step => (service) =>
    Effect.flatMap(
      service.get(id),
      (item) => settle(service, Option.match(item, { onNone: () => 1, onSome: ({ token }) => token - back }))
    )

const step: fc.Arbitrary<{ readonly says: string; readonly run: Step }> = (() => {
  const of = <A>(says: string, arbitrary: fc.Arbitrary<A>, run: (a: A) => Step) =>
    arbitrary.map((a) => ({ run: run(a), says: `${says} ${JSON.stringify(a)}` }))
  const lease = millis
  return fc.oneof(
    { arbitrary: of("offer", fc.array(item, { maxLength: 4 }), (items) => (q) => q.offer(items)), weight: 8 },
    {
      arbitrary: of(
        "claim",
        fc.record({ lease, limit: fc.integer({ max: 4, min: 1 }), queue }),
        (options) => (q) => q.claim({ ...options, owner: "w\"1" })
      ),
      weight: 8
    },
    {
      arbitrary: of(
        "acquire",
        fc.tuple(
          id,
          fc.record({
            lease,
            ordered: fc.boolean(),
            owner: fc.constantFrom("x", "y"),
            states: fc.constantFrom(undefined, ["poison" as const], ["ready" as const, "poison" as const])
          })
        ),
        ([id, options]) => (q) => q.acquire(id, options)
      ),
      weight: 4
    },
    {
      arbitrary: of(
        "renew",
        fc.tuple(id, back, lease),
        ([id, back, lease]) => held(id, back, (q, token) => q.renew(id, token, lease))
      ),
      weight: 1
    },
    {
      arbitrary: of(
        "complete",
        fc.tuple(id, back, fc.record({ detail })),
        ([id, back, options]) => held(id, back, (q, token) => q.complete(id, token, options))
      ),
      weight: 5
    },
    {
      arbitrary: of(
        "fail",
        fc.tuple(
          id,
          back,
          fc.record({
            detail,
            error: fc.constantFrom(undefined, "\"again\""),
            next: fc.oneof(
              millis.map((after) => ({ _tag: "retry" as const, after })),
              fc.constantFrom({ _tag: "park" as const }, { _tag: "poison" as const })
            ),
            reason: fc.option(label, { nil: undefined }),
            signature: fc.option(label, { nil: undefined })
          })
        ),
        ([id, back, options]) => held(id, back, (q, token) => q.fail(id, token, options))
      ),
      weight: 6
    },
    {
      arbitrary: of(
        "release",
        fc.tuple(id, back, fc.record({ after: millis, detail })),
        ([id, back, options]) => held(id, back, (q, token) => q.release(id, token, options))
      ),
      weight: 3
    },
    { arbitrary: of("sweep", queue, (queue) => (q) => q.sweep({ limit: 2, queue })), weight: 1 },
    {
      arbitrary: of(
        "edit",
        fc.tuple(
          id,
          fc.integer({ max: 3, min: 1 }),
          fc.record({
            detail,
            lastError: fc.constantFrom(undefined, "\"f\""),
            payload: fc.constantFrom(undefined, "2"),
            reason: fc.option(label, { nil: undefined }),
            signature: fc.option(label, { nil: undefined })
          })
        ),
        (args) => (q) => q.edit(...args)
      ),
      weight: 3
    },
    { arbitrary: of("discard", fc.tuple(id, fc.record({ detail })), (args) => (q) => q.discard(...args)), weight: 2 },
    { arbitrary: of("park", fc.tuple(id, fc.record({ detail })), (args) => (q) => q.park(...args)), weight: 2 },
    { arbitrary: of("held", id, (id) => (q) => q.held(id)), weight: 2 },
    {
      arbitrary: of(
        "unpark",
        fc.tuple(id, fc.record({ detail, to: fc.constantFrom(undefined, "ready" as const, "parked" as const) })),
        (args) => (q) => q.unpark(...args)
      ),
      weight: 3
    },
    {
      arbitrary: of(
        "purge",
        fc.record({
          dryRun: fc.boolean(),
          olderThan: millis,
          queue,
          signature: fc.constantFrom(undefined, undefined, "", ["a", "b:%3A"]),
          source: fc.constantFrom(undefined, undefined, "a"),
          states: fc.constantFrom(undefined, undefined, ["done" as const])
        }),
        (options) => (q) => q.purge(options)
      ),
      weight: 1
    },
    {
      arbitrary: of(
        "list",
        fc.tuple(
          filter,
          fc.record({
            direction: fc.constantFrom("asc" as const, "desc" as const),
            limit: fc.integer({ max: 5, min: 1 }),
            orderBy: fc.constantFrom("id" as const, "updatedAt" as const)
          })
        ),
        ([filter, page]) => (q) =>
          Effect.gen(function*() {
            const first = yield* q.list(filter, page)
            const after = Option.getOrUndefined(first.next)
            return after === undefined ? first : [first, yield* q.list(filter, { ...page, after })]
          })
      ),
      weight: 3
    },
    {
      arbitrary: of(
        "groups",
        fc.tuple(filter, fc.constantFrom("state" as const, "source" as const, "kind" as const, "reason" as const)),
        (args) => (q) => Effect.map(q.groups(...args), (groups) => Array.from(groups).sort())
      ),
      weight: 2
    },
    {
      // the first by its id is the first one only where ids are in the order of time
      arbitrary: of(
        "failures",
        filter,
        (filter) => (q) =>
          Effect.map(q.failures(filter), (failures) => failures.map((failure) => ({ ...failure, first: 0 })))
      ),
      weight: 2
    },
    {
      arbitrary: of("advance", fc.constantFrom(1, 40, 100), (millis) => () => TestClock.adjust(millis)),
      weight: 5
    }
  )
})()

const look = (service: Service) =>
  Effect.gen(function*() {
    const seen: Array<unknown> = [yield* service.watermark]
    for (const queue of ["q", "q:2%"]) {
      const { items } = yield* service.list({ queue }, { limit: 500 })
      seen.push(items)
      for (const { id } of items) seen.push(yield* service.history(id))
      const { byState } = yield* service.stats(queue)
      seen.push(byState)
    }
    return seen
  })

describe("LeaseQueue.Redis, step by step", () => {
  it("is what the core is", () =>
    holds(
      fc.asyncProperty(fc.array(step, { maxLength: 60, size: "max" }), (steps) =>
        // the layer is built on the test's clock, so that the two cannot be merged
        // @effect-diagnostics-next-line multipleEffectProvide:off
        Effect.gen(function*() {
          const memory = yield* LeaseQueue.makeMemory()
          const queue = yield* LeaseQueue.LeaseQueue
          for (const { run, says } of steps) {
            if (says.startsWith("advance")) {
              yield* run(queue)
              continue
            }
            const expected = yield* Effect.either(run(memory))
            assert.deepStrictEqual(yield* Effect.either(run(queue)), expected, says)
          }
          assert.deepStrictEqual(yield* look(queue), yield* look(memory))
        }).pipe(Effect.provide(redis.queue), Effect.provide(TestContext.TestContext), Effect.runPromise)),
      20
    ), 900_000)
})
