/**
 * Sends with a client that stands right over undici's `dispatch`, past that client's own machinery.
 */
import type * as Headers from "@effect/platform/Headers"
import * as HttpClientError from "@effect/platform/HttpClientError"
import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import type * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import { identity } from "effect/Function"
import * as RuntimeFlags from "effect/RuntimeFlags"
import { Plain } from "../../internal/plain.js"
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
import { InvalidUrl, Target } from "./target.js"

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
  now(): number
  readonly restore: <A, E>(self: Effect.Effect<A, E>) => Effect.Effect<A, E>
}

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

/** Keeps the deadline of the call by itself. */
export const makeWithin = (direct: Direct, settings: Settings): (arrival: Arrival) => Sending => {
  const target = new Target(settings.baseUrl)

  const attempt = (arrival: Arrival, authenticated: Request, now: () => number): Sending => {
    const { call, clock, fiber } = arrival
    const located = target.locate(authenticated)
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
    new HttpClientError.RequestError({ cause: invalid.cause, reason: "InvalidUrl", request: invalid.request })
  )
  clearDoubt(call, before, error)
  return Exit.fail(error)
}

/** For who is not in such a region. */
export const fromWithin = (within: (arrival: Arrival) => Sending) => (request: Request, call: Call): Sending =>
  Effect.withFiberRuntime((fiber, { runtimeFlags }) =>
    RuntimeFlags.interruption(runtimeFlags)
      ? Effect.uninterruptible(within(new Alone(request, call, fiber, Effect.interruptible)))
      : within(new Alone(request, call, fiber, identity))
  )

class Alone implements Arrival {
  readonly clock: Clock.Clock
  constructor(
    readonly request: Request,
    readonly call: Call,
    readonly fiber: Fiber.RuntimeFiber<unknown, unknown>,
    readonly restore: Arrival["restore"]
  ) {
    this.clock = clockOf(fiber)
  }
  now(): number {
    return monotonicMillis(this.clock)
  }
}
