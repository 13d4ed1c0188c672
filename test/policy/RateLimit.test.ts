import { describe, it } from "@effect/vitest"
import { deepStrictEqual, strictEqual, throws } from "@effect/vitest/utils"
import { Clock, Deferred, Duration, Effect, Either, Fiber, Layer, Option, TestClock } from "effect"
import { Bulkhead, IntegrationError, RateLimit, type RateLimitHeaders, Retry, Timeout, type Transport } from "holdfast"
import * as Kit from "../kit.js"
import { answering, makeCall, metric, over, Sends, sent } from "./leaf.js"

const tagOf = (result: Either.Either<unknown, IntegrationError.IntegrationError>) =>
  Either.isLeft(result) ? result.left._tag : "success"

const item = { path: { id: "1" } }

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

const refusedFor = (result: Either.Either<unknown, IntegrationError.IntegrationError>) =>
  Either.isLeft(result) && result.left._tag === "RateLimitError" && result.left.origin === "local"
    ? Duration.toMillis(result.left.retryAfter ?? Duration.zero)
    : undefined

describe("RateLimit, sliding window", () => {
  it.scoped("five a minute: the sixth is told 60 seconds; half a minute later 30; after the minute there is room for four more", () =>
    Effect.gen(function*() {
      const { call, limiter } = yield* over(RateLimit.layer({ limit: 5, maxWait: 0, window: "1 minute" }), sent)
      yield* Effect.all([call(), call(), call(), call(), call()])
      strictEqual(refusedFor(yield* Effect.either(call())), 60_000)
      yield* TestClock.adjust("30 seconds")
      strictEqual(refusedFor(yield* Effect.either(call())), 30_000)
      yield* TestClock.adjust("30 seconds")
      yield* call()
      strictEqual((yield* limiter).tokens, 4)
    }))

  it.scoped("those who wait go as soon as there is room in the window, in order", () =>
    Effect.gen(function*() {
      const sends = new Sends()
      const { call } = yield* over(RateLimit.layer({ limit: 2, window: "10 seconds" }), sends.send)
      yield* call()
      yield* TestClock.adjust("4 seconds")
      const fibers = yield* Effect.forEach(Array(4), () => Effect.fork(call()))
      yield* TestClock.adjust("20 seconds")
      yield* Fiber.joinAll(fibers)
      deepStrictEqual(sends.times, [0, 4_000, 10_000, 14_000, 20_000])
    }))

  it.scoped("trap 19: a bucket passes a burst on top of its rate, a window never more than its limit; both together hold both", () =>
    Effect.gen(function*() {
      const most = (options: RateLimit.Options) =>
        Effect.gen(function*() {
          const sends = new Sends()
          const { call } = yield* over(RateLimit.layer({ maxWait: "1 hour", ...options }), sends.send)
          const began = yield* Clock.currentTimeMillis
          const fibers = yield* Effect.forEach(Array(60), () => Effect.fork(call()))
          yield* TestClock.adjust("5 minutes")
          yield* Fiber.joinAll(fibers)
          const times = sends.times.map((at) => at - began)
          const within = (millis: number) =>
            Math.max(...times.map((from) => times.filter((at) => at >= from && at < from + millis).length))
          return [within(1), within(10_000)]
        })
      deepStrictEqual(yield* most({ capacity: 10, refillRate: 1 }), [10, 19])
      deepStrictEqual(yield* most({ limit: 10, window: "10 seconds" }), [10, 10])
      deepStrictEqual(yield* most({ capacity: 3, limit: 10, refillRate: 5, window: "10 seconds" }), [3, 10])
      // evenly: a bucket of one
      deepStrictEqual(yield* most({ capacity: 1, refillRate: 1 }), [1, 10])
    }))

  it.scoped("one per cycle: the second is refused; idle for five cycles there is still only one", () =>
    Effect.gen(function*() {
      for (const options of [{ limit: 1, window: "1 second" }, { capacity: 1, refillRate: 1 }] as const) {
        const { call } = yield* over(RateLimit.layer({ maxWait: 0, ...options }), sent)
        yield* call()
        strictEqual(refusedFor(yield* Effect.either(call())), 1_000)
        yield* TestClock.adjust("5 seconds")
        yield* call()
        strictEqual(refusedFor(yield* Effect.either(call())), 1_000)
        yield* TestClock.adjust("5 seconds")
      }
    }))
})

