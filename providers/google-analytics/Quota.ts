/**
 * What an answer says of a property's quotas, where `returnPropertyQuota` has asked for it. There are no headers that do.
 *
 * @since 0.1.0
 */
import type * as Schemas from "./Schemas.js"

/**
 * @since 0.1.0
 * @category models
 */
export type Name = keyof typeof Schemas.PropertyQuota.Type

/**
 * @since 0.1.0
 * @category models
 */
export interface Left {
  readonly quota: Name
  readonly remaining: number
  /** Of what a standard property has, from 0 to 1; of Analytics 360 it may be more. */
  readonly share: number
}

/**
 * What a standard property has; Analytics 360 has ten times as many tokens, and five times as much of the others but for the
 * last.
 *
 * @since 0.1.0
 * @category quotas
 */
export const standard: Readonly<Record<Name, number>> = {
  tokensPerDay: 200_000,
  tokensPerHour: 40_000,
  tokensPerProjectPerHour: 14_000,
  concurrentRequests: 10,
  serverErrorsPerProjectPerHour: 10,
  potentiallyThresholdedRequestsPerHour: 120
}

/**
 * The quota of which the least is left, to stop before Google refuses every request to the property.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { GoogleAnalytics, GoogleAnalyticsQuota } from "holdfast/providers/google-analytics"
 *
 * const mayGoOn = Effect.gen(function*() {
 *   const analytics = yield* GoogleAnalytics
 *   const report = yield* analytics.reports.run({
 *     path: { propertyId: "123456789" },
 *     payload: {
 *       dateRanges: [{ startDate: "yesterday", endDate: "yesterday" }],
 *       metrics: [{ name: "sessions" }],
 *       returnPropertyQuota: true
 *     }
 *   })
 *   return (GoogleAnalyticsQuota.tightest(report)?.share ?? 1) > 0.1
 * })
 * ```
 *
 * @since 0.1.0
 * @category accessors
 */
export const tightest = (
  answer: { readonly propertyQuota?: typeof Schemas.PropertyQuota.Type }
): Left | undefined => {
  const names = Object.keys(standard) as ReadonlyArray<Name>
  return names.flatMap((quota): ReadonlyArray<Left> => {
    const remaining = answer.propertyQuota?.[quota]?.remaining
    return remaining === undefined ? [] : [{ quota, remaining, share: remaining / standard[quota] }]
  }).reduce<Left | undefined>((least, one) => least === undefined || one.share < least.share ? one : least, undefined)
}
