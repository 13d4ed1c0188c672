/**
 * The standard stack, in the order in which a call meets it:
 *
 * Telemetry · DeadLettering · Fallback · Availability · IdempotencyKey · Timeout (total) · Retry · Hedge ·
 * CircuitBreaker · RateLimit · Bulkhead · Timeout (attempt) · Faults
 *
 * Fallback, Availability, Hedge and Faults are there only where they are configured. Auth and transport are beneath it: `IntegrationClient.layer(definition)`.
 *
 * @since 0.1.0
 */
import type * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as IntegrationClient from "../core/IntegrationClient.js"
import type { DeadLetterQueue } from "../delivery/DeadLetterQueue.js"
import * as Availability from "./Availability.js"
import * as Bulkhead from "./Bulkhead.js"
import * as CircuitBreaker from "./CircuitBreaker.js"
import * as DeadLettering from "./DeadLettering.js"
import * as Fallback from "./Fallback.js"
import * as Faults from "./Faults.js"
import * as Hedge from "./Hedge.js"
import * as IdempotencyKey from "./IdempotencyKey.js"
import * as RateLimit from "./RateLimit.js"
import * as Retry from "./Retry.js"
import * as Telemetry from "./Telemetry.js"
import * as Timeout from "./Timeout.js"

/**
 * Options of each stage; `false` leaves the stage out. What is not given has the stage's own defaults.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  readonly telemetry?: Telemetry.Options | false | undefined
  readonly deadLettering?: DeadLettering.Options | false | undefined
  /** Off unless given. Beneath DeadLettering: a call that it helped is no dead letter. */
  readonly fallback?: Fallback.Options | false | undefined
  readonly availability?: Availability.Status | Effect.Effect<Availability.Status> | undefined
  readonly idempotencyKey?: IdempotencyKey.Options | undefined
  /** How long the caller waits for the whole call. Default 1 minute. */
  readonly totalTimeout?: Duration.DurationInput | false | undefined
  readonly retry?: Retry.Options | false | undefined
  /** Off unless given. Beneath Retry, so that each of its requests has an admission, a token, a slot and a time of its own. */
  readonly hedge?: Hedge.Options | false | undefined
  readonly circuitBreaker?: CircuitBreaker.Options | false | undefined
  readonly rateLimit?: RateLimit.Options | false | undefined
  readonly bulkhead?: Bulkhead.Options | false | undefined
  /** How long one request may take. Default 10 seconds. */
  readonly attemptTimeout?: Duration.DurationInput | false | undefined
  /** Off unless given: what goes wrong on purpose, for staging. Beneath all else. */
  readonly faults?: ReadonlyArray<Faults.Options> | false | undefined
}

/**
 * What a stack with these options needs.
 *
 * @since 0.1.0
 * @category models
 */
export type Requirements<O extends Options> =
  | (O["deadLettering"] extends false ? never : DeadLetterQueue)
  | (O["circuitBreaker"] extends false ? never : CircuitBreaker.CircuitBreakers)
  | (O["rateLimit"] extends false ? never : RateLimit.RateLimiters)

const optional = <A>(options: A | false | undefined, layer: (options: A) => IntegrationClient.Policy) =>
  options === undefined || options === false ? undefined : layer(options)

type AnyPolicy = IntegrationClient.Policy<DeadLetterQueue | CircuitBreaker.CircuitBreakers | RateLimit.RateLimiters>

/**
 * @example
 * ```ts
 * import { Resilience } from "holdfast"
 *
 * const stack = Resilience.layer({
 *   ...Resilience.presets.emailGateway,
 *   totalTimeout: "20 seconds"
 * })
 * ```
 *
 * @since 0.1.0
 * @category policies
 */
export const layer = <const O extends Options>(options?: O): IntegrationClient.Policy<Requirements<O>> => {
  const o: Options = options ?? {}
  const stages: ReadonlyArray<AnyPolicy | undefined> = [
    o.telemetry === false ? undefined : Telemetry.layer(o.telemetry),
    o.deadLettering === false ? undefined : DeadLettering.layer(o.deadLettering),
    optional(o.fallback, Fallback.layer),
    o.availability === undefined ? undefined : Availability.layer(o.availability),
    IdempotencyKey.layer(o.idempotencyKey),
    o.totalTimeout === false ? undefined : Timeout.layerTotal(o.totalTimeout ?? "1 minute"),
    o.retry === false ? undefined : Retry.layer(o.retry),
    optional(o.hedge, Hedge.layer),
    o.circuitBreaker === false ? undefined : CircuitBreaker.layer(o.circuitBreaker),
    o.rateLimit === false ? undefined : RateLimit.layer(o.rateLimit),
    o.bulkhead === false ? undefined : Bulkhead.layer(o.bulkhead),
    o.attemptTimeout === false ? undefined : Timeout.layer(o.attemptTimeout ?? "10 seconds"),
    ...(o.faults === undefined || o.faults === false ? [] : o.faults).map(Faults.layer)
  ]
  // what was left out is not required: the sum of the stages that are there is `Requirements<O>`
  // @effect-diagnostics-next-line unsafeEffectTypeAssertion:off
  return stages
    .filter((stage) => stage !== undefined)
    .reduceRight((inner, outer) => Layer.provide(outer, inner)) as IntegrationClient.Policy<Requirements<O>>
}

