import { HttpBody, HttpClientRequest } from "@effect/platform"
import { describe, it } from "@effect/vitest"
import { assertRight, deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { Effect, Either, Exit, FastCheck as fc, Fiber, Layer, Metric, MetricState, Stream, TestClock } from "effect"
import { Bulkhead, Call, Hedge, IntegrationClient, Operation, Resilience, Retry, RetryBudget, Timeout } from "holdfast"
import { runs } from "../campaign.js"
import * as Kit from "../kit.js"
import { elapsed, tagOf } from "./elapsed.js"

const item = { path: { id: "1" } }
const created = { payload: { name: "a" } }

const answer = (id: string): Kit.Answer => () => Effect.succeed(Response.json({ id }))

const counts = (): Record<string, number> => {
  const result: Record<string, number> = {}
  for (const { metricKey, metricState } of Metric.unsafeSnapshot()) {
    const key = metricKey as { readonly name: string; readonly tags: ReadonlyArray<{ key: string; value: string }> }
    const state = metricState as unknown
    if (key.name !== "integration_hedges_total" || !MetricState.isCounterState(state)) continue
    result[key.tags.find((tag) => tag.key === "outcome")!.value] = Number(state.count)
  }
  return result
}

describe("Hedge", () => {
  it.scoped("an answer within the delay: one request", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(Kit.slow("200 millis", Kit.ok))
      const shop = yield* Kit.shop(provider, Hedge.layer({ delay: "300 millis" }))
      const [result, took] = yield* elapsed(shop.items.get(item))
      assertRight(result, { id: "1" })
      deepStrictEqual([provider.count, took], [1, 200])
    }))

  it.scoped("the first is slow: the second is sent after the delay, its answer wins, and the first is interrupted", () =>
    Effect.gen(function*() {
      const before = counts()
      const provider = new Kit.Provider(Kit.slow("10 seconds", answer("late")), Kit.slow("100 millis", answer("early")))
      const shop = yield* Kit.shop(provider, Hedge.layer({ delay: "300 millis" }))
      const [result, took] = yield* elapsed(shop.items.get(item))
      assertRight(result, { id: "early" })
      deepStrictEqual([provider.count, took, provider.interrupted, provider.active], [2, 400, 1, 0])
      strictEqual((counts().won ?? 0) - (before.won ?? 0), 1)
    }))

  it.scoped("the first is slow and still first: the second is interrupted", () =>
    Effect.gen(function*() {
      const before = counts()
      const provider = new Kit.Provider(
        Kit.slow("500 millis", answer("first")),
        Kit.slow("10 seconds", answer("second"))
      )
      const shop = yield* Kit.shop(provider, Hedge.layer({ delay: "300 millis" }))
      const [result, took] = yield* elapsed(shop.items.get(item))
      assertRight(result, { id: "first" })
      deepStrictEqual([provider.count, took, provider.interrupted, provider.active], [2, 500, 1, 0])
      strictEqual((counts().lost ?? 0) - (before.lost ?? 0), 1)
    }))

  it.scoped("the first alone fails: its error at once, and no further request", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(Kit.slow("100 millis", Kit.status(500)), Kit.ok)
      const shop = yield* Kit.shop(provider, Hedge.layer({ delay: "300 millis" }))
      const [result, took] = yield* elapsed(shop.items.get(item))
      deepStrictEqual([tagOf(result), provider.count, took], ["ServerError", 1, 100])
    }))

  it.scoped("a failure of the first while the second is under way is not the end of the call", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(Kit.slow("400 millis", Kit.status(500)), Kit.slow("500 millis", Kit.ok))
      const shop = yield* Kit.shop(provider, Hedge.layer({ delay: "300 millis" }))
      const [result, took] = yield* elapsed(shop.items.get(item))
      assertRight(result, { id: "1" })
      deepStrictEqual([provider.count, took], [2, 800])
    }))

  it.scoped("a failure of the second leaves the first alone", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(Kit.slow("1 second", Kit.ok), Kit.status(429))
      const shop = yield* Kit.shop(provider, Hedge.layer({ delay: "300 millis" }))
      const [result, took] = yield* elapsed(shop.items.get(item))
      assertRight(result, { id: "1" })
      deepStrictEqual([provider.count, took], [2, 1_000])
    }))

  it.scoped("all have failed: the error of the first, and the count of all", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(
        Kit.slow("2 seconds", Kit.status(503)),
        Kit.slow("100 millis", Kit.status(404)),
        Kit.slow("100 millis", Kit.status(429))
      )
      const shop = yield* Kit.shop(provider, Hedge.layer({ delay: "300 millis", maxHedges: 2 }))
      const [result, took] = yield* elapsed(shop.items.get(item))
      deepStrictEqual([tagOf(result), provider.count, took], ["ServerError", 3, 2_000])
      if (Either.isLeft(result)) deepStrictEqual([result.left.status, result.left.attempts], [503, 3])
    }))

  it.scoped("`maxHedges` requests beyond the first, each after another delay", () =>
    Effect.gen(function*() {
      const at: Array<number> = []
      const provider = new Kit.Provider()
      provider.answer = () =>
        Effect.zipRight(
          Effect.map(Effect.clockWith((clock) => clock.currentTimeMillis), (now) => at.push(now)),
          Effect.never
        )
      const shop = yield* Kit.shop(
        provider,
        Timeout.layerTotal("5 seconds").pipe(Layer.provide(Hedge.layer({ delay: "300 millis", maxHedges: 3 })))
      )
      const [result] = yield* elapsed(shop.items.get(item))
      deepStrictEqual([tagOf(result), at], ["TimeoutError", [0, 300, 600, 900]])
      deepStrictEqual([provider.interrupted, provider.active], [4, 0])
      if (Either.isLeft(result)) strictEqual(result.left.attempts, 4)
    }))

  describe("trap 39: what changes something at the provider is never sent twice", () => {
    it.scoped("whatever the operation says of itself but safe", () =>
      Effect.gen(function*() {
        const provider = new Kit.Provider(Kit.slow("10 seconds", Kit.ok))
        const shop = yield* Kit.shop(provider, Hedge.layer({ delay: "1 second", when: () => true }))
        yield* elapsed(shop.items.create(created))
        strictEqual(provider.count, 1)
        yield* elapsed(shop.items.upsert(created))
        strictEqual(provider.count, 2)
        yield* elapsed(shop.items.put(item))
        strictEqual(provider.count, 3)
        yield* elapsed(shop.items.get(item))
        strictEqual(provider.count, 5)
      }))

    it.scoped("nor is a body that was a stream, nor an answer that is handed over as it comes", () =>
      Effect.gen(function*() {
        const provider = new Kit.Provider(Kit.slow("10 seconds", Kit.ok))
        const context = yield* Layer.build(Layer.provide(Hedge.layer({ delay: "1 second" }), provider.layer))
        const client = yield* Effect.provide(IntegrationClient.IntegrationClient, context)
        // a search by POST
        const search = (body: HttpBody.HttpBody, stream: boolean) => {
          const call = new Call.Call(
            Operation.make({
              integration: "shop",
              method: "POST",
              name: "items.search",
              safe: true,
              template: "/items/search"
            }),
            {} as Call.Call["context"],
            undefined
          )
          call.stream = stream
          return elapsed(
            client.send(HttpClientRequest.post("/items/search").pipe(HttpClientRequest.setBody(body)), call)
          )
        }
        yield* search(HttpBody.stream(Stream.make(new Uint8Array([1]))), false)
        strictEqual(provider.count, 1)
        yield* search(HttpBody.text("{}"), true)
        strictEqual(provider.count, 2)
        yield* search(HttpBody.text("{}"), false)
        strictEqual(provider.count, 4)
      }))

    it.scoped("`when` leaves calls out", () =>
      Effect.gen(function*() {
        const provider = new Kit.Provider(Kit.slow("10 seconds", Kit.ok))
        const shop = yield* Kit.shop(
          provider,
          Hedge.layer({ delay: "1 second", when: (call) => call.operation.name !== "items.get" })
        )
        yield* elapsed(shop.items.get(item))
        strictEqual(provider.count, 1)
      }))

    it.scoped("and a provider that is slow as a whole does not get twice the load", () =>
      Effect.gen(function*() {
        const before = counts()
        const provider = new Kit.Provider(Kit.slow("10 seconds", Kit.ok))
        const shop = yield* Kit.shop(
          provider,
          Hedge.layer({ budget: { minPerSecond: 0, ratio: 0.1 }, delay: "1 second" })
        )
        yield* elapsed(
          Effect.forEach(Array.from({ length: 100 }), () => shop.items.get(item), { concurrency: "unbounded" })
        )
        // one in reserve, which the tenth of a hundred calls had filled up to
        strictEqual(provider.count, 100 + 1)
        strictEqual((counts().refused ?? 0) - (before.refused ?? 0), 99)
        const one = provider.count
        for (let i = 0; i < 50; i++) yield* elapsed(shop.items.get(item), "1 minute")
        strictEqual(provider.count - one >= 54 && provider.count - one <= 55, true)
      }))

    it.scoped("the budget of hedges is the integration's, and not that of its retries", () =>
      Effect.gen(function*() {
        const budgets = yield* Layer.build(RetryBudget.layerMemory)
        const provider = new Kit.Provider(Kit.slow("10 seconds", Kit.status(500)))
        const policy = Retry.layer({ budget: { minPerSecond: 0, ratio: 0 }, initialDelay: 0, maxAttempts: 2 }).pipe(
          Layer.provide(Hedge.layer({ budget: { minPerSecond: 0, ratio: 0 }, delay: "1 second" }))
        )
        const build = Effect.provide(Kit.shop(provider, policy), budgets)
        const [one, two] = [yield* build, yield* build]
        yield* elapsed(one.items.get(item))
        // two attempts by the one retry there is, and the one hedge
        strictEqual(provider.count, 3)
        yield* elapsed(two.items.get(item))
        strictEqual(provider.count, 4)
      }))
  })

  it.scoped("interrupted, all its requests end, and no further one is sent", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(Kit.hang)
      const shop = yield* Kit.shop(provider, Hedge.layer({ delay: "1 second", maxHedges: 2 }))
      const fiber = yield* Effect.fork(shop.items.get(item))
      yield* TestClock.adjust("1500 millis")
      strictEqual(provider.active, 2)
      strictEqual(Exit.isInterrupted(yield* Fiber.interrupt(fiber)), true)
      deepStrictEqual([provider.active, provider.interrupted], [0, 2])
      yield* TestClock.adjust("1 hour")
      strictEqual(provider.count, 2)
    }))

  it.scoped("in a region that cannot be interrupted, the losers still are", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(Kit.hang, Kit.ok)
      const shop = yield* Kit.shop(provider, Hedge.layer({ delay: "1 second" }))
      const [result, took] = yield* elapsed(Effect.uninterruptible(shop.items.get(item)))
      assertRight(result, { id: "1" })
      deepStrictEqual([took, provider.active], [1_000, 0])
    }))

  it.scoped("a defect is nobody's slow answer: it ends the call", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(Kit.slow("400 millis", () => Effect.die("a bug")), Kit.slow("1 second", Kit.ok))
      const shop = yield* Kit.shop(provider, Hedge.layer({ delay: "300 millis" }))
      const fiber = yield* Effect.fork(shop.items.get(item))
      yield* TestClock.adjust("1 hour")
      strictEqual(String(yield* Fiber.await(fiber)).includes("a bug"), true)
      deepStrictEqual([provider.count, provider.active], [2, 0])
    }))

  it.scoped("each request has its own time, its own slot; the slots are free before the caller goes on", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(Kit.hang, Kit.slow("900 millis", Kit.ok), Kit.ok)
      const shop = yield* Kit.shop(
        provider,
        Hedge.layer({ delay: "500 millis" }).pipe(
          Layer.provide(Bulkhead.layer({ maxConcurrent: 2, maxQueue: 0 })),
          Layer.provide(Timeout.layer("1 second"))
        )
      )
      // the first times out at 1000, the second answers at 1400, which would be too late by the first one's time
      const [result, took] = yield* elapsed(Effect.zip(shop.items.get(item), shop.items.get(item)))
      assertRight(result, [{ id: "1" }, { id: "1" }])
      deepStrictEqual([took, provider.count], [1_400, 3])
    }))

  it.scoped("a hedge that the bulkhead refuses does not hurt", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(Kit.slow("2 seconds", Kit.ok))
      const shop = yield* Kit.shop(
        provider,
        Hedge.layer({ delay: "500 millis" }).pipe(Layer.provide(Bulkhead.layer({ maxConcurrent: 1, maxQueue: 0 })))
      )
      const [result, took] = yield* elapsed(shop.items.get(item))
      assertRight(result, { id: "1" })
      deepStrictEqual([took, provider.count], [2_000, 1])
    }))

  it.scoped("beneath Retry each attempt is hedged, and every request counts as an attempt", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(
        Kit.slow("800 millis", Kit.status(500)),
        Kit.slow("300 millis", Kit.status(502)),
        Kit.ok
      )
      const shop = yield* Kit.shop(
        provider,
        Retry.layer({ initialDelay: "1 second", jitter: "none", maxAttempts: 2 }).pipe(
          Layer.provide(Hedge.layer({ delay: "500 millis" }))
        )
      )
      const [result, took] = yield* elapsed(shop.items.get(item))
      assertRight(result, { id: "1" })
      deepStrictEqual([took, provider.count], [1_800, 3])
    }))

  it.scoped("in the standard stack it is off unless it is given", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(Kit.slow("5 seconds", Kit.ok))
      const none = { circuitBreaker: false, deadLettering: false, rateLimit: false } as const
      const plain = yield* Kit.shop(provider, Resilience.layer(none))
      yield* elapsed(plain.items.get(item))
      strictEqual(provider.count, 1)
      const hedged = yield* Kit.shop(provider, Resilience.layer({ ...none, hedge: { delay: "1 second" } }))
      yield* elapsed(hedged.items.get(item))
      strictEqual(provider.count, 3)
    }))

  /** What should happen, worked out from the answers' times alone: who decides, when, and how many were sent. */
  const expected = (
    answers: ReadonlyArray<{ readonly ok: boolean; readonly millis: number }>,
    delay: number
  ): { readonly at: number; readonly by: number; readonly ok: boolean; readonly sent: number } => {
    let sent = 1
    for (;;) {
      const ends = answers.slice(0, sent).map(({ millis, ok }, index) => ({ at: index * delay + millis, index, ok }))
      const won = ends.filter(({ ok }) => ok).sort((a, b) => a.at - b.at)[0]
      const over = won?.at ?? Math.max(...ends.map(({ at }) => at))
      // another was due before that
      if (sent < answers.length && sent * delay < over) sent++
      else return { at: over, by: won?.index ?? 0, ok: won !== undefined, sent }
    }
  }

  it.scoped("whatever the answers and their times: the right one wins at the right time, and nothing is left under way", () =>
    Effect.gen(function*() {
      const answers = fc.array(fc.record({ ok: fc.boolean(), tens: fc.integer({ max: 100, min: 0 }) }), {
        maxLength: 4,
        minLength: 2
      })
      const cases = fc.sample(fc.tuple(answers, fc.integer({ max: 50, min: 1 })), { numRuns: runs(60), seed: 7 })
      for (const [drawn, tens] of cases) {
        const delay = tens * 10
        // no two things at one moment: their order is nobody's promise
        const script = drawn.map(({ ok, tens }, index) => ({ millis: tens * 10 + index + 1, ok }))
        const provider = new Kit.Provider(
          ...script.map(({ millis, ok }, index) =>
            Kit.slow(`${millis} millis`, ok ? answer(String(index)) : Kit.status(500, {}, { code: String(index) }))
          )
        )
        const shop = yield* Kit.shop(
          provider,
          Hedge.layer({ budget: false, delay, maxHedges: script.length - 1 })
        )
        const [result, took] = yield* elapsed(shop.items.get(item))
        const { at, by, ok, sent } = expected(script, delay)
        deepStrictEqual([took, provider.count, provider.active], [at, sent, 0])
        if (Either.isLeft(result)) deepStrictEqual([ok, result.left.code, result.left.attempts], [false, "0", sent])
        else deepStrictEqual([ok, result.right.id], [true, String(by)])
      }
    }))

  it.scoped("whenever it is interrupted, nothing is left under way", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(Kit.slow("500 millis", Kit.status(500)), Kit.slow("900 millis", Kit.ok))
      const shop = yield* Kit.shop(provider, Hedge.layer({ budget: false, delay: "300 millis", maxHedges: 2 }))
      for (let millis = 0; millis <= 1_300; millis += 100) {
        const fiber = yield* Effect.fork(shop.items.get(item))
        yield* TestClock.adjust(millis)
        yield* Fiber.interrupt(fiber)
        strictEqual(provider.active, 0)
        const { count } = provider
        yield* TestClock.adjust("1 minute")
        strictEqual(provider.count, count)
      }
    }))

  it("options that make no sense are refused with what to write instead", () => {
    const message = (options: Hedge.Options) => {
      try {
        Hedge.layer(options)
      } catch (error) {
        return (error as Error).message
      }
      return "accepted"
    }
    strictEqual(message({ delay: 0 }).includes("delay must be positive"), true)
    strictEqual(message({ delay: "1 second", maxHedges: 0 }).includes("maxHedges is 0"), true)
    strictEqual(message({ budget: { ratio: -1 }, delay: "1 second" }).includes("budget.ratio is -1"), true)
  })
})
