import { describe, it } from "@effect/vitest"
import { deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { Effect, Exit, Fiber, FiberId, Layer, Option, Tracer } from "effect"
import { Bulkhead, CircuitBreaker, DeadLetterQueue, Holdfast, RateLimit, Resilience } from "holdfast"
import { isLong } from "../campaign.js"
import * as Kit from "../kit.js"

const item = { path: { id: "1" } }

/**
 * Interrupts a fiber at its n-th step through the run loop: the tracer is asked once per step, so that every place at
 * which an interruption can arrive is met, not only those that one would think of.
 */
const interruptAtStep = (step: number) => {
  let steps = 0
  let target: Fiber.RuntimeFiber<unknown, unknown> | undefined
  const tracer = Tracer.make({
    context(f) {
      // steps of the call's own fiber and of those that it forks for its deadlines
      if (target !== undefined && ++steps === step) target.unsafeInterruptAsFork(FiberId.none)
      return f()
    },
    span: () => {
      throw new Error("no span is made here")
    }
  })
  return {
    aim: (fiber: Fiber.RuntimeFiber<unknown, unknown>) => {
      target = fiber
    },
    get steps() {
      return steps
    },
    tracer
  }
}

const tight: Resilience.Options = {
  attemptTimeout: "1 minute",
  bulkhead: { maxConcurrent: 1, maxQueue: 10 },
  circuitBreaker: { failureThreshold: 1, halfOpenMaxConcurrent: 1, resetTimeout: 0, successThreshold: 1 },
  rateLimit: { capacity: 3, maxWait: "1 hour", refillRate: 1_000 },
  retry: { initialDelay: "1 millis", jitter: "none", maxAttempts: 2 },
  telemetry: { logs: false, spans: "never" },
  totalTimeout: "1 minute"
}

const situations: ReadonlyArray<readonly [string, ReadonlyArray<Kit.Answer>, Resilience.Options]> = [
  ["a call that succeeds", [Kit.slow("1 millis", Kit.ok)], tight],
  ["a call that is retried", [Kit.slow("1 millis", Kit.status(429, { "retry-after": "0" })), Kit.ok], tight],
  ["a call whose attempt times out", [Kit.hang], { ...tight, attemptTimeout: "2 millis" }],
  ["a call that fails for good and is stored", [Kit.slow("1 millis", Kit.status(500))], tight]
]

// every day a sample of the steps, every step in the long campaign
const stride = isLong ? 1 : 11

// all of it on the real clock: TestClock itself does not survive an interruption at every step of its own sleep

describe("interruption at every step", () => {
  for (const [what, answers, options] of situations) {
    it.scopedLive(`of ${what} frees permit, slot and timer`, () =>
      Effect.gen(function*() {
        let step = 1
        let finished = false
        let interrupted = 0
        while (!finished) {
          const provider = new Kit.Provider(...answers)
          const context = yield* Layer.build(Holdfast.layerMemory)
          const shop = yield* Effect.provide(Kit.shop(provider, Resilience.layer(options)), context)
          const probe = interruptAtStep(step)
          const fiber = yield* Effect.fork(
            Effect.withTracer(
              Effect.withFiberRuntime<unknown, unknown>((self) => {
                probe.aim(self)
                return Effect.either(shop.items.create({ payload: { name: "a" } }))
              }),
              probe.tracer
            )
          )
          const exit = yield* Fiber.await(fiber)
          if (Exit.isInterrupted(exit)) interrupted++
          finished = probe.steps < step
          step += stride

          strictEqual(provider.active, 0)
          // everything can be had again: the slot, a token, the probe's place
          provider.answer = Kit.ok
          const limiters = yield* Effect.provide(RateLimit.RateLimiters, context)
          const limiter = yield* limiters.state("shop")
          strictEqual(Option.getOrThrow(limiter).waiting, 0)
          // (the short deadline of one situation may pass on a busy machine)
          yield* Effect.retry(shop.items.get(item), { times: 100 })
          const breakers = yield* Effect.provide(CircuitBreaker.CircuitBreakers, context)
          deepStrictEqual(yield* breakers.state("shop"), Option.some("closed"))
          // what was stored is whole
          const queue = yield* Effect.provide(DeadLetterQueue.DeadLetterQueue, context)
          const page = yield* queue.list()
          strictEqual(page.undecodable, 0)
        }
        // the walk really met the call on its way
        strictEqual(interrupted > 100 / stride, true)
      }), 300_000)
  }

  it.scopedLive(
    "of callers in a bulkhead's queue, at every step, keeps the number of slots",
    () =>
      Effect.gen(function*() {
        for (let step = 1; step < 80; step += stride) {
          const provider = new Kit.Provider(Kit.slow("5 millis", Kit.ok))
          const shop = yield* Kit.shop(provider, Bulkhead.layer({ maxConcurrent: 1, maxQueue: 5 }))
          const first = yield* Effect.fork(shop.items.get(item))
          const probe = interruptAtStep(step)
          const second = yield* Effect.fork(Effect.withTracer(
            Effect.withFiberRuntime<unknown, unknown>((self) => {
              probe.aim(self)
              return shop.items.get(item)
            }),
            probe.tracer
          ))
          const third = yield* Effect.fork(shop.items.get(item))
          yield* Fiber.join(first)
          yield* Fiber.join(third)
          yield* Fiber.await(second)
          yield* shop.items.get(item)
          strictEqual(provider.maxActive, 1)
          strictEqual(provider.active, 0)
        }
      }),
    300_000
  )

  it.scopedLive("of callers in a limiter's queue, at every step, holds nobody up", () =>
    Effect.gen(function*() {
      for (let step = 1; step < 120; step += stride) {
        const provider = new Kit.Provider(Kit.ok)
        const context = yield* Layer.build(RateLimit.layerMemory)
        const shop = yield* Effect.provide(
          Kit.shop(provider, RateLimit.layer({ capacity: 1, refillRate: 100 })),
          context
        )
        yield* shop.items.get(item)
        const probe = interruptAtStep(step)
        const second = yield* Effect.fork(Effect.withTracer(
          Effect.withFiberRuntime<unknown, unknown>((self) => {
            probe.aim(self)
            return shop.items.get(item)
          }),
          probe.tracer
        ))
        const third = yield* Effect.fork(shop.items.get(item))
        yield* Fiber.join(third)
        yield* Fiber.await(second)
        const limiters = yield* Effect.provide(RateLimit.RateLimiters, context)
        strictEqual(Option.getOrThrow(yield* limiters.state("shop")).waiting, 0)
      }
    }), 300_000)

  it.scopedLive(
    "of callers that gave their tokens back to wait for a slot, at every step, loses neither",
    () =>
      Effect.gen(function*() {
        let waited = 0
        for (let step = 1; step < 160; step += stride) {
          const provider = new Kit.Provider(Kit.slow("4 millis", Kit.ok))
          const context = yield* Layer.build(Layer.merge(RateLimit.layerMemory, Bulkhead.layerMemory))
          const shop = yield* Effect.provide(
            Kit.shop(
              provider,
              Layer.provide(
                // two tokens for three calls, and ten milliseconds for another
                RateLimit.layer({ capacity: 2, refillRate: 100 }),
                Bulkhead.layer({ maxConcurrent: 1 })
              )
            ),
            context
          )
          const probe = interruptAtStep(step)
          const first = yield* Effect.fork(shop.items.get(item))
          const second = yield* Effect.fork(Effect.withTracer(
            Effect.withFiberRuntime<unknown, unknown>((self) => {
              probe.aim(self)
              return shop.items.get(item)
            }),
            probe.tracer
          ))
          const third = yield* Effect.fork(shop.items.get(item))
          yield* Fiber.join(first)
          yield* Fiber.join(third)
          if (Exit.isInterrupted(yield* Fiber.await(second))) waited++
          const limiters = yield* Effect.provide(RateLimit.RateLimiters, context)
          const bulkheads = yield* Effect.provide(Bulkhead.Bulkheads, context)
          const [state] = yield* bulkheads.state
          deepStrictEqual([state?.active, state?.waiting], [0, 0])
          strictEqual(Option.getOrThrow(yield* limiters.state("shop")).waiting, 0)
          strictEqual(provider.maxActive, 1)
        }
        strictEqual(waited > 0, true)
      }),
    300_000
  )
})
