/**
 * A server's side of the `Idempotency-Key` header, as the IETF draft has it (draft-ietf-httpapi-idempotency-key-header): a
 * middleware for `HttpRouter` and `HttpApi`. A request is handled once for its key; a repetition gets the answer that was
 * given, with `Idempotency-Replayed: true`.
 *
 * | answer | when |
 * |---|---|
 * | 400 | the key is missing where it is required, or is none |
 * | 409 | the first request with the key is still being handled; `Retry-After` says when to ask again |
 * | 422 | the key was used with another request |
 * | 503 | the store of keys cannot be asked: nothing was handled |
 *
 * Their bodies are problem details (RFC 9457). What is kept of an answer: status, headers and body, but no cookies. Not
 * kept, so that a repetition is handled again: 5xx, 401, 408, 425, 429, an answer whose body is a stream or too large,
 * and a handler that fails or is interrupted.
 *
 * @since 0.1.0
 */
import type * as HttpApp from "@effect/platform/HttpApp"
import type * as HttpMethod from "@effect/platform/HttpMethod"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Encoding from "effect/Encoding"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Idempotency from "../Idempotency.js"
import * as Key from "../internal/idempotencyHeader.js"
import * as Running from "../internal/idempotencyRunning.js"

/**
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** Requests by other methods are none of its business. Default `POST` and `PATCH`. */
  readonly methods?: ReadonlyArray<HttpMethod.HttpMethod> | undefined
  /** Whether a request without a key is refused, or handled as ever. Default `true`. */
  readonly required?: boolean | undefined
  /** Default `idempotency-key`. */
  readonly header?: string | undefined
  /** Whose key it is: nobody gets the answer to another one's request. Default: the `Authorization` header. */
  readonly scope?: ((request: HttpServerRequest.HttpServerRequest) => string) | undefined
  /** Which answers are kept, among those that can be. Default: all but 5xx, 401, 408, 425 and 429. */
  readonly keeps?: ((response: HttpServerResponse.HttpServerResponse) => boolean) | undefined
  /** Bytes of an answer's body beyond which it is not kept. Default 1 MiB. */
  readonly maxBodySize?: number | undefined
  /** How long an answer is kept: longer than clients repeat a request, and to be told in your documentation. Default `1 day`. */
  readonly timeToLive?: Duration.DurationInput | undefined
  /** After so long without a sign of life a handler is taken for dead. Default `30 seconds`. */
  readonly lease?: Duration.DurationInput | undefined
}

const Kept = Schema.parseJson(Schema.Struct({
  body: Schema.String,
  contentType: Schema.optional(Schema.String),
  headers: Schema.Record({ key: Schema.String, value: Schema.String }),
  status: Schema.Int
}))

const notKept: ReadonlySet<number> = new Set([401, 408, 425, 429])

const isKept = ({ status }: HttpServerResponse.HttpServerResponse): boolean => status < 500 && !notKept.has(status)

const problem = (status: number, title: string, detail: string, retryAfter?: number) =>
  HttpServerResponse.unsafeJson({ detail, status, title }, {
    contentType: "application/problem+json",
    headers: retryAfter === undefined ? undefined : { "retry-after": String(retryAfter) },
    status
  })

const bytesOf = ({ body }: HttpServerResponse.HttpServerResponse): Uint8Array | undefined => {
  if (body._tag === "Empty") return new Uint8Array()
  if (body._tag === "Uint8Array") return body.body
  if (body._tag !== "Raw") return undefined
  if (typeof body.body === "string") return new TextEncoder().encode(body.body)
  return body.body instanceof Uint8Array ? body.body : undefined
}

const encode = (response: HttpServerResponse.HttpServerResponse, maxBodySize: number): Option.Option<string> => {
  const bytes = bytesOf(response)
  if (bytes === undefined || bytes.byteLength > maxBodySize) return Option.none()
  const { body: { contentType }, headers, status } = response
  return Either.getRight(
    Schema.encodeEither(Kept)({ body: Encoding.encodeBase64(bytes), contentType, headers: { ...headers }, status })
  )
}

const decode = (text: string): Either.Either<HttpServerResponse.HttpServerResponse, unknown> =>
  Either.flatMap(
    Schema.decodeEither(Kept)(text),
    ({ body, contentType, headers, status }) =>
      Either.map(Encoding.decodeBase64(body), (bytes) => {
        const options = { headers: { ...headers, "idempotency-replayed": "true" }, status }
        return bytes.byteLength === 0
          ? HttpServerResponse.empty(options)
          : HttpServerResponse.uint8Array(bytes, { ...options, contentType })
      })
  )

/** What reads a body from its source. */
const sources = ["arrayBuffer", "multipart", "multipartStream", "stream", "text"] as const

/**
 * The body has been read, and is read again by whoever handles the request. It stays the same object: a server finds by it
 * where the answer goes.
 */
