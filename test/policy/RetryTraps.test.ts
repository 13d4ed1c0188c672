/**
 * The cases that other libraries' tests have (resilience.md 3.3), and the traps that others fell into (4), by number.
 */
import { HttpBody, HttpClient, HttpClientRequest } from "@effect/platform"
import { describe, it } from "@effect/vitest"
import { assertRight, deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { Effect, Either, Exit, Fiber, Layer, Ref, Schedule, Stream, TestClock } from "effect"
import {
  type Classification,
  Holdfast,
  IdempotencyKey,
  Integration,
  IntegrationClient,
  Resilience,
  Retry,
  RetryBudget,
  Timeout
} from "holdfast"
import * as Kit from "../kit.js"
import { elapsed, gaveUpOf, tagOf } from "./elapsed.js"

const exact = { initialDelay: "1 second", jitter: "none", maxAttempts: 3 } as const
const item = { path: { id: "1" } }
const created = { payload: { name: "a" } }

/** A client of another integration, or with another reading of its answers. */
const clientOf = <R, E>(
  provider: Kit.Provider,
  changes: { readonly id?: string; readonly classify?: Classification.Classifier },
  policy: IntegrationClient.Policy<R, E>
) => {
  const definition = Integration.define({ ...Kit.definition, ...changes })
  return Effect.flatMap(
    Layer.build(
      policy.pipe(
        Layer.provide(IntegrationClient.layer(definition)),
        Layer.provide(Layer.succeed(HttpClient.HttpClient, provider.client))
      )
    ),
    (context) => Effect.provide(Integration.client(definition), context)
  )
}

describe("Retry, cases of the field", () => {
  it.scoped("interrupted before the first attempt, nothing is ever sent", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(Kit.status(500))
      const shop = yield* Kit.shop(provider, Retry.layer(exact))
      const fiber = yield* Effect.fork(shop.items.get(item))
      strictEqual(Exit.isInterrupted(yield* Fiber.interrupt(fiber)), true)
      yield* TestClock.adjust("1 hour")
      strictEqual(provider.count, 0)
    }))

  it.scoped("a decision to retry that comes after an interruption changes nothing", () =>
    Effect.gen(function*() {
      const decided = yield* Ref.make(0)
      // a schedule that takes its time to decide
      const slow = Schedule.tapInput(Schedule.forever, () =>
        Effect.zipRight(Effect.sleep("10 seconds"), Ref.update(decided, (n) => n + 1)))
      const provider = new Kit.Provider(Kit.status(500))
      const shop = yield* Kit.shop(provider, Retry.layer({ schedule: slow }))
      const fiber = yield* Effect.fork(shop.items.get(item))
      yield* TestClock.adjust("5 seconds")
      strictEqual(Exit.isInterrupted(yield* Fiber.interrupt(fiber)), true)
      yield* TestClock.adjust("1 hour")
      deepStrictEqual([provider.count, yield* decided], [1, 0])
    }))

  it.scoped("a pause of nothing needs no timer", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(Kit.status(500), Kit.status(429, { "retry-after": "0" }), Kit.ok)
      const shop = yield* Kit.shop(provider, Retry.layer({ ...exact, initialDelay: 0 }))
      // the clock stands still: a timer would never fire
      yield* shop.items.get(item)
      strictEqual(provider.count, 3)
    }))

  it.scoped("each attempt has its full time", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(Kit.hang, Kit.hang, Kit.slow("4 seconds", Kit.ok))
      const shop = yield* Kit.shop(provider, Retry.layer(exact).pipe(Layer.provide(Timeout.layer("5 seconds"))))
      const [result, took] = yield* elapsed(shop.items.get(item))
      assertRight(result, { id: "1" })
      strictEqual(took, 5_000 + 1_000 + 5_000 + 2_000 + 4_000)
    }))

  it.scoped("a total deadline that passes during an attempt ends it, and the pause before it had counted", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(Kit.status(500), Kit.hang)
      const shop = yield* Kit.shop(
        provider,
        Timeout.layerTotal("3 seconds").pipe(Layer.provide(Retry.layer(exact)))
      )
      const [result, took] = yield* elapsed(shop.items.get(item))
      deepStrictEqual([tagOf(result), provider.count, took], ["TimeoutError", 2, 3_000])
    }))

  it.scoped("what a provider says of one answer goes before the rules of its status, both ways", () =>
    Effect.gen(function*() {
      const classify: Classification.Classifier = ({ headers }) =>
        headers["stripe-should-retry"] === undefined
          ? undefined
          : { retryable: headers["stripe-should-retry"] === "true" }
      const no = new Kit.Provider(Kit.status(500, { "stripe-should-retry": "false" }), Kit.ok)
      const [refused] = yield* elapsed((yield* clientOf(no, { classify }, Retry.layer(exact))).items.get(item))
      deepStrictEqual([no.count, tagOf(refused)], [1, "ServerError"])
      const yes = new Kit.Provider(Kit.status(409, { "stripe-should-retry": "true" }), Kit.ok)
      const [again] = yield* elapsed((yield* clientOf(yes, { classify }, Retry.layer(exact))).items.get(item))
      deepStrictEqual([yes.count, tagOf(again)], [2, "success"])
    }))

  it.scoped("`when` decides which errors are worth another attempt, and the other rules still hold", () =>
    Effect.gen(function*() {
      const when = (error: { readonly _tag: string }) => error._tag === "NotFoundError"
      const provider = new Kit.Provider(Kit.status(404), Kit.ok, Kit.status(503), Kit.status(404))
      const shop = yield* Kit.shop(provider, Retry.layer({ ...exact, when }))
      const [found] = yield* elapsed(shop.items.get(item))
      const [unavailable] = yield* elapsed(shop.items.get(item))
      deepStrictEqual([tagOf(found), tagOf(unavailable), provider.count], ["success", "ServerError", 3])
      const [missing] = yield* elapsed(shop.items.get(item))
      deepStrictEqual([tagOf(missing), gaveUpOf(missing), provider.count], ["NotFoundError", "attempts", 6])
    }))

  it.scoped("a schedule that ends by the time that has passed is followed to its end", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(Kit.status(500))
      const shop = yield* Kit.shop(
        provider,
        Retry.layer({ schedule: Schedule.spaced("2 seconds").pipe(Schedule.upTo("5 seconds")) })
      )
      const [result, took] = yield* elapsed(shop.items.get(item))
      deepStrictEqual([gaveUpOf(result), provider.count, took], ["schedule", 4, 6_000])
    }))

  it.scoped("a schedule sees each error, and may end by it", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(Kit.status(500), Kit.status(502), Kit.status(503), Kit.ok)
      const shop = yield* Kit.shop(
        provider,
        Retry.layer({ schedule: Schedule.recurWhile((error: { status?: number | undefined }) => error.status !== 503) })
      )
      const [result] = yield* elapsed(shop.items.get(item))
      deepStrictEqual([tagOf(result), gaveUpOf(result), provider.count], ["ServerError", "schedule", 3])
    }))
})

