/** Signatures of outgoing requests, and a receiver that looks at what came. */
import { HttpApi, HttpApiEndpoint, HttpApiGroup } from "@effect/platform"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import { assert, describe, it } from "@effect/vitest"
import { Context, DateTime, Effect, Either, Layer, Option, Redacted, Schema, TestClock } from "effect"
import {
  type Auth,
  Credentials,
  DeadLetterQueue,
  Holdfast,
  IdempotencyKey,
  Integration,
  Provider,
  RequestSigner,
  Signature,
  WebhookScheme
} from "holdfast"

const now = DateTime.toEpochMillis(DateTime.unsafeMake("2026-11-26T08:00:00Z"))

interface Got {
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
}

const api = HttpApi.make("shop").add(
  HttpApiGroup.make("orders").add(
    HttpApiEndpoint.post("create", "/orders").setPayload(Schema.Struct({ name: Schema.String }))
      .setUrlParams(Schema.Struct({ tag: Schema.optional(Schema.String) }))
  )
)

const signer = RequestSigner.make({
  algorithm: "hmac-sha256",
  content: (
    { body, headers, method, now, target }
  ) => [method, " ", target, " ", String(now), headers["x-key"] ?? "", body],
  headers: (signature, { now }) => ({ "x-signature": signature, "x-time": String(now) }),
  identify: (credential) =>
    credential._tag === "ApiKey" ? { "x-key": String(Redacted.value(credential.key).length) } : {}
})

const setting = (auth: Auth.Auth, credentials: Layer.Layer<Credentials.Credentials>, statuses: Array<number> = []) =>
  Effect.gen(function*() {
    const got: Array<Got> = []
    const definition = Integration.define({
      api,
      auth,
      baseUrl: "https://shop.example.com/v1",
      id: "shop",
      name: "Shop",
      policy: { retry: { initialDelay: "1 second", jitter: "none", maxAttempts: 3 } },
      version: "1"
    })
    class Shop extends Context.Tag("test/SignedShop")<Shop, Integration.Client<typeof definition>>() {}
    const server = HttpClient.make((request, url) =>
      Effect.sync(() => {
        const { body } = request
        got.push({
          body: body._tag === "Uint8Array" ? body.body : new Uint8Array(0),
          headers: request.headers,
          method: request.method,
          url: url.href
        })
        return HttpClientResponse.fromWeb(request, new Response("{}", { status: statuses.shift() ?? 200 }))
      })
    )
    const layer = Provider.layer(Shop, definition, { credentials }).pipe(
      Layer.provideMerge(Holdfast.layerMemory),
      Layer.provide(Layer.succeed(HttpClient.HttpClient, server))
    )
    const context = yield* Layer.build(layer)
    return { context, got, shop: Context.get(context, Shop) }
  })

const apiKey = (text: string) => Credentials.layer(Credentials.ApiKey({ key: Redacted.make(text) }))

const isRight = (got: Got, secret: string): boolean => {
  const key = Either.getOrThrow(Signature.hmac(Redacted.make(secret), { algorithm: "hmac-sha256" }))
  const target = got.url.replace("https://shop.example.com/v1", "")
  const message = Buffer.concat([
    Buffer.from(`${got.method} ${target} ${got.headers["x-time"]}${got.headers["x-key"]}`),
    got.body
  ])
  return Option.isSome(
    Signature.verify(message, { encoding: "hex", keys: [key], signatures: [got.headers["x-signature"] ?? ""] })
  )
}

