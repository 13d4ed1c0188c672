import { HttpClientRequest } from "@effect/platform"
import { describe, it } from "@effect/vitest"
import { deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { Chunk, Effect, Either, Fiber, Layer, Option, Stream, TestClock } from "effect"
import {
  Availability,
  Call,
  DeadLettering,
  DeadLetterQueue,
  Holdfast,
  IdempotencyKey,
  IntegrationClient,
  IntegrationContext,
  type IntegrationError,
  Resilience
} from "holdfast"
import * as Kit from "../kit.js"

const make = (provider: Kit.Provider, options: Resilience.Options = {}) =>
  Effect.gen(function*() {
    const context = yield* Layer.build(Holdfast.layerMemory)
    const queue = yield* Effect.provide(DeadLetterQueue.DeadLetterQueue, context)
    const shop = yield* Effect.provide(
      Kit.shop(provider, Resilience.layer({ retry: { initialDelay: 0, maxAttempts: 2 }, ...options })),
      context
    )
    return { queue, shop }
  })

const leftOf = <A>(result: Either.Either<A, IntegrationError.IntegrationError>) => {
  if (Either.isRight(result)) throw new Error("expected a failure")
  return result.left
}

const create = { payload: { name: "a" } }

describe("DeadLettering", () => {
  it.scoped("stores a write that failed, before its caller sees the failure, with all that a replay needs", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(Kit.status(503, { "retry-after": "0" }))
      const { queue, shop } = yield* make(provider)
      const error = leftOf(
        yield* Effect.either(
          shop.items.create(create).pipe(
            Call.withPartitionKey("a"),
            IdempotencyKey.provide("key-1"),
            IntegrationContext.provide({
              connectionId: "conn",
              correlationId: "corr",
              metadata: { row: "7" },
              tenantId: "acme",
              userId: "u"
            })
          )
        )
      )
      deepStrictEqual([error._tag, error.deadLettered, error.attempts], ["ServerError", true, 2])
      const letter = yield* queue.get(error.deadLetterId!)
      deepStrictEqual(
        [letter.state, letter.integration, letter.operation, letter.attempts, letter.correlationId, letter.tenantId],
        ["pending", "shop", "items.create", 2, "corr", "acme"]
      )
      deepStrictEqual([letter.connectionId, letter.userId, letter.idempotencyKey, letter.partitionKey], [
        "conn",
        "u",
        "key-1",
        "a"
      ])
      deepStrictEqual(letter.metadata, { row: "7" })
      deepStrictEqual([letter.request.method, letter.request.url, letter.request.body], [
        "POST",
        "/items",
        { _tag: "Text", value: "{\"name\":\"a\"}" }
      ])
      strictEqual(letter.error._tag, "ServerError")
    }))

  const captured: ReadonlyArray<readonly [string, Kit.Answer]> = [
    ["a network error", Kit.networkError("ECONNRESET")],
    ["a timeout", Kit.hang],
    ["a 500", Kit.status(500)],
    ["a 429 that asks for too long", Kit.status(429, { "retry-after": "7200" })]
  ]
  for (const [what, answer] of captured) {
    it.scoped(`stores a write that failed by ${what}`, () =>
      Effect.gen(function*() {
        const { queue, shop } = yield* make(new Kit.Provider(answer))
        const fiber = yield* Effect.fork(Effect.either(shop.items.create(create)))
        yield* TestClock.adjust("2 minutes")
        strictEqual(leftOf(yield* Fiber.join(fiber)).deadLettered, true)
        strictEqual((yield* queue.list()).items.length, 1)
      }))
  }

  for (const code of [400, 401, 403, 404, 409, 422, 501]) {
    it.scoped(`does not store what the provider refused as wrong: ${code}`, () =>
      Effect.gen(function*() {
        const { queue, shop } = yield* make(new Kit.Provider(Kit.status(code)))
        strictEqual(leftOf(yield* Effect.either(shop.items.create(create))).deadLettered, undefined)
        strictEqual((yield* queue.list()).items.length, 0)
      }))
  }

  it.scoped("does not store reads, nor input that was refused before it was sent", () =>
    Effect.gen(function*() {
      const { queue, shop } = yield* make(new Kit.Provider(Kit.status(500)))
      yield* Effect.either(shop.items.get({ path: { id: "1" } }))
      yield* Effect.either(shop.items.create({ payload: { name: 1 as never } }))
      strictEqual((yield* queue.list()).items.length, 0)
    }))

  it.scoped("stores writes that met an open breaker, or an integration that is switched off", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(Kit.status(500))
      const { queue, shop } = yield* make(provider, { circuitBreaker: { failureThreshold: 1 } })
      yield* Effect.either(shop.items.upsert(create))
      const error = leftOf(yield* Effect.either(shop.items.upsert(create)))
      deepStrictEqual([error._tag, error.deadLettered, error.attempts], ["CircuitBreakerOpenError", true, 0])
      const off = yield* make(provider, { availability: Availability.Off({ reason: "budget freeze" }) })
      const refused = leftOf(yield* Effect.either(off.shop.items.create(create)))
      deepStrictEqual([refused._tag, refused.deadLettered], ["UnavailableError", true])
      strictEqual(refused.message.includes("budget freeze"), true)
      strictEqual((yield* queue.list()).items.length, 2)
      strictEqual((yield* off.queue.list()).items.length, 1)
      strictEqual(provider.count, 1)
    }))

  it.scoped("replays through the same stack, with the same key, signed anew", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(Kit.status(500))
      const { queue, shop } = yield* make(provider, { idempotencyKey: { header: "idempotency-key" } })
      const error = leftOf(yield* Effect.either(shop.items.create(create)))
      const keys = provider.requests.map((request) => request.headers["idempotency-key"])
      provider.answer = Kit.ok
      const replayed = yield* queue.replay(error.deadLetterId!)
      strictEqual(replayed.state, "replayed")
      const last = provider.requests.at(-1)!
      deepStrictEqual([last.method, last.url, last.headers["idempotency-key"], last.headers["content-type"]], [
        "POST",
        "https://shop.example/items",
        keys[0],
        "application/json"
      ])
      strictEqual(
        last.body._tag === "Uint8Array" ? new TextDecoder().decode(last.body.body) : "",
        "{\"name\":\"a\"}"
      )
      strictEqual((yield* queue.list()).items[0]?.state, "replayed")
    }))

  it.scoped("a replay that fails keeps its one letter, and is not captured again", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(Kit.status(500))
      const { queue, shop } = yield* make(provider, { circuitBreaker: false })
      const error = leftOf(yield* Effect.either(shop.items.create(create)))
      const replay = yield* Effect.either(queue.replay(error.deadLetterId!))
      strictEqual(Either.isLeft(replay), true)
      const { items } = yield* queue.list()
      deepStrictEqual(items.map((letter) => [letter.state, letter.replays]), [["pending", 1]])
    }))

  it.scoped("what may have been processed although no answer came is marked, unless sending twice does no harm", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(Kit.networkError("ECONNRESET"))
      const { queue, shop } = yield* make(provider, { circuitBreaker: false })
      const lost = leftOf(yield* Effect.either(shop.items.create(create)))
      strictEqual((yield* queue.get(lost.deadLetterId!)).request.mayHaveBeenProcessed, true)
      const harmless = leftOf(yield* Effect.either(shop.items.upsert(create)))
      strictEqual((yield* queue.get(harmless.deadLetterId!)).request.mayHaveBeenProcessed, false)
      provider.answer = Kit.networkError("ECONNREFUSED")
      const refused = leftOf(yield* Effect.either(shop.items.create({ payload: { name: "b" } })))
      strictEqual((yield* queue.get(refused.deadLetterId!)).request.mayHaveBeenProcessed, false)
      provider.answer = Kit.hang
      const hung = yield* Effect.fork(Effect.either(shop.items.create({ payload: { name: "c" } })))
      yield* TestClock.adjust("2 minutes")
      const late = leftOf(yield* Fiber.join(hung))
      strictEqual((yield* queue.get(late.deadLetterId!)).request.mayHaveBeenProcessed, true)
    }))

  it.scoped("a replay whose response was lost marks its letter too, for good", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(Kit.networkError("ECONNREFUSED"))
      const { queue, shop } = yield* make(provider, { circuitBreaker: false })
      const error = leftOf(yield* Effect.either(shop.items.create(create)))
      const id = error.deadLetterId!
      const mark = Effect.map(queue.get(id), (letter) => letter.request.mayHaveBeenProcessed)
      strictEqual(yield* mark, false)
      provider.answer = Kit.status(400)
      yield* Effect.either(queue.replay(id))
      strictEqual(yield* mark, false)
      provider.answer = Kit.networkError("ECONNRESET")
      yield* Effect.either(queue.replay(id))
      strictEqual(yield* mark, true)
      provider.answer = Kit.networkError("ECONNREFUSED")
      yield* Effect.either(queue.replay(id))
      strictEqual(yield* mark, true)
    }))

  it.scoped("a replay that was accepted only in part (207) is not taken for a success", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(Kit.status(503, { "retry-after": "0" }))
      const { queue, shop } = yield* make(provider)
      const error = leftOf(yield* Effect.either(shop.items.upsert(create)))
      provider.answer = Kit.status(207, {}, { errors: [{ message: "no" }] })
      const replay = yield* Effect.either(queue.replay(error.deadLetterId!))
      strictEqual(Either.isLeft(replay) && replay.left._tag, "ResponseDecodeError")
      const letter = yield* queue.get(error.deadLetterId!)
      deepStrictEqual([letter.state, letter.error.details], ["pending", { errors: [{ message: "no" }] }])
    }))

  it.scoped("interruption is the caller's own decision and is not captured, unless asked for", () =>
    Effect.gen(function*() {
      for (const captureInterrupted of [false, true]) {
        const provider = new Kit.Provider(Kit.hang)
        const { queue, shop } = yield* make(provider, { deadLettering: { captureInterrupted } })
        const fiber = yield* Effect.fork(shop.items.create(create))
        yield* TestClock.adjust("1 second")
        yield* Fiber.interrupt(fiber)
        strictEqual((yield* queue.list()).items.length, captureInterrupted ? 1 : 0)
      }
    }))

  it.scoped("a store that fails does not hide the failure: the caller's error says that nothing was stored", () =>
    Effect.gen(function*() {
      const broken = Layer.effect(
        DeadLetterQueue.DeadLetterQueue,
        Effect.map(DeadLetterQueue.DeadLetterQueue, (queue) => ({
          ...queue,
          capture: () =>
            Effect.fail(new DeadLetterQueue.DeadLetterQueueError({ message: "disk full", reason: "storage" }))
        }))
      ).pipe(Layer.provide(DeadLetterQueue.layerMemory))
      const shop = yield* Effect.provide(Kit.shop(new Kit.Provider(Kit.status(500)), DeadLettering.layer()), broken)
      const error = leftOf(yield* Effect.either(shop.items.create(create)))
      deepStrictEqual([error._tag, error.deadLettered], ["ServerError", false])
    }))

  it.scoped("no header but those of the allow-list is stored, and a stream cannot be", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(Kit.status(500))
      const context = yield* Layer.build(Layer.provideMerge(
        Layer.provide(DeadLettering.layer({ headers: ["X-Order"] }), provider.layer),
        DeadLetterQueue.layerMemory
      ))
      const client = yield* Effect.provide(IntegrationClient.IntegrationClient, context)
      const queue = yield* Effect.provide(DeadLetterQueue.DeadLetterQueue, context)
      const send = (request: HttpClientRequest.HttpClientRequest) => Effect.either(client.execute(request))
      yield* send(
        HttpClientRequest.post("/items?a=1").pipe(
          HttpClientRequest.setUrlParam("b", "2 3"),
          HttpClientRequest.setHeaders({ "x-order": "1", "x-api-key": "SECRET", authorization: "SECRET", prefer: "p" }),
          HttpClientRequest.bodyUint8Array(new Uint8Array([255, 0, 1]), "image/png")
        )
      )
      const { items } = yield* queue.list()
      strictEqual(JSON.stringify(items).includes("SECRET"), false)
      deepStrictEqual(Object.keys(items[0]!.request.headers).sort(), ["content-type", "prefer", "x-order"])
      strictEqual(items[0]!.request.url, "/items?a=1&b=2+3")
      deepStrictEqual(items[0]!.request.body, { _tag: "Base64", value: "/wAB" })
      const stream = leftOf(
        yield* send(
          HttpClientRequest.post("/items").pipe(
            HttpClientRequest.bodyStream(Stream.make(new Uint8Array([1])))
          )
        )
      )
      strictEqual(stream.deadLettered, false)
      strictEqual((yield* queue.list()).items.length, 1)
      provider.answer = Kit.ok
      yield* queue.replay(items[0]!.id)
      const last = provider.requests.at(-1)!
      deepStrictEqual([last.url, last.body._tag === "Uint8Array" ? Array.from(last.body.body) : []], [
        "https://shop.example/items?a=1&b=2+3",
        [255, 0, 1]
      ])
    }))

  it.scoped("tells what happens to letters", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(Kit.status(500))
      const { queue, shop } = yield* make(provider)
      const changes = yield* Effect.fork(Stream.runCollect(Stream.take(queue.changes, 3)))
      yield* TestClock.adjust(0)
      const error = leftOf(yield* Effect.either(shop.items.create(create)))
      provider.answer = Kit.ok
      yield* queue.replay(error.deadLetterId!)
      deepStrictEqual(Chunk.toReadonlyArray(yield* Fiber.join(changes)).map((change) => change._tag), [
        "Captured",
        "Replaying",
        "Replayed"
      ])
    }))

  it.scoped("without a registered integration a replay is refused, and says what to provide", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(Kit.status(500))
      const context = yield* Layer.build(Holdfast.layerMemory)
      const queue = yield* Effect.provide(DeadLetterQueue.DeadLetterQueue, context)
      const id = yield* Effect.scoped(Effect.gen(function*() {
        const shop = yield* Effect.provide(Kit.shop(provider, DeadLettering.layer()), context)
        return leftOf(yield* Effect.either(shop.items.create(create))).deadLetterId!
      }))
      const refused = yield* Effect.either(queue.replay(id))
      strictEqual(Either.isLeft(refused) && refused.left._tag, "ReplayRefusedError")
      strictEqual(Either.isLeft(refused) && refused.left.message.includes("shop"), true)
      strictEqual(Option.isNone((yield* queue.list()).next), true)
    }))
})
