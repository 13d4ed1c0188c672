/**
 * Makes a part of the calls fail, or slow, on purpose: for a staging system whose program is to show that it lives with
 * it. Stands at the bottom of a stack, right above the transport, so that all policies meet the fault as if it were the
 * provider's.
 *
 * (The emulator's plan of faults, `Faults` of `holdfast/testing`, is another thing: it decides what a provider that is
 * played does. This one stands in front of a real provider.)
 *
 * It says at Warning that it is on: when the client is built, and whenever it is switched.
 *
 * | metric | labels |
 * |---|---|
 * | `integration_faults_total` | integration, fault (`latency`, `failure`, `outcome`) |
 *
 * @since 0.1.0
 */
import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import * as Random from "effect/Random"
import * as Answer from "../core/Answer.js"
import type { Call } from "../core/Call.js"
import * as IntegrationClient from "../core/IntegrationClient.js"
import * as IntegrationError from "../core/IntegrationError.js"
import type * as Transport from "../core/Transport.js"
import { reader } from "./internal/switch.js"

/**
 * One fault and whom it strikes. `latency` may stand alone (late, and then as the provider answers) or before either of
 * the others; `failure` and `outcome` exclude each other.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** The share of the requests that are struck, from 0 to 1. Drawn by Effect's `Random`. */
  readonly rate: number
  /** A pause before the request: one length, or any between two. */
  readonly latency?:
    | Duration.DurationInput
    | { readonly min: Duration.DurationInput; readonly max: Duration.DurationInput }
    | undefined
  /** The error in place of an answer, by its tag or made for the call; nothing is sent. */
  readonly failure?: IntegrationError.Tag | ((call: Call) => IntegrationError.IntegrationError) | undefined
  /** The answer in place of the provider's, read as one of its own; nothing is sent. */
  readonly outcome?: Answer.Answer | undefined
  /** Whether it is on: a constant, a `SubscriptionRef` that is flipped at run time, or any effect. Default true. */
  readonly enabled?: boolean | Effect.Effect<boolean> | undefined
  /** Which calls may be struck. Default: all. */
  readonly when?: ((call: Call) => boolean) | undefined
}

const faults = Metric.counter("integration_faults_total", {
  description: "Faults injected on purpose",
  incremental: true
})

interface Range {
  readonly min: number
  readonly max: number
}

const isRange = (
  latency: NonNullable<Options["latency"]>
): latency is Extract<Options["latency"], { readonly min: unknown }> => typeof latency === "object" && "min" in latency

const rangeOf = (latency: Options["latency"]): Range | undefined => {
  if (latency === undefined) return undefined
  const { max, min } = isRange(latency) ? latency : { max: latency, min: latency }
  const range = { max: Duration.toMillis(max), min: Duration.toMillis(min) }
  if (!(range.min <= range.max && Number.isFinite(range.max))) {
    throw new Error(
      `Faults.layer: latency is from ${range.min} to ${range.max} ms; it must have an end, and not before its start`
    )
  }
  return range
}

const checkOptions = ({ failure, latency, outcome, rate }: Options): void => {
  if (!(rate >= 0 && rate <= 1)) {
    throw new Error(`Faults.layer: rate is ${rate}; it is the share of requests that are struck, from 0 to 1`)
  }
  if (failure !== undefined && outcome !== undefined) {
    throw new Error("Faults.layer: a request ends one way, in a failure or in an outcome; use two layers for both")
  }
  if (failure === undefined && outcome === undefined && latency === undefined) {
    throw new Error("Faults.layer: nothing goes wrong; give latency, failure or outcome")
  }
  if (outcome !== undefined && !(Number.isInteger(outcome.status) && outcome.status >= 100 && outcome.status <= 599)) {
    throw new Error(`Faults.layer: outcome.status is ${outcome.status}; it must be an HTTP status, from 100 to 599`)
  }
}

/**
 * @example
 * ```ts
 * import { Effect, Layer, SubscriptionRef } from "effect"
 * import { Faults } from "holdfast"
 *
 * // in staging: one request in ten is refused, one in twenty takes up to five seconds longer; until it is switched off
 * const chaos = Layer.unwrapEffect(
 *   Effect.map(SubscriptionRef.make(true), (enabled) =>
 *     Faults.layer({ enabled, outcome: { headers: { "retry-after": "2" }, status: 503 }, rate: 0.1 }).pipe(
 *       Layer.provide(Faults.layer({ enabled, latency: { max: "5 seconds", min: "1 second" }, rate: 0.05 }))
 *     ))
 * )
 * ```
 *
 * @since 0.1.0
 * @category policies
 */
export const layer = (options: Options): IntegrationClient.Policy => {
  checkOptions(options)
  const latency = rangeOf(options.latency)
  const enabled = options.enabled ?? true
  const read = reader(enabled)
  const isOn: Effect.Effect<boolean> = typeof read === "function" ? Effect.sync(read) : read

  return IntegrationClient.policy((next) =>
    Effect.gen(function*() {
      const { integration } = next
      const strike = striker(options, latency, next)
      let wasOn = yield* isOn
      if (wasOn) yield* announce(integration.id, options, true)
      if (enabled === true) return unless(options.when, strike, next.send)
      if (enabled === false) return next.send

      const switched: Transport.Send = (request, call) =>
        Effect.flatMap(isOn, (on) => {
          const send = on ? strike(request, call) : next.send(request, call)
          if (on === wasOn) return send
          wasOn = on
          return Effect.zipRight(announce(integration.id, options, on), send)
        })
      return unless(options.when, switched, next.send)
    })
  )
}

