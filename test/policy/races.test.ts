/**
 * Races that last one step of the run loop, brought about on purpose.
 */
import { describe, it } from "@effect/vitest"
import { strictEqual } from "@effect/vitest/utils"
import { Deferred, Effect, Exit, Fiber, FiberId } from "effect"
import { monotonicMillis } from "../../src/internal/time.js"
import { Limiter } from "../../src/policy/internal/limiter.js"
import { Slots } from "../../src/policy/internal/slots.js"

const never = () => new Error("full")

describe("a slot", () => {
  it.live("that is handed to a waiter in the very moment of its interruption goes on to the next", () =>
    Effect.gen(function*() {
      const slots = new Slots(1, 10)
      const use = <A>(self: Effect.Effect<A>) => slots.withSlot(self, never, undefined, never)
      const hold = yield* Deferred.make<void>()
      const waiters: Array<Fiber.RuntimeFiber<unknown, unknown>> = []
      let ran = false
      const first = yield* Effect.fork(Effect.zipRight(
        use(Deferred.await(hold)),
        // the slot has been handed on in the step before, and its new holder has not run yet
        Effect.sync(() => waiters[0]?.unsafeInterruptAsFork(FiberId.none))
      ))
      yield* Effect.sleep("1 millis")
      const second = yield* Effect.fork(use(Effect.sync(() => {
        ran = true
      })))
      waiters.push(second)
      const third = yield* Effect.fork(use(Effect.succeed("third")))
      yield* Effect.sleep("1 millis")
      strictEqual(slots.waiting, 2)
      yield* Deferred.succeed(hold, undefined)
      yield* Fiber.join(first)
      strictEqual(Exit.isInterrupted(yield* Fiber.await(second)), true)
      strictEqual(ran, false)
      strictEqual(yield* Fiber.join(third), "third")
      strictEqual(slots.active, 0)
      strictEqual(slots.waiting, 0)
    }))
})

describe("a token", () => {
  it.live("that is granted to a waiter in the very moment of its interruption is given back", () =>
    Effect.gen(function*() {
      const config = { capacity: 1, maxQueue: 10, maxWait: 60_000, refillRate: 200 }
      const limiter = new Limiter(config, monotonicMillis(yield* Effect.clock))
      yield* limiter.acquire(1, Number.POSITIVE_INFINITY)
      const waiter = yield* Effect.fork(limiter.acquire(1, Number.POSITIVE_INFINITY))
      // the interruption comes as the tokens are taken, before the waiter's next step
      let tokens = limiter.bucket.tokens
      let interruptions = 0
      Object.defineProperty(limiter.bucket, "tokens", {
        get: () => tokens,
        set: (value: number) => {
          if (value < tokens && interruptions++ === 0) waiter.unsafeInterruptAsFork(FiberId.none)
          tokens = value
        }
      })
      strictEqual(Exit.isInterrupted(yield* Fiber.await(waiter)), true)
      strictEqual(interruptions, 1)
      strictEqual(tokens, 1)
      strictEqual(limiter.waiting, 0)
    }))
})