describe("RequestSigner", () => {
  it.scoped("signs what is sent, each attempt anew", () =>
    Effect.gen(function*() {
      yield* TestClock.setTime(now)
      const { got, shop } = yield* setting(signer, apiKey("fake-secret-1"), [429])
      const fiber = yield* Effect.fork(
        shop.orders.create({ payload: { name: "Zoë" }, urlParams: { tag: "a b&c" } })
      )
      yield* TestClock.adjust("10 seconds")
      yield* fiber
      assert.strictEqual(got.length, 2)
      assert.isTrue(got.every((one) => isRight(one, "fake-secret-1")))
      assert.notStrictEqual(got[0]?.headers["x-signature"], got[1]?.headers["x-signature"])
      assert.isFalse(isRight({ ...got[0]!, body: Buffer.from("{}") }, "fake-secret-1"))
      assert.isFalse(isRight(got[0]!, "fake-secret-2"))
    }))

  it.scoped("signs as Standard Webhooks has it, with one id for all attempts of an idempotent call", () =>
    Effect.gen(function*() {
      yield* TestClock.setTime(now)
      const secret = `whsec_${Buffer.from("fake-secret-of-24-bytes!").toString("base64")}`
      const { got, shop } = yield* setting(RequestSigner.standardWebhooks, apiKey(secret), [503])
      const fiber = yield* Effect.fork(
        IdempotencyKey.provide("msg-1")(shop.orders.create({
          payload: { name: "a" },
          urlParams: {}
        }))
      )
      yield* TestClock.adjust("10 seconds")
      yield* Effect.exit(fiber)
      for (const { body, headers, method, url } of got) {
        const accepted = WebhookScheme.verify({ body, headers, method, url }, {
          now: DateTime.unsafeMake(now),
          scheme: WebhookScheme.standardWebhooks,
          secrets: [Redacted.make(secret)]
        })
        assert.isTrue(Either.isRight(accepted))
        assert.strictEqual(headers["webhook-id"], "msg-1")
      }
      assert.isAbove(got.length, 0)
    }))

  it.scoped("tries another secret once, when the first was refused", () =>
    Effect.gen(function*() {
      yield* TestClock.setTime(now)
      const [first, second] = ["fake-secret-old", "fake-secret-fresh"].map((text) =>
        Credentials.ApiKey({ key: Redacted.make(text) })
      )
      const asked: Array<ReadonlyArray<boolean>> = []
      const credentials = Layer.succeed(Credentials.Credentials, {
        afterRefusal: (_, isRefused) =>
          Effect.sync(() => {
            asked.push([isRefused(first!), isRefused(second!)])
            return Option.some(second!)
          }),
        get: () => Effect.succeed(first!)
      })
      const { got, shop } = yield* setting(signer, credentials, [401])
      yield* shop.orders.create({ payload: { name: "a" }, urlParams: {} })
      assert.deepStrictEqual(asked, [[true, false]])
      assert.isTrue(isRight(got[0]!, "fake-secret-old") && isRight(got[1]!, "fake-secret-fresh"))
    }))

  it.scoped("sends nothing that it cannot sign, and keeps no signature in a dead letter", () =>
    Effect.gen(function*() {
      yield* TestClock.setTime(now)
      const bearer = Credentials.layer(Credentials.Bearer({ token: Redacted.make("fake-token") }))
      const wrong = yield* setting(signer, bearer)
      const error = yield* Effect.flip(wrong.shop.orders.create({ payload: { name: "a" }, urlParams: {} }))
      assert.strictEqual(error._tag, "AuthenticationError")
      assert.include(error.message, "nothing was sent")
      assert.deepStrictEqual(wrong.got, [])

      const { context, got, shop } = yield* setting(signer, apiKey("fake-secret-1"), [500, 500, 500])
      const fiber = yield* Effect.fork(Effect.flip(
        IdempotencyKey.provide("k")(shop.orders.create({ payload: { name: "a" }, urlParams: {} }))
      ))
      yield* TestClock.adjust("1 minute")
      yield* fiber
      const { items } = yield* Context.get(context, DeadLetterQueue.DeadLetterQueue).list()
      assert.isAbove(items.length, 0)
      for (const { headers } of got) assert.notInclude(JSON.stringify(items), headers["x-signature"]!)
      assert.notInclude(JSON.stringify(items), "fake-secret-1")
    }))
})
