/** Strategies that judge a share of the latest calls, and what a server asks for. */
import { describe, it } from "@effect/vitest"
import { deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { Duration, Effect, Either, Fiber, Layer, TestClock } from "effect"
import { Bulkhead, CircuitBreaker, RateLimit } from "holdfast"
import * as Kit from "../../kit.js"
import { item, make, tagOf, trip } from "./kit.js"

const { failureRate } = CircuitBreaker

const ok = Kit.ok
const bad = Kit.status(500)

const times = <A, E>(n: number, get: Effect.Effect<A, E>) => Effect.replicateEffect(get, n)

describe("CircuitBreaker.failureRate", () => {
  it.scoped("opens on the outcome that makes the rate true, even if that is a success", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(bad, bad, bad, ok, ok)
      const { get, snapshot, state } = yield* make(provider, {
        strategy: failureRate({ minimumThroughput: 5, threshold: 0.5, window: 10 })
      })
      yield* times(4, get)
      strictEqual(yield* state, "closed")
      strictEqual(tagOf(yield* get), "success")
      strictEqual(yield* state, "open")
      strictEqual((yield* snapshot).reason, "failure rate 60% of 5 calls")
    }))

  it.scoped("below the minimum throughput nothing is judged, however many fail, and the rate is not there", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(bad)
      const { get, snapshot, state } = yield* make(provider, {
        strategy: failureRate({ minimumThroughput: 5, window: "30 seconds" })
      })
      yield* times(4, get)
      strictEqual(yield* state, "closed")
      deepStrictEqual((yield* snapshot).window, {
        calls: 4,
        failureRate: undefined,
        failures: 4,
        slow: 0,
        slowCallRate: undefined
      })
      yield* get
      strictEqual(yield* state, "open")
    }))

  it.scoped("goes before failureThreshold", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(bad)
      const { get, state } = yield* make(provider, { failureThreshold: 1, strategy: CircuitBreaker.consecutive(3) })
      yield* trip(get)
      strictEqual(yield* state, "closed")
      yield* get
      strictEqual(yield* state, "open")
    }))

  it.scoped("of a number of calls: only the latest count", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(bad, bad, ok, ok, ok, ok, bad, ok)
      const { get, snapshot, state } = yield* make(provider, {
        strategy: failureRate({ minimumThroughput: 4, threshold: 0.5, window: 4 })
      })
      yield* times(3, get)
      strictEqual((yield* snapshot).window?.failureRate, undefined)
      // two of four: too many
      yield* get
      strictEqual(yield* state, "open")
      const other = yield* make(new Kit.Provider(ok, ok, ok, bad, ok, ok, ok, bad), {
        strategy: failureRate({ minimumThroughput: 4, threshold: 0.5, window: 4 })
      })
      yield* times(8, other.get)
      deepStrictEqual((yield* other.snapshot).window, {
        calls: 4,
        failureRate: 0.25,
        failures: 1,
        slow: 0,
        slowCallRate: 0
      })
      strictEqual(yield* other.state, "closed")
    }))

  it.scoped("of a time: only the last buckets count, and after a pause longer than the window none", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(bad)
      const { get, snapshot } = yield* make(provider, {
        strategy: failureRate({ buckets: 5, minimumThroughput: 1_000, window: "5 seconds" })
      })
      const calls = Effect.map(snapshot, ({ window }) => window?.calls)
      for (let second = 1; second <= 7; second++) {
        yield* times(second, get)
        yield* TestClock.adjust("1 second")
      }
      // the fifth of the five is the present one, in which nothing has happened yet
      strictEqual(yield* calls, 4 + 5 + 6 + 7)
      yield* TestClock.adjust("2 seconds")
      strictEqual(yield* calls, 6 + 7)
      yield* TestClock.adjust("1 hour")
      strictEqual(yield* calls, 0)
      yield* get
      strictEqual(yield* calls, 1)
    }))

  it.scoped("half-open does not wait for the minimum throughput: a failed probe opens it again", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(bad)
      const { get, state } = yield* make(provider, {
        strategy: failureRate({ minimumThroughput: 10, window: "2 seconds" })
      })
      yield* times(10, get)
      strictEqual(yield* state, "open")
      yield* TestClock.adjust("1 hour")
      strictEqual(tagOf(yield* get), "ServerError")
      strictEqual(yield* state, "open")
      strictEqual(tagOf(yield* get), "CircuitBreakerOpenError")
    }))

  it.scoped("counts anew once it has closed", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(bad, bad, ok, bad)
      const { get, snapshot, state } = yield* make(provider, {
        strategy: failureRate({ minimumThroughput: 2, window: 100 })
      })
      yield* trip(get)
      strictEqual(yield* state, "open")
      yield* TestClock.adjust("5 seconds")
      yield* get
      strictEqual(yield* state, "closed")
      yield* get
      deepStrictEqual((yield* snapshot).window?.calls, 1)
      strictEqual(yield* state, "closed")
    }))

  it.scoped("slow calls: three of five that are slow and good open it, with a failure rate below its threshold", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(
        Kit.slow("4 seconds", ok),
        Kit.slow("3999 millis", bad),
        Kit.slow("5 seconds", ok),
        Kit.slow("1 second", bad),
        Kit.slow("4 seconds", ok)
      )
      const { get, snapshot, state } = yield* make(provider, {
        strategy: failureRate({
          minimumThroughput: 5,
          slowCallDuration: "4 seconds",
          slowCallRateThreshold: 0.5,
          threshold: 0.5,
          window: 5
        })
      })
      for (let i = 0; i < 5; i++) {
        strictEqual(yield* state, "closed")
        const call = yield* Effect.fork(get)
        yield* TestClock.adjust("5 seconds")
        yield* Fiber.join(call)
      }
      strictEqual(yield* state, "open")
      strictEqual((yield* snapshot).reason, "slow call rate 60% of 5 calls")
    }))

  it.scoped("a slow failure is both", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(Kit.slow("4 seconds", bad))
      const { get, snapshot } = yield* make(provider, {
        strategy: failureRate({ slowCallDuration: "1 second", window: 100 })
      })
      const call = yield* Effect.fork(get)
      yield* TestClock.adjust("4 seconds")
      yield* Fiber.join(call)
      deepStrictEqual((yield* snapshot).window, {
        calls: 1,
        failureRate: undefined,
        failures: 1,
        slow: 1,
        slowCallRate: undefined
      })
    }))

  it.scoped("a slow answer to a probe is no sign of health, and a quick one is", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(Kit.slow("2 seconds", ok), Kit.slow("2 seconds", ok), Kit.slow("1 second", ok))
      const { get, snapshot, state } = yield* make(provider, {
        strategy: failureRate({ minimumThroughput: 1, slowCallDuration: "2 seconds", window: 1 })
      })
      const call = Effect.gen(function*() {
        const fiber = yield* Effect.fork(get)
        yield* TestClock.adjust("2 seconds")
        return tagOf(yield* Fiber.join(fiber))
      })
      strictEqual(yield* call, "success")
      strictEqual(yield* state, "open")
      yield* TestClock.adjust("5 seconds")
      strictEqual(yield* call, "success")
      strictEqual(yield* state, "open")
      strictEqual((yield* snapshot).reason, "a probe was slow")
      yield* TestClock.adjust("5 seconds")
      strictEqual(yield* call, "success")
      strictEqual(yield* state, "closed")
    }))

  it.scoped("B9: the wait for the limiter and for a slot beneath is nobody's slowness", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(Kit.slow("1 second", ok))
      const limits = Layer.provide(
        Layer.provide(
          RateLimit.layer({ capacity: 1, maxWait: "1 hour", refillRate: 0.1 }),
          Bulkhead.layer({ maxConcurrent: 1 })
        ),
        RateLimit.layerMemory
      )
      const { shop, snapshot } = yield* make(provider, {
        strategy: failureRate({ slowCallDuration: "2 seconds", window: 100 })
      }, limits)
      const calls = yield* Effect.fork(
        Effect.all(Array.from({ length: 4 }, () => shop.items.get(item)), { concurrency: 4 })
      )
      yield* TestClock.adjust("1 minute")
      yield* Fiber.join(calls)
      deepStrictEqual((yield* snapshot).window?.slow, 0)
      deepStrictEqual((yield* snapshot).window?.calls, 4)
    }))

  it("options that make no sense are refused, and told how to mend them", () => {
    const says = (make: () => unknown) => {
      try {
        make()
      } catch (error) {
        return (error as Error).message
      }
      return "nothing"
    }
    const cases: ReadonlyArray<readonly [() => unknown, string]> = [
      [
        () => CircuitBreaker.consecutive(0),
        "CircuitBreaker.consecutive: failures is 0; it must be a whole number from 1 up"
      ],
      [() => CircuitBreaker.layer({ failureThreshold: 1.5 }), "CircuitBreaker.layer: failureThreshold is 1.5"],
      [() => CircuitBreaker.layer({ successThreshold: 0 }), "successThreshold is 0"],
      [() => CircuitBreaker.layer({ halfOpenMaxConcurrent: -1 }), "halfOpenMaxConcurrent is -1"],
      [() => CircuitBreaker.layer({ resetBackoff: 0.5 }), "resetBackoff is 0.5; it must be a number from 1 up"],
      [() => CircuitBreaker.layer({ resetBackoff: Number.POSITIVE_INFINITY }), "resetBackoff is Infinity"],
      [() => CircuitBreaker.layer({ resetJitter: 2 }), "resetJitter is 2; it must be a share from 0 to 1"],
      [() => CircuitBreaker.layer({ resetJitter: -0.1 }), "resetJitter is -0.1"],
      [() => CircuitBreaker.layer({ idleTimeToLive: 0 }), "idleTimeToLive is 0; it must be longer than nothing"],
      [() => CircuitBreaker.layer({ probeLease: "0 seconds" }), "probeLease is 0"],
      [() => failureRate({ threshold: 0 }), "threshold is 0; it must be a share above 0 and up to 1"],
      [() => failureRate({ threshold: 50 }), "threshold is 50"],
      [() => failureRate({ threshold: Number.NaN }), "threshold is NaN"],
      [() => failureRate({ window: 0 }), "window is 0"],
      [() => failureRate({ window: 2.5 }), "window is 2.5"],
      [() => failureRate({ window: "0 seconds" }), "window is 0; it must be longer than nothing"],
      [() => failureRate({ window: Duration.infinity }), "window is infinite; it must be a time that ends"],
      [() => failureRate({ minimumThroughput: 0 }), "minimumThroughput is 0"],
      [
        () => failureRate({ minimumThroughput: 11, window: 10 }),
        "minimumThroughput is 11; it must be at most the window, 10"
      ],
      [() => failureRate({ buckets: 0, window: "1 second" }), "buckets is 0"],
      [() => failureRate({ slowCallRateThreshold: 0.5 }), "slowCallDuration is missing"],
      [() => failureRate({ slowCallDuration: 0 }), "slowCallDuration is 0"],
      [() => failureRate({ slowCallDuration: "1 second", slowCallRateThreshold: 0 }), "slowCallRateThreshold is 0"]
    ]
    for (const [make, message] of cases) strictEqual(says(make).includes(message), true, `${says(make)} ≠ ${message}`)
    strictEqual(says(() => failureRate({ window: 3 })), "nothing")
    strictEqual(says(() => CircuitBreaker.layer({ resetTimeout: 0 })), "nothing")
  })
})