describe("RateLimit, learning from answers", () => {
  const limitedBy = (
    headers: Record<string, string>,
    options: RateLimit.Options = {},
    first: Transport.Send = answering(headers)
  ) =>
    Effect.gen(function*() {
      const sends = new Sends()
      let count = 0
      const built = yield* over(
        RateLimit.layer({ maxWait: "2 hours", ...options }),
        (request, call) => count++ === 0 ? first(request, call) : sends.send(request, call)
      )
      return { ...built, sends }
    })

  const failing = (
    headers: Record<string, string>,
    error: (
      fields: { readonly integration: string; readonly message: string; readonly operation: string }
    ) => IntegrationError.IntegrationError
  ): Transport.Send =>
  (request, call) =>
    Effect.zipRight(
      answering(headers)(request, call),
      Effect.fail(error({ ...call.errorFields, message: "refused" }))
    )

  it.scoped("nothing left: everybody is held until the reset, and it counts as a cool-down", () =>
    Effect.gen(function*() {
      const before = metric("integration_cool_downs_total")
      const { call, limiter, sends } = yield* limitedBy({ "x-ratelimit-remaining": "0", "x-ratelimit-reset": "30" })
      yield* call()
      deepStrictEqual((yield* limiter).coolDown, Duration.seconds(30))
      const fibers = yield* Effect.forEach(Array(3), () => Effect.fork(call()))
      yield* TestClock.adjust("29999 millis")
      deepStrictEqual(sends.times, [])
      yield* TestClock.adjust("1 millis")
      yield* Fiber.joinAll(fibers)
      deepStrictEqual(sends.times, [30_000, 30_000, 30_000])
      strictEqual(metric("integration_cool_downs_total") - before, 1)
    }))

  it.scoped("it is learned from an error as well", () =>
    Effect.gen(function*() {
      const { call, limiter } = yield* limitedBy(
        {},
        {},
        failing({ ratelimit: "\"default\";r=0;t=12" }, (fields) =>
          new IntegrationError.ServerError({ ...fields, status: 500 }))
      )
      yield* Effect.flip(call())
      deepStrictEqual((yield* limiter).coolDown, Duration.seconds(12))
    }))

  it.scoped("less left than one's own limit: not more than that go before the reset", () =>
    Effect.gen(function*() {
      const { call, limiter, sends } = yield* limitedBy(
        { "ratelimit-limit": "100", "ratelimit-remaining": "2", "ratelimit-reset": "10" },
        { capacity: 50, refillRate: 50 }
      )
      yield* call()
      strictEqual((yield* limiter).tokens, 2)
      const fibers = yield* Effect.forEach(Array(5), () => Effect.fork(call()))
      yield* TestClock.adjust("9 seconds")
      deepStrictEqual(sends.times, [0, 0])
      yield* TestClock.adjust("1 second")
      yield* Fiber.joinAll(fibers)
      deepStrictEqual(sends.times, [0, 0, 10_000, 10_000, 10_000])
    }))

  it.scoped("more left than one's own limit changes nothing: it never raises it", () =>
    Effect.gen(function*() {
      const { call, limiter } = yield* limitedBy(
        { "x-ratelimit-limit": "100000", "x-ratelimit-remaining": "99999", "x-ratelimit-reset": "3600" },
        { capacity: 3, refillRate: 1 }
      )
      yield* call()
      strictEqual((yield* limiter).tokens, 2)
    }))

  it.scoped("without a limit of one's own the provider's word is all there is, and enough", () =>
    Effect.gen(function*() {
      const { call, limiter } = yield* limitedBy({ "x-ratelimit-remaining": "4", "x-ratelimit-reset": "60" })
      strictEqual((yield* Effect.either(call()))._tag, "Right")
      strictEqual((yield* limiter).tokens, 4)
      yield* TestClock.adjust("1 minute")
      strictEqual((yield* limiter).tokens, Number.POSITIVE_INFINITY)
    }))

  it.scoped("a reader of one's own, and none", () =>
    Effect.gen(function*() {
      const read: RateLimitHeaders.Reader = (headers) =>
        headers["x-own-left"] === undefined
          ? undefined
          : { remaining: Number(headers["x-own-left"]), resetAfter: Duration.seconds(5) }
      const own = yield* limitedBy({ "x-own-left": "0", "x-ratelimit-remaining": "3" }, { read })
      yield* own.call()
      deepStrictEqual((yield* own.limiter).coolDown, Duration.seconds(5))
      const none = yield* limitedBy({ "x-ratelimit-remaining": "0", "x-ratelimit-reset": "30" }, { read: false })
      yield* none.call()
      deepStrictEqual((yield* none.limiter).coolDown, Duration.zero)
    }))

  const tooMany =
    (retryAfter?: Duration.Duration) => (fields: ConstructorParameters<typeof IntegrationError.RateLimitError>[0]) =>
      new IntegrationError.RateLimitError({ ...fields, ...(retryAfter === undefined ? undefined : { retryAfter }) })

  it.scoped("a 429 holds for what it asks; else until the reset; else for `coolDown`; and never for longer than `maxCoolDown`", () =>
    Effect.gen(function*() {
      const held = (headers: Record<string, string>, retryAfter?: Duration.Duration, options: RateLimit.Options = {}) =>
        Effect.gen(function*() {
          const { call, limiter } = yield* limitedBy({}, options, failing(headers, tooMany(retryAfter)))
          yield* Effect.flip(call())
          return Duration.toSeconds((yield* limiter).coolDown)
        })
      const empty = { "x-ratelimit-remaining": "0", "x-ratelimit-reset": "40" }
      strictEqual(yield* held(empty, Duration.seconds(7)), 7)
      strictEqual(yield* held(empty), 40)
      // the limit that was hit is another one than the one that the headers speak of
      strictEqual(yield* held({ "x-ratelimit-remaining": "9", "x-ratelimit-reset": "40" }), 1)
      strictEqual(yield* held({}, undefined, { coolDown: "3 seconds" }), 3)
      strictEqual(yield* held({}, Duration.hours(9)), 3_600)
      strictEqual(yield* held(empty, undefined, { maxCoolDown: "10 seconds" }), 10)
    }))

  it.scoped("answers of one window that overtake each other: the lower counts; those of the next window count as they are", () =>
    Effect.gen(function*() {
      let remaining = "5"
      let reset = "10"
      const { call, limiter } = yield* over(
        RateLimit.layer(),
        (request, call) => answering({ "x-ratelimit-remaining": remaining, "x-ratelimit-reset": reset })(request, call)
      )
      yield* call()
      remaining = "7"
      yield* call()
      strictEqual((yield* limiter).tokens, 4)
      yield* TestClock.adjust("10 seconds")
      remaining = "100"
      reset = "60"
      yield* call()
      strictEqual((yield* limiter).tokens, 100)
    }))
})

