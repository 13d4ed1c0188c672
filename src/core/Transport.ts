/**
 * The innermost stage: puts the base URL and the credential on a request, sends it with whatever `HttpClient` there is,
 * reads the whole body, and turns every outcome into a response or an `IntegrationError`.
 *
 * @since 0.1.0
 */
import * as Headers from "@effect/platform/Headers"
import * as HttpClient from "@effect/platform/HttpClient"
import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import type { Call } from "./Call.js"
import type * as Classification from "./Classification.js"
import type { IntegrationError } from "./IntegrationError.js"
import * as Arrival from "./internal/arrival.js"
import { acceptable } from "./internal/decoding.js"
import type * as Undici from "./internal/dispatcher.js"
import { directOf } from "./internal/dispatcher.js"
import * as Pool from "./internal/pool.js"
import { is2xx } from "./internal/reading.js"
import * as SendDirect from "./internal/sendDirect.js"
import * as SendThrough from "./internal/sendThrough.js"
import * as WebStream from "./internal/webStream.js"
import * as Wires from "./internal/wire.js"

/**
 * Sends one request on behalf of a call.
 *
 * @since 0.1.0
 * @category models
 */
export interface Send {
  (
    request: HttpClientRequest.HttpClientRequest,
    call: Call
  ): Effect.Effect<HttpClientResponse.HttpClientResponse, IntegrationError>
  /**
   * The same for a fused run of stages, which masks it already. It ends by itself, with `call.expire()`, when
   * `call.deadline` passes.
   */
  readonly within?: (arrival: Arrival.Arrival) => Effect.Effect<HttpClientResponse.HttpClientResponse, IntegrationError>
}

/**
 * Puts a credential on a request, each time that it is sent.
 *
 * @since 0.1.0
 * @category models
 */
export type Authenticate = Arrival.Authenticate

/**
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** Without a trailing slash, `https://api.hubapi.com`. */
  readonly baseUrl: string
  /** By group of operations, the server on which they are, where that is another one. */
  readonly servers?: Readonly<Record<string, string>> | undefined
  readonly authenticate: Authenticate
  readonly classify?: Classification.Classifier | undefined
  /** Headers of every request. Default: `accept: application/json`. */
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** A larger body is not read to its end, and is a ResponseDecodeError. Bytes; default 16 MiB. */
  readonly maxResponseBytes?: number | undefined
  /** More of the body of an error is not read: it is for people. Bytes; default 256 KiB. */
  readonly maxErrorBytes?: number | undefined
  /**
   * A body that says that it is no longer than this is read whole also for a call that takes it on its way (`call.stream`),
   * so that one that breaks off is a failed attempt, and its connection is free at once. Bytes; default 0: none is.
   */
  readonly wholeBytes?: number | undefined
  /**
   * Asks for compressed answers and decompresses them: gzip, deflate, br, and zstd where the runtime has it. Not over a
   * client that does so itself, as `fetch` does. Default `false`.
   */
  readonly decompress?: boolean | undefined
  /** Which answers are none of errors, unless `classify` says otherwise. Default: 2xx. */
  readonly isSuccess?: ((status: number) => boolean) | undefined
}

const withoutSlash = (url: string): string => url.replace(/\/+$/, "")

const defaultMaxResponseBytes = 16 * 1024 * 1024
const defaultMaxErrorBytes = 256 * 1024

/**
 * Over a client of `Transport.layer` the requests go straight to the connection pool; over any other they go through the
 * client, whatever it is made of.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (httpClient: HttpClient.HttpClient, options: Options): Send => {
  const decompress = options.decompress ?? false
  const settings = {
    authenticate: options.authenticate,
    baseUrl: withoutSlash(options.baseUrl),
    classify: options.classify,
    decompress,
    headers: Headers.fromInput({
      accept: "application/json",
      "accept-encoding": decompress ? acceptable() : undefined,
      ...options.headers
    }),
    isSuccess: options.isSuccess ?? is2xx,
    maxErrorBytes: options.maxErrorBytes ?? defaultMaxErrorBytes,
    maxResponseBytes: options.maxResponseBytes ?? defaultMaxResponseBytes,
    servers: new Map(Object.entries(options.servers ?? {}).map(([group, url]) => [group, withoutSlash(url)])),
    wholeBytes: options.wholeBytes ?? 0
  }
  const direct = directOf(httpClient)
  const within = Arrival.makeWithin(
    settings,
    direct === undefined ? SendThrough.makeAttempt(httpClient, settings) : SendDirect.makeAttempt(direct, settings)
  )
  return Object.assign(Arrival.fromWithin(within), { within })
}

/**
 * For an API that needs no credential.
 *
 * @since 0.1.0
 * @category constructors
 */
