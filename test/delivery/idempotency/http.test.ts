/** The header's server side, over a real socket. */
import {
  HttpApi,
  HttpApiBuilder,
  HttpApiEndpoint,
  HttpApiGroup,
  HttpClient,
  HttpClientRequest,
  HttpRouter,
  HttpServer,
  HttpServerRequest,
  HttpServerResponse
} from "@effect/platform"
import { NodeHttpServer } from "@effect/platform-node"
import { describe, it } from "@effect/vitest"
import { deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { Deferred, Effect, Layer, Schema } from "effect"
import { Idempotency } from "holdfast"
import * as IdempotencyHttp from "holdfast/delivery/Idempotency/Http"
import { StoreError } from "../../../src/delivery/internal/idempotencyStore.js"

const handled: Array<string> = []

const orders = (hold: Effect.Effect<void> = Effect.void) =>
  HttpRouter.empty.pipe(
    HttpRouter.post(
      "/orders",
      Effect.gen(function*() {
        const request = yield* HttpServerRequest.HttpServerRequest
        const text = yield* request.text
        handled.push(text)
        yield* hold
        const status = Number(/"status":(\d+)/.exec(text)?.[1] ?? 201)
        if (text.includes("\"die\"")) return yield* Effect.dieMessage("boom")
        return yield* HttpServerResponse.json({ n: handled.length }, {
          headers: { location: `/orders/${handled.length}` },
          status
        })
      })
    ),
    HttpRouter.get("/orders", HttpServerResponse.text("all of them"))
  )

const serve = (options?: IdempotencyHttp.Options, hold?: Effect.Effect<void>) =>
  Effect.zipRight(
    Effect.sync(() => handled.length = 0),
    HttpServer.serveEffect(HttpRouter.use(orders(hold), IdempotencyHttp.middleware(options)))
  )

const post = (key: string | undefined, body: string, headers: Record<string, string> = {}) =>
  Effect.scoped(Effect.gen(function*() {
    const client = yield* HttpClient.HttpClient
    const request = HttpClientRequest.post("/orders", {
      headers: key === undefined ? headers : { ...headers, "idempotency-key": key }
    }).pipe(HttpClientRequest.bodyText(body, "application/json"))
    const response = yield* client.execute(request)
    const text = yield* response.text
    return { headers: response.headers, status: response.status, text }
  }))

const layer = Layer.merge(NodeHttpServer.layerTest, Idempotency.layerMemory)

describe("Idempotency-Key", () => {
  it.scoped("a repetition gets the answer that was given, whatever the syntax of its key", () =>
    Effect.gen(function*() {
      yield* serve()
      const first = yield* post("\"key-1\"", "{\"a\":1}")
      strictEqual(first.status, 201)
      strictEqual(first.headers["idempotency-replayed"], undefined)
      const second = yield* post("key-1", "{\"a\":1}")
      deepStrictEqual([second.status, second.text], [201, first.text])
      deepStrictEqual(
        ["location", "content-type", "idempotency-replayed"].map((name) => second.headers[name]),
        ["/orders/1", "application/json", "true"]
      )
      deepStrictEqual(handled, ["{\"a\":1}"])
    }).pipe(Effect.provide(layer)))

  it.scoped("400 without a key, or with none that is one", () =>
    Effect.gen(function*() {
      yield* serve()
      for (const key of [undefined, "\"\"", "\"open", "a b", "x".repeat(256)]) {
        const answer = yield* post(key, "{}")
        strictEqual(answer.status, 400)
        strictEqual(answer.headers["content-type"], "application/problem+json")
        strictEqual(JSON.parse(answer.text).status, 400)
      }
      deepStrictEqual(handled, [])
    }).pipe(Effect.provide(layer)))

  it.scoped("none is needed where it is not required, nor by other methods", () =>
    Effect.gen(function*() {
      yield* serve({ required: false })
      strictEqual((yield* post(undefined, "{}")).status, 201)
      strictEqual((yield* post(undefined, "{}")).status, 201)
      strictEqual(handled.length, 2)
      const all = yield* Effect.flatMap(HttpClient.get("/orders"), (response) => response.text)
      strictEqual(all, "all of them")
    }).pipe(Effect.provide(layer)))

  it.scoped("422 with another request, 409 while the first is being handled", () =>
    Effect.gen(function*() {
      const gate = yield* Deferred.make<void>()
      const came = yield* Deferred.make<void>()
      yield* serve({}, Effect.zipRight(Deferred.succeed(came, undefined), Deferred.await(gate)))
      const first = yield* Effect.fork(post("k", "{\"a\":1}"))
      yield* Deferred.await(came)
      const meanwhile = yield* post("k", "{\"a\":1}")
      deepStrictEqual([meanwhile.status, meanwhile.headers["retry-after"]], [409, "1"])
      strictEqual((yield* post("k", "{\"a\":2}")).status, 422)
      yield* Deferred.succeed(gate, undefined)
      strictEqual((yield* first).status, 201)
      strictEqual((yield* post("k", "{\"a\":1}")).status, 201)
      strictEqual((yield* post("k", "{\"a\":2}")).status, 422)
      strictEqual(handled.length, 1)
    }).pipe(Effect.provide(layer)))

  it.scoped("what is no lasting answer is not kept", () =>
    Effect.gen(function*() {
      yield* serve({ maxBodySize: 1_000 })
      for (const body of ["{\"status\":500}", "{\"status\":429}", "{\"status\":401}", "\"die\""]) {
        handled.length = 0
        const first = yield* post(body.replaceAll("\"", ""), body)
        const second = yield* post(body.replaceAll("\"", ""), body)
        deepStrictEqual([first.status, handled.length], [second.status, 2])
      }
      handled.length = 0
      const refused = "{\"status\":404}"
      strictEqual((yield* post("refused", refused)).status, 404)
      strictEqual((yield* post("refused", refused)).status, 404)
      strictEqual(handled.length, 1)
    }).pipe(Effect.provide(layer)))

  it.scoped("nobody gets the answer to another one's request", () =>
    Effect.gen(function*() {
      yield* serve()
      const first = yield* post("k", "{}", { authorization: "Bearer of-ada" })
      const other = yield* post("k", "{}", { authorization: "Bearer of-bob" })
      strictEqual(first.text === other.text, false)
      strictEqual(handled.length, 2)
    }).pipe(Effect.provide(layer)))

  it.scoped("503 when the keys cannot be looked up, and nothing is handled", () =>
    Effect.gen(function*() {
      yield* serve()
      const answer = yield* post("k", "{}")
      deepStrictEqual([answer.status, answer.headers["retry-after"]], [503, "1"])
      deepStrictEqual(handled, [])
    }).pipe(
      Effect.provide(Layer.merge(
        NodeHttpServer.layerTest,
        Layer.succeed(
          Idempotency.Idempotency,
          Idempotency.fromStore({
            name: "the store",
            take: () => Effect.fail(new StoreError({ message: "as the spec wants it" }))
          })
        )
      ))
    ))

  it.scoped("the handlers of an HttpApi find payload, path and query as ever", () =>
    Effect.gen(function*() {
      const api = HttpApi.make("shop").add(
        HttpApiGroup.make("orders").add(
          HttpApiEndpoint.post("place", "/shops/:shop/orders")
            .setPath(Schema.Struct({ shop: Schema.String }))
            .setUrlParams(Schema.Struct({ express: Schema.optional(Schema.String) }))
            .setPayload(Schema.Struct({ sku: Schema.String }))
            .addSuccess(Schema.Struct({ said: Schema.String, times: Schema.Number }))
        )
      )
      let times = 0
      const handlers = HttpApiBuilder.group(api, "orders", (group) =>
        group.handle("place", ({ path, payload, urlParams }) =>
          Effect.succeed({ said: `${path.shop} ${payload.sku} ${urlParams.express}`, times: ++times })))
      yield* Layer.launch(
        HttpApiBuilder.serve(IdempotencyHttp.middleware()).pipe(
          Layer.provide(HttpApiBuilder.api(api)),
          Layer.provide(handlers)
        )
      ).pipe(Effect.forkScoped)
      const place = (sku: string) =>
        HttpClientRequest.post("/shops/berlin/orders?express=yes", { headers: { "idempotency-key": "\"k\"" } }).pipe(
          HttpClientRequest.bodyUnsafeJson({ sku }),
          HttpClient.execute,
          Effect.flatMap((response) =>
            Effect.map(response.text, (text) => [response.status, text])
          ),
          Effect.scoped
        )
      const said = "{\"said\":\"berlin nut yes\",\"times\":1}"
      yield* Effect.retry(place("nut"), { times: 5 })
      deepStrictEqual(yield* place("nut"), [200, said])
      strictEqual((yield* place("bolt"))[0], 422)
    }).pipe(Effect.provide(layer)))
})
