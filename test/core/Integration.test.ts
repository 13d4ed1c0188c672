import { HttpApi, HttpApiEndpoint, HttpApiGroup, HttpApiSchema, HttpClient, HttpClientRequest } from "@effect/platform"
import { describe, it } from "@effect/vitest"
import { deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { Effect, Either, Exit, Layer, Redacted, Schema } from "effect"
import type { Call } from "holdfast"
import { Auth, Credentials, Integration, IntegrationClient, IntegrationContext, type IntegrationError } from "holdfast"
import * as Kit from "../kit.js"

const api = HttpApi.make("library")
  .add(
    HttpApiGroup.make("books")
      .add(
        HttpApiEndpoint.get("find", "/shelves/:shelf/books")
          .setPath(Schema.Struct({ shelf: Schema.String }))
          .setUrlParams(Schema.Struct({ limit: Schema.optional(Schema.NumberFromString), q: Schema.String }))
          .setHeaders(Schema.Struct({ "x-branch": Schema.String }))
          .addSuccess(Schema.Array(Schema.Struct({ due: Schema.Date, id: Schema.NumberFromString })))
      )
      .add(
        HttpApiEndpoint.post("lend", "/loans")
          .setPayload(Schema.Struct({ book: Schema.Int, until: Schema.Date }))
          .addSuccess(Schema.Struct({ loan: Schema.String }), { status: 201 })
      )
      .add(
        HttpApiEndpoint.del("remove", "/books/:id").setPath(Schema.Struct({ id: Schema.String })).addSuccess(
          HttpApiSchema.NoContent
        )
      )
      .add(
        HttpApiEndpoint.post("login", "/login").setPayload(
          HttpApiSchema.withEncoding(Schema.Struct({ name: Schema.String, pin: Schema.String }), { kind: "UrlParams" })
        ).addSuccess(Schema.Struct({ ok: Schema.Boolean }))
      )
      .add(HttpApiEndpoint.get("note", "/note").addSuccess(HttpApiSchema.Text()))
  )

const epoch = new Date(0)
const due = new Date("2026-11-22T00:00:00.000Z")
const noDate = new Date("x")

const definition = Integration.define({
  api,
  auth: Auth.bearer,
  baseUrl: "https://library.example/v1/",
  id: "library",
  name: "Library",
  version: "1"
})

const library = (provider: Kit.Provider) =>
  Effect.provide(
    Integration.client(definition),
    IntegrationClient.layer(definition).pipe(
      Layer.provide(Credentials.layer(Credentials.Bearer({ token: Redacted.make("s3cret") }))),
      Layer.provide(Layer.succeed(HttpClient.HttpClient, provider.client))
    )
  )

const body = (request: HttpClientRequest.HttpClientRequest | undefined) =>
  request?.body._tag === "Uint8Array" ? new TextDecoder().decode(request.body.body) : undefined

const leftOf = <A>(result: Either.Either<A, IntegrationError.IntegrationError>) => {
  if (Either.isRight(result)) throw new Error("expected a failure")
  return result.left
}

describe("the typed client", () => {
  it.effect("encodes path, query and headers, signs, and decodes the answer", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(() =>
        Effect.succeed(Response.json([{ due: "2026-11-22T00:00:00.000Z", id: "7", unknown: "is fine" }]))
      )
      const client = yield* library(provider)
      const found = yield* client.books.find({
        headers: { "x-branch": "north" },
        path: { shelf: "a b/../c" },
        urlParams: { limit: 2, q: "x&y" }
      })
      deepStrictEqual(found, [{ due, id: 7 }])
      const request = provider.requests[0]!
      strictEqual(request.method, "GET")
      // an id cannot climb out of its segment
      strictEqual(request.url, "https://library.example/v1/shelves/a%20b%2F..%2Fc/books")
      deepStrictEqual(request.urlParams, [["limit", "2"], ["q", "x&y"]])
      strictEqual(request.headers["x-branch"], "north")
      strictEqual(request.headers["accept"], "application/json")
      strictEqual(request.headers["authorization"], "Bearer s3cret")
    }))

  for (const id of ["", ".", ".."]) {
    it.effect(`the id "${id}" is refused: it would name another resource`, () =>
      Effect.gen(function*() {
        const provider = new Kit.Provider(() => Effect.succeed(new Response(null, { status: 204 })))
        const client = yield* library(provider)
        const error = leftOf(yield* Effect.either(client.books.remove({ path: { id } })))
        deepStrictEqual([error._tag, provider.count], ["ValidationError", 0])
      }))
  }

  it.effect("encodes a JSON payload, and reads a 201", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(() => Effect.succeed(Response.json({ loan: "L1" }, { status: 201 })))
      const client = yield* library(provider)
      const result = yield* client.books.lend({ payload: { book: 1, until: epoch } })
      deepStrictEqual(result, { loan: "L1" })
      strictEqual(body(provider.requests[0]), "{\"book\":1,\"until\":\"1970-01-01T00:00:00.000Z\"}")
    }))

  it.effect("encodes a form payload", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(() => Effect.succeed(Response.json({ ok: true })))
      const client = yield* library(provider)
      yield* client.books.login({ payload: { name: "a b", pin: "1&2" } })
      strictEqual(body(provider.requests[0]), "name=a+b&pin=1%262")
      strictEqual(provider.requests[0]?.body.contentType, "application/x-www-form-urlencoded")
    }))

  it.effect("reads text, and nothing where nothing is promised", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(
        () => Effect.succeed(new Response("hello")),
        () => Effect.succeed(new Response(null, { status: 204 }))
      )
      const client = yield* library(provider)
      strictEqual(yield* client.books.note(), "hello")
      strictEqual(yield* client.books.remove({ path: { id: "1" } }), undefined)
    }))

  it.effect("input that its Schema refuses is a ValidationError that says where; nothing is sent", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(Kit.ok)
      const client = yield* library(provider)
      const error = leftOf(yield* Effect.either(client.books.lend({ payload: { book: 1.5, until: noDate } })))
      if (error._tag !== "ValidationError") throw new Error(error._tag)
      deepStrictEqual(error.issues.map((issue) => issue.path), ["payload.book", "payload.until"])
      strictEqual(error.status, undefined)
      strictEqual(error.message.startsWith("nothing was sent, the input is not valid: payload.book:"), true)
      strictEqual(provider.count, 0)
    }))

  const wrong: ReadonlyArray<readonly [string, () => Response]> = [
    ["broken JSON", () => new Response("{\"loan\":")],
    ["another shape", () => Response.json({ loan: 1 })],
    ["an empty body", () => new Response("")],
    ["a page for people", () => new Response("<html>maintenance</html>", { headers: { "content-type": "text/html" } })]
  ]
  for (const [what, response] of wrong) {
    it.effect(`a 2xx with ${what} is a ResponseDecodeError, not retryable`, () =>
      Effect.gen(function*() {
        const provider = new Kit.Provider(() => Effect.sync(response))
        const client = yield* library(provider)
        const error = leftOf(yield* Effect.either(client.books.lend({ payload: { book: 1, until: epoch } })))
        deepStrictEqual([error._tag, error.retryable, error.status], ["ResponseDecodeError", false, 200])
      }))
  }

  it.effect("withResponse gives the response beside the value", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(() =>
        Effect.succeed(Response.json({ loan: "L1" }, { headers: { "x-request-id": "r" }, status: 201 }))
      )
      const client = yield* library(provider)
      const [value, response] = yield* client.books.lend({
        payload: { book: 1, until: epoch },
        withResponse: true
      })
      deepStrictEqual([value, response.status, response.headers["x-request-id"]], [{ loan: "L1" }, 201, "r"])
      deepStrictEqual(yield* response.json, { loan: "L1" })
      // the request that hangs on a response is the one from before it was signed
      strictEqual(JSON.stringify(response).includes("s3cret"), false)
      strictEqual(response.request.headers["authorization"], undefined)
    }))

  it.effect("a body over the limit is refused, an error body over it is cut", () =>
    Effect.gen(function*() {
      const big = "x".repeat(300 * 1024)
      const provider = new Kit.Provider(
        () => Effect.succeed(Response.json({ loan: big })),
        () => Effect.succeed(new Response(big, { status: 500 }))
      )
      const small = { ...definition, maxResponseBytes: 1000 }
      const client = yield* Effect.provide(
        Integration.client(small),
        IntegrationClient.layer(small).pipe(
          Layer.provide(Credentials.layer(Credentials.Bearer({ token: Redacted.make("s3cret") }))),
          Layer.provide(Layer.succeed(HttpClient.HttpClient, provider.client))
        )
      )
      const lend = Effect.either(client.books.lend({ payload: { book: 1, until: epoch } }))
      const first = leftOf(yield* lend)
      strictEqual(first._tag, "ResponseDecodeError")
      strictEqual(first.message.includes("larger than 1000 bytes"), true)
      const second = leftOf(yield* lend)
      strictEqual(second._tag, "ServerError")
      strictEqual(String(second.details).length, 256 * 1024)
    }))

  it.effect("one provider's client handed to another is a defect that says so", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(Kit.ok)
      const exit = yield* Effect.exit(Effect.provide(Integration.client(definition), provider.layer))
      strictEqual(Exit.isFailure(exit) && String(exit.cause).includes("\"shop\" was handed to \"library\""), true)
    }))

  it.effect("a credential of another kind, or none for the connection, is an AuthenticationError; nothing is sent", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(Kit.ok)
      const withCredentials = (credentials: Layer.Layer<Credentials.Credentials>) =>
        Effect.provide(
          Integration.client(definition),
          IntegrationClient.layer(definition).pipe(
            Layer.provide(credentials),
            Layer.provide(Layer.succeed(HttpClient.HttpClient, provider.client))
          )
        )
      const wrongKind = yield* withCredentials(Credentials.layer(Credentials.ApiKey({ key: Redacted.make("k") })))
      strictEqual(leftOf(yield* Effect.either(wrongKind.books.note()))._tag, "AuthenticationError")
      const tenants = yield* withCredentials(
        Credentials.layerConnections({ acme: Credentials.Bearer({ token: Redacted.make("t-acme") }) })
      )
      const unknown = yield* Effect.either(
        tenants.books.note().pipe(IntegrationContext.provide({ connectionId: "nobody" }))
      )
      strictEqual(leftOf(unknown).message.includes("\"nobody\""), true)
      strictEqual(provider.count, 0)
      provider.answer = () => Effect.succeed(new Response("hi"))
      yield* tenants.books.note().pipe(IntegrationContext.provide({ connectionId: "acme" }))
      strictEqual(provider.requests[0]?.headers["authorization"], "Bearer t-acme")
    }))

  it.effect("a raw request goes through the same stack, under its method's name", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(Kit.status(404))
      const client = yield* Effect.provide(IntegrationClient.IntegrationClient, provider.layer)
      const error = leftOf(yield* Effect.either(client.get("/anything/1234")))
      deepStrictEqual([error._tag, error.operation, error.integration], ["NotFoundError", "get", "shop"])
    }))

  it.effect("an HttpClient combinator is a policy, and the call passes through it", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(Kit.ok)
      let seen: Call.Call | undefined
      const policy = IntegrationClient.policy((next) =>
        Effect.succeed((request, call) => {
          seen = call
          return next.send(request, call)
        })
      ).pipe(
        Layer.provideMerge(
          IntegrationClient.mapClient((client) =>
            HttpClient.mapRequest(client, HttpClientRequest.setHeader("x-mine", "1")) as typeof client
          )
        )
      )
      const shop = yield* Effect.scoped(Kit.shop(provider, policy))
      yield* shop.items.get({ path: { id: "1" } })
      strictEqual(provider.requests[0]?.headers["x-mine"], "1")
      strictEqual(seen?.operation.name, "items.get")
      strictEqual(seen?.attempts, 1)
    }))

  it("an id that cannot name metrics and variables is refused", () => {
    let message = ""
    try {
      Integration.define({ ...definition, id: "My Library" })
    } catch (error) {
      message = (error as Error).message
    }
    strictEqual(message.includes("must be lower-case"), true)
  })

  it.effect("no trace header goes to a third party", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(Kit.ok)
      const shop = yield* Effect.scoped(Kit.shop(provider, IntegrationClient.mapClient((client) => client)))
      yield* shop.items.get({ path: { id: "1" } }).pipe(Effect.withSpan("outer"))
      const names = Object.keys(provider.requests[0]!.headers)
      deepStrictEqual(names.filter((name) => name === "traceparent" || name === "b3"), [])
    }))
})
