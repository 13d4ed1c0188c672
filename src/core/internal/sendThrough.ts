/**
 * Sends with any `HttpClient`.
 */
import type * as Headers from "@effect/platform/Headers"
import type * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as Cause from "effect/Cause"
import type * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import * as FiberRef from "effect/FiberRef"
import { identity } from "effect/Function"
import type { Call } from "../Call.js"
import * as Classification from "../Classification.js"
import * as Arrival from "./arrival.js"
import { DecodedResponse } from "./decodedResponse.js"
import * as Guard from "./guard.js"
import * as Reading from "./reading.js"
import { StreamedResponse } from "./streamedResponse.js"

export const makeAttempt = (httpClient: HttpClient.HttpClient, settings: Arrival.Settings): Arrival.Attempt => {
  const serverOf = Arrival.perServer(settings, identity)

  // the request as it was before the credential was put on it: responses end up in logs
  const receive = (
    response: Arrival.Response,
    request: Arrival.Request,
    call: Call,
    clock: Clock.Clock
  ): Arrival.Sending => {
    const isStreamed = Reading.isStreamed(settings, call, response.status, () => response.headers["content-length"])
    if (!isStreamed || Reading.judge(settings, response, call, clock) !== undefined) {
      return Reading.readWhole(settings, response, request, call, clock)
    }
    const streamed = new StreamedResponse(request, response)
    return Effect.succeed(settings.decompress ? DecodedResponse.of(streamed) : streamed)
  }

  const send = (arrival: Arrival.Arrival, authenticated: Arrival.Request, now: () => number): Arrival.Sending => {
    const { call, clock, fiber, request, restore } = arrival
    const before = Reading.countAttempt(call, clock, now)
    const outgoing = HttpClientRequest.prependUrl(withDefaults(authenticated, settings.headers), serverOf(call))
    const answer = Effect.matchEffect(httpClient.execute(outgoing), {
      onFailure: (error) => Effect.fail(Classification.fromHttpClientError(call, error)),
      onSuccess: (response) => {
        call.answer = response
        return receive(response, request, call, clock)
      }
    })
    return withoutTracer(fiber, (restoring) =>
      Guard.under(answer, call, fiber, clock, now(), restore, {
        onFailure: (cause) => {
          const error = Cause.failureOption(cause)
          if (error._tag === "Some") Reading.clearDoubt(call, before, error.value)
          return restoring(Exit.failCause(cause))
        },
        onSuccess: (response) => restoring(Exit.succeed(response))
      }))
  }

  return (arrival, authenticated, now) =>
    Arrival.spanned(Effect.suspend(() => send(arrival, authenticated, now)), arrival, serverOf)
}

/**
 * Our own spans keep to an allow-list; the platform's would carry every header and the whole URL to the exporter, and its
 * trace headers to a third party. In an uninterruptible region; what it runs ends with `restoring`. `Effect.locally` would
 * cost a region of its own for every request.
 */
const withoutTracer = (
  fiber: Fiber.RuntimeFiber<unknown, unknown>,
  run: (restoring: (sending: Arrival.Sending) => Arrival.Sending) => Arrival.Sending
): Arrival.Sending =>
  fiber.getFiberRef(FiberRef.currentTracerEnabled)
    ? Effect.zipRight(
      FiberRef.set(FiberRef.currentTracerEnabled, false),
      run((sending) => Effect.zipRight(FiberRef.set(FiberRef.currentTracerEnabled, true), sending))
    )
    : run(identity)

const withDefaults = (request: Arrival.Request, headers: Headers.Headers): Arrival.Request => {
  let result = request
  for (const name in headers) {
    const value = headers[name]
    if (value !== undefined && !(name in request.headers)) result = HttpClientRequest.setHeader(result, name, value)
  }
  return result
}
