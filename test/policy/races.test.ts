/**
 * Races that last one step of the run loop, brought about on purpose.
 */
import { describe, it } from "@effect/vitest"
import { deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { Clock, Deferred, Duration, Effect, Exit, Fiber, FiberId, TestClock } from "effect"
import { Bulkhead, IntegrationError, RateLimit } from "holdfast"
import { over, sent } from "./leaf.js"

const interruptNow = (fibers: ReadonlyArray<Fiber.RuntimeFiber<unknown, unknown>>) =>
  Effect.sync(() => {
    for (const fiber of fibers) fiber.unsafeInterruptAsFork(FiberId.none)
  })

describe("a slot", () => {
  it.scopedLive("that is handed to a waiter in the very moment of its interruption goes on to the next", () =>
    Effect.gen(function*() {
      const hold = yield* Deferred.make<void>()
      let calls = 0
      const { call, slots } = yield* over(
        Bulkhead.layer({ maxConcurrent: 1 }),
        (request, call) =>
          calls++ === 0 ? Effect.zipRight(Deferred.await(hold), sent(request, call)) : sent(request, call)
      )
      const waiters: Array<Fiber.RuntimeFiber<unknown, unknown>> = []
      // the slot has been handed on in the step before, and its new holder has not run yet
      const first = yield* Effect.fork(Effect.zipRight(call(), Effect.suspend(() => interruptNow(waiters))))
      yield* Effect.sleep("1 millis")
      const second = yield* Effect.fork(call())
      waiters.push(second)
      const third = yield* Effect.fork(call())
      yield* Effect.sleep("1 millis")
      deepStrictEqual(yield* slots, [1, 2])
      yield* Deferred.succeed(hold, undefined)
      yield* Fiber.join(first)
      strictEqual(Exit.isInterrupted(yield* Fiber.await(second)), true)
      yield* Fiber.join(third)
      strictEqual(calls, 2)
      deepStrictEqual(yield* slots, [0, 0])
    }))
})

describe("a token", () => {
  it.scoped("that is granted to a waiter in the very moment of its interruption goes on to the next", () =>
    Effect.gen(function*() {
      const hold = yield* Deferred.make<void>()
      let calls = 0
      const { call, limiter } = yield* over(
        RateLimit.layer({ capacity: 1, maxWait: "1 hour", refillRate: 1 / 600 }),
        (request, call) => {
          calls++
          return calls > 1
            ? sent(request, call)
            // nothing is sent: its token goes back, and on to the first in line
            : Effect.zipRight(
              Deferred.await(hold),
              Effect.fail(new IntegrationError.AuthenticationError({ ...call.errorFields, message: "no" }))
            )
        }
      )
      const waiters: Array<Fiber.RuntimeFiber<unknown, unknown>> = []
      const first = yield* Effect.fork(
        Effect.zipRight(Effect.either(call()), Effect.suspend(() => interruptNow(waiters)))
      )
      yield* TestClock.adjust(0)
      const second = yield* Effect.fork(call())
      waiters.push(second)
      const third = yield* Effect.fork(call())
      yield* TestClock.adjust(0)
      strictEqual((yield* limiter).waiting, 2)
      yield* Deferred.succeed(hold, undefined)
      yield* Fiber.join(first)
      strictEqual(Exit.isInterrupted(yield* Fiber.await(second)), true)
      // at once: no time has passed in which a token could have come
      yield* Fiber.join(third)
      strictEqual(calls, 2)
      deepStrictEqual([(yield* limiter).waiting, (yield* limiter).tokens], [0, 0])
    }))

  it.scoped("trap 15: that is granted in the very moment in which a cool-down begins is held like all others", () =>
    Effect.gen(function*() {
      const hold = yield* Deferred.make<void>()
      const times: Array<number> = []
      let calls = 0
      const { call, limiter } = yield* over(
        RateLimit.layer({ capacity: 1, maxWait: "1 hour", refillRate: 1 / 600 }),
        (request, call) =>
          calls++ > 0
            ? Effect.zipRight(Effect.map(Clock.currentTimeMillis, (now) => times.push(now)), sent(request, call))
            // refused before it was sent: its token goes on to the first in line, and then everybody is held
            : Effect.zipRight(
              Deferred.await(hold),
              Effect.fail(
                new IntegrationError.RateLimitError({
                  ...call.errorFields,
                  message: "no",
                  retryAfter: Duration.minutes(1)
                })
              )
            )
      )
      const first = yield* Effect.fork(Effect.either(call()))
      yield* TestClock.adjust(0)
      const second = yield* Effect.fork(call())
      yield* TestClock.adjust(0)
      yield* Deferred.succeed(hold, undefined)
      yield* Fiber.join(first)
      deepStrictEqual(yield* limiter, { coolDown: Duration.minutes(1), tokens: 1, waiting: 1 })
      yield* TestClock.adjust("59999 millis")
      deepStrictEqual(times, [])
      yield* TestClock.adjust("1 millis")
      yield* Fiber.join(second)
      deepStrictEqual(times, [60_000])
    }))
})
