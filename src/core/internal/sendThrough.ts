/**
 * Sends with any `HttpClient`.
 */
import type * as Headers from "@effect/platform/Headers"
import * as HttpClient from "@effect/platform/HttpClient"
import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as ClientRequest from "@effect/platform/HttpClientRequest"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import type * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as FiberRef from "effect/FiberRef"
import * as Stream from "effect/Stream"
import { clockOf, monotonicMillis } from "../../internal/time.js"
import type { Call } from "../Call.js"
import * as Classification from "../Classification.js"
import type { IntegrationError } from "../IntegrationError.js"
import { withAttemptSpan } from "./attemptSpan.js"
import { BufferedResponse } from "./bufferedResponse.js"
import { concat } from "./bytes.js"
import { DecodedResponse } from "./decodedResponse.js"
import { rawOf } from "./headers.js"
import { clearDoubt, countAttempt, handOver, isStreamed, lengthOf, limitOf, read } from "./reading.js"
import type { Settings } from "./sendDirect.js"
import { StreamedResponse } from "./streamedResponse.js"

type Request = HttpClientRequest.HttpClientRequest
type Response = HttpClientResponse.HttpClientResponse
type Sending = Effect.Effect<Response, IntegrationError>

export const sendThrough = (
  httpClient: HttpClient.HttpClient,
  settings: Settings
): (request: Request, call: Call) => Sending => {
  const { authenticate, baseUrl, headers } = settings
  // our own spans keep to an allow-list; the platform's would carry every header and the whole URL to the exporter,
  // and its trace headers to a third party
  const client = HttpClient.transformResponse(httpClient, Effect.locally(FiberRef.currentTracerEnabled, false))

  const receive = (response: Response, request: Request, call: Call, clock: Clock.Clock): Sending => {
    if (isStreamed(settings, call, response.status, () => lengthOf(response.headers["content-length"]))) {
      const streamed = new StreamedResponse(request, response)
      return handOver(settings, settings.decompress ? DecodedResponse.of(streamed) : streamed, call, clock)
    }
    return Effect.flatMap(
      Effect.mapError(
        readBody(response, limitOf(settings, response.status)),
        (error) => Classification.fromHttpClientError(call, error)
      ),
      ({ bytes, complete }) =>
        // the request as it was before the credential was put on it: responses end up in logs
        read(
          settings,
          new BufferedResponse(request, response.status, rawOf(response), bytes, "", !complete),
          call,
          clock
        )
    )
  }

  const attempt = (request: Request, authenticated: Request, call: Call): Sending =>
    Effect.withFiberRuntime((fiber) => {
      const clock = clockOf(fiber)
      const before = countAttempt(call, clock, () => monotonicMillis(clock))
      const outgoing = ClientRequest.prependUrl(withDefaults(authenticated, headers), baseUrl)
      return Effect.tapError(
        Effect.flatMap(
          Effect.mapError(client.execute(outgoing), (error) => Classification.fromHttpClientError(call, error)),
          (response) => {
            call.answer = response
            return receive(response, request, call, clock)
          }
        ),
        (error) => Effect.sync(() => clearDoubt(call, before, error))
      )
    })

  return (request, call) =>
    Effect.flatMap(authenticate(request, call), (authenticated) =>
      call.span !== undefined
        ? withAttemptSpan(attempt(request, authenticated, call), call, call.origin ?? baseUrl)
        : attempt(request, authenticated, call))
}

const withDefaults = (request: Request, headers: Headers.Headers): Request => {
  let result = request
  for (const name in headers) {
    const value = headers[name]
    if (value !== undefined && !(name in request.headers)) result = ClientRequest.setHeader(result, name, value)
  }
  return result
}

/**
 * Reads the body to its end, so that the connection goes back to its pool; a body over the limit is cut off and its
 * connection closed.
 */
const readBody = (response: Response, limit: number) => {
  const length = lengthOf(response.headers["content-length"])
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
          chunks.push(chunk)
          size += chunk.length
          return size <= limit
        })),
      () => ({ bytes: concat(chunks, Math.min(size, limit)), complete: size <= limit })
    )
  })
}
