import { HttpClient } from "@effect/platform"
import { describe, it } from "@effect/vitest"
import { assertRight, deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { Duration, Effect, Either, Exit, Fiber, HashMap, Layer, Logger, Metric, MetricState, TestClock } from "effect"
import {
  Availability,
  DeadLetterQueue,
  Fallback,
  Faults,
  Holdfast,
  IntegrationClient,
  IntegrationError,
  Resilience,
  Retry,
  Telemetry,
  Timeout
} from "holdfast"
import * as Kit from "../kit.js"
import { elapsed, tagOf } from "./elapsed.js"

const item = { path: { id: "1" } }
const created = { payload: { name: "a" } }
const fields = { integration: "shop", message: "m", operation: "items.get" }

const tags: ReadonlyArray<readonly [IntegrationError.Tag, boolean]> = [
  ["NetworkError", true],
  ["TimeoutError", true],
  ["RateLimitError", true],
  ["ServerError", true],
  ["CircuitBreakerOpenError", true],
  ["BulkheadFullError", true],
  ["UnavailableError", true],
  ["AuthenticationError", false],
  ["AuthorizationError", false],
  ["NotFoundError", false],
  ["ConflictError", false],
  ["ValidationError", false],
  ["ResponseDecodeError", false]
]

const counted = (): Record<string, number> => {
  const result: Record<string, number> = {}
  for (const { metricKey, metricState } of Metric.unsafeSnapshot()) {
    const key = metricKey as { readonly name: string; readonly tags: ReadonlyArray<{ key: string; value: string }> }
    const state = metricState as unknown
    if (key.name !== "integration_fallbacks_total" || !MetricState.isCounterState(state)) continue
    const tags = Object.fromEntries(key.tags.map((tag) => [tag.key, tag.value]))
    result[`${tags.integration} ${tags.error_type} ${tags.source}`] = Number(state.count)
  }
  return result
}

const server = new IntegrationError.ServerError({ ...fields, status: 503 })
const missing = new IntegrationError.NotFoundError({ ...fields, status: 404 })

describe("Fallback around one call", () => {
  it.effect("a value that is there is fresh", () =>
    Effect.gen(function*() {
      const succeed: Effect.Effect<number, IntegrationError.IntegrationError> = Effect.succeed(1)
      deepStrictEqual({ ...(yield* succeed.pipe(Fallback.orElse(() => Effect.die("not asked")))) }, {
        _tag: "Fresh",
        value: 1
      })
      strictEqual(Fallback.isDegraded(yield* succeed.pipe(Fallback.orElseSucceed(() => 2))), false)
    }))

  it.effect("another value when the integration is not available, marked as such, with the reason", () =>
    Effect.gen(function*() {
      const before = counted()["shop ServerError value"] ?? 0
      const result = yield* Fallback.orElseSucceed(Effect.fail<IntegrationError.IntegrationError>(server), () => "none")
      deepStrictEqual({ ...result }, {
        _tag: "Degraded",
        age: undefined,
        error: server,
        source: "value",
        value: "none"
      })
      strictEqual((counted()["shop ServerError value"] ?? 0) - before, 1)
    }))

  it.scoped("another integration", () =>
    Effect.gen(function*() {
      const down = yield* Kit.shop(new Kit.Provider(Kit.status(503)), Telemetry.layer())
      const other = new Kit.Provider(() => Effect.succeed(Response.json({ id: "from the other" })))
      const up = yield* Kit.shop(other, Telemetry.layer())
      const result = yield* down.items.get(item).pipe(Fallback.orElse(() => up.items.get(item)))
      strictEqual(Fallback.isDegraded(result) && result.source, "alternative")
      deepStrictEqual(result.value, { id: "from the other" })
    }))

  it.effect("when that fails too, the caller gets the first error, and the other one is logged", () =>
    Effect.gen(function*() {
      const lines: Array<string> = []
      const logger = Logger.make(({ message }) => {
        lines.push(String(message))
      })
      const result = yield* Effect.fail<IntegrationError.IntegrationError>(server).pipe(
        Fallback.orElse(() => Effect.fail("the database is away")),
        Effect.either,
        Effect.provide(Logger.replace(Logger.defaultLogger, logger))
      )
      strictEqual(Either.isLeft(result) && result.left, server)
      deepStrictEqual(lines, ["the fallback of shop items.get failed too: the database is away"])
    }))

  for (const [tag, unavailable] of tags) {
    it.scoped(`${tag} is ${unavailable ? "" : "not "}stood in for`, () =>
      Effect.gen(function*() {
        const shop = yield* Kit.shop(new Kit.Provider(Kit.ok), Faults.layer({ failure: tag, rate: 1 }))
        const result = yield* shop.items.get(item).pipe(Fallback.orElseSucceed(() => "none"), Effect.either)
        strictEqual(Either.isRight(result) ? result.right.value : result.left._tag, unavailable ? "none" : tag)
      }))
  }

  it.effect("`when` decides instead", () =>
    Effect.gen(function*() {
      const when = (error: IntegrationError.IntegrationError) => error._tag === "NotFoundError"
      const none = Fallback.orElseSucceed(() => "none", { when })
      strictEqual((yield* none(Effect.fail(missing))).value, "none")
      strictEqual(tagOf(yield* Effect.either(none(Effect.fail(server)))), "ServerError")
    }))

  it.effect("an error of the program's own is no reason, and stays in the type", () =>
    Effect.gen(function*() {
      const mixed: Effect.Effect<number, "no such user" | IntegrationError.IntegrationError> = Effect.fail(
        "no such user"
      )
      const result: Either.Either<unknown, "no such user" | IntegrationError.IntegrationError> = yield* mixed.pipe(
        Fallback.orElseSucceed(() => 0, { when: () => true }),
        Effect.either
      )
      strictEqual(Either.isLeft(result) && result.left, "no such user")
    }))

  it.effect("interruption and defects are no reason", () =>
    Effect.gen(function*() {
      const none = Fallback.orElseSucceed(() => "none")
      strictEqual(Exit.isInterrupted(yield* Effect.exit(none(Effect.interrupt))), true)
      strictEqual(Exit.isFailure(yield* Effect.exit(none(Effect.die("a bug")))), true)
    }))

  it("the type says which it is", () => {
    const call: Effect.Effect<number, IntegrationError.IntegrationError> = Effect.succeed(1)
    const result: Effect.Effect<
      Fallback.Fresh<number> | Fallback.Degraded<string>,
      IntegrationError.IntegrationError
    > = call.pipe(Fallback.orElseSucceed(() => "none"))
    // @ts-expect-error: a result is not a value
    const wrong: Effect.Effect<number | string, IntegrationError.IntegrationError> = result
    void wrong
    const text = Fallback.match(Effect.runSync(result), {
      Degraded: ({ value }) => value,
      Fresh: ({ value }) => value.toFixed(1)
    })
    strictEqual(text, "1.0")
  })
})

describe("Fallback.lastKnownGood", () => {
  const scripted = (...answers: ReadonlyArray<Kit.Answer>) =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(...answers)
      const shop = yield* Kit.shop(provider, Telemetry.layer({ logs: false }))
      return { provider, shop }
    })
  const answer = (id: string): Kit.Answer => () => Effect.succeed(Response.json({ id }))

  it.scoped("the last good value, with its age and the failure", () =>
    Effect.gen(function*() {
      const { shop } = yield* scripted(answer("a"), answer("b"), Kit.status(503))
      const known = yield* Fallback.lastKnownGood<{ readonly id: string }>({ capacity: 10, maxAge: "1 hour" })
      const get = shop.items.get(item).pipe(known.through("1"))
      strictEqual((yield* get)._tag, "Fresh")
      yield* TestClock.adjust("1 minute")
      yield* get
      yield* TestClock.adjust("10 minutes")
      const result = yield* get
      strictEqual(result._tag, "Degraded")
      if (!Fallback.isDegraded(result)) return
      deepStrictEqual([result.value, result.age, result.source, result.error._tag], [
        { id: "b" },
        Duration.minutes(10),
        "cache",
        "ServerError"
      ])
    }))

  it.scoped("the age is that of the request, not of its answer", () =>
    Effect.gen(function*() {
      const { shop } = yield* scripted(Kit.slow("30 seconds", answer("a")), Kit.status(503))
      const known = yield* Fallback.lastKnownGood<{ readonly id: string }>({ capacity: 10, maxAge: "1 hour" })
      const get = shop.items.get(item).pipe(known.through("1"))
      yield* elapsed(get, "30 seconds")
      const result = yield* get
      deepStrictEqual(Fallback.isDegraded(result) && result.age, Duration.seconds(30))
    }))

  it.scoped("nothing known, another key, or too old: the error", () =>
    Effect.gen(function*() {
      const { shop } = yield* scripted(Kit.status(503), answer("a"), Kit.status(500))
      const known = yield* Fallback.lastKnownGood<{ readonly id: string }>({ capacity: 10, maxAge: "1 hour" })
      const get = (key: string) => Effect.either(shop.items.get(item).pipe(known.through(key)))
      strictEqual(tagOf(yield* get("1")), "ServerError")
      yield* get("1")
      strictEqual(tagOf(yield* get("2")), "ServerError")
      yield* TestClock.adjust("1 hour")
      strictEqual(tagOf(yield* get("1")), "success")
      yield* TestClock.adjust("1 millis")
      strictEqual(tagOf(yield* get("1")), "ServerError")
      strictEqual(yield* known.size, 0)
    }))

  it.scoped("trap 38: a failure is never kept, and does not drop what is", () =>
    Effect.gen(function*() {
      const { shop } = yield* scripted(answer("a"), Kit.status(503), Kit.status(404), Kit.status(500), answer("b"))
      const known = yield* Fallback.lastKnownGood<{ readonly id: string }>({ capacity: 10, maxAge: "1 hour" })
      const seen: Array<string> = []
      for (let i = 0; i < 5; i++) {
        const result = yield* Effect.either(shop.items.get(item).pipe(known.through("1")))
        seen.push(Either.isRight(result) ? `${result.right._tag} ${result.right.value.id}` : result.left._tag)
      }
      // the 404 is an answer: it says that there is none, and is not stood in for
      deepStrictEqual(seen, ["Fresh a", "Degraded a", "NotFoundError", "Degraded a", "Fresh b"])
      strictEqual(yield* known.size, 1)
    }))

  it.scoped("of two requests for one key the later one's value stays, whichever ends last", () =>
    Effect.gen(function*() {
      const { shop } = yield* scripted(Kit.slow("10 seconds", answer("old")), answer("new"), Kit.status(503))
      const known = yield* Fallback.lastKnownGood<{ readonly id: string }>({ capacity: 10, maxAge: "1 hour" })
      const get = shop.items.get(item).pipe(known.through("1"))
      const fiber = yield* Effect.fork(get)
      yield* TestClock.adjust("1 second")
      yield* get
      yield* TestClock.adjust("10 seconds")
      deepStrictEqual((yield* Fiber.join(fiber)).value, { id: "old" })
      deepStrictEqual((yield* get).value, { id: "new" })
    }))

  it.effect("a value may be undefined", () =>
    Effect.gen(function*() {
      const known = yield* Fallback.lastKnownGood<void>({ capacity: 10, maxAge: "1 hour" })
      yield* Effect.void.pipe(known.through("1"))
      strictEqual((yield* Effect.fail(server).pipe(known.through("1")))._tag, "Degraded")
      yield* known.forget("1")
      strictEqual(tagOf(yield* Effect.either(Effect.fail(server).pipe(known.through("1")))), "ServerError")
    }))

  it("options that make no sense are refused", () => {
    const message = (options: Parameters<typeof Fallback.lastKnownGood>[0]) => {
      try {
        void Fallback.lastKnownGood(options)
      } catch (error) {
        return (error as Error).message
      }
      return "accepted"
    }
    strictEqual(message({ capacity: 0, maxAge: "1 hour" }).includes("capacity is 0"), true)
    strictEqual(message({ capacity: 1, maxAge: 0 }).includes("maxAge must be positive"), true)
  })
})

