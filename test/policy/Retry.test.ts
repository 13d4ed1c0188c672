import { HttpClientRequest } from "@effect/platform"
import { describe, it } from "@effect/vitest"
import { assertRight, deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { Duration, Effect, Either, Exit, Fiber, Layer, Random, Schedule, Stream, TestClock } from "effect"
import { IdempotencyKey, IntegrationClient, Retry, Timeout } from "holdfast"
import * as Kit from "../kit.js"
import { elapsed, tagOf } from "./elapsed.js"

const exact = { initialDelay: "1 second", jitter: "none", maxAttempts: 3 } as const

describe("Retry", () => {
  it.scoped("maxAttempts counts requests: three at most, and the last real error is what the caller gets", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(Kit.status(500), Kit.status(502), Kit.status(503))
      const shop = yield* Kit.shop(provider, Retry.layer(exact))
      const [result, millis] = yield* elapsed(shop.items.get({ path: { id: "1" } }))
      strictEqual(provider.count, 3)
      strictEqual(tagOf(result), "ServerError")
      if (Either.isLeft(result)) {
        strictEqual(result.left.status, 503)
        strictEqual(result.left.attempts, 3)
      }
      strictEqual(millis, 1_000 + 2_000)
    }))

  for (const times of [1, 2, 5]) {
    it.scoped(`sends at most ${times} requests under every mix of faults`, () =>
      Effect.gen(function*() {
        for (let seed = 0; seed < 40; seed++) {
          const faults: ReadonlyArray<Kit.Answer> = [
            Kit.status(500),
            Kit.status(503, { "retry-after": "1" }),
            Kit.status(429),
            Kit.networkError("ECONNREFUSED"),
            Kit.networkError("ECONNRESET"),
            Kit.slow("20 seconds", Kit.ok),
            Kit.status(408)
          ]
          const random = Random.make(seed)
          const provider = new Kit.Provider()
          provider.answer = (request, number) =>
            Effect.flatMap(Effect.withRandom(Random.nextIntBetween(0, faults.length), random), (index) =>
              faults[index]!(request, number))
          const shop = yield* Kit.shop(
            provider,
            Retry.layer({ maxAttempts: times }).pipe(Layer.provide(Timeout.layer("5 seconds")))
          )
          const [result] = yield* elapsed(shop.items.get({ path: { id: "1" } }))
          strictEqual(provider.count <= times, true)
          if (Either.isLeft(result)) {
            strictEqual(result.left.attempts, provider.count)
          }
        }
      }))
  }

  it.scoped("an error that is not retryable ends the call, even after earlier retries", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(Kit.status(500), Kit.status(404))
      const shop = yield* Kit.shop(provider, Retry.layer(exact))
      const [result] = yield* elapsed(shop.items.get({ path: { id: "1" } }))
      strictEqual(provider.count, 2)
      strictEqual(tagOf(result), "NotFoundError")
    }))

  for (const code of [501, 505]) {
    it.scoped(`${code} is not retried`, () =>
      Effect.gen(function*() {
        const provider = new Kit.Provider(Kit.status(code))
        const shop = yield* Kit.shop(provider, Retry.layer(exact))
        const [result] = yield* elapsed(shop.items.get({ path: { id: "1" } }))
        strictEqual(provider.count, 1)
        strictEqual(tagOf(result), "ServerError")
      }))
  }

  describe("what is not idempotent", () => {
    const lost: ReadonlyArray<readonly [string, Kit.Answer]> = [
      ["a response that was lost (ECONNRESET)", Kit.networkError("ECONNRESET")],
      ["a socket that closed (UND_ERR_SOCKET)", Kit.networkError("UND_ERR_SOCKET")],
      ["a 500", Kit.status(500)],
      ["a 503 without Retry-After", Kit.status(503)],
      ["an attempt that timed out", Kit.hang]
    ]
    for (const [what, answer] of lost) {
      it.scoped(`is not sent twice after ${what}`, () =>
        Effect.gen(function*() {
          const provider = new Kit.Provider(answer, Kit.ok)
          const shop = yield* Kit.shop(provider, Retry.layer(exact).pipe(Layer.provide(Timeout.layer("5 seconds"))))
          const [result] = yield* elapsed(shop.items.create({ payload: { name: "a" } }))
          strictEqual(provider.count, 1)
          strictEqual(Either.isLeft(result), true)
        }))
    }

    const untouched: ReadonlyArray<readonly [string, Kit.Answer]> = [
      ["a refused connection", Kit.networkError("ECONNREFUSED")],
      ["a name that did not resolve", Kit.networkError("ENOTFOUND")],
      ["429", Kit.status(429)],
      ["503 with Retry-After", Kit.status(503, { "retry-after": "1" })]
    ]
    for (const [what, answer] of untouched) {
      it.scoped(`is sent again after ${what}: it surely was not processed`, () =>
        Effect.gen(function*() {
          const provider = new Kit.Provider(answer, Kit.ok)
          const shop = yield* Kit.shop(provider, Retry.layer(exact))
          const [result] = yield* elapsed(shop.items.create({ payload: { name: "a" } }))
          strictEqual(provider.count, 2)
          assertRight(result, { id: "1" })
        }))
    }

    it.scoped("is sent again after a lost response when it is declared idempotent", () =>
      Effect.gen(function*() {
        const provider = new Kit.Provider(Kit.networkError("ECONNRESET"), Kit.ok)
        const shop = yield* Kit.shop(provider, Retry.layer(exact))
        yield* elapsed(shop.items.upsert({ payload: { name: "a" } }))
        strictEqual(provider.count, 2)
      }))

    it.scoped("is sent again after a lost response when the provider honours its idempotency key, under the same key", () =>
      Effect.gen(function*() {
        const provider = new Kit.Provider(Kit.networkError("ECONNRESET"), Kit.status(500), Kit.ok)
        const shop = yield* Kit.shop(
          provider,
          IdempotencyKey.layer({ header: "idempotency-key" }).pipe(Layer.provide(Retry.layer(exact)))
        )
        yield* elapsed(shop.items.create({ payload: { name: "a" } }))
        const keys = provider.requests.map((request) => request.headers["idempotency-key"])
        strictEqual(keys.length, 3)
        strictEqual(new Set(keys).size, 1)
        yield* elapsed(shop.items.create({ payload: { name: "b" } }).pipe(IdempotencyKey.provide("order-42")))
        strictEqual(provider.requests[3]?.headers["idempotency-key"], "order-42")
      }))

    it.scoped("no key is sent with a read", () =>
      Effect.gen(function*() {
        const provider = new Kit.Provider(Kit.ok)
        const shop = yield* Kit.shop(provider, IdempotencyKey.layer({ header: "idempotency-key" }))
        yield* shop.items.get({ path: { id: "1" } })
        strictEqual(provider.requests[0]?.headers["idempotency-key"], undefined)
      }))
  })

  it.scoped("a stream body is not sent again once it may have been read", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(Kit.status(500), Kit.ok)
      const client = yield* Effect.provide(
        IntegrationClient.IntegrationClient,
        yield* Layer.build(Layer.provide(Retry.layer(exact), provider.layer))
      )
      const put = HttpClientRequest.put("/items/1").pipe(
        HttpClientRequest.bodyStream(Stream.make(new Uint8Array([1])))
      )
      const [result] = yield* elapsed(client.execute(put))
      strictEqual(provider.count, 1)
      strictEqual(Either.isLeft(result), true)
    }))

  describe("Retry-After", () => {
    const asked: ReadonlyArray<readonly [string, Record<string, string>, number]> = [
      ["seconds", { "retry-after": "7" }, 7_000],
      ["zero is at once", { "retry-after": "0" }, 0],
      ["fractions of a second", { "retry-after": "1.5" }, 1_500],
      ["IMF-fixdate", { "retry-after": "Thu, 01 Jan 1970 00:00:20 GMT" }, 20_000],
      ["RFC 850 date", { "retry-after": "Thursday, 01-Jan-70 00:00:20 GMT" }, 20_000],
      ["asctime date", { "retry-after": "Thu Jan  1 00:00:20 1970" }, 20_000],
      ["retry-after-ms", { "retry-after": "9", "retry-after-ms": "250" }, 250],
      ["malformed: normal backoff", { "retry-after": "soon" }, 1_000],
      ["negative: normal backoff", { "retry-after": "-5" }, 1_000]
    ]
    for (const [form, headers, millis] of asked) {
      it.scoped(`${form}`, () =>
        Effect.gen(function*() {
          const provider = new Kit.Provider(Kit.status(429, headers), Kit.ok)
          const shop = yield* Kit.shop(provider, Retry.layer(exact))
          const [result, took] = yield* elapsed(shop.items.get({ path: { id: "1" } }))
          assertRight(result, { id: "1" })
          strictEqual(took, millis)
        }))
    }

    it.scoped("a date in the past is at once", () =>
      Effect.gen(function*() {
        yield* TestClock.adjust("1 day")
        const provider = new Kit.Provider(Kit.status(429, { "retry-after": "Thu, 01 Jan 1970 00:00:20 GMT" }), Kit.ok)
        const shop = yield* Kit.shop(provider, Retry.layer(exact))
        const [, took] = yield* elapsed(shop.items.get({ path: { id: "1" } }))
        strictEqual(took, 0)
      }))

    it.scoped("a server-asked wait of 10 minutes ends the call at once, with the error that asked", () =>
      Effect.gen(function*() {
        const provider = new Kit.Provider(Kit.status(429, { "retry-after": "600" }), Kit.ok)
        const shop = yield* Kit.shop(provider, Retry.layer(exact))
        const [result, took] = yield* elapsed(shop.items.get({ path: { id: "1" } }))
        strictEqual(took, 0)
        strictEqual(provider.count, 1)
        strictEqual(tagOf(result), "RateLimitError")
        if (Either.isLeft(result)) deepStrictEqual(result.left.retryAfter, Duration.minutes(10))
      }))

    it.scoped("a wait that would outlast the total deadline ends the call at once", () =>
      Effect.gen(function*() {
        const provider = new Kit.Provider(Kit.status(429, { "retry-after": "30" }), Kit.ok)
        const shop = yield* Kit.shop(
          provider,
          Timeout.layerTotal("20 seconds").pipe(Layer.provide(Retry.layer(exact)))
        )
        const [result, took] = yield* elapsed(shop.items.get({ path: { id: "1" } }))
        strictEqual(took, 0)
        strictEqual(tagOf(result), "RateLimitError")
      }))

    it.scoped("beats a schedule of the user's own", () =>
      Effect.gen(function*() {
        const provider = new Kit.Provider(Kit.status(429, { "retry-after": "7" }), Kit.status(500), Kit.ok)
        const shop = yield* Kit.shop(provider, Retry.layer({ schedule: Schedule.spaced("2 seconds") }))
        const [result, took] = yield* elapsed(shop.items.get({ path: { id: "1" } }))
        assertRight(result, { id: "1" })
        strictEqual(took, 9_000)
      }))
  })

  it.scoped("a schedule of the user's own decides pauses and number", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(Kit.status(500))
      const shop = yield* Kit.shop(
        provider,
        Retry.layer({ schedule: Schedule.intersect(Schedule.spaced("2 seconds"), Schedule.recurs(4)) })
      )
      const [result, took] = yield* elapsed(shop.items.get({ path: { id: "1" } }))
      strictEqual(tagOf(result), "ServerError")
      strictEqual(provider.count, 5)
      strictEqual(took, 8_000)
    }))

  it.scoped("a pause of the schedule that would outlast the total deadline ends the call at once, with the real error", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(Kit.status(500))
      const shop = yield* Kit.shop(
        provider,
        Timeout.layerTotal("10 seconds").pipe(
          Layer.provide(Retry.layer({ schedule: Schedule.exponential("4 seconds") }))
        )
      )
      const [result, took] = yield* elapsed(shop.items.get({ path: { id: "1" } }))
      deepStrictEqual([tagOf(result), provider.count, took], ["ServerError", 2, 4_000])
    }))

  it.scoped("each call starts a schedule afresh", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(Kit.status(500))
      const shop = yield* Kit.shop(provider, Retry.layer({ schedule: Schedule.recurs(1) }))
      yield* elapsed(shop.items.get({ path: { id: "1" } }))
      yield* elapsed(shop.items.get({ path: { id: "1" } }))
      strictEqual(provider.count, 4)
    }))

  it.scoped("full jitter spreads pauses between nothing and the delay", () =>
    Effect.gen(function*() {
      const pauses: Array<number> = []
      for (let seed = 0; seed < 50; seed++) {
        const provider = new Kit.Provider(Kit.status(500), Kit.ok)
        const shop = yield* Kit.shop(provider, Retry.layer({ initialDelay: "1 second" }))
        const [, took] = yield* elapsed(Effect.withRandom(shop.items.get({ path: { id: "1" } }), Random.make(seed)))
        pauses.push(took)
      }
      strictEqual(pauses.every((pause) => pause >= 0 && pause <= 1_000), true)
      strictEqual(Math.max(...pauses) - Math.min(...pauses) > 500, true)
    }))

  it.scoped("interrupted during a pause, the call ends at once and is not sent again", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(Kit.status(500))
      const shop = yield* Kit.shop(provider, Retry.layer({ ...exact, initialDelay: "10 seconds" }))
      const fiber = yield* Effect.fork(shop.items.get({ path: { id: "1" } }))
      yield* TestClock.adjust("5 seconds")
      strictEqual(provider.count, 1)
      strictEqual(Exit.isInterrupted(yield* Fiber.interrupt(fiber)), true)
      yield* TestClock.adjust("1 hour")
      strictEqual(provider.count, 1)
    }))

  it.scoped("interrupted during a request, the request is aborted and not sent again", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(Kit.hang)
      const shop = yield* Kit.shop(provider, Retry.layer(exact))
      const fiber = yield* Effect.fork(shop.items.get({ path: { id: "1" } }))
      yield* TestClock.adjust("1 second")
      yield* Fiber.interrupt(fiber)
      yield* TestClock.adjust("1 hour")
      deepStrictEqual([provider.count, provider.interrupted, provider.active], [1, 1, 0])
    }))

  it.scoped("under an outage the budget bounds what all callers send together", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(Kit.status(500))
      const shop = yield* Kit.shop(
        provider,
        Retry.layer({ ...exact, budget: { minPerSecond: 1, ratio: 0.1 }, initialDelay: 0, maxAttempts: 10 })
      )
      yield* Effect.forEach(
        Array.from({ length: 500 }),
        () => Effect.either(shop.items.get({ path: { id: "1" } })),
        { concurrency: 50 }
      )
      // 500 calls, the reserve of 10, and a tenth of the calls
      strictEqual(provider.count <= 500 + 10 + 50 + 1, true)
      strictEqual(provider.count > 540, true)
    }))

  it.scoped("nested retries multiply, and that is seen in the count", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(Kit.status(500))
      const shop = yield* Kit.shop(
        provider,
        Retry.layer({ ...exact, initialDelay: 0 }).pipe(Layer.provide(Retry.layer({ ...exact, initialDelay: 0 })))
      )
      const [result] = yield* elapsed(shop.items.get({ path: { id: "1" } }))
      strictEqual(provider.count, 9)
      if (Either.isLeft(result)) strictEqual(result.left.attempts, 9)
    }))

  it("options that make no sense are refused with what to write instead", () => {
    const message = (f: () => unknown) => {
      try {
        f()
      } catch (error) {
        return (error as Error).message
      }
      return "accepted"
    }
    strictEqual(message(() => Retry.layer({ maxAttempts: 0 })).includes("maxAttempts is 0"), true)
    strictEqual(message(() => Retry.layer({ jitter: 2 })).includes("from 0 to 1"), true)
    strictEqual(message(() => Retry.layer({ multiplier: 0.5 })).includes("multiplier"), true)
  })

  it.scoped("a malformed 2xx is not retried: the provider has acted", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(() => Effect.succeed(new Response("{\"id\": ", { status: 200 })))
      const shop = yield* Kit.shop(provider, Retry.layer(exact))
      const [result] = yield* elapsed(shop.items.upsert({ payload: { name: "a" } }))
      strictEqual(provider.count, 1)
      strictEqual(tagOf(result), "ResponseDecodeError")
    }))

  it.scoped("the body of every response is read to its end before the next attempt", () =>
    Effect.gen(function*() {
      let finished = 0
      const provider = new Kit.Provider()
      provider.answer = (_, number) =>
        Effect.sync(() => {
          const stream = new ReadableStream({
            pull(controller) {
              controller.enqueue(new TextEncoder().encode("{}"))
              controller.close()
              finished++
            }
          }, { highWaterMark: 0 })
          return new Response(stream, { status: number < 3 ? 503 : 200, headers: { "retry-after": "0" } })
        })
      const shop = yield* Kit.shop(provider, Retry.layer(exact))
      yield* elapsed(shop.items.get({ path: { id: "1" } }))
      strictEqual(finished, 3)
    }))
})
