/** An integration whose groups are on several servers. */
import { HttpApi, HttpApiEndpoint, HttpApiGroup, HttpClient } from "@effect/platform"
import { describe, it } from "@effect/vitest"
import { deepStrictEqual, strictEqual, throws } from "@effect/vitest/utils"
import { Context, Effect, Layer, Redacted, Tracer } from "effect"
import { Auth, Credentials, DeadLetterQueue, Holdfast, OpenApi, Provider, Transport } from "holdfast"
import { Wire } from "../core/wire.js"

const api = HttpApi.make("shop")
  .add(HttpApiGroup.make("orders").add(HttpApiEndpoint.get("list", "/v1/orders")))
  .add(
    HttpApiGroup.make("accounts").add(HttpApiEndpoint.get("list", "/v1/accounts"))
      .add(HttpApiEndpoint.put("rename", "/v1/accounts"))
  )

const servers = { accounts: "https://accounts.shop.example/api/" }

const definition = Provider.define({
  api,
  auth: Auth.bearer,
  baseUrl: "https://orders.shop.example",
  id: "shop",
  name: "Shop",
  servers,
  version: "1"
})

class Shop extends Provider.Tag<Shop>()("test/Shop", definition, { credentials: Credentials.bearerConfig("SHOP") }) {}

const credentials = Credentials.layer(Credentials.Bearer({ token: Redacted.make("fake-token") }))

const ok = () => new Wire((request) => request.answer(204, ""))

const placesOf = ({ requests }: Wire) => requests.map(({ sent: { origin, path } }) => `${origin}${path}`)

const build = (wire: Wire, options: { readonly baseUrl?: string } = {}, long = false) =>
  Layer.build(
    Shop.layer({ credentials, policy: { retry: false }, ...options }).pipe(
      Layer.provideMerge(Holdfast.layerMemory),
      Layer.provide(
        Layer.effect(
          HttpClient.HttpClient,
          Effect.map(
            Transport.fromDispatcher(wire),
            // a client that was derived from another one is the long way
            (client) => long ? HttpClient.mapRequest(client, (request) => request) : client
          )
        )
      )
    )
  )

describe("servers of a definition", () => {
  it.scoped.each([["over the pool", false], ["over any client", true]] as const)(
    "the operations of a group go to its own server, %s",
    ([, long]) =>
      Effect.gen(function*() {
        const wire = ok()
        const shop = Context.get(yield* build(wire, {}, long), Shop)
        yield* shop.orders.list()
        yield* shop.accounts.list()
        deepStrictEqual(placesOf(wire), [
          "https://orders.shop.example/v1/orders",
          "https://accounts.shop.example/api/v1/accounts"
        ])
      })
  )

  it.scoped("another base URL is that of all of them", () =>
    Effect.gen(function*() {
      const wire = ok()
      const shop = Context.get(yield* build(wire, { baseUrl: "http://127.0.0.1:1" }), Shop)
      yield* shop.orders.list()
      yield* shop.accounts.list()
      deepStrictEqual(placesOf(wire), ["http://127.0.0.1:1/v1/orders", "http://127.0.0.1:1/v1/accounts"])
    }))

  it.scoped("a dead letter is replayed where it was sent to", () =>
    Effect.gen(function*() {
      let status = 503
      const wire = new Wire((request) => request.answer(status, ""))
      const context = yield* build(wire)
      yield* Effect.flip(Context.get(context, Shop).accounts.rename())
      status = 204
      const queue = Context.get(context, DeadLetterQueue.DeadLetterQueue)
      const [letter] = (yield* queue.list()).items
      yield* queue.replay(letter!.id)
      const place = "https://accounts.shop.example/api/v1/accounts"
      deepStrictEqual(placesOf(wire), [place, place])
    }))

  it.scoped("the span of an attempt names the server that was called", () =>
    Effect.gen(function*() {
      const spans: Array<Tracer.Span> = []
      const native = yield* Effect.tracer
      const tracer = Tracer.make({
        context: (run) => run(),
        span: (...parts) => {
          const span = native.span(...parts)
          spans.push(span)
          return span
        }
      })
      const shop = Context.get(yield* build(ok()), Shop)
      yield* Effect.withTracer(Effect.zipRight(shop.orders.list(), shop.accounts.list()), tracer)
      deepStrictEqual(spans.flatMap(({ attributes }) => attributes.get("server.address") ?? []), [
        "orders.shop.example",
        "accounts.shop.example"
      ])
    }))

  it("are in its OpenAPI document, unless that is of one server", () => {
    const { paths } = OpenApi.make(definition)
    deepStrictEqual(paths["/v1/accounts"]?.put?.servers, [{ url: servers.accounts }])
    strictEqual(paths["/v1/orders"]?.get?.servers, undefined)
    strictEqual(OpenApi.make(definition, { servers: ["/"] }).paths["/v1/accounts"]?.put?.servers, undefined)
  })

  it("a group that is not there is a mistake", () => {
    throws(
      () => Provider.define({ ...definition, servers: { acounts: servers.accounts } }),
      new Error(`Provider.define: servers of "shop" names "acounts", which is no group of its api`)
    )
  })
})
