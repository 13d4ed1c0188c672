/**
 * An endpoint that takes a payment, and clients that do not know whether their request arrived: they send it again, at the
 * same time from two devices, and after the server was restarted. The card is charged once.
 *
 * What was answered is kept in a file, `keys.db` in a folder of its own, which is thrown away in the end.
 */
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as FileSystem from "@effect/platform/FileSystem"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as HttpRouter from "@effect/platform/HttpRouter"
import * as HttpServer from "@effect/platform/HttpServer"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import { Console, Effect, Layer, Schema } from "effect"
import * as IdempotencyHttp from "holdfast/delivery/Idempotency/Http"
import * as IdempotencySqlite from "holdfast/delivery/Idempotency/Sqlite"

const Payment = Schema.Struct({ cents: Schema.Int, order: Schema.String })

/** What the card was charged, by whichever server. */
const charges: Array<string> = []

const pay = Effect.gen(function*() {
  const { cents, order } = yield* HttpServerRequest.schemaBodyJson(Payment)
  yield* Effect.sleep("100 millis")
  charges.push(`${order}: ${cents}`)
  return yield* HttpServerResponse.json({ charged: cents, number: charges.length }, { status: 201 })
})

const app = HttpRouter.empty.pipe(
  HttpRouter.post("/payments", pay),
  HttpRouter.use(IdempotencyHttp.middleware())
)

/** A client's request, and what it is told. */
const send = (who: string, key: string | undefined, payment: typeof Payment.Type) =>
  HttpClientRequest.post("/payments", { headers: key === undefined ? {} : { "idempotency-key": `"${key}"` } }).pipe(
    HttpClientRequest.bodyUnsafeJson(payment),
    HttpClient.execute,
    Effect.flatMap((response) => Effect.map(response.text, (text) => ({ response, text }))),
    Effect.tap(({ response, text }) => {
      const replayed = response.headers["idempotency-replayed"] === "true" ? ", replayed" : ""
      return Console.log(
        `${who}: ${response.status}${replayed} ${response.status === 201 ? text : JSON.parse(text).title}`
      )
    }),
    Effect.scoped
  )

/** A server that lives for as long as its clients do. */
const during = (filename: string, clients: Effect.Effect<unknown, unknown, HttpClient.HttpClient>) =>
  Effect.zipRight(HttpServer.serveEffect(app), clients).pipe(
    Effect.scoped,
    Effect.provide(Layer.merge(NodeHttpServer.layerTest, IdempotencySqlite.layer({ filename })))
  )

const program = Effect.gen(function*() {
  const folder = yield* Effect.flatMap(FileSystem.FileSystem, (fs) => fs.makeTempDirectoryScoped())
  const filename = `${folder}/keys.db`
  const payment = { cents: 4200, order: "order-1" }

  yield* during(
    filename,
    Effect.gen(function*() {
      yield* send("no key", undefined, payment)
      // two at once: one is handled, the other is asked to come back
      yield* Effect.all([send("phone", "order-1", payment), Effect.delay(send("tablet", "order-1", payment), 30)], {
        concurrency: "unbounded"
      })
      yield* send("tablet again", "order-1", payment)
      yield* send("another amount", "order-1", { ...payment, cents: 9900 })
    })
  )
  yield* Console.log("the server is started again")
  yield* during(filename, send("phone again", "order-1", payment))
  yield* Console.log(`the card was charged ${charges.length} time(s): ${charges.join(", ")}`)
})

program.pipe(Effect.scoped, Effect.provide(NodeContext.layer), NodeRuntime.runMain)
