/**
 * Stops calling a provider that is down, and finds out gently when it is back: closed → open → half-open → closed.
 *
 * Outcomes are three-valued. Network errors, timeouts and 5xx are failures; answers, 404 and 422 among them, are
 * successes; 429, refused credentials, local refusals and interruption say nothing either way. Every admission carries
 * the generation of the state that admitted it: a result from before a transition does not count after it. A probe holds
 * a lease, so that one that hangs cannot keep the circuit half-open for ever.
 *
 * @since 0.1.0
 */
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Metric from "effect/Metric"
import * as Option from "effect/Option"
import * as PubSub from "effect/PubSub"
import * as Stream from "effect/Stream"
import type { Call } from "../core/Call.js"
import * as IntegrationClient from "../core/IntegrationClient.js"
import * as IntegrationError from "../core/IntegrationError.js"
import { clockOf, monotonicMillis } from "../internal/time.js"
import { Breaker } from "./internal/breaker.js"
import * as Core from "./internal/circuitBreakerCore.js"

/**
 * @since 0.1.0
 * @category models
 */
export type State = Core.State

/**
 * @since 0.1.0
 * @category models
 */
export type Outcome = Core.Outcome

/**
 * @since 0.1.0
 * @category models
 */
export interface Transition {
  /** The breaker's key, by default the integration's id. */
  readonly key: string
  readonly from: State
  readonly to: State
  /** `failures`, `probe succeeded`, `forced: maintenance` … */
  readonly reason: string
}

/**
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** Failures in a row that open the circuit. Default 5. */
  readonly failureThreshold?: number | undefined
  /** How long it stays open before it is probed. Default 1 minute. */
  readonly resetTimeout?: Duration.DurationInput | undefined
  /** Successful probes that close it. Default 2. */
  readonly successThreshold?: number | undefined
  /** Probes under way at once; other callers are refused meanwhile. Default 1. */
  readonly halfOpenMaxConcurrent?: number | undefined
  /**
   * Factor by which each opening in a row lasts longer than the one before; forgotten once the circuit has stayed closed
   * for as long as it was last open. Default 1: always the same.
   */
  readonly resetBackoff?: number | undefined
  /** Default 1 hour. */
  readonly maxResetTimeout?: Duration.DurationInput | undefined
  /** A probe that has not come back by then no longer holds its place. Default 1 minute. */
  readonly probeLease?: Duration.DurationInput | undefined
  /** What an error says of the provider's health. Default: `IntegrationError.health`. */
  readonly classify?: ((error: IntegrationError.IntegrationError) => Outcome) | undefined
  /** Whose failures count together. Default: the integration's id, one breaker for all of it. */
  readonly key?: ((call: Call) => string) | undefined
}

/**
 * The circuit breakers of this program, by key: to look at, and to open and close by hand.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { CircuitBreaker } from "holdfast"
 *
 * const maintenance = Effect.gen(function*() {
 *   const breakers = yield* CircuitBreaker.CircuitBreakers
 *   yield* breakers.forceOpen("hubspot", "maintenance until noon")
 * })
 * ```
 *
 * @since 0.1.0
 * @category tags
 */
export class CircuitBreakers extends Context.Tag("holdfast/CircuitBreakers")<CircuitBreakers, {
  /** None while nothing has been built for the key. */
  readonly state: (key: string) => Effect.Effect<Option.Option<State>>
  readonly keys: Effect.Effect<ReadonlyArray<string>>
  /** Refuses every call of a key, with the reason, until `forceClose` or `reset`; also before the key's first call. */
  readonly forceOpen: (key: string, reason: string) => Effect.Effect<void>
  /** Closes at once, whatever the state. How often it opened in a row is remembered. */
  readonly forceClose: (key: string) => Effect.Effect<void>
  /** As new. */
  readonly reset: (key: string) => Effect.Effect<void>
  /** Transitions from now on. A subscriber that falls behind misses the oldest. */
  readonly changes: Stream.Stream<Transition>
  /** @internal */
  readonly breaker: (key: string, config: Core.Config, now: number) => Breaker
}>() {}

const stateGauge = Metric.gauge("integration_circuit_breaker_state", {
  description: "0 closed, 1 half-open, 2 open"
})

const gaugeValue: Readonly<Record<State, number>> = { closed: 0, "half-open": 1, open: 2 }

/**
 * Breakers in the memory of this process.
 *
 * @since 0.1.0
 * @category constructors
 */
export const makeMemory: Effect.Effect<Context.Tag.Service<CircuitBreakers>> = Effect.gen(function*() {
  const breakers = new Map<string, Breaker>()
  const transitions = yield* PubSub.sliding<Transition>(128)
  const now = Effect.map(Effect.clock, monotonicMillis)

  const onExisting = (key: string, f: (breaker: Breaker, now: number) => void) =>
    Effect.map(now, (now) => {
      const breaker = breakers.get(key)
      if (breaker !== undefined) f(breaker, now)
    })

  const breakerOf = (key: string, config: Core.Config | undefined, now: number): Breaker => {
    const existing = breakers.get(key)
    if (existing !== undefined) {
      // the newest configuration wins; the state stays
      if (config !== undefined) existing.config = config
      return existing
    }
    const gauge = Metric.tagged(stateGauge, "integration", key)
    gauge.unsafeUpdate(gaugeValue.closed, [])
    const breaker = new Breaker(config ?? toConfig({}), now, (from, to, reason) => {
      gauge.unsafeUpdate(gaugeValue[to], [])
      transitions.unsafeOffer({ from, key, reason, to })
    })
    breakers.set(key, breaker)
    return breaker
  }

  return CircuitBreakers.of({
    breaker: breakerOf,
    changes: Stream.fromPubSub(transitions),
    forceClose: (key) => onExisting(key, (breaker, now) => breaker.forceClose(now)),
    // also ahead of the first call: who switches something off means it
    forceOpen: (key, reason) => Effect.map(now, (now) => breakerOf(key, undefined, now).forceOpen(reason)),
    keys: Effect.sync(() => Array.from(breakers.keys())),
    reset: (key) => onExisting(key, (breaker, now) => breaker.reset(now)),
    state: (key) => Effect.sync(() => Option.map(Option.fromNullable(breakers.get(key)), (breaker) => breaker.state))
  })
})

