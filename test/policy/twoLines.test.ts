import { describe, it } from "@effect/vitest"
import { assertTrue, deepStrictEqual } from "@effect/vitest/utils"
import { Effect, type Either, Exit, Fiber, FiberId, Layer, Logger, Tracer } from "effect"
import { Bulkhead, Holdfast, type IntegrationError, Resilience } from "holdfast"
import * as Kit from "../kit.js"
import { tagOf } from "./elapsed.js"
import { makeVirtualClock } from "./virtualClock.js"

const item = { path: { id: "1" } }

/** Many times what a hundred calls take. */
const patience = 200_000

describe("a line for tokens above a line for slots", () => {
  for (
    const [slots, capacity, refillRate] of [[1, 1, 25], [1, 1, 33], [1, 2, 59], [2, 1, 89], [3, 5, 25], [
      8,
      1,
      33
    ]] as const
  ) {
    it(`${slots} slots, ${capacity} tokens, ${refillRate} a second: who waits for the one gives way to who waits for the other, and all go in the end`, () => {
      const { adjust, clock } = makeVirtualClock()
      const provider = new Kit.Provider((request, number) =>
        Kit.slow(
          `${10 + number % 30} millis`,
          number % 7 === 0 ? Kit.status(503, { "retry-after": "0" }) : Kit.ok
        )(request, number)
      )
      let steps = 0
      let calls: ReadonlyArray<Fiber.RuntimeFiber<Either.Either<unknown, IntegrationError.IntegrationError>>> = []
      // callers that give way for ever keep the process from every timeout that would end it
      const tracer = Tracer.make({
        context(f) {
          if (++steps === patience) { for (const call of calls) call.unsafeInterruptAsFork(FiberId.none) }
          return f()
        },
        span: () => {
          throw new Error("no span is made here")
        }
      })
      return Effect.gen(function*() {
        const shop = yield* Kit.shop(
          provider,
          Resilience.layer({
            bulkhead: { maxConcurrent: slots },
            circuitBreaker: false,
            rateLimit: { capacity, maxWait: "1 hour", refillRate },
            retry: { budget: false, initialDelay: "20 millis", jitter: "none", maxAttempts: 50, multiplier: 1 },
            telemetry: { logs: false, spans: "never" },
            totalTimeout: "1 hour"
          })
        )
        calls = yield* Effect.all(
          Array.from({ length: 100 }, () => Effect.fork(Effect.either(shop.items.get(item))))
        ).pipe(Effect.withTracer(tracer))
        yield* adjust("10 minutes")
        const outcomes = yield* Effect.forEach(calls, (call) => Fiber.await(call))
        deepStrictEqual(
          new Set(outcomes.map(Exit.match({ onFailure: () => "interrupted: no end in sight", onSuccess: tagOf }))),
          new Set(["success"])
        )
        assertTrue(provider.maxActive <= slots)
        const { state } = yield* Bulkhead.Bulkheads
        deepStrictEqual((yield* state).map(({ active, waiting }) => [active, waiting]), [[0, 0]])
      }).pipe(
        Effect.scoped,
        Effect.withClock(clock),
        Effect.provide(Layer.merge(Holdfast.layerMemory, Logger.remove(Logger.defaultLogger))),
        Effect.runPromise
      )
    })
  }
})
