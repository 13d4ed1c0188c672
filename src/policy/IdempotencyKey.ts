/**
 * One key for a call, the same on every attempt and on every replay. Where the provider honours a header for it, the key
 * is sent, and the call counts as idempotent: it may be retried although a response was lost.
 *
 * @since 0.1.0
 */
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as Effect from "effect/Effect"
import { CallOptions } from "../core/Call.js"
import * as IntegrationClient from "../core/IntegrationClient.js"

/**
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** The header that the provider honours, `Idempotency-Key`. Absent: the key is made and stored, but not sent. */
  readonly header?: string | undefined
  /** `quoted` is the syntax of the IETF draft, `bare` what Stripe wants. Default `bare`. */
  readonly format?: "bare" | "quoted" | undefined
  /** Makes a key. Default: a random UUID. */
  readonly make?: (() => string) | undefined
}

/**
 * Sets the key of the call made inside an effect, where the business has one already (the id of an order). Use it around
 * one call: two calls under one key are one call to the provider.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { IdempotencyKey, type IntegrationError } from "holdfast"
 *
 * declare const charge: Effect.Effect<void, IntegrationError.IntegrationError>
 *
 * const once = charge.pipe(IdempotencyKey.provide("order-42"))
 * ```
 *
 * @since 0.1.0
 * @category combinators
 */
export const provide = (idempotencyKey: string) => <A, E, R>(self: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.flatMap(CallOptions, (options) => Effect.provideService(self, CallOptions, { ...options, idempotencyKey }))

/**
 * @since 0.1.0
 * @category policies
 */
export const layer = (options: Options = {}): IntegrationClient.Policy => {
  const makeKey = options.make ?? (() => crypto.randomUUID())
  const { header } = options
  return IntegrationClient.stage(() =>
    Effect.succeed({
      holdsNothing: true,
      enter: (run) => {
        const { call } = run
        run.state = run.request
        if (call.operation.safe) return undefined
        const key = call.idempotencyKey ??= makeKey()
        if (header === undefined) return undefined
        call.keyHonoured = true
        run.request = HttpClientRequest.setHeader(
          run.request,
          header,
          options.format === "quoted" ? JSON.stringify(key) : key
        )
        return undefined
      },
      leave: (run) => {
        run.request = run.state as HttpClientRequest.HttpClientRequest
        return undefined
      }
    })
  )
}
