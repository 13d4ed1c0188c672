import { describe, it } from "@effect/vitest"
import { deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { Cause, Duration, Effect, Either, Fiber, Layer, TestClock } from "effect"
import { Bulkhead, CircuitBreaker, type IntegrationError, RateLimit, Retry, Timeout } from "holdfast"
import * as Kit from "../kit.js"

const tagOf = (result: Either.Either<unknown, IntegrationError.IntegrationError>) =>
  Either.isLeft(result) ? result.left._tag : "success"

const item = { path: { id: "1" } }

describe("Bulkhead", () => {
  it.scoped("limit 2, queue 2, five calls: two run, two wait in order, the fifth is refused at once", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(Kit.slow("1 second", Kit.ok))
      const shop = yield* Kit.shop(provider, Bulkhead.layer({ maxConcurrent: 2, maxQueue: 2 }))
      const fibers = yield* Effect.forEach(
        ["a", "b", "c", "d", "e"],
        (id) => Effect.fork(Effect.either(shop.items.get({ path: { id } })))
      )
      yield* TestClock.adjust(0)
      strictEqual(tagOf(yield* Fiber.join(fibers[4]!)), "BulkheadFullError")
      strictEqual(provider.active, 2)
      yield* TestClock.adjust("1 second")
      strictEqual(provider.active, 2)
      deepStrictEqual(provider.requests.map((request) => request.url.at(-1)), ["a", "b", "c", "d"])
      yield* TestClock.adjust("1 second")
      deepStrictEqual((yield* Fiber.joinAll(fibers.slice(0, 4))).map(tagOf), Array(4).fill("success"))
      strictEqual(provider.maxActive, 2)
      // and all slots are free again
      const more = yield* Effect.fork(Effect.all([shop.items.get(item), shop.items.get(item)], { concurrency: 2 }))
      yield* TestClock.adjust(0)
      strictEqual(provider.active, 2)
      yield* TestClock.adjust("1 second")
      yield* Fiber.join(more)
    }))

  it.scoped("a queued call that is interrupted never runs, and the next in line does", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(Kit.slow("1 second", Kit.ok))
      const shop = yield* Kit.shop(provider, Bulkhead.layer({ maxConcurrent: 1, maxQueue: 5 }))
      const fibers = yield* Effect.forEach(["a", "b", "c"], (id) => Effect.fork(shop.items.get({ path: { id } })))
      yield* TestClock.adjust(0)
      yield* Fiber.interrupt(fibers[1]!)
      yield* TestClock.adjust("2 seconds")
      yield* Fiber.join(fibers[2]!)
      deepStrictEqual(provider.requests.map((request) => request.url.at(-1)), ["a", "c"])
    }))

  it.scoped("a wait that takes too long is refused, and frees its place in the queue", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(Kit.slow("10 seconds", Kit.ok))
      const shop = yield* Kit.shop(provider, Bulkhead.layer({ maxConcurrent: 1, maxQueue: 1, maxWait: "2 seconds" }))
      const get = Effect.either(shop.items.get(item))
      const first = yield* Effect.fork(get)
      yield* TestClock.adjust(0)
      const second = yield* Effect.fork(get)
      yield* TestClock.adjust("2 seconds")
      strictEqual(tagOf(yield* Fiber.join(second)), "BulkheadFullError")
      const third = yield* Effect.fork(get)
      yield* TestClock.adjust("8 seconds")
      strictEqual(tagOf(yield* Fiber.join(first)), "success")
      // the third had been waiting for 8 seconds by then, and was refused after 2
      strictEqual(tagOf(yield* Fiber.join(third)), "BulkheadFullError")
      strictEqual(provider.count, 1)
    }))

  it.scoped("2,000 waiters on 10 permits all run, never more than 10 at once, in order", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(Kit.slow("5 millis", Kit.ok))
      const shop = yield* Kit.shop(provider, Bulkhead.layer({ maxConcurrent: 10, maxQueue: 2_000 }))
      const fiber = yield* Effect.fork(Effect.forEach(
        Array.from({ length: 2_000 }, (_, index) => String(index)),
        (id) => shop.items.get({ path: { id } }),
        { concurrency: "unbounded", discard: true }
      ))
      yield* TestClock.adjust("1 second")
      yield* Fiber.join(fiber)
      strictEqual(provider.count, 2_000)
      strictEqual(provider.maxActive, 10)
      deepStrictEqual(
        provider.requests.map((request) => Number(request.url.slice("https://shop.example/items/".length))),
        Array.from({ length: 2_000 }, (_, index) => index)
      )
    }))

  it.scoped("a failing call frees its slot", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(Kit.status(500))
      const shop = yield* Kit.shop(provider, Bulkhead.layer({ maxConcurrent: 1, maxQueue: 0 }))
      for (let i = 0; i < 5; i++) strictEqual(tagOf(yield* Effect.either(shop.items.get(item))), "ServerError")
    }))

  it.scoped("a pause between attempts holds no slot", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(Kit.status(500), Kit.ok)
      const shop = yield* Kit.shop(
        provider,
        Retry.layer({ initialDelay: "10 seconds", jitter: "none", maxAttempts: 2 }).pipe(
          Layer.provide(Bulkhead.layer({ maxConcurrent: 1, maxQueue: 0 }))
        )
      )
      const retrying = yield* Effect.fork(shop.items.get(item))
      yield* TestClock.adjust("5 seconds")
      strictEqual(tagOf(yield* Effect.either(shop.items.get(item))), "success")
      yield* TestClock.adjust("5 seconds")
      yield* Fiber.join(retrying)
    }))
})