describe("RateLimit, keys", () => {
  const perConnection = {
    capacity: 1,
    key: ({ context }) => context.connectionId ?? "none",
    maxWait: 0,
    refillRate: 1 / 60
  } as const satisfies RateLimit.Options

  const as = (connectionId: string) => ({ context: { connectionId } })

  it.scoped("each has a limit of its own; a 429 of one holds nobody else", () =>
    Effect.gen(function*() {
      const { call, limiters } = yield* over(RateLimit.layer(perConnection), sent)
      yield* call(as("a"))
      strictEqual(refusedFor(yield* Effect.either(call(as("a")))), 60_000)
      yield* call(as("b"))
      yield* limiters.coolDown("c", "1 minute")
      strictEqual(refusedFor(yield* Effect.either(call(as("c")))), 60_000)
      yield* call(as("d"))
      deepStrictEqual((yield* limiters.keys).slice().sort(), ["a", "b", "c", "d"])
    }))

  it.scoped("trap 22: a key that nobody has used for an hour is forgotten, but not before its bucket is full again", () =>
    Effect.gen(function*() {
      const { call, limiters } = yield* over(
        RateLimit.layer({ ...perConnection, refillRate: 1 / (2 * 3_600) }),
        sent
      )
      yield* call(as("a"))
      yield* TestClock.adjust("119 minutes")
      strictEqual(Option.isSome(yield* limiters.state("a")), true)
      yield* TestClock.adjust("1 minute")
      strictEqual(Option.isNone(yield* limiters.state("a")), true)
      yield* call(as("b"))
      yield* TestClock.adjust("2 hours")
      yield* Effect.forEach(["c", "d"], (id) => call(as(id)))
      deepStrictEqual((yield* limiters.keys).slice().sort(), ["c", "d"])
    }))

  it.scoped("a key in use by a layer is never forgotten, and two layers of one key share it", () =>
    Effect.gen(function*() {
      const context = yield* Layer.build(RateLimit.layerMemory)
      const options = { capacity: 2, maxWait: 0, refillRate: 1 } as const
      const provider = new Kit.Provider(Kit.ok)
      const one = yield* Effect.provide(Kit.shop(provider, RateLimit.layer(options)), context)
      const other = yield* Effect.provide(Kit.shop(provider, RateLimit.layer(options)), context)
      yield* TestClock.adjust("1 day")
      yield* one.items.get(item)
      yield* other.items.get(item)
      strictEqual(tagOf(yield* Effect.either(one.items.get(item))), "RateLimitError")
    }))
})