const readAgain = (request: HttpServerRequest.HttpServerRequest, body: ArrayBuffer): void => {
  const copy = HttpServerRequest.fromWeb(
    new Request(new URL(request.url, "http://localhost"), {
      headers: request.headers,
      method: request.method,
      ...(body.byteLength === 0 ? undefined : { body })
    })
  )
  for (const name of sources) Object.defineProperty(request, name, { configurable: true, get: () => copy[name] })
}

const fingerprint = (request: HttpServerRequest.HttpServerRequest, body: ArrayBuffer): string =>
  Running.hash(`${request.method} ${request.url}\n${Running.hash(new Uint8Array(body))}`)

/**
 * Handles a request once for its key. Around the routes (`HttpRouter.use`, `HttpApiBuilder.middleware`) an answer is kept
 * before it is sent; around a whole server, as what `HttpServer.serve` takes, after.
 *
 * @example
 * ```ts
 * import { HttpRouter, HttpServerResponse } from "@effect/platform"
 * import { Effect } from "effect"
 * import * as IdempotencyHttp from "holdfast/delivery/Idempotency/Http"
 *
 * declare const placeOrder: Effect.Effect<{ readonly id: string }>
 *
 * const app = HttpRouter.empty.pipe(
 *   HttpRouter.post("/orders", Effect.flatMap(placeOrder, (order) => HttpServerResponse.json(order, { status: 201 }))),
 *   HttpRouter.use(IdempotencyHttp.middleware())
 * )
 * ```
 *
 * @since 0.1.0
 * @category middlewares
 */
export const middleware = (options: Options = {}) => {
  const header = (options.header ?? "idempotency-key").toLowerCase()
  const methods: ReadonlySet<string> = new Set(options.methods ?? ["POST", "PATCH"])
  const scope = options.scope ?? ((request) => request.headers["authorization"] ?? "")
  const keeps = options.keeps ?? isKept
  const maxBodySize = options.maxBodySize ?? 1024 * 1024
  const keep = Idempotency.positive("timeToLive", options.timeToLive ?? "1 day")
  const lease = Idempotency.positive("lease", options.lease ?? "30 seconds")

  return <E, R>(app: HttpApp.Default<E, R>): HttpApp.Default<E, R | Idempotency.Idempotency> =>
    Effect.flatMap(HttpServerRequest.HttpServerRequest, (request) => {
      if (!methods.has(request.method)) return app
      const value = request.headers[header]
      if (value === undefined) {
        return options.required === false
          ? app
          : Effect.succeed(problem(
            400,
            "The idempotency key is missing",
            `A request like this needs a key of its own in the header ${header}, the same whenever it is repeated.`
          ))
      }
      const key = Key.parse(value)
      if (key === undefined) {
        return Effect.succeed(problem(
          400,
          "The idempotency key is none",
          `The header ${header} is to be a string of 1 to 255 visible characters, as in ${header}: "8e03978e-40d5-43e8".`
        ))
      }
      return Effect.flatMap(Idempotency.Idempotency, (service) =>
        Effect.matchEffect(request.arrayBuffer, {
          onFailure: () => Effect.succeed(problem(400, "The body could not be read", "It may have been cut off.")),
          onSuccess: (body) => {
            readAgain(request, body)
            return once(service, `http:${Running.hash(scope(request))}:${key}`, fingerprint(request, body), {
              app,
              keep,
              keeps,
              lease,
              maxBodySize
            })
          }
        }))
    })
}

const once = <E, R>(
  service: Idempotency.Idempotency["Type"],
  key: string,
  fingerprint: string,
  { app, keep, keeps, lease, maxBodySize }: {
    readonly app: HttpApp.Default<E, R>
    readonly keep: number
    readonly lease: number
    readonly keeps: (response: HttpServerResponse.HttpServerResponse) => boolean
    readonly maxBodySize: number
  }
): HttpApp.Default<E, R> =>
  Effect.flatMap(
    Running.run(service, key, { fingerprint, keep, lease }, app, (exit) =>
      Exit.isSuccess(exit) && keeps(exit.value)
        ? Option.map(encode(exit.value, maxBodySize), Either.right)
        : Option.none()),
    (result): HttpApp.Default<E, R> => {
      switch (result._tag) {
        case "ran":
          return result.exit
        case "done":
          return Either.match(decode(result.outcome), {
            onLeft: (cause) =>
              Effect.as(
                Effect.logError("what is kept under an idempotency key is no answer", cause),
                problem(503, "The answer cannot be repeated", "The request was handled, and is not handled again.")
              ),
            onRight: Effect.succeed
          })
        case "running":
        case "overtaken":
          return Effect.succeed(problem(
            409,
            "The request is being handled",
            "Another request with this idempotency key has not been answered yet. Ask again later.",
            1
          ))
        case "conflict":
          return Effect.succeed(problem(
            422,
            "The idempotency key was used before",
            "It was used with another request. Take a new key for a new request."
          ))
        case "storage":
          return Effect.as(
            Effect.logError(
              `a request was refused: ${service.store.name} cannot be asked about its idempotency key (${result.message})`
            ),
            problem(503, "The idempotency key cannot be looked up", "Nothing was done. Ask again later.", 1)
          )
      }
    }
  )