const isStageOptions = (value: unknown): value is object =>
  typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype &&
  !("_tag" in value)

/**
 * Lays options over others, option by option: `{ retry: { maxAttempts: 5 } }` changes that one number, and what is
 * absent or `undefined` stays as it was. `false` leaves a stage out.
 *
 * @example
 * ```ts
 * import { Resilience } from "holdfast"
 *
 * const patient = Resilience.merge(Resilience.presets.salesSystem, { retry: { maxAttempts: 5 } })
 * ```
 *
 * @since 0.1.0
 * @category combinators
 */
export const merge = (base: Options, changes: Options): Options => {
  const merged: Record<string, unknown> = { ...base }
  for (const [stage, change] of Object.entries(changes)) {
    if (change === undefined) continue
    const before = merged[stage]
    merged[stage] = isStageOptions(before) && isStageOptions(change)
      ? { ...before, ...Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined)) }
      : change
  }
  return merged
}

/**
 * Named profiles for common kinds of system: spread one and change what differs.
 *
 * | profile | attempts, first pause, longest, factor, jitter | breaker: failures, successes, attempt timeout, reset | rate: burst, per second |
 * |---|---|---|---|
 * | `salesSystem` | 3, 1 s, 30 s, 2, 0.1 | 5, 2, 30 s, 60 s | 100, 10 |
 * | `erpSystem` | 5, 2 s, 60 s, 2, 0.2 | 3, 2, 45 s, 120 s | 50, 5 |
 * | `eSignature` | 3, 1 s, 30 s, 2, 0.1 | 5, 3, 60 s, 300 s | 20, 2 |
 * | `communicationGateway` | 5, 500 ms, 10 s, 2, 0.15 | 10, 3, 15 s, 30 s | none |
 * | `smsGateway` | as `communicationGateway` | as `communicationGateway` | 50, 10 |
 * | `emailGateway` | as `communicationGateway` | as `communicationGateway` | 100, 20 |
 *
 * The total timeout of each leaves room for all its attempts and pauses.
 *
 * @since 0.1.0
 * @category presets
 */
export const presets = (() => {
  const salesSystem = {
    attemptTimeout: "30 seconds",
    circuitBreaker: { failureThreshold: 5, resetTimeout: "60 seconds", successThreshold: 2 },
    rateLimit: { capacity: 100, refillRate: 10 },
    retry: { initialDelay: "1 second", jitter: 0.1, maxAttempts: 3, maxDelay: "30 seconds", multiplier: 2 },
    totalTimeout: "2 minutes"
  } as const satisfies Options
  const erpSystem = {
    attemptTimeout: "45 seconds",
    circuitBreaker: { failureThreshold: 3, resetTimeout: "120 seconds", successThreshold: 2 },
    rateLimit: { capacity: 50, refillRate: 5 },
    retry: { initialDelay: "2 seconds", jitter: 0.2, maxAttempts: 5, maxDelay: "60 seconds", multiplier: 2 },
    totalTimeout: "5 minutes"
  } as const satisfies Options
  const eSignature = {
    attemptTimeout: "60 seconds",
    circuitBreaker: { failureThreshold: 5, resetTimeout: "300 seconds", successThreshold: 3 },
    rateLimit: { capacity: 20, refillRate: 2 },
    retry: { initialDelay: "1 second", jitter: 0.1, maxAttempts: 3, maxDelay: "30 seconds", multiplier: 2 },
    totalTimeout: "4 minutes"
  } as const satisfies Options
  const communicationGateway = {
    attemptTimeout: "15 seconds",
    circuitBreaker: { failureThreshold: 10, resetTimeout: "30 seconds", successThreshold: 3 },
    retry: { initialDelay: "500 millis", jitter: 0.15, maxAttempts: 5, maxDelay: "10 seconds", multiplier: 2 },
    totalTimeout: "2 minutes"
  } as const satisfies Options
  return {
    communicationGateway,
    eSignature,
    emailGateway: { ...communicationGateway, rateLimit: { capacity: 100, refillRate: 20 } },
    erpSystem,
    salesSystem,
    smsGateway: { ...communicationGateway, rateLimit: { capacity: 50, refillRate: 10 } }
  } as const
})()