const unless = (when: Options["when"], faulty: Transport.Send, plain: Transport.Send): Transport.Send =>
  when === undefined ? faulty : (request, call) => when(call) ? faulty(request, call) : plain(request, call)

const announce = (
  integration: string,
  { failure, latency, outcome, rate }: Options,
  on: boolean
): Effect.Effect<void> => {
  if (!on) return Effect.logWarning(`Faults: no more faults are injected into ${integration}`)
  const what = [
    latency === undefined ? undefined : "latency",
    failure === undefined ? undefined : typeof failure === "string" ? failure : "failures",
    outcome === undefined ? undefined : `HTTP ${outcome.status}`
  ].filter((name) => name !== undefined).join(", then ")
  return Effect.logWarning(
    `Faults: ${what} injected into ${Math.round(rate * 10_000) / 100} % of the requests to ${integration}`
  )
}

/** Sends a request, unless it is struck. */
const striker = (
  { failure, outcome, rate }: Options,
  latency: Range | undefined,
  next: IntegrationClient.Service
): Transport.Send => {
  const counter = Metric.tagged(faults, "integration", next.integration.id)
  const [late, failed, answered] = ["latency", "failure", "outcome"].map((fault) =>
    Metric.tagged(counter, "fault", fault)
  ) as [typeof counter, typeof counter, typeof counter]

  const pause = latency === undefined
    ? Effect.succeed(0)
    : Effect.flatMap(Random.next, (random) => {
      const millis = latency.min + random * (latency.max - latency.min)
      return Effect.as(Effect.zipRight(Metric.increment(late), Effect.sleep(millis)), millis)
    })

  const end = (
    request: HttpClientRequest.HttpClientRequest,
    call: Call,
    waited: number
  ): Effect.Effect<HttpClientResponse.HttpClientResponse, IntegrationError.IntegrationError> => {
    if (failure !== undefined) {
      const fail = () => Effect.fail(typeof failure === "string" ? injected[failure](call, waited) : failure(call))
      return Effect.zipRight(
        Metric.increment(failed),
        local.has(failure) ? Effect.suspend(fail) : Answer.asAttempt(call, fail)
      )
    }
    if (outcome === undefined) return next.send(request, call)
    return Effect.zipRight(
      Metric.increment(answered),
      Answer.asAttempt(call, () => Answer.read(outcome, { call, classify: next.integration.classify, request }))
    )
  }

  return (request, call) =>
    Effect.flatMap(Random.next, (random) =>
      random < rate
        ? Effect.flatMap(pause, (waited) => end(request, call, waited))
        : next.send(request, call))
}

/** Refusals of the stack's own: no request is behind them. */
const local: ReadonlySet<unknown> = new Set<IntegrationError.Tag>([
  "BulkheadFullError",
  "CircuitBreakerOpenError",
  "UnavailableError"
])

type Make = (call: Call, waited: number) => IntegrationError.IntegrationError

const fieldsOf = (call: Call, status?: number) => ({
  ...call.errorFields,
  attempts: call.attempts,
  message: status === undefined ? "injected fault" : `HTTP ${status}: injected fault`,
  ...(status === undefined ? undefined : { status })
})

/** What each tag stands for, in its usual form: a lost response, an attempt's deadline, a refusal by its usual status. */
const injected: { readonly [T in IntegrationError.Tag]: Make } = {
  AuthenticationError: (call) => new IntegrationError.AuthenticationError(fieldsOf(call, 401)),
  AuthorizationError: (call) => new IntegrationError.AuthorizationError(fieldsOf(call, 403)),
  BulkheadFullError: (call) => new IntegrationError.BulkheadFullError(fieldsOf(call)),
  CircuitBreakerOpenError: (call) => new IntegrationError.CircuitBreakerOpenError(fieldsOf(call)),
  ConflictError: (call) => new IntegrationError.ConflictError(fieldsOf(call, 409)),
  NetworkError: (call) =>
    new IntegrationError.NetworkError({
      ...fieldsOf(call),
      code: "ECONNRESET",
      message: "ECONNRESET: injected fault",
      phase: "response"
    }),
  NotFoundError: (call) => new IntegrationError.NotFoundError(fieldsOf(call, 404)),
  RateLimitError: (call) => new IntegrationError.RateLimitError(fieldsOf(call, 429)),
  ResponseDecodeError: (call) => new IntegrationError.ResponseDecodeError(fieldsOf(call, 200)),
  ServerError: (call) => new IntegrationError.ServerError(fieldsOf(call, 500)),
  TimeoutError: (call, waited) =>
    new IntegrationError.TimeoutError({ ...fieldsOf(call), after: Duration.millis(waited), scope: "attempt" }),
  UnavailableError: (call) => new IntegrationError.UnavailableError(fieldsOf(call)),
  ValidationError: (call) => new IntegrationError.ValidationError(fieldsOf(call, 422))
}