describe("RateLimit, costs and refunds", () => {
  it.scoped("an operation takes as many tokens as it costs; one that costs more than there can be does not hang, and is paid for", () =>
    Effect.gen(function*() {
      const sends = new Sends()
      const { call, limiter } = yield* over(
        RateLimit.layer({ capacity: 10, maxWait: "1 minute", refillRate: 1 }),
        sends.send
      )
      yield* call({ cost: 7 })
      strictEqual((yield* limiter).tokens, 3)
      const large = yield* Effect.fork(call({ cost: 25 }))
      const next = yield* Effect.fork(call())
      yield* TestClock.adjust("7 seconds")
      yield* Fiber.join(large)
      deepStrictEqual([(yield* limiter).tokens, (yield* limiter).waiting], [-15, 1])
      yield* TestClock.adjust("16 seconds")
      yield* Fiber.join(next)
      deepStrictEqual(sends.times, [0, 7_000, 23_000])
    }))

  it.scoped("a call that was not sent after all costs nothing", () =>
    Effect.gen(function*() {
      let refuse = true
      const { call, limiter } = yield* over(
        RateLimit.layer({ capacity: 1, maxWait: 0, refillRate: 1 / 3_600 }),
        (request, call) =>
          refuse
            ? Effect.fail(new IntegrationError.AuthenticationError({ ...call.errorFields, message: "no credential" }))
            : sent(request, call)
      )
      for (let i = 0; i < 5; i++) yield* Effect.flip(call())
      strictEqual((yield* limiter).tokens, 1)
      refuse = false
      yield* call()
      strictEqual((yield* limiter).tokens, 0)
    }))

  it.scoped("a caller that is refused, or interrupted while it waits, has cost nothing", () =>
    Effect.gen(function*() {
      const { call, limiter } = yield* over(
        RateLimit.layer({ capacity: 2, maxWait: "3 seconds", refillRate: 0.5 }),
        sent
      )
      yield* Effect.all([call(), call()])
      const waiting = yield* Effect.fork(call())
      yield* TestClock.adjust("1 second")
      yield* Effect.flip(call({ cost: 2 }))
      yield* Fiber.interrupt(waiting)
      yield* TestClock.adjust("3 seconds")
      deepStrictEqual([(yield* limiter).tokens, (yield* limiter).waiting], [2, 0])
    }))

  it.scoped("a caller whose deadline comes before its turn is refused at once", () =>
    Effect.gen(function*() {
      const { call } = yield* over(
        Layer.provide(Timeout.layerTotal("5 seconds"), RateLimit.layer({ capacity: 1, refillRate: 0.1 })),
        sent
      )
      yield* call()
      strictEqual(refusedFor(yield* Effect.either(call())), 10_000)
    }))

  it.scoped("a cool-down that ends before a caller's deadline is waited for; one that ends after it refuses the caller now", () =>
    Effect.gen(function*() {
      const sends = new Sends()
      const { call, limiter, limiters } = yield* over(
        Layer.provide(Timeout.layerTotal("5 seconds"), RateLimit.layer({ capacity: 1, refillRate: 0.25 })),
        sends.send
      )
      yield* call()
      const first = yield* Effect.fork(Effect.either(call()))
      yield* TestClock.adjust("3 seconds")
      yield* limiters.coolDown("shop", "1900 millis")
      yield* TestClock.adjust("1900 millis")
      strictEqual(tagOf(yield* Fiber.join(first)), "success")
      const second = yield* Effect.fork(Effect.either(call()))
      yield* TestClock.adjust("1 second")
      yield* limiters.coolDown("shop", "4001 millis")
      yield* TestClock.adjust(0)
      strictEqual(refusedFor(yield* Fiber.join(second)), 4_001)
      strictEqual((yield* limiter).waiting, 0)
      deepStrictEqual(sends.times, [0, 4_900])
    }))
})

