/** A receiver on a port of its own, and a sender that can say whatever it likes. */
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import type * as HttpApp from "@effect/platform/HttpApp"
import * as HttpServer from "@effect/platform/HttpServer"
import { Context, Effect, Either, Layer, Redacted } from "effect"
import { Inbox, LeaseQueue, WebhookScheme } from "holdfast"
import * as http from "node:http"
import { now } from "../kit.js"

export const publicUrl = "https://app.example.com"

export const secret = Redacted.make("fake-secret-of-this-side")

export interface Heard {
  readonly status: number
  readonly headers: http.IncomingHttpHeaders
  readonly text: string
}

export interface Sent {
  readonly method?: string
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  /** Several parts go out one after the other, without a word of how much it will be. */
  readonly body?: Uint8Array | ReadonlyArray<Uint8Array>
  /** Never says that it is all. */
  readonly unfinished?: boolean
}

/** `text` is what has come until the connection ended. */
const send = (port: number) => (sent: Sent): Effect.Effect<Heard> =>
  Effect.async((resume) => {
    const request = http.request({
      headers: sent.headers ?? {},
      host: "127.0.0.1",
      method: sent.method ?? "POST",
      path: sent.path,
      port
    }, (response) => {
      let text = ""
      response.on("data", (chunk: Buffer) => text += chunk.toString("utf8"))
      response.on("end", () => {
        request.destroy()
        resume(Effect.succeed({ headers: response.headers, status: response.statusCode ?? 0, text }))
      })
    })
    // what the server does not want to hear is no fault of the test's; its answer has come before
    request.on("error", () => {})
    const { body = new Uint8Array(0) } = sent
    if (body instanceof Uint8Array) request.write(body)
    else for (const part of body) request.write(part)
    if (sent.unfinished !== true) request.end()
    return Effect.sync(() => void request.destroy())
  })

/** As the provider would send it to the public URL; where the scheme signs a URL, that one. */
export const signed = (
  scheme: WebhookScheme.Scheme,
  path: string,
  body: string | Uint8Array,
  options: {
    readonly headers?: Readonly<Record<string, string>>
    readonly secret?: Redacted.Redacted
    readonly method?: string
  } = {}
): Sent => {
  const { headers = { "content-type": "application/json" }, method = "POST" } = options
  const request = Either.getOrThrow(WebhookScheme.sign({
    body: typeof body === "string" ? Buffer.from(body) : body,
    headers,
    method,
    url: `${publicUrl}${path}`
  }, { now, scheme, secret: options.secret ?? secret }))
  return {
    body: request.body,
    headers: Object.fromEntries(
      Object.entries(request.headers).flatMap(([name, value]) => typeof value === "string" ? [[name, value]] : [])
    ),
    method,
    path: request.url.slice(publicUrl.length)
  }
}

/** Serves until the end of the scope; the app finds the inbox in its context. */
export const serve = <E, R extends Inbox.Inbox>(app: HttpApp.Default<E, R>, context: Context.Context<R>) =>
  Effect.gen(function*() {
    const server = yield* Layer.build(
      NodeHttpServer.layer(() => http.createServer(), { host: "127.0.0.1", port: 0 })
    )
    yield* HttpServer.serveEffect(Effect.provide(app, context)).pipe(Effect.provide(server))
    const { address } = Context.get(server, HttpServer.HttpServer)
    return send(address._tag === "TcpAddress" ? address.port : 0)
  })

/** An inbox in memory whose store can be taken away. */
export const inbox = Effect.gen(function*() {
  const queue = yield* LeaseQueue.makeMemory()
  const store = { isAway: false }
  const away = Layer.succeed(LeaseQueue.LeaseQueue, {
    ...queue,
    offer: (items) =>
      Effect.suspend(() =>
        store.isAway ? new LeaseQueue.LeaseQueueError({ message: "away", reason: "storage" }) : queue.offer(items)
      )
  })
  const context = yield* Layer.build(Layer.provide(Inbox.layer(), away))
  return { context, inbox: Context.get(context, Inbox.Inbox), store }
})
