/**
 * Sends with a client that stands right over undici's `dispatch`, past that client's own machinery.
 */
import type * as Headers from "@effect/platform/Headers"
import * as HttpClientError from "@effect/platform/HttpClientError"
import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import type * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import { identity } from "effect/Function"
import * as RuntimeFlags from "effect/RuntimeFlags"
import { clockOf, monotonicMillis } from "../../internal/time.js"
import type { Call } from "../Call.js"
import * as Classification from "../Classification.js"
import type { IntegrationError } from "../IntegrationError.js"
import { Attempt } from "./attempt.js"
import { withAttemptSpan } from "./attemptSpan.js"
import { type Direct, extraOptions, noTimeouts } from "./dispatcher.js"
import * as Guard from "./guard.js"
import { clearDoubt, countAttempt, type Reader } from "./reading.js"
import { outcomeOf } from "./resolved.js"
import { type InvalidUrl, Target } from "./target.js"

type Request = HttpClientRequest.HttpClientRequest
type Sending = Effect.Effect<HttpClientResponse.HttpClientResponse, IntegrationError>

export interface Settings extends Reader {
  readonly authenticate: (request: Request, call: Call) => Effect.Effect<Request, IntegrationError>
  readonly baseUrl: string
  /** Of every request that has none of its own of that name. */
  readonly headers: Headers.Headers
}

/** A call that has come to its transport, in an uninterruptible region which `restore` lifts. */
export interface Arrival {
  readonly request: Request
  readonly call: Call
  readonly clock: Clock.Clock
  readonly fiber: Fiber.RuntimeFiber<unknown, unknown>
  readonly now: () => number
  readonly restore: <A, E>(self: Effect.Effect<A, E>) => Effect.Effect<A, E>
}

/** Keeps the deadline of the call by itself. */
export const makeWithin = (direct: Direct, settings: Settings): (arrival: Arrival) => Sending => {
  const target = new Target(settings.baseUrl)

  const attempt = (arrival: Arrival, authenticated: Request, now: () => number): Sending => {
    const { call, clock, fiber } = arrival
    const located = target.locate(authenticated)
    if (Either.isLeft(located)) return refuse(call, clock, now, located.left)
    const { bodyTimeout, headersTimeout } = noTimeouts
    const { origin, path } = located.right
    const outgoing = {
      body: direct.toBody(authenticated.body, fiber),
      bodyTimeout,
      // ten times as fast as spreading them: headers are not plain objects
      headers: Object.assign({}, settings.headers, authenticated.headers),
      headersTimeout,
      method: authenticated.method,
      origin,
      path
    }
    const extra = extraOptions(fiber, direct.context)
    const attempt = new Attempt(
      direct,
      settings,
      arrival.request,
      extra === undefined ? outgoing : { ...extra, ...outgoing },
      call,
      clock
    )
    const answer: Sending = Effect.async((resume) => attempt.start(now, resume))
    // cheaper than a canceler, which an async wraps into several effects
    const sending = Effect.catchAllCause(arrival.restore(answer), (cause) => {
      attempt.abandon()
      return Exit.failCause(cause)
    })
    return call.span === undefined ? sending : withAttemptSpan(sending, call, call.origin ?? settings.baseUrl)
  }

  return (arrival) => {
    const { call, clock, fiber, request, restore } = arrival
    const { deadline } = call
    // nothing is sent for an answer that nobody will wait for
    if (deadline !== Number.POSITIVE_INFINITY && deadline <= arrival.now()) return call.expire()
    const authenticating = settings.authenticate(request, call)
    const outcome = outcomeOf(authenticating)
    if (outcome === undefined) {
      return Guard.under(authenticating, call, fiber, clock, arrival.now(), restore, {
        onFailure: Exit.failCause,
        onSuccess: (authenticated) => attempt(arrival, authenticated, () => monotonicMillis(clock))
      })
    }
    return Exit.isSuccess(outcome)
      ? attempt(arrival, outcome.value, () => arrival.now())
      : Exit.failCause(outcome.cause)
  }
}

const refuse = (call: Call, clock: Clock.Clock, now: () => number, invalid: InvalidUrl): Sending => {
  const before = countAttempt(call, clock, now)
  const error = Classification.fromHttpClientError(
    call,
    new HttpClientError.RequestError({ ...invalid, reason: "InvalidUrl" })
  )
  clearDoubt(call, before, error)
  return Exit.fail(error)
}

/** For who is not in such a region. */
export const fromWithin = (within: (arrival: Arrival) => Sending) => (request: Request, call: Call): Sending =>
  Effect.withFiberRuntime((fiber, { runtimeFlags }) => {
    const clock = clockOf(fiber)
    const now = () => monotonicMillis(clock)
    return RuntimeFlags.interruption(runtimeFlags)
      ? Effect.uninterruptible(within({ call, clock, fiber, now, request, restore: Effect.interruptible }))
      : within({ call, clock, fiber, now, request, restore: identity })
  })
