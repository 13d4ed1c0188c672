/** A backing that has to ask elsewhere for a place as a probe: what the policy makes of its answers. */
import { describe, it } from "@effect/vitest"
import { deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { Context, Duration, Effect, Either, Exit, Fiber, Layer, TestClock } from "effect"
import { CircuitBreaker } from "holdfast"
import * as Kit from "../../kit.js"
import { item, tagOf } from "./kit.js"

/** A circuit that is half-open, whose store grants a place as the effect says. */
const asking = (provider: Kit.Provider, grant: Effect.Effect<CircuitBreaker.Probe | undefined>) =>
  Effect.gen(function*() {
    const settled: Array<readonly [CircuitBreaker.Probe, CircuitBreaker.Result]> = []
    let interrupted = 0
    const breaker: CircuitBreaker.Breaker = {
      admit: () => Effect.onInterrupt(grant, () => Effect.sync(() => interrupted++)),
      forcedOpen: undefined,
      reason: "probing",
      refuses: () => false,
      record: () => {
        throw new Error("it is a probe, if anything")
      },
      retryAfter: () => 250,
      settle: (probe, result) => {
        settled.push([probe, result])
      },
      state: "half-open"
    }
    const context = yield* Layer.build(CircuitBreaker.layerMemory)
    const memory = Context.get(context, CircuitBreaker.CircuitBreakers)
    const shop = yield* Effect.provideService(
      Kit.shop(provider, CircuitBreaker.layer()),
      CircuitBreaker.CircuitBreakers,
      { ...memory, breaker: () => breaker }
    )
    return { get: Effect.either(shop.items.get(item)), interrupted: () => interrupted, settled }
  })

const probe: CircuitBreaker.Probe = { generation: 7, id: "p1/1" }

describe("a place as a probe that is asked for elsewhere", () => {
  it.scoped("is waited for; the outcome of the call is the probe's", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(Kit.ok, Kit.status(503, { "retry-after": "9" }), Kit.status(429))
      const { get, settled } = yield* asking(provider, Effect.delay(Effect.succeed(probe), "20 millis"))
      for (const tag of ["success", "ServerError", "RateLimitError"]) {
        const call = yield* Effect.fork(get)
        yield* TestClock.adjust("19 millis")
        strictEqual(provider.active, 0)
        yield* TestClock.adjust("1 millis")
        strictEqual(tagOf(yield* Fiber.join(call)), tag)
      }
      deepStrictEqual(settled, [
        [probe, { outcome: "success", retryAfter: 0, slow: false }],
        [probe, { outcome: "failure", retryAfter: 9_000, slow: false }],
        [probe, { outcome: "ignored", retryAfter: 0, slow: false }]
      ])
    }))

  it.scoped("that is not granted refuses the call, and says when to come back", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(Kit.ok)
      const { get, settled } = yield* asking(provider, Effect.succeed(undefined))
      const refused = yield* get
      strictEqual(Either.isLeft(refused) && refused.left._tag, "CircuitBreakerOpenError")
      deepStrictEqual(Either.isLeft(refused) && refused.left.retryAfter, Duration.millis(250))
      deepStrictEqual([provider.count, settled.length], [0, 0])
    }))

  it.scoped("an interruption ends the wait for it, and one of the call gives it back", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(Kit.hang)
      const { get, interrupted, settled } = yield* asking(provider, Effect.delay(Effect.succeed(probe), "20 millis"))
      const waiting = yield* Effect.fork(get)
      yield* TestClock.adjust("10 millis")
      strictEqual(Exit.isInterrupted(yield* Fiber.interrupt(waiting)), true)
      deepStrictEqual([interrupted(), settled.length, provider.count], [1, 0, 0])
      const under = yield* Effect.fork(get)
      yield* TestClock.adjust("20 millis")
      strictEqual(provider.active, 1)
      yield* Fiber.interrupt(under)
      deepStrictEqual(settled, [[probe, { outcome: "ignored", retryAfter: 0, slow: false }]])
    }))
})
