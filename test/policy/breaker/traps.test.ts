/** The traps of the field that a circuit breaker can fall into, by number. */
import { describe, it } from "@effect/vitest"
import { deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { Clock, Duration, Effect, Fiber, Layer, Random, TestClock } from "effect"
import {
  Availability,
  Bulkhead,
  CircuitBreaker,
  IntegrationClient,
  IntegrationContext,
  IntegrationError,
  RateLimit,
  Timeout
} from "holdfast"
import * as Window from "../../../src/policy/internal/breaker/windowCore.js"
import * as Kit from "../../kit.js"
import { item, make, options, tagOf, trip } from "./kit.js"

const ok = Kit.ok
const bad = Kit.status(500)

describe("traps of circuit breakers", () => {
  it.scoped("trap 1: a half-open circuit lets its probes through and nobody else, and nobody waits in front of it", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(bad, bad, Kit.slow("2 seconds", ok))
      const { get, state } = yield* make(provider, { halfOpenMaxConcurrent: 3, successThreshold: 3 })
      yield* trip(get)
      yield* TestClock.adjust("5 seconds")
      const calls = yield* Effect.forEach(Array.from({ length: 100 }), () => Effect.fork(get))
      yield* TestClock.adjust(0)
      // 97 of 100 have been told at once
      const settled = yield* Effect.forEach(calls, (call) => Fiber.poll(call))
      strictEqual(settled.filter(({ _tag }) => _tag === "Some").length, 97)
      strictEqual(provider.active, 3)
      yield* TestClock.adjust("2 seconds")
      const tags = (yield* Fiber.join(Fiber.all(calls))).map(tagOf)
      strictEqual(tags.filter((tag) => tag === "CircuitBreakerOpenError").length, 97)
      // when it closes there is no flood that has gathered
      strictEqual(provider.count, 5)
      strictEqual(yield* state, "closed")
    }))

  it.scoped("trap 2: a probe that hangs, is interrupted, is ignored or dies does not wedge the circuit", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(bad)
      const { get, snapshot, state } = yield* make(provider, { probeLease: "10 seconds" })
      yield* trip(get)
      yield* TestClock.adjust("5 seconds")
      provider.answer = Kit.hang
      const hung = yield* Effect.fork(get)
      yield* TestClock.adjust("9999 millis")
      strictEqual(tagOf(yield* get), "CircuitBreakerOpenError")
      yield* TestClock.adjust("1 millis")
      const interrupted = yield* Effect.fork(get)
      yield* TestClock.adjust(0)
      strictEqual((yield* snapshot).probes, 1)
      yield* Fiber.interrupt(interrupted)
      strictEqual((yield* snapshot).probes, 0)
      provider.answer = Kit.status(429)
      strictEqual(tagOf(yield* get), "RateLimitError")
      provider.answer = () => Effect.die("a defect")
      strictEqual((yield* Effect.exit(get))._tag, "Failure")
      strictEqual((yield* snapshot).probes, 0)
      provider.answer = ok
      strictEqual(tagOf(yield* get), "success")
      strictEqual(yield* state, "closed")
      yield* Fiber.interrupt(hung)
      strictEqual(yield* state, "closed")
    }))

  it.scoped("trap 2: a classification that throws gives the probe's place back", () =>
    Effect.gen(function*() {
      let isBroken = false
      const provider = new Kit.Provider(bad)
      const { get, snapshot } = yield* make(provider, {
        classify: () => {
          if (isBroken) throw new Error("a mistake")
          return "failure"
        }
      })
      yield* trip(get)
      yield* TestClock.adjust("5 seconds")
      isBroken = true
      strictEqual((yield* Effect.exit(get))._tag, "Failure")
      deepStrictEqual([(yield* snapshot).probes, (yield* snapshot).state], [0, "half-open"])
    }))

  it.scoped("trap 3: a cancelled probe closes nothing", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(bad, bad, Kit.hang, bad)
      const { get, state } = yield* make(provider)
      yield* trip(get)
      yield* TestClock.adjust("5 seconds")
      const probe = yield* Effect.fork(get)
      yield* TestClock.adjust("1 second")
      yield* Fiber.interrupt(probe)
      strictEqual(yield* state, "half-open")
      strictEqual(tagOf(yield* get), "ServerError")
      strictEqual(yield* state, "open")
    }))

  it.scoped("trap 4: outcomes of an earlier state change nothing, whatever they are and whenever they come", () =>
    Effect.gen(function*() {
      // failures and successes that were admitted while closed, and end while open, half-open, and closed again
      const provider = new Kit.Provider(
        ...[1, 6, 9].flatMap((seconds) => [
          Kit.slow(`${seconds} seconds`, bad),
          Kit.slow(`${seconds} seconds`, bad),
          Kit.slow(`${seconds} seconds`, ok)
        ]),
        bad,
        bad,
        ok
      )
      const { get, snapshot, state } = yield* make(provider, { successThreshold: 2 })
      const early = yield* Effect.fork(Effect.all(Array.from({ length: 9 }, () => get), { concurrency: 9 }))
      yield* TestClock.adjust(0)
      yield* trip(get)
      yield* TestClock.adjust("1 second")
      deepStrictEqual([yield* state, (yield* snapshot).openings], ["open", 1])
      deepStrictEqual((yield* snapshot).retryAfter, Duration.seconds(4))
      yield* TestClock.adjust("4 seconds")
      yield* get
      yield* TestClock.adjust("1 second")
      deepStrictEqual([yield* state, (yield* snapshot).probeSuccesses], ["half-open", 1])
      yield* get
      strictEqual(yield* state, "closed")
      yield* TestClock.adjust("3 seconds")
      yield* Fiber.join(early)
      deepStrictEqual([yield* state, (yield* snapshot).failures], ["closed", 0])
    }))

  it.scoped("trap 5: 4xx, 429, refusals of this process and interruptions are no failures of the provider", () =>
    Effect.gen(function*() {
      for (const status of [400, 401, 403, 404, 409, 410, 412, 422, 429]) {
        const { get, snapshot } = yield* make(new Kit.Provider(Kit.status(status)))
        yield* Effect.replicateEffect(get, 5)
        deepStrictEqual([(yield* snapshot).state, (yield* snapshot).failures], ["closed", 0])
      }
      const hanging = new Kit.Provider(Kit.hang)
      const limits = Layer.provide(
        Layer.provide(
          RateLimit.layer({ capacity: 3, maxQueue: 0, refillRate: 0.001 }),
          Bulkhead.layer({ maxConcurrent: 1, maxQueue: 0 })
        ),
        RateLimit.layerMemory
      )
      const { get, snapshot } = yield* make(hanging, {}, limits)
      const calls = yield* Effect.forEach(Array.from({ length: 6 }), () => Effect.fork(get))
      yield* TestClock.adjust("1 second")
      for (const call of calls) yield* Fiber.interrupt(call)
      strictEqual(hanging.count, 1)
      deepStrictEqual([(yield* snapshot).state, (yield* snapshot).failures], ["closed", 0])
    }))

  it.scoped("trap 6: what says nothing is not a success either: it ends no row of failures, and closes nothing", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(bad, Kit.status(401), bad, Kit.status(401), Kit.status(401), ok)
      const { get, snapshot, state } = yield* make(provider)
      yield* Effect.replicateEffect(get, 3)
      strictEqual(yield* state, "open")
      yield* TestClock.adjust("5 seconds")
      yield* get
      yield* get
      deepStrictEqual([yield* state, (yield* snapshot).probeSuccesses], ["half-open", 0])
      yield* get
      strictEqual(yield* state, "closed")
      // nor is it one of the calls that a rate is worked out of
      const rate = yield* make(new Kit.Provider(Kit.status(401)), { strategy: CircuitBreaker.failureRate({}) })
      yield* Effect.replicateEffect(rate.get, 20)
      strictEqual((yield* rate.snapshot).window?.calls, 0)
    }))

  it.scoped("trap 17: a wall clock that jumps opens nothing, closes nothing, and shortens no wait", () =>
    Effect.gen(function*() {
      const steady = yield* Effect.clock
      let jump = 0
      const jumping: Clock.Clock = {
        ...steady,
        [Clock.ClockTypeId]: Clock.ClockTypeId,
        currentTimeMillis: Effect.map(steady.currentTimeMillis, (millis) => millis + jump),
        currentTimeNanos: steady.currentTimeNanos,
        sleep: (duration) => steady.sleep(duration),
        unsafeCurrentTimeMillis: () => steady.unsafeCurrentTimeMillis() + jump,
        unsafeCurrentTimeNanos: () => steady.unsafeCurrentTimeNanos()
      }
      const { get: plain, snapshot, state } = yield* make(new Kit.Provider(bad), {
        strategy: CircuitBreaker.failureRate({ minimumThroughput: 2, window: "10 seconds" })
      })
      const get = Effect.withClock(plain, jumping)
      yield* get
      jump = 3_600_000
      yield* get
      // an hour later by the wall, and in the same window all the same
      strictEqual(yield* state, "open")
      jump = 7_200_000
      strictEqual(tagOf(yield* get), "CircuitBreakerOpenError")
      jump = -7_200_000
      deepStrictEqual((yield* snapshot).retryAfter, Duration.seconds(5))
      yield* TestClock.adjust("5 seconds")
      strictEqual(tagOf(yield* get), "ServerError")
    }))

  it.scoped("trap 18: a pause empties a window of time, however long it was and wherever it began", () =>
    Effect.gen(function*() {
      for (const pause of [10_000, 10_001, 19_999, 20_000, 3_600_000, 86_400_000 * 365]) {
        const provider = new Kit.Provider(bad)
        const { get, snapshot, state } = yield* make(provider, {
          strategy: CircuitBreaker.failureRate({ minimumThroughput: 51, window: "10 seconds" })
        })
        yield* TestClock.adjust(Duration.millis(pause % 977))
        yield* Effect.replicateEffect(get, 50)
        yield* TestClock.adjust(Duration.millis(pause))
        yield* get
        deepStrictEqual([yield* state, (yield* snapshot).window?.calls], ["closed", 1])
      }
    }))

  it.scoped("trap 32: the backoff of a provider that flaps is kept, and of one that has stayed well it is forgotten", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(bad)
      const { get, snapshot, state } = yield* make(provider, { maxResetTimeout: "1 minute", resetBackoff: 2 })
      const openFor = Effect.map(snapshot, ({ openFor }) => Duration.toMillis(openFor) / 1_000)
      const recover = Effect.gen(function*() {
        yield* TestClock.adjust((yield* snapshot).openFor)
        provider.answer = ok
        yield* get
        strictEqual(yield* state, "closed")
        provider.answer = bad
      })
      const seen: Array<number> = []
      for (let i = 0; i < 6; i++) {
        yield* trip(get)
        seen.push(yield* openFor)
        yield* recover
        // well for a moment shorter than it was open
        yield* TestClock.adjust(Duration.subtract((yield* snapshot).openFor, "1 millis"))
      }
      deepStrictEqual(seen, [5, 10, 20, 40, 60, 60])
      yield* TestClock.adjust("1 millis")
      yield* trip(get)
      strictEqual(yield* openFor, 5)
    }))

  it.scoped("trap 33: with jitter, circuits that open together are not probed together, and none before its time", () =>
    Effect.gen(function*() {
      const waits = yield* Effect.forEach(Array.from({ length: 50 }, (_, i) => i), (seed) =>
        Effect.gen(function*() {
          const { get, snapshot } = yield* make(new Kit.Provider(bad), { resetJitter: 0.2 })
          yield* trip(get)
          return Duration.toMillis((yield* snapshot).openFor)
        }).pipe(Effect.withRandom(Random.make(seed))))
      strictEqual(new Set(waits).size, 50)
      strictEqual(waits.every((millis) => millis >= 5_000 && millis < 6_000), true)
      strictEqual(Math.max(...waits) - Math.min(...waits) > 700, true)
      // the same seed, the same wait
      const again = yield* make(new Kit.Provider(bad), { resetJitter: 0.2 }).pipe(Effect.withRandom(Random.make(0)))
      yield* trip(again.get)
      strictEqual(Duration.toMillis((yield* again.snapshot).openFor), waits[0])
    }))

  it.scoped("trap 34: one circuit for all calls of an integration, whoever builds the client; by account where it is asked for", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(bad)
      const context = yield* Layer.build(CircuitBreaker.layerMemory)
      // a client for each call, as a handler of requests might make it
      const call = Effect.flatMap(
        Effect.provide(Kit.shop(provider, CircuitBreaker.layer(options)), context),
        (shop) => Effect.either(shop.items.get(item))
      )
      yield* trip(call)
      strictEqual(tagOf(yield* call), "CircuitBreakerOpenError")
      strictEqual(provider.count, 2)
      const { get, stateOf } = yield* make(provider, { key: CircuitBreaker.perConnection })
      for (let i = 0; i < 10; i++) yield* IntegrationContext.provide(get, { connectionId: `account ${i}` })
      strictEqual(yield* stateOf("shop/account 1"), "closed")
    }))

  it("trap 36: what is kept of outcomes does not grow with their number", () => {
    const strategies: ReadonlyArray<Window.Strategy> = [
      { failures: 1_000_000, kind: "consecutive" },
      { failureRate: 1, kind: "count", minimum: 100, size: 100, slowRate: 1 },
      { buckets: 10, failureRate: 1, kind: "time", minimum: 100, slowRate: 1, width: 100 }
    ]
    for (const strategy of strategies) {
      const counts = Window.empty()
      for (let i = 0; i < 100_000; i++) Window.add(counts, strategy, i % 4, i)
      strictEqual(counts.ring.length <= 100, true)
    }
  })

  it.scoped("trap 40: only what the provider has to answer for counts; one's own classification may split it further", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(ok)
      const { get, shop, snapshot } = yield* make(
        provider,
        {},
        Availability.layer(Availability.Off({ reason: "not yet" }))
      )
      yield* Effect.replicateEffect(get, 3)
      // input that never left the process
      yield* Effect.either(shop.items.create({ payload: { name: 1 as unknown as string } }))
      deepStrictEqual([(yield* snapshot).failures, provider.count], [0, 0])

      // a credential that is missing here
      const locked = yield* make(
        provider,
        {},
        IntegrationClient.policy(() =>
          Effect.succeed((_, call) =>
            Effect.fail(new IntegrationError.AuthenticationError({ ...call.errorFields, message: "no credential" }))
          )
        )
      )
      yield* Effect.replicateEffect(locked.get, 3)
      deepStrictEqual([(yield* locked.snapshot).failures, (yield* locked.snapshot).state], [0, "closed"])

      // by default a name that cannot be resolved is the provider's trouble; where it is one's own, one says so
      const unreachable = new Kit.Provider(Kit.networkError("ENOTFOUND"))
      const byDefault = yield* make(unreachable)
      yield* trip(byDefault.get)
      strictEqual(yield* byDefault.state, "open")
      const split = yield* make(unreachable, {
        classify: (error) =>
          error._tag === "NetworkError" && error.phase === "connect" ? "ignored" : IntegrationError.health(error)
      })
      yield* Effect.replicateEffect(split.get, 5)
      strictEqual(yield* split.state, "closed")

      // the caller's own patience is not the provider's slowness; the attempt's deadline is
      const slow = new Kit.Provider(Kit.hang)
      const patience = yield* make(slow, {}, Timeout.layerTotal("1 second"))
      const impatient = yield* Effect.fork(Effect.replicateEffect(patience.get, 3))
      yield* TestClock.adjust("3 seconds")
      yield* Fiber.join(impatient)
      deepStrictEqual([(yield* patience.snapshot).failures, (yield* patience.snapshot).state], [0, "closed"])
      const attempts = yield* make(slow, {}, Timeout.layer("1 second"))
      const calls = yield* Effect.fork(trip(attempts.get))
      yield* TestClock.adjust("2 seconds")
      yield* Fiber.join(calls)
      strictEqual(yield* attempts.state, "open")
    }))
})
