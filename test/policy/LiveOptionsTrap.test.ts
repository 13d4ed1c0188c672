import { describe, it } from "@effect/vitest"
import { assertTrue, deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { Effect, FastCheck as fc, Fiber, Layer, Logger, SubscriptionRef } from "effect"
import { Availability, Bulkhead, CircuitBreaker, Holdfast, RateLimit, Resilience } from "holdfast"
import { runs } from "../campaign.js"
import * as Kit from "../kit.js"
import { tagOf } from "./elapsed.js"
import { makeVirtualClock } from "./virtualClock.js"

const item = { path: { id: "1" } }

const mostTokens = 10
const fastest = 100

/** Never so little that a call would have to be refused. */
const patient: Resilience.Options = {
  attemptTimeout: "1 minute",
  circuitBreaker: { failureThreshold: 1_000 },
  retry: { budget: false, initialDelay: "20 millis", jitter: "none", maxAttempts: 50, multiplier: 1 },
  telemetry: { logs: false, spans: "never" },
  totalTimeout: "1 hour"
}

const bulkhead = fc.record({
  maxConcurrent: fc.integer({ max: 8, min: 1 }),
  maxQueue: fc.constantFrom(200, 1_000)
})
const rateLimitUpTo = (refillRate: number) =>
  fc.record({
    capacity: fc.integer({ max: mostTokens, min: 1 }),
    maxWait: fc.constant("1 hour" as const),
    refillRate: fc.integer({ max: refillRate, min: refillRate / 5 })
  })

interface Change {
  readonly after: number
  readonly options: Resilience.Options
}

const changesOf = (options: fc.Arbitrary<Resilience.Options>): fc.Arbitrary<ReadonlyArray<Change>> =>
  fc.array(fc.record({ after: fc.integer({ max: 30, min: 0 }), options }), { maxLength: 40, minLength: 20 })

/** The stages that count are always there, with other numbers each time. */
const limited = changesOf(fc.record({
  bulkhead,
  circuitBreaker: fc.constantFrom<Resilience.Options["circuitBreaker"]>(false, { mode: "shadow" }, {
    failureThreshold: 500
  }),
  deadLettering: fc.constantFrom<Resilience.Options["deadLettering"]>(false, {}),
  rateLimit: rateLimitUpTo(fastest)
}))

/** Stages come and go, and some of the options are wrong. */
const anything = changesOf(fc.record({
  bulkhead: fc.oneof(bulkhead, fc.constant(false as const), fc.constant({ maxConcurrent: 0 })),
  circuitBreaker: fc.constantFrom<Resilience.Options["circuitBreaker"]>(false, {}),
  hedge: fc.constantFrom<Resilience.Options["hedge"]>(false, { delay: "15 millis" }),
  rateLimit: fc.oneof(rateLimitUpTo(1_000), fc.constant(false as const), fc.constant({ capacity: 1 }))
}))

/** What there is at one moment: when a request reaches the provider, and around each change. */
interface Moment {
  readonly sent: boolean
  readonly now: number
  /** Requests at the provider. */
  readonly active: number
  readonly held: number
  readonly limit: number
}

const services = Layer.mergeAll(
  Holdfast.layerMemory,
  Bulkhead.layerMemory,
  Logger.remove(Logger.defaultLogger)
)

/** A hundred calls, some under way and most of them in a queue, while the options change; a tenth is interrupted. */
const reload = (changes: ReadonlyArray<Change>) => {
  const { adjust, clock } = makeVirtualClock()
  return Effect.gen(function*() {
    const bulkheads = yield* Bulkhead.Bulkheads
    const moments: Array<Moment> = []
    const look = (sent: boolean) =>
      Effect.gen(function*() {
        const [state] = yield* bulkheads.state
        const now = yield* Effect.clockWith((clock) => clock.currentTimeMillis)
        moments.push({ active: provider.active, held: state?.active ?? 0, limit: state?.limit ?? 0, now, sent })
      })
    const provider: Kit.Provider = new Kit.Provider((request, number) =>
      Effect.gen(function*() {
        yield* look(true)
        return yield* Kit.slow(
          `${10 + number % 30} millis` as "10 millis",
          number % 7 === 0 ? Kit.status(503, { "retry-after": "0" }) : Kit.ok
        )(request, number)
      })
    )
    const ref = yield* SubscriptionRef.make<Resilience.Options>({
      bulkhead: { maxConcurrent: 3 },
      rateLimit: { capacity: mostTokens, maxWait: "1 hour", refillRate: fastest }
    })
    const shop = yield* Kit.shop(provider, Resilience.layerRef(ref, patient))
    const call = Effect.map(Effect.either(shop.items.get(item)), tagOf)
    const calls = yield* Effect.all(Array.from({ length: 100 }, () => Effect.fork(call)))
    const given = calls.filter((_, index) => index % 10 === 9)
    for (const [index, { after, options }] of changes.entries()) {
      yield* adjust(after)
      yield* look(false)
      yield* SubscriptionRef.set(ref, options)
      yield* adjust(0)
      yield* look(false)
      const impatient = given[index]
      if (impatient !== undefined) yield* Fiber.interruptFork(impatient)
    }
    yield* SubscriptionRef.set(ref, {
      bulkhead: { maxConcurrent: 8 },
      rateLimit: { capacity: mostTokens, maxWait: "1 hour", refillRate: fastest }
    })
    yield* adjust("10 minutes")
    const outcomes = yield* Effect.all(
      calls.filter((fiber) => !given.includes(fiber)).map((fiber) => Fiber.join(fiber))
    )
    yield* Effect.all(given.map((fiber) => Fiber.await(fiber)))
    return { moments, outcomes, provider, states: yield* bulkheads.state }
  }).pipe(Effect.scoped, Effect.withClock(clock), Effect.provide(services))
}

describe("trap 35: options that change with calls in flight", () => {
  it(
    "trap 35: none of 100 calls is lost or refused, and limits are kept to, while their numbers change",
    () =>
      fc.assert(
        fc.asyncProperty(limited, async (changes) => {
          const { moments, outcomes, provider, states } = await Effect.runPromise(reload(changes))
          deepStrictEqual(new Set(outcomes), new Set(["success"]))
          strictEqual(outcomes.length, 90)
          strictEqual(provider.active, 0)
          deepStrictEqual(states.map(({ active, limit, waiting }) => [active, limit, waiting]), [[0, 8, 0]])
          for (const [index, { active, held, limit }] of moments.entries()) {
            assertTrue(active <= held, `${active} requests in ${held} slots`)
            // who has a slot keeps it where there are fewer than before; nobody takes one more
            const before = moments[index - 1] ?? { held: 0, limit: 0 }
            assertTrue(held <= Math.max(limit, before.held, before.limit), `${held} of ${limit} slots`)
          }
          // in any window no more than the most that was ever allowed
          const sent = moments.filter(({ sent }) => sent).map(({ now }) => now)
          for (const [from, start] of sent.entries()) {
            for (const [to, end] of sent.entries()) {
              const [count, seconds] = [to - from + 1, (end - start) / 1000]
              assertTrue(count <= mostTokens + fastest * Math.max(0, seconds) + 1e-6, `${count} in ${seconds} s`)
            }
          }
        }),
        { endOnFailure: true, numRuns: runs(5) }
      ),
    120_000
  )

  it(
    "trap 35: none of 100 calls is lost or refused, while stages come and go and some options are wrong",
    () =>
      fc.assert(
        fc.asyncProperty(anything, async (changes) => {
          const { outcomes, provider, states } = await Effect.runPromise(
            reload(changes)
          )
          deepStrictEqual(new Set(outcomes), new Set(["success"]))
          strictEqual(outcomes.length, 90)
          strictEqual(provider.active, 0)
          deepStrictEqual(states.map(({ active, limit, waiting }) => [active, limit, waiting]), [[0, 8, 0]])
        }),
        { endOnFailure: true, numRuns: runs(5) }
      ),
    120_000
  )

  it.scoped("trap 35: what was set by hand holds through every change", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(Kit.ok)
      const ref = yield* SubscriptionRef.make<Resilience.Options>({})
      const shop = yield* Kit.shop(provider, Resilience.layerRef(ref))
      const breakers = yield* CircuitBreaker.CircuitBreakers
      const limiters = yield* RateLimit.RateLimiters
      const call = Effect.map(Effect.either(shop.items.get(item)), tagOf)
      yield* breakers.forceOpen("shop", "maintenance")
      for (let i = 1; i <= 5; i++) {
        yield* SubscriptionRef.set(ref, { circuitBreaker: { failureThreshold: i } })
        strictEqual(yield* call, "CircuitBreakerOpenError")
      }
      yield* breakers.forceClose("shop")
      yield* limiters.coolDown("shop", "1 hour")
      yield* SubscriptionRef.set(ref, { rateLimit: { capacity: 5, maxWait: 0, refillRate: 5 } })
      strictEqual(yield* call, "RateLimitError")
      yield* SubscriptionRef.set(ref, { availability: Availability.Off({ reason: "now" }), rateLimit: false })
      strictEqual(yield* call, "UnavailableError")
      yield* SubscriptionRef.set(ref, { rateLimit: { maxWait: 0 } })
      strictEqual(yield* call, "RateLimitError")
      strictEqual(provider.count, 0)
    }).pipe(Effect.provide(Holdfast.layerMemory)))
})
