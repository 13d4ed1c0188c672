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
import { clockOf, monotonicMillis } from "../../internal/time.js"
import type { Call } from "../Call.js"
import * as Classification from "../Classification.js"
import type { IntegrationError } from "../IntegrationError.js"
import { withAttemptSpan } from "./attemptSpan.js"
import { DecodedResponse } from "./decodedResponse.js"
import * as Reading from "./reading.js"
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

  // the request as it was before the credential was put on it: responses end up in logs
  const receive = (response: Response, request: Request, call: Call, clock: Clock.Clock): Sending => {
    const isStreamed = Reading.isStreamed(settings, call, response.status, () => response.headers["content-length"])
    if (!isStreamed || Reading.judge(settings, response, call, clock) !== undefined) {
      return Reading.readWhole(settings, response, request, call, clock)
    }
    const streamed = new StreamedResponse(request, response)
    return Effect.succeed(settings.decompress ? DecodedResponse.of(streamed) : streamed)
  }

  const attempt = (request: Request, authenticated: Request, call: Call): Sending =>
    Effect.withFiberRuntime((fiber) => {
      const clock = clockOf(fiber)
      const before = Reading.countAttempt(call, clock, () => monotonicMillis(clock))
      const outgoing = ClientRequest.prependUrl(withDefaults(authenticated, headers), baseUrl)
      return Effect.tapError(
        Effect.flatMap(
          Effect.mapError(client.execute(outgoing), (error) => Classification.fromHttpClientError(call, error)),
          (response) => {
            call.answer = response
            return receive(response, request, call, clock)
          }
        ),
        (error) => Effect.sync(() => Reading.clearDoubt(call, before, error))
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