export const noAuthentication: Authenticate = (request) => Either.right(request)

/**
 * Where the connections are made, and how many.
 *
 * @since 0.1.0
 * @category models
 */
export interface ClientOptions extends Pool.PoolOptions {}

/**
 * A proxy, and who we are to it.
 *
 * @since 0.1.0
 * @category models
 */
export interface Proxy extends Pool.ProxyOptions {}

/**
 * Whatever has undici's `dispatch`: an `Agent`, a `Pool`, a `MockAgent`, a dispatcher with interceptors.
 *
 * @since 0.1.0
 * @category models
 */
export interface Dispatcher extends Undici.Dispatcher {}

/**
 * An `HttpClient` over a connection pool of its own, which ends with the scope.
 *
 * @since 0.1.0
 * @category constructors
 */
export const makeClient = (
  options: ClientOptions = {}
): Effect.Effect<HttpClient.HttpClient, never, Scope.Scope> => {
  Pool.checkOptions(options)
  return Effect.flatMap(Pool.make(options), fromDispatcher)
}

/**
 * An `HttpClient` over a dispatcher of the program's own, which nobody here closes.
 *
 * @since 0.1.0
 * @category constructors
 */
export const fromDispatcher = (dispatcher: Dispatcher): Effect.Effect<HttpClient.HttpClient> =>
  // of Node alone: loaded on use
  Effect.flatMap(
    Effect.promise(() => import("./internal/dispatcherClient.js")),
    (client) => client.fromDispatcher(dispatcher)
  )

/**
 * An `HttpClient` straight over undici, with connections that are kept alive. It does what `NodeHttpClient.layerUndici`
 * does, for less, and a stack that stands right on it sends its requests for less still. Needs the optional peer `undici`.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer: Layer.Layer<HttpClient.HttpClient> = Layer.scoped(HttpClient.HttpClient, makeClient())

/**
 * `Transport.layer` with a pool, TLS or a proxy to one's own wishes. Throws when an option cannot be.
 *
 * @example
 * ```ts
 * import { Redacted } from "effect"
 * import { Transport } from "holdfast"
 *
 * const client = Transport.layerWith({
 *   connections: 32,
 *   connectTimeout: "3 seconds",
 *   proxy: { url: "http://proxy.internal:3128", username: "jobs", password: Redacted.make("secret") }
 * })
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layerWith = (options: ClientOptions): Layer.Layer<HttpClient.HttpClient> =>
  Layer.scoped(HttpClient.HttpClient, makeClient(options))

/**
 * The same client over a dispatcher of the program's own, which stays open when the layer ends.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerDispatcher = (dispatcher: Dispatcher): Layer.Layer<HttpClient.HttpClient> =>
  Layer.effect(HttpClient.HttpClient, fromDispatcher(dispatcher))

/**
 * The body of a response as the web has it. It is read as fast as the stream is, and cancelling the stream closes the
 * connection. So does aborting the signal, with whose reason the stream then fails; the signal holds the stream only
 * weakly, and no listener for longer than the body is read.
 *
 * @since 0.1.0
 * @category conversions
 */
export const toReadableStream = (
  response: HttpClientResponse.HttpClientResponse,
  options?: { readonly signal?: AbortSignal | undefined }
): ReadableStream<Uint8Array> => WebStream.toReadableStream(response, options?.signal)

/**
 * What came over the wire, where an `HttpClientResponse` has no place for it.
 *
 * @since 0.1.0
 * @category models
 */
export interface Wire extends Wires.Wire {}

/**
 * What is known of how a response came. Of the response of another client than that of `Transport.layer`, no more than
 * it tells: no status text, and cookies put together again from their parts.
 *
 * @since 0.1.0
 * @category conversions
 */
export const wireOf: (response: HttpClientResponse.HttpClientResponse) => Wire = Wires.wireOf

/**
 * The whole body of a response, where it has come to its end already and none of it was read as a stream. Its bytes are
 * shared: whoever gives them away makes a copy.
 *
 * @since 0.1.0
 * @category conversions
 */
export const heldBody: (response: HttpClientResponse.HttpClientResponse) => Uint8Array | undefined = Wires.heldBody