/** A limiter over a provider, and the service that knows it. */
const limited = (provider: Kit.Provider, options: RateLimit.Options) =>
  Effect.gen(function*() {
    const context = yield* Layer.build(RateLimit.layerMemory)
    const limiters = yield* Effect.provide(RateLimit.RateLimiters, context)
    const shop = yield* Effect.provide(Kit.shop(provider, RateLimit.layer(options)), context)
    return { get: Effect.either(shop.items.get(item)), limiters, shop }
  })

describe("RateLimit", () => {
  it.scoped("a burst of the capacity passes at once, the rest at the refill rate, in order", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(Kit.ok)
      const { shop } = yield* limited(provider, { capacity: 3, refillRate: 2 })
      const fiber = yield* Effect.fork(Effect.forEach(
        ["a", "b", "c", "d", "e", "f", "g"],
        (id) => shop.items.get({ path: { id } }),
        { concurrency: "unbounded" }
      ))
      yield* TestClock.adjust(0)
      const counts: Array<number> = []
      for (let i = 0; i < 5; i++) {
        counts.push(provider.count)
        yield* TestClock.adjust("500 millis")
      }
      deepStrictEqual(counts, [3, 4, 5, 6, 7])
      yield* Fiber.join(fiber)
      deepStrictEqual(provider.requests.map((request) => request.url.at(-1)), ["a", "b", "c", "d", "e", "f", "g"])
    }))

  it.scoped("idle time fills the bucket to its capacity and no further", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(Kit.ok)
      const { get } = yield* limited(provider, { capacity: 2, maxQueue: 0, refillRate: 1 })
      yield* TestClock.adjust("1 hour")
      const tags = (yield* Effect.all(Array.from({ length: 5 }, () => get))).map(tagOf)
      deepStrictEqual(tags, ["success", "success", "RateLimitError", "RateLimitError", "RateLimitError"])
    }))

  it.scoped("a caller that would wait longer than maxWait is refused at once, told how long, and costs nothing", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(Kit.ok)
      const { get } = yield* limited(provider, { capacity: 1, maxWait: "500 millis", refillRate: 1 })
      yield* get
      const refused = yield* get
      strictEqual(tagOf(refused), "RateLimitError")
      if (Either.isLeft(refused)) {
        deepStrictEqual(refused.left.retryAfter, Duration.seconds(1))
        strictEqual(refused.left._tag === "RateLimitError" && refused.left.origin, "local")
      }
      yield* TestClock.adjust("1 second")
      strictEqual(tagOf(yield* get), "success")
    }))

  it.scoped("a 429 holds every caller until the cool-down ends, those who wait already too", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(Kit.ok, Kit.status(429, { "retry-after": "10" }), Kit.ok)
      const { get } = yield* limited(provider, { capacity: 2, refillRate: 1 })
      const first = yield* Effect.fork(Effect.all([get, get, get, get], { concurrency: 4 }))
      yield* TestClock.adjust("9 seconds")
      strictEqual(provider.count, 2)
      const late = yield* Effect.fork(get)
      yield* TestClock.adjust("999 millis")
      strictEqual(provider.count, 2)
      yield* TestClock.adjust("1 millis")
      strictEqual(provider.count, 4)
      yield* TestClock.adjust("1 second")
      yield* Fiber.join(late)
      deepStrictEqual((yield* Fiber.join(first)).map(tagOf), ["success", "RateLimitError", "success", "success"])
    }))

  it.scoped("a cool-down only extends", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(Kit.ok)
      const { get, limiters } = yield* limited(provider, { capacity: 5, maxWait: "1 minute", refillRate: 5 })
      yield* limiters.coolDown("shop", "10 seconds")
      yield* limiters.coolDown("shop", "2 seconds")
      const state = yield* limiters.state("shop")
      deepStrictEqual(state._tag === "Some" ? state.value.coolDown : undefined, Duration.seconds(10))
      const fiber = yield* Effect.fork(get)
      yield* TestClock.adjust("9 seconds")
      strictEqual(provider.count, 0)
      yield* TestClock.adjust("1 second")
      strictEqual(tagOf(yield* Fiber.join(fiber)), "success")
    }))

  it.scoped("a cool-down ahead of the first call holds it, and the limit of the policy is in force after that", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(Kit.ok)
      const context = yield* Layer.build(RateLimit.layerMemory)
      const limiters = yield* Effect.provide(RateLimit.RateLimiters, context)
      yield* limiters.coolDown("shop", "5 seconds")
      const shop = yield* Effect.provide(
        Kit.shop(provider, RateLimit.layer({ capacity: 1, refillRate: 1 })),
        context
      )
      const fiber = yield* Effect.fork(Effect.all([shop.items.get(item), shop.items.get(item)], { concurrency: 2 }))
      yield* TestClock.adjust("4999 millis")
      strictEqual(provider.count, 0)
      yield* TestClock.adjust("1 millis")
      strictEqual(provider.count, 1)
      yield* TestClock.adjust("1 second")
      yield* Fiber.join(fiber)
    }))

  it.scoped("waiters for whom a new cool-down is too long are refused at once, not at its end", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(Kit.ok)
      const { get, limiters } = yield* limited(provider, { capacity: 1, maxWait: "5 seconds", refillRate: 1 })
      yield* get
      const waiting = yield* Effect.fork(Effect.all([get, get, get], { concurrency: 3 }))
      yield* TestClock.adjust("500 millis")
      yield* limiters.coolDown("shop", "1 minute")
      yield* TestClock.adjust("500 millis")
      deepStrictEqual((yield* Fiber.join(waiting)).map(tagOf), Array(3).fill("RateLimitError"))
    }))

  it.scoped("an interrupted waiter costs no token and lets the next one up", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(Kit.ok)
      const { shop } = yield* limited(provider, { capacity: 1, refillRate: 1 })
      yield* shop.items.get(item)
      const fibers = yield* Effect.forEach(["a", "b", "c"], (id) => Effect.fork(shop.items.get({ path: { id } })))
      yield* TestClock.adjust("500 millis")
      yield* Fiber.interrupt(fibers[0]!)
      yield* TestClock.adjust("500 millis")
      yield* Fiber.join(fibers[1]!)
      yield* Fiber.interrupt(fibers[2]!)
      yield* TestClock.adjust("1 second")
      yield* shop.items.get({ path: { id: "d" } })
      deepStrictEqual(provider.requests.map((request) => request.url.at(-1)), ["1", "b", "d"])
    }))

  it.scoped("a full queue refuses the next caller", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(Kit.ok)
      const { get } = yield* limited(provider, { capacity: 1, maxQueue: 2, refillRate: 1 })
      const fiber = yield* Effect.fork(Effect.all([get, get, get, get], { concurrency: 4 }))
      yield* TestClock.adjust("2 seconds")
      deepStrictEqual((yield* Fiber.join(fiber)).map(tagOf), ["success", "success", "success", "RateLimitError"])
    }))

  it.scoped("an operation that costs more than the bucket holds does not wait for ever", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(Kit.ok)
      const { get } = yield* limited(provider, { capacity: 1, refillRate: 1 })
      strictEqual(tagOf(yield* get), "success")
      const next = yield* Effect.fork(get)
      yield* TestClock.adjust("1 second")
      strictEqual(tagOf(yield* Fiber.join(next)), "success")
    }))

  it.scoped("500 waiters at 100 a second are served in 4 seconds, never ahead of the rate", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(Kit.ok)
      const { shop } = yield* limited(provider, {
        capacity: 100,
        maxQueue: 500,
        maxWait: "1 minute",
        refillRate: 100
      })
      const fiber = yield* Effect.fork(Effect.forEach(
        Array.from({ length: 500 }),
        () => shop.items.get(item),
        { concurrency: "unbounded", discard: true }
      ))
      yield* TestClock.adjust(0)
      for (let second = 0; second < 4; second++) {
        strictEqual(provider.count <= 100 + second * 100, true)
        yield* TestClock.adjust("1 second")
      }
      yield* Fiber.join(fiber)
      strictEqual(provider.count, 500)
    }))

  it.scoped("without capacity there is no limit but the provider's own", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(Kit.ok)
      const { get } = yield* limited(provider, {})
      yield* Effect.all(Array.from({ length: 500 }, () => get), { concurrency: "unbounded" })
      strictEqual(provider.count, 500)
    }))
})

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
