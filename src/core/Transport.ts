/**
 * The innermost stage: puts the base URL and the credential on a request, sends it with whatever `HttpClient` there is,
 * reads the whole body, and turns every outcome into a response or an `IntegrationError`.
 *
 * @since 0.1.0
 */
import type * as Headers from "@effect/platform/Headers"
import * as HttpClient from "@effect/platform/HttpClient"
import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as ClientRequest from "@effect/platform/HttpClientRequest"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as FiberRef from "effect/FiberRef"
import * as Stream from "effect/Stream"
import { clockOf, monotonicMillis } from "../internal/time.js"
import type { Call } from "./Call.js"
import * as Classification from "./Classification.js"
import { type IntegrationError, ResponseDecodeError, surelyNotProcessed } from "./IntegrationError.js"
import { BufferedResponse } from "./internal/bufferedResponse.js"

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
  /** It ends by itself, with `call.expire()`, when `call.deadline` passes. */
  readonly keepsDeadline?: true
}

/**
 * Puts a credential on a request, each time that it is sent.
 *
 * @since 0.1.0
 * @category models
 */
export type Authenticate = (
  request: HttpClientRequest.HttpClientRequest,
  call: Call
) => Effect.Effect<HttpClientRequest.HttpClientRequest, IntegrationError>

/**
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** Without a trailing slash, `https://api.hubapi.com`. */
  readonly baseUrl: string
  readonly authenticate: Authenticate
  readonly classify?: Classification.Classifier | undefined
  /** Headers of every request. Default: `accept: application/json`. */
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** A larger body is not read to its end, and is a ResponseDecodeError. Bytes; default 16 MiB. */
  readonly maxResponseBytes?: number | undefined
}

const defaultMaxResponseBytes = 16 * 1024 * 1024
// an error body is for people: past this it is cut, not read
const maxErrorBytes = 256 * 1024

/**
 * @since 0.1.0
 * @category constructors
 */
export const make = (httpClient: HttpClient.HttpClient, options: Options): Send => {
  const baseUrl = options.baseUrl.replace(/\/+$/, "")
  const headers = { accept: "application/json", ...options.headers }
  const maxResponseBytes = options.maxResponseBytes ?? defaultMaxResponseBytes
  // our own spans keep to an allow-list; the platform's would carry every header and the whole URL to the exporter,
  // and its trace headers to a third party
  const client = HttpClient.transformResponse(httpClient, Effect.locally(FiberRef.currentTracerEnabled, false))

  const receive = (
    response: HttpClientResponse.HttpClientResponse,
    request: HttpClientRequest.HttpClientRequest,
    call: Call,
    nowMillis: number
  ): Effect.Effect<BufferedResponse, IntegrationError> => {
    const succeeded = response.status >= 200 && response.status < 300
    const limit = succeeded ? maxResponseBytes : maxErrorBytes
    return Effect.flatMap(
      Effect.mapError(readBody(response, limit), (error) => Classification.fromHttpClientError(call, error)),
      ({ bytes, complete }) => {
        // the request as it was before the credential was put on it: responses end up in logs
        const buffered = new BufferedResponse(request, response.status, response.headers, bytes)
        const error = Classification.fromResponse(call, new View(buffered, nowMillis), options.classify)
        if (error !== undefined) return Effect.fail(error)
        if (!complete) {
          return Effect.fail(
            new ResponseDecodeError({
              ...call.errorFields,
              attempts: call.attempts,
              status: response.status,
              message: `the response body is larger than ${limit} bytes: raise maxResponseBytes, or ask for less`
            })
          )
        }
        if (call.accept === undefined) return Effect.succeed(buffered)
        return Effect.map(call.accept(buffered, call), (value) => {
          buffered.accepted = { value }
          return buffered
        })
      }
    )
  }

  const attempt = (
    request: HttpClientRequest.HttpClientRequest,
    authenticated: HttpClientRequest.HttpClientRequest,
    call: Call
  ) =>
    Effect.withFiberRuntime<BufferedResponse, IntegrationError>((fiber) => {
      const clock = clockOf(fiber)
      const before = call.mayHaveBeenProcessed
      // until an answer says otherwise: a deadline or an interruption leaves it open
      call.mayHaveBeenProcessed = !call.operation.safe
      call.attempts++
      call.answer = undefined
      call.lastAttemptAt = clock.unsafeCurrentTimeMillis()
      if (call.firstAttemptAt === 0) call.firstAttemptAt = call.lastAttemptAt
      if (call.timed) call.sentAt = monotonicMillis(clock)
      const outgoing = ClientRequest.prependUrl(withDefaults(authenticated, headers), baseUrl)
      return Effect.tapError(
        Effect.flatMap(
          Effect.mapError(client.execute(outgoing), (error) => Classification.fromHttpClientError(call, error)),
          (response) => {
            call.answer = response
            return receive(response, request, call, clock.unsafeCurrentTimeMillis())
          }
        ),
        (error) =>
          Effect.sync(() => {
            if (surelyNotProcessed(error)) call.mayHaveBeenProcessed = before
          })
      )
    })

  return (request, call) =>
    Effect.flatMap(options.authenticate(request, call), (authenticated) =>
      call.span !== undefined
        ? withAttemptSpan(attempt(request, authenticated, call), call, baseUrl)
        : attempt(request, authenticated, call))
}

