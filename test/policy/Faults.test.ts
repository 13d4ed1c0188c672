import { HttpClient } from "@effect/platform"
import { describe, it } from "@effect/vitest"
import { assertRight, deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import {
  Duration,
  Effect,
  Either,
  Exit,
  Fiber,
  Layer,
  Logger,
  Metric,
  MetricState,
  Random,
  SubscriptionRef,
  TestClock
} from "effect"
import {
  type Classification,
  DeadLetterQueue,
  Faults,
  Holdfast,
  Integration,
  IntegrationClient,
  IntegrationError,
  Resilience,
  Retry,
  Timeout
} from "holdfast"
import * as Kit from "../kit.js"
import { elapsed, gaveUpOf, tagOf } from "./elapsed.js"

const item = { path: { id: "1" } }
const created = { payload: { name: "a" } }

const tags: ReadonlyArray<IntegrationError.Tag> = [
  "AuthenticationError",
  "AuthorizationError",
  "BulkheadFullError",
  "CircuitBreakerOpenError",
  "ConflictError",
  "NetworkError",
  "NotFoundError",
  "RateLimitError",
  "ResponseDecodeError",
  "ServerError",
  "TimeoutError",
  "UnavailableError",
  "ValidationError"
]

const counted = (): Record<string, number> => {
  const result: Record<string, number> = {}
  for (const { metricKey, metricState } of Metric.unsafeSnapshot()) {
    const key = metricKey as { readonly name: string; readonly tags: ReadonlyArray<{ key: string; value: string }> }
    const state = metricState as unknown
    if (key.name !== "integration_faults_total" || !MetricState.isCounterState(state)) continue
    result[key.tags.find((tag) => tag.key === "fault")!.value] = Number(state.count)
  }
  return result
}

/** The warnings that an effect logs. */
const warnings = <A, E, R>(self: Effect.Effect<A, E, R>) =>
  Effect.gen(function*() {
    const lines: Array<string> = []
    const logger = Logger.make(({ logLevel, message }) => {
      if (logLevel.label === "WARN") lines.push(String(message))
    })
    const value = yield* Effect.provide(self, Logger.replace(Logger.defaultLogger, logger))
    return [value, lines] as const
  })

describe("Faults", () => {
  it.scoped("at rate 0 nothing is struck, at rate 1 all", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(Kit.ok)
      const none = yield* Kit.shop(provider, Faults.layer({ failure: "ServerError", rate: 0 }))
      const all = yield* Kit.shop(provider, Faults.layer({ failure: "ServerError", rate: 1 }))
      for (let i = 0; i < 20; i++) {
        assertRight(yield* Effect.either(none.items.get(item)), { id: "1" })
        strictEqual(tagOf(yield* Effect.either(all.items.get(item))), "ServerError")
      }
      strictEqual(provider.count, 20)
    }))

  it.scoped("the rate is the share that is struck, the same with the same seed", () =>
    Effect.gen(function*() {
      const run = (seed: number) =>
        Effect.gen(function*() {
          const provider = new Kit.Provider(Kit.ok)
          const shop = yield* Kit.shop(provider, Faults.layer({ failure: "ServerError", rate: 0.3 }))
          const results = yield* Effect.withRandom(
            Effect.forEach(Array.from({ length: 300 }), () => Effect.isSuccess(shop.items.get(item))),
            Random.make(seed)
          )
          strictEqual(provider.count, results.filter(Boolean).length)
          return results
        })
      const first = yield* run(1)
      const struck = first.filter((ok) => !ok).length
      strictEqual(struck > 65 && struck < 115, true)
      deepStrictEqual(yield* run(1), first)
      strictEqual((yield* run(2)).join() === first.join(), false)
    }))

  for (const tag of tags) {
    it.scoped(`failure ${tag}: nothing is sent, and the error is one of its kind that can be stored`, () =>
      Effect.gen(function*() {
        const provider = new Kit.Provider(Kit.ok)
        const shop = yield* Kit.shop(provider, Faults.layer({ failure: tag, rate: 1 }))
        const error = yield* Effect.flip(shop.items.get(item))
        deepStrictEqual([error._tag, error.integration, error.operation, provider.count], [tag, "shop", "items.get", 0])
        strictEqual(error.message.includes("injected fault"), true)
        strictEqual(IntegrationError.isIntegrationError(error), true)
      }))
  }

  it.scoped("a failure is made for the call", () =>
    Effect.gen(function*() {
      const shop = yield* Kit.shop(
        new Kit.Provider(Kit.ok),
        Faults.layer({
          failure: (call) =>
            new IntegrationError.NetworkError({
              ...call.errorFields,
              attempts: call.attempts,
              message: "no route",
              phase: "connect"
            }),
          rate: 1
        })
      )
      const error = yield* Effect.flip(shop.items.get(item))
      deepStrictEqual([error._tag, error.message], ["NetworkError", "no route"])
    }))

  it.scoped("the policies above meet it as the provider's: attempts are counted, a lost response keeps a POST from being sent again", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(Kit.ok)
      const retry = Retry.layer({ initialDelay: 0, maxAttempts: 3 })
      const lost = yield* Kit.shop(
        provider,
        retry.pipe(Layer.provide(Faults.layer({ failure: "NetworkError", rate: 1 })))
      )
      const read = yield* Effect.either(lost.items.get(item))
      deepStrictEqual([Either.isLeft(read) && read.left.attempts, gaveUpOf(read)], [3, "attempts"])
      strictEqual(gaveUpOf(yield* Effect.either(lost.items.create(created))), "may-have-been-processed")
      const limited = yield* Kit.shop(
        provider,
        retry.pipe(Layer.provide(Faults.layer({ failure: "RateLimitError", rate: 1 })))
      )
      strictEqual(gaveUpOf(yield* Effect.either(limited.items.create(created))), "attempts")
      strictEqual(provider.count, 0)
    }))

  it.scoped("in the standard stack: beneath all else, one or several, and a write that it hits is a dead letter", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(Kit.ok)
      const services = yield* Layer.build(Holdfast.layerMemory)
      const shop = yield* Effect.provide(
        Kit.shop(
          provider,
          Resilience.layer({
            faults: [
              { failure: "NetworkError", rate: 1, when: (call) => call.operation.name === "items.create" },
              { latency: "20 seconds", rate: 1, when: (call) => call.operation.name === "items.get" }
            ],
            retry: { initialDelay: 0, jitter: "none" }
          })
        ),
        services
      )
      const [write] = yield* elapsed(shop.items.create(created))
      deepStrictEqual(Either.isLeft(write) && [write.left._tag, write.left.attempts, write.left.deadLettered], [
        "NetworkError",
        1,
        true
      ])
      const queue = yield* Effect.provide(DeadLetterQueue.DeadLetterQueue, services)
      strictEqual((yield* queue.stats()).total, 1)
      // the latency is within the attempt's timeout
      const [read, took] = yield* elapsed(shop.items.get(item))
      deepStrictEqual([tagOf(read), took], ["TimeoutError", 30_000])
      strictEqual(provider.count, 0)
      assertRight(yield* Effect.either(shop.items.put(item)), { id: "1" })
      const one = yield* Effect.provide(
        Kit.shop(provider, Resilience.layer({ faults: [{ outcome: { status: 404 }, rate: 1 }] })),
        services
      )
      strictEqual(tagOf(yield* Effect.either(one.items.get(item))), "NotFoundError")
    }))

  describe("latency", () => {
    it.scoped("alone: late, and then as the provider answers", () =>
      Effect.gen(function*() {
        const provider = new Kit.Provider(Kit.ok)
        const before = counted().latency ?? 0
        const shop = yield* Kit.shop(provider, Faults.layer({ latency: "2 seconds", rate: 1 }))
        const [result, took] = yield* elapsed(shop.items.get(item))
        assertRight(result, { id: "1" })
        deepStrictEqual([took, provider.count, (counted().latency ?? 0) - before], [2_000, 1, 1])
      }))

    it.scoped("any between two lengths", () =>
      Effect.gen(function*() {
        const shop = yield* Kit.shop(
          new Kit.Provider(Kit.ok),
          Faults.layer({ latency: { max: "3 seconds", min: "1 second" }, rate: 1 })
        )
        const took: Array<number> = []
        for (let seed = 0; seed < 30; seed++) {
          took.push((yield* elapsed(Effect.withRandom(shop.items.get(item), Random.make(seed)), "5 seconds"))[1])
        }
        strictEqual(took.every((millis) => millis >= 1_000 && millis <= 3_000), true)
        strictEqual(Math.max(...took) - Math.min(...took) > 1_000, true)
      }))

    it.scoped("before a failure", () =>
      Effect.gen(function*() {
        const shop = yield* Kit.shop(
          new Kit.Provider(Kit.ok),
          Faults.layer({ failure: "TimeoutError", latency: "2 seconds", rate: 1 })
        )
        const [result, took] = yield* elapsed(shop.items.get(item))
        strictEqual(took, 2_000)
        if (Either.isLeft(result) && result.left._tag === "TimeoutError") {
          deepStrictEqual(result.left.after, Duration.seconds(2))
        } else strictEqual(tagOf(result), "TimeoutError")
      }))

    it.scoped("ends with the caller's interruption and with the attempt's deadline", () =>
      Effect.gen(function*() {
        const provider = new Kit.Provider(Kit.ok)
        const shop = yield* Kit.shop(
          provider,
          Timeout.layer("5 seconds").pipe(Layer.provide(Faults.layer({ latency: "10 seconds", rate: 1 })))
        )
        const [result, took] = yield* elapsed(shop.items.get(item))
        deepStrictEqual([tagOf(result), took], ["TimeoutError", 5_000])
        const fiber = yield* Effect.fork(shop.items.get(item))
        yield* TestClock.adjust("1 second")
        strictEqual(Exit.isInterrupted(yield* Fiber.interrupt(fiber)), true)
        yield* TestClock.adjust("1 hour")
        strictEqual(provider.count, 0)
      }))
  })

  describe("outcome", () => {
    it.scoped("is read as an answer of the provider's: its status, headers and body", () =>
      Effect.gen(function*() {
        const provider = new Kit.Provider(Kit.ok)
        const shop = yield* Kit.shop(
          provider,
          Faults.layer({
            outcome: {
              body: { code: "BUSY", message: "come back later" },
              headers: { "Retry-After": "7" },
              status: 503
            },
            rate: 1
          })
        )
        const error = yield* Effect.flip(shop.items.get(item))
        deepStrictEqual([error._tag, error.status, error.code, error.message, error.retryAfter, error.attempts], [
          "ServerError",
          503,
          "BUSY",
          "HTTP 503: come back later",
          Duration.seconds(7),
          1
        ])
        strictEqual(provider.count, 0)
      }))

    it.scoped("by the provider's own classifier", () =>
      Effect.gen(function*() {
        const classify: Classification.Classifier = ({ status }) =>
          status === 400 ? { retryable: false, tag: "RateLimitError" } : undefined
        const definition = Integration.define({ ...Kit.definition, classify })
        const context = yield* Layer.build(
          Faults.layer({ outcome: { status: 400 }, rate: 1 }).pipe(
            Layer.provide(IntegrationClient.layer(definition)),
            Layer.provide(Layer.succeed(HttpClient.HttpClient, new Kit.Provider(Kit.ok).client))
          )
        )
        const shop = yield* Effect.provide(Integration.client(definition), context)
        const error = yield* Effect.flip(shop.items.get(item))
        deepStrictEqual([error._tag, error.retryable], ["RateLimitError", false])
      }))

    it.scoped("a success is decoded where it stands, so that the policies above see one that is not what was promised", () =>
      Effect.gen(function*() {
        const good = yield* Kit.shop(
          new Kit.Provider(Kit.status(500)),
          Faults.layer({ outcome: { body: { id: "7" }, status: 200 }, rate: 1 })
        )
        deepStrictEqual(yield* good.items.get(item), { id: "7" })
        for (const body of ["{\"id\": ", { name: "x" }, undefined]) {
          const seen: Array<string> = []
          const shop = yield* Kit.shop(
            new Kit.Provider(Kit.ok),
            IntegrationClient.stage(() =>
              Effect.succeed({
                leave: (_, outcome) => {
                  seen.push(outcome._tag)
                  return undefined
                }
              })
            ).pipe(Layer.provide(Faults.layer({ outcome: { body, status: 200 }, rate: 1 })))
          )
          strictEqual(tagOf(yield* Effect.either(shop.items.get(item))), "ResponseDecodeError")
          deepStrictEqual(seen, ["Failure"])
        }
      }))
  })

  describe("on and off", () => {
    it.scoped("off: nothing is struck and nothing is said", () =>
      Effect.gen(function*() {
        const provider = new Kit.Provider(Kit.ok)
        const [shop, lines] = yield* warnings(
          Kit.shop(provider, Faults.layer({ enabled: false, failure: "ServerError", rate: 1 }))
        )
        deepStrictEqual([yield* shop.items.get(item), lines, provider.count], [{ id: "1" }, [], 1])
      }))

    it.scoped("on: it says so at Warning, once, when the client is built", () =>
      Effect.gen(function*() {
        const [shop, lines] = yield* warnings(
          Kit.shop(new Kit.Provider(Kit.ok), Faults.layer({ failure: "ServerError", latency: "1 second", rate: 0.025 }))
        )
        deepStrictEqual(lines, ["Faults: latency, then ServerError injected into 2.5 % of the requests to shop"])
        deepStrictEqual((yield* warnings(Effect.either(shop.items.get(item))))[1], [])
      }))

    it.scoped("flipped at run time, it says so at the next call, and calls in flight keep their fate", () =>
      Effect.gen(function*() {
        const enabled = yield* SubscriptionRef.make(false)
        const provider = new Kit.Provider(Kit.slow("5 seconds", Kit.ok))
        const [shop, built] = yield* warnings(
          Kit.shop(provider, Faults.layer({ enabled, outcome: { status: 503 }, rate: 1 }))
        )
        deepStrictEqual(built, [])
        const inFlight = yield* Effect.fork(shop.items.get(item))
        yield* TestClock.adjust("1 second")
        yield* SubscriptionRef.set(enabled, true)
        const [struck, on] = yield* warnings(Effect.either(shop.items.get(item)))
        deepStrictEqual([tagOf(struck), on], [
          "ServerError",
          ["Faults: HTTP 503 injected into 100 % of the requests to shop"]
        ])
        yield* TestClock.adjust("1 minute")
        deepStrictEqual(yield* Fiber.join(inFlight), { id: "1" })
        yield* SubscriptionRef.set(enabled, false)
        const [[plain], off] = yield* warnings(elapsed(shop.items.get(item)))
        deepStrictEqual([tagOf(plain), off], ["success", ["Faults: no more faults are injected into shop"]])
      }))

    it.scoped("`when` chooses the calls", () =>
      Effect.gen(function*() {
        const provider = new Kit.Provider(Kit.ok)
        const shop = yield* Kit.shop(
          provider,
          Faults.layer({
            failure: "ServerError",
            rate: 1,
            when: (call) => call.context.tenantId === "acme" || !call.operation.safe
          })
        )
        assertRight(yield* Effect.either(shop.items.get(item)), { id: "1" })
        strictEqual(tagOf(yield* Effect.either(shop.items.create(created))), "ServerError")
      }))
  })

  it("options that make no sense are refused with what to write instead", () => {
    const message = (options: Faults.Options) => {
      try {
        Faults.layer(options)
      } catch (error) {
        return (error as Error).message
      }
      return "accepted"
    }
    strictEqual(message({ failure: "ServerError", rate: 2 }).includes("rate is 2"), true)
    strictEqual(message({ rate: 1 }).includes("give latency, failure or outcome"), true)
    strictEqual(message({ failure: "ServerError", outcome: { status: 500 }, rate: 1 }).includes("two layers"), true)
    strictEqual(message({ outcome: { status: 99 }, rate: 1 }).includes("outcome.status is 99"), true)
    strictEqual(message({ latency: { max: 1, min: 2 }, rate: 1 }).includes("latency is from 2 to 1 ms"), true)
    strictEqual(message({ latency: "infinity" as "1 second", rate: 1 }) === "accepted", false)
  })
})