describe("Fallback in a stack", () => {
  const empty = Fallback.layer({ answer: () => ({ body: { id: "none" }, status: 200 }) })

  it.scoped("an answer in place of the provider's, decoded by the operation", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(Kit.status(503))
      const shop = yield* Kit.shop(provider, empty)
      deepStrictEqual(yield* shop.items.get(item), { id: "none" })
      const [value, response] = yield* shop.items.get({ ...item, withResponse: true })
      deepStrictEqual([value, response.status], [{ id: "none" }, 200])
    }))

  it.scoped("the failure is seen all the same: in the log, the span and the count", () =>
    Effect.gen(function*() {
      const lines: Array<readonly [string, string, unknown]> = []
      const logger = Logger.make(({ annotations, logLevel, message }) => {
        lines.push([logLevel.label, String(message), Object.fromEntries(HashMap.toEntries(annotations)).fallback])
      })
      const before = counted()["shop ServerError value"] ?? 0
      const shop = yield* Kit.shop(
        new Kit.Provider(Kit.status(503)),
        Telemetry.layer().pipe(Layer.provide(empty))
      )
      yield* shop.items.get(item).pipe(Effect.provide(Logger.replace(Logger.defaultLogger, logger)))
      deepStrictEqual(lines, [[
        "WARN",
        "shop items.get: answered by the fallback, after ServerError: HTTP 503: no message in the response",
        true
      ]])
      strictEqual((counted()["shop ServerError value"] ?? 0) - before, 1)
    }))

  it.scoped("only for failures that mean not available, and only for calls that are safe", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(Kit.status(404), Kit.status(503))
      const shop = yield* Kit.shop(provider, empty)
      strictEqual(tagOf(yield* Effect.either(shop.items.get(item))), "NotFoundError")
      strictEqual(tagOf(yield* Effect.either(shop.items.create(created))), "ServerError")
      strictEqual(tagOf(yield* Effect.either(shop.items.put(item))), "ServerError")
    }))

  it.scoped("no answer, an answer that is an error, or one that is not what was promised: the first error", () =>
    Effect.gen(function*() {
      const answers = [undefined, { status: 500 }, { body: { name: "not an item" }, status: 200 }]
      for (const answer of answers) {
        const shop = yield* Kit.shop(new Kit.Provider(Kit.status(503)), Fallback.layer({ answer: () => answer }))
        const result = yield* Effect.either(shop.items.get(item))
        deepStrictEqual(Either.isLeft(result) ? [result.left._tag, result.left.status] : result, ["ServerError", 503])
      }
    }))

  it.scoped("an answer that takes its time is interruptible", () =>
    Effect.gen(function*() {
      const shop = yield* Kit.shop(new Kit.Provider(Kit.status(503)), Fallback.layer({ answer: () => Effect.never }))
      const fiber = yield* Effect.fork(shop.items.get(item))
      yield* TestClock.adjust("1 second")
      strictEqual(Exit.isInterrupted(yield* Fiber.interrupt(fiber)), true)
    }))

  it.scoped("in the standard stack it stands in for a deadline, a switch and an open breaker; a read helped by it is no letter, and a write is one", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(Kit.hang)
      const services = yield* Layer.build(Holdfast.layerMemory)
      const build = (options: Resilience.Options) =>
        Effect.provide(
          Kit.shop(
            provider,
            Resilience.layer({
              ...options,
              deadLettering: {},
              fallback: { answer: () => ({ body: { id: "none" }, status: 200 }) }
            })
          ),
          services
        )
      const slow = yield* build({ retry: false, totalTimeout: "5 seconds" })
      const [late, took] = yield* elapsed(slow.items.get(item))
      assertRight(late, { id: "none" })
      strictEqual(took, 5_000)
      const off = yield* build({ availability: Availability.Off({ reason: "x" }) })
      deepStrictEqual(yield* off.items.get(item), { id: "none" })
      const queue = yield* Effect.provide(DeadLetterQueue.DeadLetterQueue, services)
      strictEqual((yield* queue.stats()).total, 0)
      const [write] = yield* elapsed(off.items.create(created))
      strictEqual(Either.isLeft(write) && write.left.deadLettered, true)
      strictEqual((yield* queue.stats()).total, 1)
    }))

  describe("another client of the same API", () => {
    const clientLayer = (provider: Kit.Provider) =>
      IntegrationClient.layer(Kit.definition, { baseUrl: "https://mirror.example" }).pipe(
        Layer.provide(Layer.succeed(HttpClient.HttpClient, provider.client))
      )

    it.scoped("is sent the same request when the first is not available, with policies of its own", () =>
      Effect.gen(function*() {
        const primary = new Kit.Provider(Kit.ok, Kit.status(503))
        const mirror = new Kit.Provider(Kit.status(500), () => Effect.succeed(Response.json({ id: "mirrored" })))
        const shop = yield* Kit.shop(
          primary,
          Fallback.layerTo(Retry.layer({ initialDelay: 0 }).pipe(Layer.provide(clientLayer(mirror))))
        )
        deepStrictEqual(yield* shop.items.get(item), { id: "1" })
        strictEqual(mirror.count, 0)
        deepStrictEqual(yield* shop.items.get(item), { id: "mirrored" })
        deepStrictEqual([primary.count, mirror.count], [2, 2])
        strictEqual(mirror.requests[0]?.url, "https://mirror.example/items/1")
      }))

    it.scoped("fails with the first error when both do", () =>
      Effect.gen(function*() {
        const shop = yield* Kit.shop(
          new Kit.Provider(Kit.status(503)),
          Fallback.layerTo(clientLayer(new Kit.Provider(Kit.status(500))))
        )
        const result = yield* Effect.either(shop.items.get(item))
        strictEqual(Either.isLeft(result) && result.left.status, 503)
      }))

    it.scoped("a write goes there only when it is said so, and can be kept to those that were surely not processed", () =>
      Effect.gen(function*() {
        const primary = new Kit.Provider(Kit.networkError("ECONNREFUSED"), Kit.networkError("ECONNRESET"), Kit.hang)
        const mirror = new Kit.Provider(Kit.ok)
        const shop = yield* Kit.shop(
          primary,
          Fallback.layerTo(clientLayer(mirror), {
            when: (error, call) => Fallback.isUnavailable(error) && !call.mayHaveBeenProcessed
          }).pipe(Layer.provide(Timeout.layer("1 second")))
        )
        assertRight((yield* elapsed(shop.items.create(created)))[0], { id: "1" })
        strictEqual(tagOf((yield* elapsed(shop.items.create(created)))[0]), "NetworkError")
        strictEqual(tagOf((yield* elapsed(shop.items.create(created)))[0]), "TimeoutError")
        strictEqual(mirror.count, 1)
      }))
  })
})