/**
 * @since 0.1.0
 * @category layers
 */
export const layerMemory: Layer.Layer<CircuitBreakers> = Layer.effect(CircuitBreakers, makeMemory)

const toConfig = (options: Options): Core.Config => ({
  failureThreshold: options.failureThreshold ?? 5,
  halfOpenMaxConcurrent: options.halfOpenMaxConcurrent ?? 1,
  maxResetTimeout: Duration.toMillis(options.maxResetTimeout ?? "1 hour"),
  probeLease: Duration.toMillis(options.probeLease ?? "1 minute"),
  resetBackoff: options.resetBackoff ?? 1,
  resetTimeout: Duration.toMillis(options.resetTimeout ?? "1 minute"),
  successThreshold: options.successThreshold ?? 2
})

const atLeastOne = (name: string, value: number | undefined): void => {
  if (value !== undefined && !(Number.isInteger(value) && value >= 1)) {
    throw new Error(`CircuitBreaker.layer: ${name} is ${value}; it must be a whole number from 1 up`)
  }
}

/**
 * @example
 * ```ts
 * import { CircuitBreaker } from "holdfast"
 *
 * const breaker = CircuitBreaker.layer({ failureThreshold: 5, resetTimeout: "1 minute", successThreshold: 2 })
 * ```
 *
 * @since 0.1.0
 * @category policies
 */
export const layer = (options: Options = {}): IntegrationClient.Policy<CircuitBreakers> => {
  atLeastOne("failureThreshold", options.failureThreshold)
  atLeastOne("successThreshold", options.successThreshold)
  atLeastOne("halfOpenMaxConcurrent", options.halfOpenMaxConcurrent)
  const config = toConfig(options)
  const classify = options.classify ?? IntegrationError.health

  return IntegrationClient.policy((next) =>
    Effect.gen(function*() {
      const breakers = yield* CircuitBreakers
      const shared = options.key === undefined
        ? breakers.breaker(next.integration.id, config, monotonicMillis(yield* Effect.clock))
        : undefined

      return (request, call) =>
        Effect.withFiberRuntime((fiber) => {
          const clock = clockOf(fiber)
          const now = monotonicMillis(clock)
          const breaker = shared ?? breakers.breaker(options.key?.(call) ?? next.integration.id, config, now)
          const ticket = breaker.admit(now)
          if (ticket === Core.rejected) return Effect.fail(openError(call, breaker, now))
          const generation = breaker.generation

          if (ticket === Core.admitted) {
            // a closed circuit holds nothing, so that an interruption has nothing to give back
            return Effect.matchCauseEffect(next.send(request, call), {
              onFailure: (cause) => {
                breaker.recordClosed(generation, outcomeOf(cause, classify), monotonicMillis(clock))
                return Effect.failCause(cause)
              },
              onSuccess: (response) => {
                breaker.recordClosed(generation, "success", now)
                return Effect.succeed(response)
              }
            })
          }
          return Effect.uninterruptibleMask((restore) =>
            Effect.matchCauseEffect(restore(next.send(request, call)), {
              onFailure: (cause) => {
                breaker.recordProbe(generation, ticket, outcomeOf(cause, classify), monotonicMillis(clock))
                return Effect.failCause(cause)
              },
              onSuccess: (response) => {
                breaker.recordProbe(generation, ticket, "success", monotonicMillis(clock))
                return Effect.succeed(response)
              }
            })
          )
        })
    })
  )
}

const outcomeOf = (
  cause: Cause.Cause<IntegrationError.IntegrationError>,
  classify: (error: IntegrationError.IntegrationError) => Outcome
): Outcome => {
  const error = Cause.failureOption(cause)
  return error._tag === "Some" && !Cause.isInterrupted(cause) ? classify(error.value) : "ignored"
}

const openError = (call: Call, breaker: Breaker, now: number): IntegrationError.CircuitBreakerOpenError => {
  const millis = breaker.retryAfter(now)
  const retryAfter = millis === undefined ? undefined : Duration.millis(Math.ceil(millis))
  const integration = call.operation.integration
  return new IntegrationError.CircuitBreakerOpenError({
    ...call.errorFields,
    attempts: call.attempts,
    message: breaker.forcedOpen !== undefined
      ? `nothing was sent: the circuit of ${integration} was opened by hand: ${breaker.forcedOpen}`
      : breaker.state === "half-open"
      ? `nothing was sent: ${integration} is being probed after failures`
      : `nothing was sent: the circuit of ${integration} is open after failures; next probe in ${
        Duration.format(retryAfter ?? Duration.zero)
      }`,
    ...(retryAfter === undefined ? undefined : { retryAfter })
  })
}