describe("RateLimit, and what stands below it", () => {
  it.scoped("who waits for a slot holds no tokens, so that the rate holds where requests are sent", () =>
    Effect.gen(function*() {
      const hang = yield* Deferred.make<void>()
      const sends = new Sends()
      const { call, limiter, slots } = yield* over(
        RateLimit.layer({ capacity: 2, maxWait: "1 minute", refillRate: 1 }).pipe(
          Layer.provide(Bulkhead.layer({ maxConcurrent: 1 }))
        ),
        (request, call) =>
          sends.times.length === 0
            ? Effect.zipLeft(sends.send(request, call), Deferred.await(hang))
            : sends.send(request, call)
      )
      const fibers = yield* Effect.forEach(Array(6), () => Effect.fork(call()))
      yield* TestClock.adjust("10 seconds")
      // all five have had their turn at the limiter, and wait for the slot; the bucket is full
      deepStrictEqual([yield* slots, (yield* limiter).waiting, (yield* limiter).tokens], [[1, 5], 0, 2])
      yield* Deferred.succeed(hang, undefined)
      yield* TestClock.adjust("10 seconds")
      yield* Fiber.joinAll(fibers)
      // not five at once, which is what had their turn long ago, but what the bucket holds and its rate
      deepStrictEqual(sends.times, [0, 10_000, 10_000, 11_000, 12_000, 13_000])
      deepStrictEqual(yield* slots, [0, 0])
    }))

  it.scoped("trap 15: a cool-down holds those who wait for a slot as well, and they hold no slot meanwhile", () =>
    Effect.gen(function*() {
      const hang = yield* Deferred.make<void>()
      const sends = new Sends()
      const { call, limiter, limiters, slots } = yield* over(
        RateLimit.layer({ maxWait: "1 minute" }).pipe(Layer.provide(Bulkhead.layer({ maxConcurrent: 1 }))),
        (request, call) =>
          sends.times.length === 0
            ? Effect.zipLeft(sends.send(request, call), Deferred.await(hang))
            : sends.send(request, call)
      )
      const fibers = yield* Effect.forEach(Array(3), () => Effect.fork(call()))
      yield* TestClock.adjust("1 second")
      yield* limiters.coolDown("shop", "30 seconds")
      yield* Deferred.succeed(hang, undefined)
      yield* TestClock.adjust("10 seconds")
      deepStrictEqual([yield* slots, (yield* limiter).waiting], [[0, 0], 2])
      yield* TestClock.adjust("20 seconds")
      yield* Fiber.joinAll(fibers)
      deepStrictEqual(sends.times, [0, 31_000, 31_000])
    }))

  it.scoped("of two limiters, who waits for the inner one gives back what it has of the outer one", () =>
    Effect.gen(function*() {
      const sends = new Sends()
      const { call, limiters } = yield* over(
        RateLimit.layer({ capacity: 3, key: () => "outer", maxWait: "1 minute", refillRate: 3 / 60 }).pipe(
          Layer.provide(RateLimit.layer({ capacity: 1, key: () => "inner", maxWait: "1 minute", refillRate: 0.1 }))
        ),
        sends.send
      )
      const tokens = (key: string) => Effect.map(limiters.state(key), (state) => Option.getOrThrow(state).tokens)
      const fibers = yield* Effect.forEach(Array(3), () => Effect.fork(call()))
      yield* TestClock.adjust("1 millis")
      strictEqual(Math.round(yield* tokens("outer")), 2)
      yield* TestClock.adjust("20 seconds")
      yield* Fiber.joinAll(fibers)
      deepStrictEqual(sends.times, [0, 10_000, 20_000])
      strictEqual(Math.round(yield* tokens("outer")), 1)
    }))

  it.scoped("trap 42: a wait for the rate limit is no attempt, and burns none", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(Kit.status(500))
      const context = yield* Layer.build(RateLimit.layerMemory)
      const shop = yield* Effect.provide(
        Kit.shop(
          provider,
          Retry.layer({ initialDelay: 0, maxAttempts: 3 }).pipe(
            Layer.provide(RateLimit.layer({ capacity: 1, refillRate: 0.1 }))
          )
        ),
        context
      )
      const fiber = yield* Effect.fork(Effect.flip(shop.items.get(item)))
      yield* TestClock.adjust("20 seconds")
      const error = yield* Fiber.join(fiber)
      strictEqual(error._tag, "ServerError")
      strictEqual(error.attempts, 3)
      strictEqual(provider.count, 3)
    }))

  it.scoped("trap 25: a pause between attempts holds no token", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(Kit.status(500), Kit.ok)
      const context = yield* Layer.build(RateLimit.layerMemory)
      const shop = yield* Effect.provide(
        Kit.shop(
          provider,
          Retry.layer({ initialDelay: "10 seconds", jitter: "none", maxAttempts: 2 }).pipe(
            Layer.provide(RateLimit.layer({ capacity: 1, maxWait: 0, refillRate: 1 }))
          )
        ),
        context
      )
      const retrying = yield* Effect.fork(shop.items.get(item))
      yield* TestClock.adjust("5 seconds")
      strictEqual(tagOf(yield* Effect.either(shop.items.get(item))), "success")
      yield* TestClock.adjust("5 seconds")
      yield* Fiber.join(retrying)
      strictEqual(provider.count, 3)
    }))
})

