/**
 * Cal.com, as a service.
 *
 * @since 0.1.0
 */
import { Auth, Credentials, OAuth2Provider, Provider, type Resilience, WebhookScheme } from "holdfast"
import { TestLayer } from "holdfast/testing"
import * as Api from "./Api.js"
import * as Emulator from "./Emulator.js"
import { classify } from "./Errors.js"
import { booked, subscribed } from "./Pagination.js"
import { read } from "./RateLimit.js"

/**
 * Fits an API key, 120 requests in 60 seconds: what a full bucket holds and what drips in meanwhile stay below that. OAuth, with
 * 500, may go to `{ capacity: 100, refillRate: 6.5 }`.
 */
const policy = {
  rateLimit: { capacity: 20, refillRate: 1.6, coolDown: "1 minute", read },
  // a window of the limit lasts a minute
  retry: { maxAttempts: 4, initialDelay: "1 second", maxDelay: "30 seconds", maxRetryAfter: "2 minutes" },
  circuitBreaker: { failureThreshold: 5, resetTimeout: "1 minute", successThreshold: 2 },
  attemptTimeout: "30 seconds",
  totalTimeout: "4 minutes"
} as const satisfies Resilience.Options

/**
 * Cal.com's API, version 2, of which each part has a date of its own: see `Schemas.versions`.
 *
 * @since 0.1.0
 * @category definition
 */
export const definition = Provider.define({
  id: "cal-com",
  name: "Cal.com",
  version: "v2",
  category: "scheduling",
  capabilities: ["bookings", "availability", "event types", "webhooks"],
  baseUrl: "https://api.cal.com",
  api: Api.CalComApi,
  auth: Auth.bearer,
  classify,
  health: { operation: "me.get" },
  policy,
  docs: "https://cal.com/docs/api-reference/v2/introduction",
  popularity: 75,
  credentials: ["Bearer", "OAuth2"],
  oauth2: OAuth2Provider.calCom,
  webhook: WebhookScheme.calCom,
  pagination: { "bookings.list": booked, "webhooks.list": subscribed },
  incremental: { "bookings.list": "urlParams.afterUpdatedAt, with sortUpdatedAt asc" },
  limits: [
    "120 requests in 60 seconds for an API key, 500 with OAuth",
    "100 bookings and 250 webhooks in a page where no other size is asked for"
  ]
})

/**
 * Cal.com: bookings, free times, event types, webhooks. Every method fails with `IntegrationError` and nothing else.
 *
 * @example
 * ```ts
 * import { DateTime, Effect } from "effect"
 * import { CalCom } from "holdfast/providers/cal-com"
 *
 * const program = Effect.gen(function*() {
 *   const { slots } = yield* CalCom
 *   const start = yield* DateTime.now
 *   const end = DateTime.add(start, { days: 7 })
 *   const { data } = yield* slots.list({ urlParams: { end, eventTypeSlug: "introduction", start, username: "ada" } })
 *   return Object.values(data).flatMap((day) => day.map((slot) => slot.start))
 * })
 *
 * const inATest = Effect.provide(program, CalCom.layerTest)
 * ```
 *
 * @since 0.1.0
 * @category tags
 */
export class CalCom extends Provider.Tag<CalCom>()("holdfast/CalCom", definition, {
  credentials: Credentials.bearerConfig("CAL_COM_API_KEY")
}) {
  /**
   * A Cal.com in memory, without network, credential and policies: as it is, or called with operations to replace,
   * `CalCom.layerTest({ bookings: { create: () => Effect.fail(…) } })`. Every use starts with a user and their event types.
   */
  static readonly layerTest: TestLayer.TestLayer<CalCom, TestLayer.Overrides<Api.CalComApi>> = TestLayer.make(
    CalCom,
    definition,
    Emulator.make({ authorize: () => true })
  )
}
