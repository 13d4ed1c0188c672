/** How a call comes to what sends it: inside of a fused run of stages, or alone. */
import type * as Headers from "@effect/platform/Headers"
import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as Cause from "effect/Cause"
import type * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import { identity } from "effect/Function"
import * as Option from "effect/Option"
import * as RuntimeFlags from "effect/RuntimeFlags"
import { clockOf, monotonicMillis } from "../../internal/time.js"
import type { Call } from "../Call.js"
import type { IntegrationError } from "../IntegrationError.js"
import { groupOf } from "../Operation.js"
import { withAttemptSpan } from "./attemptSpan.js"
import * as Guard from "./guard.js"
import type { Reader } from "./reading.js"
import { outcomeOf } from "./resolved.js"

export type Request = HttpClientRequest.HttpClientRequest
export type Response = HttpClientResponse.HttpClientResponse
export type Sending = Effect.Effect<Response, IntegrationError>

/** Puts a credential on a request, each time that it is sent. */
export interface Authenticate {
  (request: Request, call: Call): Effect.Effect<Request, IntegrationError>
  /**
   * After a 401, or another answer that the provider's classifier takes for an AuthenticationError: the request with another
   * credential than the one that it was `refused` with, where there is another. It is sent once, at once, as a part of the
   * same attempt. A body that is a stream is not sent again.
   */
  readonly again?: (
    request: Request,
    refused: Request,
    call: Call
  ) => Effect.Effect<Option.Option<Request>, IntegrationError>
}

export interface Settings extends Reader {
  readonly authenticate: Authenticate
  readonly baseUrl: string
  /** By group, where that is another one. */
  readonly servers: ReadonlyMap<string, string>
  /** Of every request that has none of its own of that name. */
  readonly headers: Headers.Headers
}

/** What is made of each server, by the call that goes there. By the name of the operation, which a dead letter keeps. */
export const perServer = <A>({ baseUrl, servers }: Settings, make: (baseUrl: string) => A): (call: Call) => A => {
  const own = make(baseUrl)
  if (servers.size === 0) return () => own
  const others = new Map(Array.from(servers, ([group, server]) => [group, make(server)]))
  return ({ operation }) => others.get(groupOf(operation.name)) ?? own
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

/** `now`: monotonic milliseconds, not older than the attempt. */
export type Attempt = (arrival: Arrival, authenticated: Request, now: () => number) => Sending

/** Puts the credential on the request, and makes the attempt, which keeps the deadline of the call by itself. */
export const makeWithin = (settings: Settings, once: Attempt) => {
  const { again } = settings.authenticate
  const attempt = again === undefined ? once : withAnother(once, again)
  return (arrival: Arrival): Sending => authenticated(settings, attempt, arrival)
}

/** Where a credential is refused, by a 401 or by what a provider says in its stead, nothing was done, whatever the method. */
const withAnother =
  (attempt: Attempt, again: NonNullable<Authenticate["again"]>): Attempt => (arrival, authenticated, now) =>
    Effect.catchAll(attempt(arrival, authenticated, now), (error) => {
      const { call, clock, fiber, request, restore } = arrival
      const refused = Exit.fail(error)
      // the stream has been read
      if (error._tag !== "AuthenticationError" || request.body._tag === "Stream") return refused
      const since = monotonicMillis(clock)
      return Guard.under(again(request, authenticated, call), call, fiber, clock, since, restore, {
        onFailure: (cause) => Cause.isFailure(cause) ? refused : Exit.failCause(cause),
        onSuccess: Option.match({
          onNone: () => refused,
          onSome: (another) => attempt(arrival, another, () => monotonicMillis(clock))
        })
      })
    })

const authenticated = (settings: Settings, attempt: Attempt, arrival: Arrival): Sending => {
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

/** The attempt in a span of its own, where the call has one. */
export const spanned = (sending: Sending, { call }: Arrival, server: (call: Call) => string): Sending =>
  call.span === undefined ? sending : withAttemptSpan(sending, call, call.origin ?? server(call))

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
