import { describe, it } from "@effect/vitest"
import { deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { Cause, Effect, Either, Fiber, Layer, TestClock } from "effect"
import { CircuitBreaker, type IntegrationError, Retry, Timeout } from "holdfast"
import * as Kit from "../kit.js"

const tagOf = (result: Either.Either<unknown, IntegrationError.IntegrationError>) =>
  Either.isLeft(result) ? result.left._tag : "success"

const item = { path: { id: "1" } }

describe("Timeout", () => {
  it.scoped("each attempt gets its full time, and a timed-out attempt is aborted", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(Kit.hang, Kit.slow("4 seconds", Kit.ok))
      const shop = yield* Kit.shop(
        provider,
        Retry.layer({ initialDelay: 0, maxAttempts: 2 }).pipe(Layer.provide(Timeout.layer("5 seconds")))
      )
      const fiber = yield* Effect.fork(shop.items.get(item))
      yield* TestClock.adjust("9 seconds")
      deepStrictEqual(yield* Fiber.join(fiber), { id: "1" })
      strictEqual(provider.interrupted, 1)
      strictEqual(provider.active, 0)
    }))

  it.scoped("covers the body, not only the headers", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(() =>
        Effect.succeed(new Response(new ReadableStream({ start: (c) => c.enqueue(new Uint8Array([123])) })))
      )
      const shop = yield* Kit.shop(provider, Timeout.layer("5 seconds"))
      const fiber = yield* Effect.fork(Effect.either(shop.items.get(item)))
      yield* TestClock.adjust("5 seconds")
      strictEqual(tagOf(yield* Fiber.join(fiber)), "TimeoutError")
    }))

  it.scoped("the total deadline passes in the middle of a pause, and says so", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(Kit.hang)
      const shop = yield* Kit.shop(
        provider,
        Timeout.layerTotal("7 seconds").pipe(
          Layer.provide(Retry.layer({ initialDelay: "1 second", jitter: "none", maxAttempts: 9 })),
          Layer.provide(Timeout.layer("5 seconds"))
        )
      )
      const fiber = yield* Effect.fork(Effect.either(shop.items.get(item)))
      yield* TestClock.adjust("7 seconds")
      const result = yield* Fiber.join(fiber)
      if (Either.isRight(result) || result.left._tag !== "TimeoutError") throw new Error("expected a TimeoutError")
      strictEqual(result.left.scope, "total")
      strictEqual(result.left.retryable, false)
      strictEqual(result.left.attempts, 2)
    }))

  it.scoped("an interruption by the caller is an interruption, not a timeout", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(Kit.hang)
      const shop = yield* Kit.shop(provider, Timeout.layer("5 seconds"))
      const fiber = yield* Effect.fork(shop.items.get(item))
      yield* TestClock.adjust("1 second")
      const exit = yield* Fiber.interrupt(fiber)
      strictEqual(exit._tag === "Failure" && Cause.isInterruptedOnly(exit.cause), true)
    }))
})

describe("composition", () => {
  const breaker = CircuitBreaker.layer({ failureThreshold: 3, resetTimeout: "1 minute" })
  const retry = Retry.layer({ initialDelay: 0, maxAttempts: 3 })

  const state = (policy: typeof breaker) =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(Kit.status(500))
      const context = yield* Layer.build(CircuitBreaker.layerMemory)
      const breakers = yield* Effect.provide(CircuitBreaker.CircuitBreakers, context)
      const shop = yield* Effect.provide(Kit.shop(provider, policy), context)
      yield* Effect.either(shop.items.get(item))
      const found = yield* breakers.state("shop")
      return found._tag === "Some" ? found.value : "none"
    })

  it.scoped("retry outside the breaker: the breaker counts every attempt", () =>
    Effect.gen(function*() {
      strictEqual(yield* state(Layer.provide(retry, breaker)), "open")
    }))

  it.scoped("breaker outside the retry: it counts one outcome", () =>
    Effect.gen(function*() {
      strictEqual(yield* state(Layer.provide(breaker, retry)), "closed")
    }))

  it.scoped("a breaker that opens between attempts ends the retries", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(Kit.status(500))
      const shop = yield* Effect.provide(
        Kit.shop(provider, Layer.provide(Retry.layer({ initialDelay: 0, maxAttempts: 10 }), breaker)),
        CircuitBreaker.layerMemory
      )
      strictEqual(tagOf(yield* Effect.either(shop.items.get(item))), "CircuitBreakerOpenError")
      strictEqual(provider.count, 3)
    }))
})
