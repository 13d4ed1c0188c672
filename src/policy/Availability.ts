/**
 * A switch in front of an integration: off, or in maintenance, a call fails at once with `UnavailableError` and its
 * reason, and nothing is sent. A call that has passed it is not called back: it goes on to its end.
 *
 * @since 0.1.0
 */
import * as Config from "effect/Config"
import type { ConfigError } from "effect/ConfigError"
import * as Data from "effect/Data"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import type { Call } from "../core/Call.js"
import * as IntegrationClient from "../core/IntegrationClient.js"
import { UnavailableError } from "../core/IntegrationError.js"
import type * as Pipeline from "../core/Pipeline.js"
import { reader } from "./internal/switch.js"
import * as Reading from "./internal/variables/reading.js"
import { stageOf } from "./internal/variables/variables.js"

/**
 * @since 0.1.0
 * @category models
 */
export type Status = Data.TaggedEnum<{
  Available: {}
  /** Switched off. */
  Off: { readonly reason: string }
  /** Off for a while; callers are told when to come back. */
  Maintenance: { readonly reason: string; readonly retryAfter?: Duration.DurationInput }
}>

/**
 * @since 0.1.0
 * @category constructors
 */
export const { Available, Maintenance, Off } = Data.taggedEnum<Status>()

/**
 * `status` is asked before every call: a constant, a `SubscriptionRef` (or `Ref`) that is flipped while the program runs,
 * or any other effect. The first two are read without a step of the run loop.
 *
 * @example
 * ```ts
 * import { Effect, Layer, SubscriptionRef } from "effect"
 * import { Availability } from "holdfast"
 *
 * const switchable = Layer.unwrapEffect(
 *   Effect.map(
 *     SubscriptionRef.make<Availability.Status>(Availability.Available()),
 *     (ref) => Availability.layer(ref)
 *   )
 * )
 * ```
 *
 * @since 0.1.0
 * @category policies
 */
export const layer = (status: Status | Effect.Effect<Status>): IntegrationClient.Policy =>
  IntegrationClient.stage(() => Effect.succeed(stage(status)))

/**
 * The status from `Config`, read once, when the layer is built: `HOLDFAST_<ID>_AVAILABILITY` is `available` (the default),
 * `off` or `maintenance`; `HOLDFAST_<ID>_AVAILABILITY_REASON` is what callers are told, and
 * `HOLDFAST_<ID>_AVAILABILITY_RETRY_AFTER` (a duration, `10 minutes`) when a maintenance is over. Where one is not set, its
 * twin for all integrations holds, `HOLDFAST_DEFAULT_AVAILABILITY`. Anything else is a `ConfigError` that names the
 * variable. `Resilience.layerConfig` reads them with all others.
 *
 * @since 0.1.0
 * @category policies
 */
export const layerConfig: IntegrationClient.Policy<never, ConfigError> = IntegrationClient.stage((next) =>
  Effect.map(config(next.integration.id), stage)
)

/**
 * What `layerConfig` reads, for the id of an integration.
 *
 * @since 0.1.0
 * @category config
 */
export const config = (integration: string): Config.Config<Status> =>
  Config.mapOrFail(
    Reading.reading(integration, (variable) => stageOf(variable) === "availability"),
    ({ errors, options }) => {
      const error = Reading.together(errors)
      return error === undefined
        ? Either.right(fromVariables(integration, options.availability) ?? Available())
        : Either.left(error)
    }
  )

/**
 * The status that variables speak of, where they name one.
 *
 * @internal
 */
export const fromVariables = (integration: string, settings: unknown): Status | undefined => {
  const { reason, retryAfter, status }: {
    readonly reason?: string
    readonly retryAfter?: Duration.Duration
    readonly status?: "available" | "maintenance" | "off"
  } = Reading.isRecord(settings) ? settings : {}
  const why = reason ?? `${Reading.prefixOf(integration)}AVAILABILITY says so`
  switch (status) {
    case "available":
      return Available()
    case "off":
      return Off({ reason: why })
    case "maintenance":
      return Maintenance({ reason: why, ...(retryAfter === undefined ? undefined : { retryAfter }) })
    default:
      return undefined
  }
}

const stage = (status: Status | Effect.Effect<Status>): Pipeline.Stage => {
  const read = reader(status)
  return typeof read === "function"
    ? { enter: ({ call }) => refusal(read(), call), holdsNothing: true }
    : { enter: ({ call }) => Effect.flatMap(read, (status) => refusal(status, call) ?? Exit.void), holdsNothing: true }
}

const refusal = (status: Status, call: Call): Exit.Exit<never, UnavailableError> | undefined =>
  status._tag === "Available" ? undefined : Exit.fail(
    new UnavailableError({
      ...call.errorFields,
      attempts: call.attempts,
      message: status._tag === "Off"
        ? `nothing was sent: ${call.operation.integration} is switched off: ${status.reason}`
        : `nothing was sent: ${call.operation.integration} is in maintenance: ${status.reason}`,
      ...(status._tag === "Maintenance" && status.retryAfter !== undefined
        ? { retryAfter: Duration.decode(status.retryAfter) }
        : undefined)
    })
  )