describe("RateLimit, bounds", () => {
  it.scoped("trap 23: by default a thousand may wait, and nobody for longer than half a minute", () =>
    Effect.gen(function*() {
      const { call, limiter } = yield* over(RateLimit.layer({ capacity: 1, refillRate: 1_000 }), sent)
      yield* call()
      const fibers = yield* Effect.forEach(Array(1_000), () => Effect.fork(call()))
      yield* TestClock.adjust(0)
      strictEqual((yield* limiter).waiting, 1_000)
      const refused = yield* Effect.flip(call())
      strictEqual(refused.message, "nothing was sent: 1000 callers wait for the rate limit of shop already")
      yield* TestClock.adjust("1 second")
      yield* Fiber.joinAll(fibers)

      const slow = yield* over(RateLimit.layer({ capacity: 1, refillRate: 1 / 10 }), sent)
      yield* slow.call()
      const waiting = yield* Effect.forEach(Array(3), () => Effect.fork(slow.call()))
      yield* TestClock.adjust(0)
      strictEqual(
        (yield* Effect.flip(slow.call())).message,
        "nothing was sent: the rate limit of shop asks to wait 40s, longer than this call may"
      )
      yield* TestClock.adjust("30 seconds")
      yield* Fiber.joinAll(waiting)
    }))

  it.scoped("trap 20: rates of any fraction, from one a day to twenty thousand a second, are kept to the millisecond", () =>
    Effect.gen(function*() {
      for (const [refillRate, millis] of [[1 / 86_400, 86_400_000], [0.3, 3_334], [7, 143], [20_000, 1]] as const) {
        const { call } = yield* over(RateLimit.layer({ capacity: 1, maxWait: "2 days", refillRate }), sent)
        yield* call()
        const waiting = yield* Effect.fork(call())
        yield* TestClock.adjust(Duration.millis(millis - 1))
        strictEqual(Option.isNone(yield* Fiber.poll(waiting)), true)
        yield* TestClock.adjust(1)
        yield* Fiber.join(waiting)
      }
    }))

  it.scoped("trap 17: a step of the wall clock, either way, moves nothing", () =>
    Effect.gen(function*() {
      const clock = yield* Effect.clock
      let step = 0
      const stepping: Clock.Clock = Object.assign(Object.create(clock) as Clock.Clock, {
        unsafeCurrentTimeMillis: () => clock.unsafeCurrentTimeMillis() + step,
        unsafeCurrentTimeNanos: () => clock.unsafeCurrentTimeNanos()
      })
      const sends = new Sends()
      const { call } = yield* over(
        RateLimit.layer({ capacity: 1, limit: 2, maxWait: "1 minute", refillRate: 1, window: "10 seconds" }),
        sends.send
      )
      const fibers = yield* Effect.forEach(Array(3), () => Effect.fork(Effect.withClock(call(), stepping)))
      for (const jump of [86_400_000, -2 * 86_400_000]) {
        step = jump
        yield* TestClock.adjust("500 millis")
      }
      yield* TestClock.adjust("9 seconds")
      yield* Fiber.joinAll(fibers)
      deepStrictEqual(sends.times, [0, 1_000, 10_000])
    }))

  it.scoped("waits and refusals are counted", () =>
    Effect.gen(function*() {
      const names = ["integration_rate_limit_waits_total", "integration_rate_limit_refusals_total"]
      const before = names.map(metric)
      const { call } = yield* over(RateLimit.layer({ capacity: 1, maxWait: "1 second", refillRate: 1 }), sent)
      yield* call()
      const waiting = yield* Effect.fork(call())
      yield* TestClock.adjust(0)
      yield* Effect.flip(call())
      yield* TestClock.adjust("1 second")
      yield* Fiber.join(waiting)
      deepStrictEqual(names.map((name, i) => metric(name) - before[i]!), [1, 1])
    }))

  it("says what is wrong with options, and how to mend it", () => {
    const wrong: ReadonlyArray<readonly [RateLimit.Options, string]> = [
      [{ capacity: 0.5, refillRate: 1 }, "RateLimit.layer: capacity is 0.5; a bucket must hold at least one token"],
      [
        { capacity: 5 },
        "RateLimit.layer: capacity and refillRate go together: give both, or neither for cool-downs alone"
      ],
      [
        { capacity: 5, refillRate: 0 },
        "RateLimit.layer: refillRate is 0 tokens per second; it must be positive"
      ],
      [{ limit: 5 }, "RateLimit.layer: limit and window go together, as in { limit: 100, window: \"10 seconds\" }"],
      [
        { limit: Number.POSITIVE_INFINITY, window: "1 second" },
        "RateLimit.layer: limit is Infinity; a window must have room for at least one token"
      ],
      [
        { limit: 5, window: 0 },
        "RateLimit.layer: window is 0; it must be positive, as in \"10 seconds\""
      ],
      [{ maxQueue: -1 }, "RateLimit.layer: maxQueue is -1; it must be zero or more"]
    ]
    for (const [options, message] of wrong) throws(() => RateLimit.layer(options), new Error(message))
  })
})

