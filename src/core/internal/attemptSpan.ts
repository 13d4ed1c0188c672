import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type { Call } from "../Call.js"
import type { IntegrationError } from "../IntegrationError.js"

const hostOf = (baseUrl: string): string => URL.canParse(baseUrl) ? new URL(baseUrl).hostname : ""

/** A provider may repeat what an operation does not want to be written down: its span says only what kind of error it was. */
const exported = <A>(exit: Exit.Exit<A, IntegrationError>, call: Call): Exit.Exit<A, unknown> =>
  call.operation.redact === undefined ? exit : Exit.mapError(exit, (error) => error._tag)

/** One span per request sent, with the OpenTelemetry names for HTTP clients, and nothing that could hold a secret. */
export const withAttemptSpan = (
  self: Effect.Effect<HttpClientResponse.HttpClientResponse, IntegrationError>,
  call: Call,
  baseUrl: string
): Effect.Effect<HttpClientResponse.HttpClientResponse, IntegrationError> =>
  Effect.acquireUseRelease(
    Effect.makeSpan(`${call.operation.method} ${call.operation.template}`.trimEnd(), {
      attributes: {
        "http.request.method": call.operation.method,
        "http.request.resend_count": call.attempts,
        "server.address": hostOf(baseUrl),
        "url.template": call.operation.template
      },
      captureStackTrace: false,
      kind: "client"
    }),
    (span) =>
      Effect.tapBoth(Effect.withParentSpan(self, span), {
        onFailure: (error) =>
          Effect.sync(() => {
            span.attribute("error.type", error._tag)
            if (error.status !== undefined) span.attribute("http.response.status_code", error.status)
          }),
        onSuccess: (response) => Effect.sync(() => span.attribute("http.response.status_code", response.status))
      }),
    (span, exit) =>
      Effect.clockWith((clock) => Effect.sync(() => span.end(clock.unsafeCurrentTimeNanos(), exported(exit, call))))
  )
