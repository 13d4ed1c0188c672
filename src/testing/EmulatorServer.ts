/**
 * An emulator on a real socket of the loopback interface, for programs that are tested whole, and from other processes.
 *
 * @since 0.1.0
 */
import * as HttpServerError from "@effect/platform/HttpServerError"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as FiberSet from "effect/FiberSet"
import type * as Scope from "effect/Scope"
import type * as Http from "node:http"
import type * as Net from "node:net"
import type { Emulator } from "./Emulator.js"
import * as Wire from "./internal/wire.js"

/**
 * @since 0.1.0
 * @category models
 */
export interface Server {
  /** `http://127.0.0.1:49152`, without a trailing slash. */
  readonly baseUrl: string
  readonly port: number
}

/** A larger request is cut off. */
const maxRequestBytes = 64 * 1024 * 1024

/**
 * Serves an emulator on 127.0.0.1 for as long as the scope lasts. Port 0 (the default) takes a free one. When the scope
 * closes, all connections are cut at once.
 *
 * A request that has arrived is served to its end even if the client has gone away meanwhile, as a real server would;
 * faults that break the connection break the TCP connection. Another process reaches the ledger at
 * `GET <baseUrl>/__emulator/ledger`, the state at `/__emulator/state`; `POST /__emulator/reset` starts anew. What it may be
 * asked for is in an OpenAPI document at `/openapi.json`.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { type Emulator, EmulatorServer } from "holdfast/testing"
 *
 * declare const emulator: Emulator.Emulator
 *
 * const program = Effect.scoped(Effect.gen(function*() {
 *   const { baseUrl } = yield* EmulatorServer.serve(emulator)
 *   yield* Effect.log(`listening on ${baseUrl}`)
 *   return yield* Effect.never
 * }))
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const serve = (
  emulator: Emulator,
  options?: { readonly port?: number | undefined }
): Effect.Effect<Server, HttpServerError.ServeError, Scope.Scope> =>
  Effect.gen(function*() {
    const http = yield* Effect.promise(() => import("node:http"))
    const sockets = new Set<Net.Socket>()
    const server = http.createServer()
    yield* Effect.addFinalizer(() => close(server, sockets))
    // runs in a scope inside of the one above: when it closes, requests are given up before their connections
    const run = yield* FiberSet.makeRuntime<never>()
    server.on("connection", (socket) => {
      sockets.add(socket)
      socket.once("close", () => sockets.delete(socket))
    })
    server.on("request", (request, response) => {
      // a client that breaks off is no news
      request.on("error", () => undefined)
      response.on("error", () => undefined)
      run(Effect.catchAllCause(
        Effect.flatMap(receive(request), (incoming) =>
          Effect.flatMap(emulator.handle(incoming), (outcome) => deliver(outcome, response, request.socket))),
        (cause) => {
          request.socket.destroy()
          return Cause.isInterruptedOnly(cause) ? Effect.void : Effect.logError("the emulator's server failed", cause)
        }
      ))
    })
    const port = yield* listen(server, options?.port ?? 0)
    return { baseUrl: `http://127.0.0.1:${port}`, port }
  })

/**
 * Starts an emulator and serves it, on a free port or on `port`.
 *
 * @since 0.1.0
 * @category models
 */
export interface Serve<in Options, out State> {
  (options?: Options & { readonly port?: number | undefined }): Effect.Effect<
    Server & { readonly emulator: Emulator<State> },
    HttpServerError.ServeError,
    Scope.Scope
  >
}

/**
 * The `serve` of a provider, from its `make`.
 *
 * @since 0.1.0
 * @category constructors
 */
export const serving = <Options extends object, State>(
  make: (options?: Options) => Effect.Effect<Emulator<State>>
): Serve<Options, State> =>
(options) =>
  Effect.gen(function*() {
    const emulator = yield* make(options)
    const server = yield* serve(emulator, { port: options?.port })
    return { ...server, emulator }
  })

const listen = (server: Http.Server, port: number): Effect.Effect<number, HttpServerError.ServeError> =>
  Effect.async((resume) => {
    const fail = (cause: unknown) => resume(Effect.fail(new HttpServerError.ServeError({ cause })))
    server.once("error", fail)
    server.listen({ host: "127.0.0.1", port }, () => {
      server.off("error", fail)
      const address = server.address()
      resume(
        address !== null && typeof address === "object"
          ? Effect.succeed(address.port)
          : Effect.dieMessage("a TCP server has a port")
      )
    })
  })

const close = (server: Http.Server, sockets: ReadonlySet<Net.Socket>): Effect.Effect<void> =>
  Effect.async((resume) => {
    server.close(() => resume(Effect.void))
    for (const socket of sockets) socket.destroy()
  })

const receive = (request: Http.IncomingMessage): Effect.Effect<Wire.Incoming> =>
  Effect.async((resume) => {
    const chunks: Array<Buffer> = []
    let size = 0
    request.on("data", (chunk: Buffer) => {
      chunks.push(chunk)
      size += chunk.length
      if (size > maxRequestBytes) request.socket.destroy()
    })
    request.once("end", () =>
      resume(Effect.succeed({
        method: request.method ?? "GET",
        url: request.url ?? "/",
        headers: headersOf(request),
        body: Buffer.concat(chunks)
      })))
    // the request never arrived whole: nobody waits for an answer
    request.once("close", () => resume(Effect.interrupt))
  })

const headersOf = (request: Http.IncomingMessage): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(request.headers).map((
      [name, value]
    ) => [name, Array.isArray(value) ? value.join(", ") : value ?? ""])
  )

const deliver = (
  outcome: Wire.Outcome,
  response: Http.ServerResponse,
  socket: Net.Socket
): Effect.Effect<void> => {
  switch (outcome._tag) {
    case "Reset":
      return Effect.sync(() => void socket.resetAndDestroy())
    case "Hang":
      // until the client gives up, or the server closes
      return Effect.void
    case "Whole":
      return Effect.sync(() => {
        writeHead(response, outcome.answer)
        response.end(outcome.answer.body)
      })
    case "Half":
      return Effect.sync(() => {
        const { body } = outcome.answer
        writeHead(response, outcome.answer)
        // the bytes get their time to leave: a reset could overtake them, and then it would be no half body
        response.write(body.subarray(0, Math.floor(body.length / 2)), () => socket.destroySoon())
      })
    case "Slow": {
      const slices = Wire.pieces(outcome.answer.body, Wire.slowPieces)
      const pause = outcome.millis / Math.max(1, slices.length)
      return Effect.sync(() => {
        writeHead(response, outcome.answer)
        response.flushHeaders()
      }).pipe(
        Effect.zipRight(Effect.forEach(
          slices,
          (slice) => Effect.zipRight(Effect.sleep(pause), Effect.sync(() => void response.write(slice))),
          { discard: true }
        )),
        Effect.zipRight(Effect.sync(() => void response.end()))
      )
    }
  }
}

const bodiless = (status: number): boolean => status === 204 || status === 304

const writeHead = (response: Http.ServerResponse, { body, headers, status }: Wire.Answer): void => {
  response.writeHead(status, bodiless(status) ? headers : { ...headers, "content-length": String(body.length) })
}