describe("RateLimit, a new configuration", () => {
  it.scoped("takes effect at once: who waits goes sooner, or is refused, and nobody loses a place", () =>
    Effect.gen(function*() {
      const sends = new Sends()
      const { call, limiters } = yield* over(
        RateLimit.layer({ capacity: 1, maxWait: "1 minute", refillRate: 1 / 10 }),
        sends.send
      )
      yield* call()
      const fibers = yield* Effect.forEach(Array(4), () => Effect.fork(Effect.either(call())))
      yield* TestClock.adjust("5 seconds")
      const clock = yield* Effect.clock
      const limiter = limiters.limiters.any("shop", 5_000)
      const bucket = (refillRate: number) => ({ ...limiter.config, bucket: { capacity: 1, refillRate } })
      limiter.reconfigure(bucket(1), clock, 5_000)
      yield* TestClock.adjust("500 millis")
      deepStrictEqual(sends.times, [0, 5_500])
      limiter.reconfigure(bucket(1 / 40), clock, 5_500)
      yield* TestClock.adjust(0)
      deepStrictEqual((yield* Fiber.joinAll(fibers.slice(2))).map(tagOf), ["RateLimitError", "RateLimitError"])
      yield* TestClock.adjust("40 seconds")
      deepStrictEqual((yield* Fiber.joinAll(fibers.slice(0, 2))).map(tagOf), ["success", "success"])
      deepStrictEqual(sends.times, [0, 5_500, 45_500])
      strictEqual(makeCall().attempts, 0)
    }))
})
