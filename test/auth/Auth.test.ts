import { HttpClientRequest } from "@effect/platform"
import { describe, it } from "@effect/vitest"
import { assertInstanceOf, assertTrue, deepStrictEqual } from "@effect/vitest/utils"
import { Effect, Option, Redacted } from "effect"
import { Auth, Call, Credentials, IntegrationError, Operation } from "holdfast"

const operation = Operation.make({ integration: "shop", method: "GET", name: "orders.list", template: "/orders" })

const headersOf = (auth: Auth.Auth, credential: Credentials.Credential, name = operation.name) =>
  Effect.gen(function*() {
    const authenticate = yield* auth
    const request = HttpClientRequest.get("https://shop.example.com/orders")
    const { headers } = yield* authenticate(request, new Call.Call({ ...operation, name }, {}, undefined))
    return Object.fromEntries(Object.entries(headers))
  }).pipe(Effect.provide(Credentials.layer(credential)))

describe("Auth.apiKeyOrBearer", () => {
  const auth = Auth.apiKeyOrBearer("x-shop-key")

  it.effect("puts each credential where it belongs", () =>
    Effect.gen(function*() {
      const secret = Redacted.make("fake-secret")
      deepStrictEqual(yield* headersOf(auth, Credentials.ApiKey({ key: secret })), { "x-shop-key": "fake-secret" })
      const bearer = { authorization: "Bearer fake-secret" }
      deepStrictEqual(yield* headersOf(auth, Credentials.Bearer({ token: secret })), bearer)
    }))

  it.effect("says which kinds it takes of one that is neither", () =>
    Effect.gen(function*() {
      const basic = Credentials.Basic({ password: Redacted.make("fake-secret"), username: "ada" })
      const error = yield* Effect.flip(headersOf(auth, basic))
      assertInstanceOf(error, IntegrationError.AuthenticationError)
      assertTrue(error.message.includes("ApiKey, Bearer or OAuth2") && error.message.includes("gave a Basic"))
    }))
})

describe("Auth.basicOrBearer", () => {
  const secret = Redacted.make("fake-secret")

  it.effect("puts each credential where it belongs", () =>
    Effect.gen(function*() {
      const basic = Credentials.Basic({ password: secret, username: "ada" })
      deepStrictEqual(yield* headersOf(Auth.basicOrBearer, basic), {
        authorization: `Basic ${btoa("ada:fake-secret")}`
      })
      const bearer = { authorization: "Bearer fake-secret" }
      deepStrictEqual(yield* headersOf(Auth.basicOrBearer, Credentials.Bearer({ token: secret })), bearer)
      const granted = Credentials.OAuth2({ accessToken: secret, scopes: [] })
      deepStrictEqual(yield* headersOf(Auth.basicOrBearer, granted), bearer)
    }))

  it.effect("says which kinds it takes of one that is neither", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(headersOf(Auth.basicOrBearer, Credentials.ApiKey({ key: secret })))
      assertInstanceOf(error, IntegrationError.AuthenticationError)
      assertTrue(error.message.includes("Basic, Bearer or OAuth2") && error.message.includes("gave a ApiKey"))
    }))
})

describe("Auth.except", () => {
  const auth = Auth.bearer.pipe(Auth.except("orders.track"))

  it.effect("leaves the credential off what wants none, and does not ask for one", () =>
    Effect.gen(function*() {
      const token = Credentials.Bearer({ token: Redacted.make("fake-secret") })
      deepStrictEqual(yield* headersOf(auth, token), { authorization: "Bearer fake-secret" })
      deepStrictEqual(yield* headersOf(auth, token, "orders.track"), {})
      const basic = Credentials.Basic({ password: Redacted.make("fake-secret"), username: "ada" })
      deepStrictEqual(yield* headersOf(auth, basic, "orders.track"), {})
      assertInstanceOf(yield* Effect.flip(headersOf(auth, basic)), IntegrationError.AuthenticationError)
    }))

  it.effect("a refusal of such a call is final: another credential would not be sent either", () =>
    Effect.gen(function*() {
      const token = (text: string) => Credentials.Bearer({ token: Redacted.make(text) })
      const { again } = yield* auth.pipe(
        Effect.provideService(Credentials.Credentials, {
          afterRefusal: () => Effect.succeedSome(token("fake-new")),
          get: () => Effect.succeed(token("fake-old"))
        })
      )
      const request = HttpClientRequest.get("https://shop.example.com/orders")
      const renewed = (name: string) =>
        Effect.map(
          again?.(request, request, new Call.Call({ ...operation, name }, {}, undefined)) ?? Effect.succeedNone,
          Option.map(({ headers }) => headers.authorization)
        )
      deepStrictEqual(yield* renewed("orders.list"), Option.some("Bearer fake-new"))
      deepStrictEqual(yield* renewed("orders.track"), Option.none())
    }))
})
