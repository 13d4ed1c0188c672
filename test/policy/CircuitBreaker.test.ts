import { describe, it } from "@effect/vitest"
import { assertNone, assertSome, deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { Chunk, Duration, Effect, Either, Fiber, Layer, Stream, TestClock } from "effect"
import { Bulkhead, CircuitBreaker, RateLimit } from "holdfast"
import * as Kit from "../kit.js"
import { make, options, tagOf, trip } from "./breaker/kit.js"

describe("CircuitBreaker", () => {
  it.scoped("opens on the second failure, not before; the third call is refused without being sent; one transition", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(Kit.status(500))
      const { breakers, get, state } = yield* make(provider)
      const changes = yield* Effect.fork(Stream.runCollect(Stream.take(breakers.changes, 1)))
      yield* TestClock.adjust("7 seconds")
      yield* get
      strictEqual(yield* state, "closed")
      yield* get
      strictEqual(yield* state, "open")
      strictEqual(tagOf(yield* get), "CircuitBreakerOpenError")
      strictEqual(provider.count, 2)
      deepStrictEqual(Chunk.toReadonlyArray(yield* Fiber.join(changes)), [
        {
          at: 7_000,
          from: "closed",
          generation: 2,
          key: "shop",
          mode: "enforcing",
          reason: "2 failures in a row",
          to: "open"
        }
      ])
    }))

  it.scoped("a success in between starts the count anew", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(Kit.status(500), Kit.ok, Kit.status(500), Kit.ok)
      const { get, state } = yield* make(provider)
      for (let i = 0; i < 4; i++) yield* get
      strictEqual(yield* state, "closed")
    }))

  it.scoped("refuses until the reset timeout, and at exactly that time one call goes through", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(Kit.status(500), Kit.status(500), Kit.ok)
      const { get, state } = yield* make(provider)
      yield* trip(get)
      yield* TestClock.adjust("4999 millis")
      strictEqual(tagOf(yield* get), "CircuitBreakerOpenError")
      yield* TestClock.adjust("1 millis")
      strictEqual(tagOf(yield* get), "success")
      strictEqual(yield* state, "closed")
    }))

  it.scoped("a refusal says how long until the next probe", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(Kit.status(500))
      const { get } = yield* make(provider)
      yield* trip(get)
      yield* TestClock.adjust("1 millis")
      const refused = yield* get
      deepStrictEqual(Either.isLeft(refused) ? refused.left.retryAfter : undefined, Duration.millis(4_999))
    }))

  it.scoped("half-open admits as many probes as allowed and refuses the rest; again after it reopened", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(Kit.status(500), Kit.status(500), Kit.slow("1 second", Kit.status(500)))
      const { get } = yield* make(provider, { halfOpenMaxConcurrent: 4, successThreshold: 4 })
      yield* trip(get)
      for (let round = 1; round <= 2; round++) {
        yield* TestClock.adjust("5 seconds")
        const calls = yield* Effect.fork(Effect.all(Array.from({ length: 6 }, () => get), { concurrency: 6 }))
        yield* TestClock.adjust("1 second")
        const tags = (yield* Fiber.join(calls)).map(tagOf)
        strictEqual(tags.filter((tag) => tag === "CircuitBreakerOpenError").length, 2)
        strictEqual(provider.count, 2 + 4 * round)
      }
    }))

  it.scoped("closes after as many successful probes as asked for", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(Kit.status(500), Kit.status(500), Kit.ok)
      const { get, state } = yield* make(provider, { successThreshold: 3 })
      yield* trip(get)
      yield* TestClock.adjust("5 seconds")
      yield* get
      strictEqual(yield* state, "half-open")
      yield* get
      strictEqual(yield* state, "half-open")
      yield* get
      strictEqual(yield* state, "closed")
    }))

  it.scoped("a probe whose outcome is ignored gives its place back, and the circuit stays half-open", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(Kit.status(500), Kit.status(500), Kit.status(429), Kit.ok)
      const { get, state } = yield* make(provider)
      yield* trip(get)
      yield* TestClock.adjust("5 seconds")
      strictEqual(tagOf(yield* get), "RateLimitError")
      strictEqual(yield* state, "half-open")
      strictEqual(tagOf(yield* get), "success")
      strictEqual(yield* state, "closed")
    }))

  it.scoped("an answer is an answer: a 404 does not count as a failure, and closes a half-open circuit", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(Kit.status(404))
      const { get, state } = yield* make(provider)
      for (let i = 0; i < 10; i++) yield* get
      strictEqual(yield* state, "closed")
      const failing = new Kit.Provider(Kit.status(500), Kit.status(500), Kit.status(404))
      const other = yield* make(failing)
      yield* trip(other.get)
      yield* TestClock.adjust("5 seconds")
      strictEqual(tagOf(yield* other.get), "NotFoundError")
      strictEqual(yield* other.state, "closed")
    }))

  it.scoped("refused credentials say nothing of the provider's health", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(Kit.status(500), Kit.status(401), Kit.status(500))
      const { get, state } = yield* make(provider)
      yield* get
      yield* get
      strictEqual(yield* state, "closed")
      yield* get
      strictEqual(yield* state, "open")
    }))

  it.scoped("a failed probe reopens; the open time grows with each opening in a row, and starts anew after a good time", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(Kit.status(500))
      const { get, state } = yield* make(provider, { maxResetTimeout: "15 seconds", resetBackoff: 2 })
      yield* trip(get)
      for (const seconds of [5, 10, 15, 15]) {
        yield* TestClock.adjust(Duration.millis(seconds * 1000 - 1))
        strictEqual(tagOf(yield* get), "CircuitBreakerOpenError")
        yield* TestClock.adjust("1 millis")
        strictEqual(tagOf(yield* get), "ServerError")
        strictEqual(yield* state, "open")
      }
      provider.answer = Kit.ok
      yield* TestClock.adjust("15 seconds")
      yield* get
      strictEqual(yield* state, "closed")
      // closed for less long than it was open: the count of openings goes on
      yield* TestClock.adjust("14 seconds")
      provider.answer = Kit.status(500)
      yield* trip(get)
      yield* TestClock.adjust("14 seconds")
      strictEqual(tagOf(yield* get), "CircuitBreakerOpenError")
      provider.answer = Kit.ok
      yield* TestClock.adjust("1 second")
      yield* get
      yield* TestClock.adjust("15 seconds")
      provider.answer = Kit.status(500)
      yield* trip(get)
      yield* TestClock.adjust("5 seconds")
      strictEqual(tagOf(yield* get), "ServerError")
    }))

  it.scoped("with the one probe under way a second caller is refused", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(Kit.status(500), Kit.status(500), Kit.slow("3 seconds", Kit.ok))
      const { get, state } = yield* make(provider)
      yield* trip(get)
      yield* TestClock.adjust("5 seconds")
      const probe = yield* Effect.fork(get)
      yield* TestClock.adjust("1 second")
      const refused = yield* get
      strictEqual(tagOf(refused), "CircuitBreakerOpenError")
      // the probe may come back at any moment: not the end of its lease
      deepStrictEqual(Either.isLeft(refused) ? refused.left.retryAfter : undefined, Duration.seconds(1))
      yield* TestClock.adjust("2 seconds")
      strictEqual(tagOf(yield* Fiber.join(probe)), "success")
      strictEqual(yield* state, "closed")
    }))

  it.scoped("a call admitted while closed that succeeds after the circuit opened leaves it open", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(Kit.slow("2 seconds", Kit.ok), Kit.status(500))
      const { get, state } = yield* make(provider)
      const early = yield* Effect.fork(get)
      yield* TestClock.adjust(0)
      yield* trip(get)
      yield* TestClock.adjust("2 seconds")
      strictEqual(tagOf(yield* Fiber.join(early)), "success")
      strictEqual(yield* state, "open")
    }))

  it.scoped("a call admitted while closed that fails after the circuit opened changes nothing: no second opening, no longer wait", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(
        Kit.slow("4 seconds", Kit.status(500)),
        Kit.slow("4 seconds", Kit.status(500)),
        Kit.status(500),
        Kit.status(500),
        Kit.ok
      )
      const { get, state } = yield* make(provider)
      const early = yield* Effect.fork(Effect.all([get, get], { concurrency: 2 }))
      yield* TestClock.adjust(0)
      yield* trip(get)
      yield* TestClock.adjust("4 seconds")
      yield* Fiber.join(early)
      yield* TestClock.adjust("1 second")
      strictEqual(tagOf(yield* get), "success")
      strictEqual(yield* state, "closed")
    }))

  it.scoped("a stale failure that arrives while half-open, or in a later closed time, changes nothing", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(
        Kit.slow("6 seconds", Kit.status(500)),
        Kit.slow("8 seconds", Kit.status(500)),
        Kit.slow("9 seconds", Kit.status(500)),
        Kit.slow("9 seconds", Kit.status(500)),
        Kit.status(500),
        Kit.status(500),
        Kit.ok
      )
      const { get, state } = yield* make(provider, { successThreshold: 2 })
      const early = yield* Effect.fork(Effect.all([get, get, get, get], { concurrency: 4 }))
      yield* TestClock.adjust(0)
      yield* trip(get)
      yield* TestClock.adjust("5 seconds")
      yield* get
      strictEqual(yield* state, "half-open")
      yield* TestClock.adjust("1 second")
      strictEqual(yield* state, "half-open")
      yield* get
      strictEqual(yield* state, "closed")
      yield* TestClock.adjust("3 seconds")
      yield* Fiber.join(early)
      strictEqual(yield* state, "closed")
    }))

  it.scoped("forced open, results change nothing and nothing but a hand closes it", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(Kit.slow("1 second", Kit.ok))
      const { breakers, get, state } = yield* make(provider)
      const early = yield* Effect.fork(get)
      yield* TestClock.adjust(0)
      yield* breakers.forceOpen("shop", "maintenance")
      yield* TestClock.adjust("1 hour")
      yield* Fiber.join(early)
      strictEqual(yield* state, "open")
      const refused = yield* get
      strictEqual(Either.isLeft(refused) && refused.left.message.includes("maintenance"), true)
      strictEqual(Either.isLeft(refused) ? refused.left.retryAfter : "none", undefined)
      yield* breakers.forceClose("shop")
      strictEqual(yield* state, "closed")
      const fiber = yield* Effect.fork(get)
      yield* TestClock.adjust("1 second")
      strictEqual(tagOf(yield* Fiber.join(fiber)), "success")
    }))

  it.scoped("forced open ahead of its first call, it refuses that too", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(Kit.ok)
      const context = yield* Layer.build(CircuitBreaker.layerMemory)
      const breakers = yield* Effect.provide(CircuitBreaker.CircuitBreakers, context)
      yield* breakers.forceOpen("shop", "not yet")
      const shop = yield* Effect.provide(Kit.shop(provider, CircuitBreaker.layer(options)), context)
      strictEqual(tagOf(yield* Effect.either(shop.items.get({ path: { id: "1" } }))), "CircuitBreakerOpenError")
      yield* breakers.reset("shop")
      strictEqual(tagOf(yield* Effect.either(shop.items.get({ path: { id: "1" } }))), "success")
    }))

  it.scoped("a probe that hangs does not wedge the circuit: its lease ends", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(Kit.status(500), Kit.status(500), Kit.hang, Kit.ok)
      const { get, state } = yield* make(provider, { probeLease: "30 seconds" })
      yield* trip(get)
      yield* TestClock.adjust("5 seconds")
      const hung = yield* Effect.fork(get)
      yield* TestClock.adjust("29 seconds")
      strictEqual(tagOf(yield* get), "CircuitBreakerOpenError")
      yield* TestClock.adjust("1 second")
      strictEqual(tagOf(yield* get), "success")
      strictEqual(yield* state, "closed")
      yield* Fiber.interrupt(hung)
      strictEqual(yield* state, "closed")
    }))

  it.scoped("a probe that is interrupted frees its place, and counts neither way", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(Kit.status(500), Kit.status(500), Kit.hang, Kit.ok)
      const { get, state } = yield* make(provider)
      yield* trip(get)
      yield* TestClock.adjust("5 seconds")
      const probe = yield* Effect.fork(get)
      yield* TestClock.adjust("1 second")
      yield* Fiber.interrupt(probe)
      strictEqual(yield* state, "half-open")
      strictEqual(tagOf(yield* get), "success")
      strictEqual(yield* state, "closed")
    }))

  it.scoped("interrupted calls are not failures", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(Kit.hang)
      const { get, state } = yield* make(provider)
      for (let i = 0; i < 5; i++) {
        const fiber = yield* Effect.fork(get)
        yield* TestClock.adjust("1 second")
        yield* Fiber.interrupt(fiber)
      }
      strictEqual(yield* state, "closed")
    }))

  const refusing = [
    ["bulkhead", Bulkhead.layer({ maxConcurrent: 5, maxQueue: 0 }), "BulkheadFullError"],
    ["limiter", RateLimit.layer({ capacity: 5, maxQueue: 0, refillRate: 1 }), "RateLimitError"]
  ] as const
  for (const [what, policy, tag] of refusing) {
    it.scoped(`a rejection by the ${what} beneath is never a failure`, () =>
      Effect.gen(function*() {
        const provider = new Kit.Provider(Kit.slow("10 seconds", Kit.ok))
        const context = yield* Layer.build(Layer.merge(CircuitBreaker.layerMemory, RateLimit.layerMemory))
        const breakers = yield* Effect.provide(CircuitBreaker.CircuitBreakers, context)
        const shop = yield* Effect.provide(
          Kit.shop(provider, Layer.provide(CircuitBreaker.layer(options), policy)),
          context
        )
        const calls = yield* Effect.fork(Effect.all(
          Array.from({ length: 12 }, () => Effect.either(shop.items.get({ path: { id: "1" } }))),
          { concurrency: 12 }
        ))
        yield* TestClock.adjust("10 seconds")
        const tags = (yield* Fiber.join(calls)).map(tagOf)
        strictEqual(tags.filter((it) => it === tag).length, 7)
        strictEqual(tags.filter((it) => it === "success").length, 5)
        assertSome(yield* breakers.state("shop"), "closed")
      }))
  }

  it.scoped("a hundred refusals do not grow the stack of the error", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(Kit.status(500))
      const { get } = yield* make(provider)
      yield* trip(get)
      const lengths = new Set<number>()
      for (let i = 0; i < 100; i++) {
        const refused = yield* get
        if (Either.isLeft(refused)) lengths.add(refused.left.stack?.length ?? 0)
      }
      strictEqual(lengths.size <= 2, true)
    }))

  it.scoped("a classification of the user's own decides what counts", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(Kit.status(404))
      const { get, state } = yield* make(provider, { classify: () => "failure" })
      yield* trip(get)
      strictEqual(yield* state, "open")
    }))

  it.scoped("keys apart: one connection's failures do not open another's circuit", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(Kit.status(500))
      let key = "a"
      const { breakers, get } = yield* make(provider, { key: () => key })
      yield* trip(get)
      key = "b"
      yield* get
      assertSome(yield* breakers.state("a"), "open")
      assertSome(yield* breakers.state("b"), "closed")
      assertNone(yield* breakers.state("c"))
    }))

  it("options that make no sense are refused", () => {
    let message = ""
    try {
      CircuitBreaker.layer({ failureThreshold: 0 })
    } catch (error) {
      message = (error as Error).message
    }
    strictEqual(message.includes("failureThreshold is 0"), true)
  })
})