/** One span per request sent, with the OpenTelemetry names for HTTP clients, and nothing that could hold a secret. */
const withAttemptSpan = (
  self: Effect.Effect<BufferedResponse, IntegrationError>,
  call: Call,
  baseUrl: string
): Effect.Effect<BufferedResponse, IntegrationError> =>
  Effect.useSpan(
    `${call.operation.method} ${call.operation.template}`.trimEnd(),
    {
      attributes: {
        "http.request.method": call.operation.method,
        "http.request.resend_count": call.attempts,
        "server.address": hostOf(baseUrl),
        "url.template": call.operation.template
      },
      captureStackTrace: false,
      kind: "client"
    },
    (span) =>
      Effect.tapBoth(Effect.withParentSpan(self, span), {
        onFailure: (error) =>
          Effect.sync(() => {
            span.attribute("error.type", error._tag)
            if (error.status !== undefined) span.attribute("http.response.status_code", error.status)
          }),
        onSuccess: (response) => Effect.sync(() => span.attribute("http.response.status_code", response.status))
      })
  )

const hostOf = (baseUrl: string): string => URL.canParse(baseUrl) ? new URL(baseUrl).hostname : ""

/** Parses the body only when a classifier looks at it. */
class View implements Classification.ResponseView {
  constructor(readonly response: BufferedResponse, readonly nowMillis: number) {}
  get status(): number {
    return this.response.status
  }
  get headers(): Headers.Headers {
    return this.response.headers
  }
  get body(): unknown {
    return this.response.bodyLenient
  }
}

const withDefaults = (
  request: HttpClientRequest.HttpClientRequest,
  headers: Readonly<Record<string, string>>
): HttpClientRequest.HttpClientRequest => {
  let result = request
  for (const name in headers) {
    const value = headers[name]
    if (value !== undefined && !(name in request.headers)) result = ClientRequest.setHeader(result, name, value)
  }
  return result
}

const contentLength = (response: HttpClientResponse.HttpClientResponse): number | undefined => {
  const header = response.headers["content-length"]
  return header !== undefined && /^\d+$/.test(header) ? Number(header) : undefined
}

/**
 * Reads the body to its end, so that the connection goes back to its pool; a body over the limit is cut off and its
 * connection closed.
 */
const readBody = (response: HttpClientResponse.HttpClientResponse, limit: number) => {
  const length = contentLength(response)
  // an encoded body may unfold to any size, whatever its header says
  if (length !== undefined && length <= limit && response.headers["content-encoding"] === undefined) {
    return Effect.map(response.arrayBuffer, (buffer) => ({ bytes: new Uint8Array(buffer), complete: true }))
  }
  if (response.status === 204 || response.status === 304) {
    return Effect.map(response.arrayBuffer, (buffer) => ({ bytes: new Uint8Array(buffer), complete: true }))
  }
  return Effect.suspend(() => {
    const chunks: Array<Uint8Array> = []
    let size = 0
    return Effect.map(
      // `false` ends the stream early, which closes the connection
      Stream.runForEachWhile(response.stream, (chunk) =>
        Effect.sync(() => {
          const rest = limit - size
          chunks.push(chunk.length <= rest ? chunk : chunk.subarray(0, rest))
          size += chunk.length
          return size <= limit
        })),
      () => ({ bytes: concat(chunks, Math.min(size, limit)), complete: size <= limit })
    )
  })
}

const concat = (chunks: ReadonlyArray<Uint8Array>, size: number): Uint8Array => {
  const bytes = new Uint8Array(size)
  let offset = 0
  for (const chunk of chunks) {
    bytes.set(chunk, offset)
    offset += chunk.length
  }
  return bytes
}

/**
 * For an API that needs no credential.
 *
 * @since 0.1.0
 * @category constructors
 */
export const noAuthentication: Authenticate = (request) => Either.right(request)