describe("a server that says how long it wants to be left alone", () => {
  const asking = (seconds: number) => Kit.status(503, { "retry-after": String(seconds) })
  const refusedFor = (result: Either.Either<unknown, { readonly retryAfter?: Duration.Duration | undefined }>) =>
    Either.isLeft(result) ? result.left.retryAfter : undefined

  it.scoped("is left alone for that long, when its answer opens the circuit", () =>
    Effect.gen(function*() {
      const { get, snapshot, state } = yield* make(new Kit.Provider(bad, asking(20), ok))
      yield* trip(get)
      deepStrictEqual(refusedFor(yield* get), Duration.seconds(20))
      deepStrictEqual((yield* snapshot).openFor, Duration.seconds(20))
      yield* TestClock.adjust("19999 millis")
      strictEqual(tagOf(yield* get), "CircuitBreakerOpenError")
      yield* TestClock.adjust("1 millis")
      strictEqual(tagOf(yield* get), "success")
      strictEqual(yield* state, "closed")
    }))

  it.scoped("also for a shorter time than it would be otherwise", () =>
    Effect.gen(function*() {
      const { get } = yield* make(new Kit.Provider(bad, asking(1)), { resetTimeout: "1 minute" })
      yield* trip(get)
      deepStrictEqual(refusedFor(yield* get), Duration.seconds(1))
    }))

  it.scoped("at most for maxResetTimeout, and for the usual time when it asks for none", () =>
    Effect.gen(function*() {
      const long = yield* make(new Kit.Provider(bad, asking(86_400)), { maxResetTimeout: "1 minute" })
      yield* trip(long.get)
      deepStrictEqual(refusedFor(yield* long.get), Duration.minutes(1))
      const none = yield* make(new Kit.Provider(bad, asking(0)))
      yield* trip(none.get)
      deepStrictEqual(refusedFor(yield* none.get), Duration.seconds(5))
    }))

  it.scoped("not for what an earlier failure asked for, that did not open it", () =>
    Effect.gen(function*() {
      const { get } = yield* make(new Kit.Provider(asking(20), bad))
      yield* trip(get)
      deepStrictEqual(refusedFor(yield* get), Duration.seconds(5))
    }))

  it.scoped("also when a probe brings the answer, or an error that is a failure only by one's own classification", () =>
    Effect.gen(function*() {
      const { get } = yield* make(new Kit.Provider(bad, bad, asking(30)))
      yield* trip(get)
      yield* TestClock.adjust("5 seconds")
      yield* get
      deepStrictEqual(refusedFor(yield* get), Duration.seconds(30))
      const limited = yield* make(new Kit.Provider(Kit.status(429, { "retry-after": "40" })), {
        classify: (error, call) =>
          error._tag === "RateLimitError" && call.operation.name === "items.get" ? "failure" : "ignored"
      })
      yield* trip(limited.get)
      deepStrictEqual(refusedFor(yield* limited.get), Duration.seconds(40))
    }))

  it.scoped("resetTimeout longer than an hour holds, where no maxResetTimeout is given", () =>
    Effect.gen(function*() {
      const { get } = yield* make(new Kit.Provider(bad), { resetTimeout: "2 hours" })
      yield* trip(get)
      deepStrictEqual(refusedFor(yield* get), Duration.hours(2))
    }))
})
