/**
 * Sends with a client that stands right over undici's `dispatch`, past that client's own machinery.
 */
import * as HttpClientError from "@effect/platform/HttpClientError"
import type * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { Plain } from "../../internal/plain.js"
import type { Call } from "../Call.js"
import * as Classification from "../Classification.js"
import * as Arrival from "./arrival.js"
import { Attempt } from "./attempt.js"
import { type Direct, extraOptions, noTimeouts } from "./dispatcher.js"
import { clearDoubt, countAttempt } from "./reading.js"
import { InvalidUrl, Target } from "./target.js"

/** A request for `dispatch`. */
class Outgoing {
  readonly bodyTimeout = noTimeouts.bodyTimeout
  readonly headersTimeout = noTimeouts.headersTimeout
  constructor(
    readonly method: string,
    readonly origin: string,
    readonly path: string,
    readonly headers: object,
    readonly body: unknown
  ) {}
}

export const makeAttempt = (direct: Direct, settings: Arrival.Settings): Arrival.Attempt => {
  const targetOf = Arrival.perServer(settings, (baseUrl) => new Target(baseUrl))
  const serverOf = (call: Call) => targetOf(call).baseUrl
  return (arrival, authenticated, now) => {
    const { call, clock, fiber } = arrival
    const located = targetOf(call).locate(authenticated)
    if (located instanceof InvalidUrl) return refuse(call, clock, now, located)
    const outgoing = new Outgoing(
      authenticated.method,
      located.origin,
      located.path,
      // ten times as fast as spreading them: headers are not plain objects
      Object.assign(new Plain(), settings.headers, authenticated.headers),
      direct.toBody(authenticated.body, fiber)
    )
    const extra = extraOptions(fiber, direct.context)
    const attempt = new Attempt(
      direct,
      settings,
      arrival.request,
      extra === undefined ? outgoing : { ...extra, ...outgoing },
      call,
      clock
    )
    const answer: Arrival.Sending = Effect.async((resume) => attempt.start(now, resume))
    // cheaper than a canceler, which an async wraps into several effects
    const sending = Effect.catchAllCause(arrival.restore(answer), (cause) => {
      attempt.abandon()
      return Exit.failCause(cause)
    })
    return Arrival.spanned(sending, arrival, serverOf)
  }
}

const refuse = (call: Call, clock: Clock.Clock, now: () => number, invalid: InvalidUrl): Arrival.Sending => {
  const before = countAttempt(call, clock, now)
  const error = Classification.fromHttpClientError(
    call,
    new HttpClientError.RequestError({ cause: invalid.cause, reason: "InvalidUrl", request: invalid.request })
  )
  clearDoubt(call, before, error)
  return Exit.fail(error)
}
