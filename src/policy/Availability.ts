/**
 * A switch in front of an integration: off, or in maintenance, a call fails at once with `UnavailableError` and its
 * reason, and nothing is sent.
 *
 * @since 0.1.0
 */
import * as Data from "effect/Data"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as IntegrationClient from "../core/IntegrationClient.js"
import { UnavailableError } from "../core/IntegrationError.js"

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
 * `status` is asked before every call: a constant, or any effect, such as a `Ref` or `SubscriptionRef` that is flipped
 * while the program runs.
 *
 * @example
 * ```ts
 * import { Effect, Layer, SubscriptionRef } from "effect"
 * import { Availability } from "holdfast"
 *
 * const switchable = Layer.unwrapEffect(
 *   Effect.map(
 *     SubscriptionRef.make<Availability.Status>(Availability.Available()),
 *     (ref) => Availability.layer(SubscriptionRef.get(ref))
 *   )
 * )
 * ```
 *
 * @since 0.1.0
 * @category policies
 */
export const layer = (status: Status | Effect.Effect<Status>): IntegrationClient.Policy =>
  IntegrationClient.policy((next) =>
    Effect.succeed((request, call) => {
      const proceed = (status: Status) =>
        status._tag === "Available" ? next.send(request, call) : Effect.fail(
          new UnavailableError({
            ...call.errorFields,
            message: status._tag === "Off"
              ? `nothing was sent: ${call.operation.integration} is switched off: ${status.reason}`
              : `nothing was sent: ${call.operation.integration} is in maintenance: ${status.reason}`,
            ...(status._tag === "Maintenance" && status.retryAfter !== undefined
              ? { retryAfter: Duration.decode(status.retryAfter) }
              : undefined)
          })
        )
      return Effect.isEffect(status) ? Effect.flatMap(status, proceed) : proceed(status)
    })
  )