describe("Retry, traps", () => {
  it.scoped("trap 7: a stack that retries twice over multiplies, and one budget bounds the product", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(Kit.status(500))
      const layer = (budget: RetryBudget.Options | false) => Retry.layer({ budget, initialDelay: 0, maxAttempts: 4 })
      const nested = (budget: RetryBudget.Options | false) =>
        layer(budget).pipe(Layer.provide(layer(budget)), Layer.provide(layer(budget)))
      const unbounded = yield* Kit.shop(provider, nested(false))
      const [first] = yield* elapsed(unbounded.items.get(item))
      strictEqual(provider.count, 64)
      strictEqual(Either.isLeft(first) && first.left.attempts, 64)

      const before = provider.count
      const bounded = yield* Effect.provide(
        Kit.shop(provider, nested({ minPerSecond: 1, ratio: 0 })),
        yield* Layer.build(RetryBudget.layerMemory)
      )
      const [second] = yield* elapsed(bounded.items.get(item), 0)
      // ten seconds' worth, whatever the layers make of it
      deepStrictEqual([provider.count - before, gaveUpOf(second)], [11, "budget"])
    }))

  it.scoped("trap 8: in an outage all callers together send the calls, the reserve, and the ratio; then it is said why not more", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(Kit.status(503))
      const shop = yield* Kit.shop(
        provider,
        Retry.layer({ ...exact, budget: { minPerSecond: 2, ratio: 0.1 }, initialDelay: 0, maxAttempts: 5 })
      )
      const results = yield* Effect.forEach(
        Array.from({ length: 400 }),
        () => Effect.either(shop.items.get(item)),
        { concurrency: 20 }
      )
      const most = 400 + 20 + 40
      strictEqual(provider.count <= most && provider.count >= most - 2, true)
      // what the budget refuses is an error like any other, with its reason
      strictEqual(results.every((result) => tagOf(result) === "ServerError"), true)
      strictEqual(results.filter((result) => gaveUpOf(result) === "budget").length > 380, true)
      // and a quiet second later there is the floor again
      yield* TestClock.adjust("1 second")
      const before = provider.count
      yield* Effect.either(shop.items.get(item))
      strictEqual(provider.count - before, 3)
    }))

  it.scoped("trap 9: the budget is the integration's: its clients share it, and other integrations are not starved", () =>
    Effect.gen(function*() {
      const budgets = yield* Layer.build(RetryBudget.layerMemory)
      const retry = Retry.layer({ ...exact, budget: { minPerSecond: 1, ratio: 0 }, initialDelay: 0, maxAttempts: 11 })
      const build = (provider: Kit.Provider, id: string, policy = retry) =>
        Effect.provide(clientOf(provider, { id }, policy), budgets)
      const down = new Kit.Provider(Kit.status(500))
      const [one, two] = [yield* build(down, "shop"), yield* build(down, "shop")]
      yield* Effect.either(one.items.get(item))
      strictEqual(down.count, 11)
      // the other client of the same integration finds it spent
      const [refused] = yield* elapsed(two.items.get(item), 0)
      deepStrictEqual([down.count, gaveUpOf(refused)], [12, "budget"])
      // another integration does not
      const flaky = new Kit.Provider(Kit.status(500), Kit.ok)
      yield* (yield* build(flaky, "depot")).items.get(item)
      strictEqual(flaky.count, 2)
      // nor do calls of the same integration that were given a budget of their own
      const own = yield* build(
        down,
        "shop",
        Retry.layer({ ...exact, budget: { key: "shop/nightly", minPerSecond: 1, ratio: 0 }, initialDelay: 0 })
      )
      yield* Effect.either(own.items.get(item))
      strictEqual(down.count, 12 + 3)
    }))

  it.scoped("trap 9: every `Holdfast` layer brings the budgets, and clients of one program share them", () =>
    Effect.gen(function*() {
      const holdfast = yield* Layer.build(Holdfast.layerMemory)
      const down = new Kit.Provider(Kit.status(500))
      const stack = Resilience.layer({
        circuitBreaker: false,
        retry: { budget: { minPerSecond: 1, ratio: 0 }, initialDelay: 0, maxAttempts: 11 }
      })
      const [one, two] = [
        yield* Effect.provide(Kit.shop(down, stack), holdfast),
        yield* Effect.provide(Kit.shop(down, stack), holdfast)
      ]
      yield* Effect.either(one.items.get(item))
      yield* Effect.either(two.items.get(item))
      strictEqual(down.count, 11 + 1)
    }))

  it.scoped("trap 9: one call cannot spend what the others need: its attempts bound it first", () =>
    Effect.gen(function*() {
      const down = new Kit.Provider(Kit.status(500), Kit.status(500), Kit.status(500), Kit.status(500), Kit.ok)
      const shop = yield* Kit.shop(
        down,
        Retry.layer({ ...exact, budget: { minPerSecond: 1, ratio: 0 }, initialDelay: 0 })
      )
      const [first] = yield* elapsed(shop.items.get(item), 0)
      strictEqual(gaveUpOf(first), "attempts")
      const [second] = yield* elapsed(shop.items.get(item), 0)
      strictEqual(tagOf(second), "success")
    }))

  it.scoped("trap 10: a POST that the server may have acted on is not sent again, and its error says why", () =>
    Effect.gen(function*() {
      for (const answer of [Kit.status(500), Kit.status(503), Kit.networkError("ECONNRESET"), Kit.hang]) {
        const provider = new Kit.Provider(answer, Kit.ok)
        const shop = yield* Kit.shop(provider, Retry.layer(exact).pipe(Layer.provide(Timeout.layer("5 seconds"))))
        const [result] = yield* elapsed(shop.items.create(created))
        deepStrictEqual([provider.count, gaveUpOf(result)], [1, "may-have-been-processed"])
      }
    }))

  it.scoped("trap 10: a reset header on a 503 is no statement that it was not processed", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(
        Kit.status(503, { "x-ratelimit-remaining": "0", "x-ratelimit-reset": "1" }),
        Kit.ok
      )
      const shop = yield* Kit.shop(provider, Retry.layer(exact))
      const [result] = yield* elapsed(shop.items.create(created))
      deepStrictEqual([provider.count, gaveUpOf(result)], [1, "may-have-been-processed"])
    }))

  it.scoped("trap 11: one idempotency key for all attempts of a call, another one for another call", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(
        Kit.status(500),
        Kit.networkError("ECONNRESET"),
        Kit.ok,
        Kit.status(500),
        Kit.ok
      )
      const shop = yield* Kit.shop(
        provider,
        IdempotencyKey.layer({ header: "idempotency-key" }).pipe(Layer.provide(Retry.layer(exact)))
      )
      yield* elapsed(shop.items.create(created))
      yield* elapsed(shop.items.create(created))
      const keys = provider.requests.map((request) => request.headers["idempotency-key"])
      deepStrictEqual([keys.length, new Set(keys.slice(0, 3)).size, new Set(keys.slice(3)).size, new Set(keys).size], [
        5,
        1,
        1,
        2
      ])
    }))

  describe("trap 13: what the server asks for is waited for, in every form", () => {
    // 2026-11-22T12:00:00Z
    const now = Date.UTC(2026, 10, 22, 12)
    const asked: ReadonlyArray<readonly [string, Record<string, string>, unknown, number]> = [
      ["seconds", { "retry-after": "7" }, {}, 7_000],
      ["IMF-fixdate", { "retry-after": "Sun, 22 Nov 2026 12:00:07 GMT" }, {}, 7_000],
      ["RFC 850", { "retry-after": "Sunday, 22-Nov-26 12:00:07 GMT" }, {}, 7_000],
      ["asctime", { "retry-after": "Sun Nov 22 12:00:07 2026" }, {}, 7_000],
      ["a date in the past", { "retry-after": "Sun, 22 Nov 2026 11:00:07 GMT" }, {}, 0],
      ["retry-after-ms", { "retry-after-ms": "250" }, {}, 250],
      ["x-amz-retry-after", { "x-amz-retry-after": "1250" }, {}, 1_250],
      ["epoch seconds", { "x-ratelimit-remaining": "0", "x-ratelimit-reset": String(now / 1000 + 7) }, {}, 7_000],
      ["epoch milliseconds", { "x-ratelimit-remaining": "0", "x-ratelimit-reset": String(now + 7_500) }, {}, 7_500],
      ["seconds until", { "ratelimit-remaining": "0", "ratelimit-reset": "7" }, {}, 7_000],
      ["the RateLimit field", { ratelimit: "\"default\";r=0;t=7" }, {}, 7_000],
      ["google.rpc.RetryInfo", {}, {
        error: { details: [{ "@type": "type.googleapis.com/google.rpc.RetryInfo", retryDelay: "3.5s" }] }
      }, 3_500],
      ["nothing that can be read: backoff", { "retry-after": "soon", "x-ratelimit-reset": "later" }, {}, 1_000]
    ]
    for (const [form, headers, body, millis] of asked) {
      it.scoped(form, () =>
        Effect.gen(function*() {
          yield* TestClock.setTime(now)
          const provider = new Kit.Provider(Kit.status(429, headers, body), Kit.ok)
          const shop = yield* Kit.shop(provider, Retry.layer(exact))
          const [result, took] = yield* elapsed(shop.items.get(item))
          assertRight(result, { id: "1" })
          strictEqual(took, millis)
        }))
    }
  })

  describe("trap 14: asked to wait for ten minutes", () => {
    const run = (options: Retry.Options, total?: "20 minutes" | "5 minutes") =>
      Effect.gen(function*() {
        const provider = new Kit.Provider(Kit.status(429, { "retry-after": "600" }), Kit.ok)
        const retry = Retry.layer({ ...exact, ...options })
        const shop = yield* Kit.shop(
          provider,
          total === undefined ? retry : Timeout.layerTotal(total).pipe(Layer.provide(retry))
        )
        const [result, took] = yield* elapsed(shop.items.get(item), "2 hours")
        return [tagOf(result), gaveUpOf(result), provider.count, took] as const
      })

    it.scoped("giveUp, the default: the error that asked, at once", () =>
      Effect.gen(function*() {
        deepStrictEqual(yield* run({}), ["RateLimitError", "retry-after", 1, 0])
        deepStrictEqual(yield* run({ onRetryAfter: "giveUp" }), ["RateLimitError", "retry-after", 1, 0])
        deepStrictEqual(yield* run({ maxRetryAfter: "10 minutes" }), ["success", undefined, 2, 600_000])
      }))

    it.scoped("cap: waits as long as it may, and tries", () =>
      Effect.gen(function*() {
        deepStrictEqual(yield* run({ onRetryAfter: "cap" }), ["success", undefined, 2, 60_000])
        deepStrictEqual(yield* run({ maxRetryAfter: "30 seconds", onRetryAfter: "cap" }), [
          "success",
          undefined,
          2,
          30_000
        ])
      }))

    it.scoped("wait: waits as long as it was asked to, within the caller's deadline", () =>
      Effect.gen(function*() {
        deepStrictEqual(yield* run({ onRetryAfter: "wait" }), ["success", undefined, 2, 600_000])
        deepStrictEqual(yield* run({ onRetryAfter: "wait" }, "20 minutes"), ["success", undefined, 2, 600_000])
        deepStrictEqual(yield* run({ onRetryAfter: "wait" }, "5 minutes"), ["RateLimitError", "deadline", 1, 0])
      }))

    it.scoped("wait: fifty days are fifty days, although no timer is so long", () =>
      Effect.gen(function*() {
        const provider = new Kit.Provider(Kit.status(429, { "retry-after": String(50 * 86_400) }), Kit.ok)
        const shop = yield* Kit.shop(provider, Retry.layer({ onRetryAfter: "wait" }))
        const [result, took] = yield* elapsed(shop.items.get(item), "60 days")
        deepStrictEqual([tagOf(result), took], ["success", 50 * 86_400_000])
      }))
  })

  it.scoped("trap 29: the body of an answer that is not wanted is read to its end before the next attempt", () =>
    Effect.gen(function*() {
      const order: Array<string> = []
      const provider = new Kit.Provider()
      provider.answer = (_, number) =>
        Effect.sync(() => {
          order.push(`request ${number}`)
          let chunks = 0
          const body = new ReadableStream({
            pull(controller) {
              if (chunks++ < 20) return controller.enqueue(new TextEncoder().encode(" ".repeat(1_000)))
              order.push(`body ${number} ended`)
              controller.enqueue(new TextEncoder().encode("{\"id\":\"1\"}"))
              controller.close()
            }
          }, { highWaterMark: 0 })
          return new Response(body, { status: number < 3 ? 503 : 200 })
        })
      const shop = yield* Kit.shop(provider, Retry.layer(exact))
      const [result] = yield* elapsed(shop.items.get(item))
      assertRight(result, { id: "1" })
      deepStrictEqual(order, [1, 2, 3].flatMap((number) => [`request ${number}`, `body ${number} ended`]))
    }))

  describe("trap 30: a body that was a stream is not sent a second time", () => {
    const send = (request: HttpClientRequest.HttpClientRequest, answer: Kit.Answer, policy = Retry.layer(exact)) =>
      Effect.gen(function*() {
        const provider = new Kit.Provider(answer, Kit.ok)
        const context = yield* Layer.build(Layer.provide(policy, provider.layer))
        const client = yield* Effect.provide(IntegrationClient.IntegrationClient, context)
        const [result] = yield* elapsed(client.execute(request))
        return [provider.count, gaveUpOf(result)] as const
      })
    const put = HttpClientRequest.put("/items/1")
    const chunk = new Uint8Array([1])
    const streams: ReadonlyArray<readonly [string, () => HttpClientRequest.HttpClientRequest]> = [
      ["an Effect stream", () => HttpClientRequest.bodyStream(put, Stream.make(chunk))],
      ["a web stream", () => put.pipe(withRaw(new Blob([chunk]).stream()))],
      ["a generator", () =>
        put.pipe(withRaw((async function*() {
          yield chunk
        })()))]
    ]
    const withRaw = (body: unknown) => (request: HttpClientRequest.HttpClientRequest) =>
      HttpClientRequest.setBody(request, HttpBody.raw(body))

    for (const [what, request] of streams) {
      it.scoped(what, () =>
        Effect.gen(function*() {
          deepStrictEqual(yield* send(request(), Kit.status(500)), [1, "body-consumed"])
          deepStrictEqual(yield* send(request(), Kit.status(429)), [1, "body-consumed"])
          // the transport may have begun to read it before the connection was refused
          deepStrictEqual(yield* send(request(), Kit.networkError("ECONNREFUSED")), [1, "body-consumed"])
        }))
    }

    it.scoped("bytes, text and forms are", () =>
      Effect.gen(function*() {
        const form = new FormData()
        form.set("file", new Blob([chunk]))
        for (
          const request of [
            HttpClientRequest.bodyUint8Array(put, chunk),
            HttpClientRequest.bodyText(put, "a"),
            HttpClientRequest.bodyFormData(put, form),
            put.pipe(withRaw("text")),
            put.pipe(withRaw(new Blob([chunk])))
          ]
        ) deepStrictEqual(yield* send(request, Kit.status(500)), [2, undefined])
      }))
  })

  it.scoped("trap 31: a power beyond what a number holds is the longest pause, not nothing and not for ever", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider()
      provider.answer = (request, number) => number <= 8 ? Kit.status(500)(request, number) : Kit.ok(request, number)
      const shop = yield* Kit.shop(
        provider,
        // 1e100 to the fourth is Infinity
        Retry.layer({ ...exact, maxAttempts: 20, maxDelay: "8 seconds", multiplier: 1e100 })
      )
      const [result, took] = yield* elapsed(shop.items.get(item))
      strictEqual(tagOf(result), "success")
      strictEqual(took, 1_000 + 7 * 8_000)
    }))
})
