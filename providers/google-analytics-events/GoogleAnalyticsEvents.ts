/**
 * Google Analytics 4, its Measurement Protocol, as a service.
 *
 * @since 0.1.0
 */
import * as Config from "effect/Config"
import { Auth, Credentials, Provider, type Resilience } from "holdfast"
import { TestLayer } from "holdfast/testing"
import * as Api from "./Api.js"
import * as Emulator from "./Emulator.js"
import { classify } from "./Errors.js"
import { isMeasurementId } from "./Schemas.js"

/** No limit is documented, and no header speaks of one. */
const policy = {
  rateLimit: { read: false },
  retry: { maxAttempts: 3, initialDelay: "1 second", maxDelay: "10 seconds" },
  circuitBreaker: { failureThreshold: 10, resetTimeout: "30 seconds", successThreshold: 1 },
  attemptTimeout: "10 seconds",
  totalTimeout: "30 seconds"
} as const satisfies Resilience.Options

/**
 * @since 0.1.0
 * @category definition
 */
export const definition = Provider.define({
  id: "google-analytics-events",
  name: "Google Analytics 4 (Measurement Protocol)",
  version: "ga4",
  category: "analytics",
  capabilities: ["events", "validation of events"],
  baseUrl: "https://www.google-analytics.com",
  api: Api.GoogleAnalyticsEventsApi,
  auth: Auth.query("api_secret"),
  classify,
  health: { operation: "events.validate" },
  policy,
  docs: "https://developers.google.com/analytics/devguides/collection/protocol/ga4",
  popularity: 90,
  credentials: ["ApiKey"],
  limits: [
    "25 events and 130,000 bytes in a request",
    "25 parameters in an event, 25 user properties",
    "40 characters in the name of an event or a parameter, 100 in a value (Analytics 360: 500)",
    "24 characters in the name of a user property, 36 in its value",
    "events of the last 72 hours"
  ]
})

/**
 * The server that collects in the European Union, for `layer({ baseUrl })`.
 *
 * @since 0.1.0
 * @category config
 */
export const euBaseUrl = "https://region1.google-analytics.com"

/**
 * `GOOGLE_ANALYTICS_MEASUREMENT_ID`, which every call names beside its events.
 *
 * @since 0.1.0
 * @category config
 */
export const measurementIdConfig: Config.Config<string> = Config.string("GOOGLE_ANALYTICS_MEASUREMENT_ID").pipe(
  Config.validate({ message: "must be a measurement id, as in G-AB12CD34EF", validation: isMeasurementId })
)

/**
 * Events for Google Analytics 4. Every method fails with `IntegrationError` and nothing else; but a success of
 * `events.collect` says no more than that the request has arrived.
 *
 * `layerConfig` takes the stream's secret from `GOOGLE_ANALYTICS_API_SECRET`, and where they are set
 * `GOOGLE_ANALYTICS_EVENTS_BASE_URL` and the variables of the policy: `HOLDFAST_GOOGLE_ANALYTICS_EVENTS_…`, as
 * `Resilience.layerConfig` reads them.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { GoogleAnalyticsEvents } from "holdfast/providers/google-analytics-events"
 *
 * const purchased = Effect.gen(function*() {
 *   const analytics = yield* GoogleAnalyticsEvents
 *   yield* analytics.events.collect({
 *     urlParams: { measurement_id: "G-AB12CD34EF" },
 *     payload: {
 *       client_id: "1234567890.1700000000",
 *       events: [{ name: "purchase", params: { currency: "EUR", transaction_id: "T-1", value: 12.5 } }]
 *     }
 *   })
 * })
 *
 * const inATest = Effect.provide(purchased, GoogleAnalyticsEvents.layerTest)
 * ```
 *
 * @since 0.1.0
 * @category tags
 */
export class GoogleAnalyticsEvents
  extends Provider.Tag<GoogleAnalyticsEvents>()("holdfast/GoogleAnalyticsEvents", definition, {
    credentials: Credentials.apiKeyConfig("GOOGLE_ANALYTICS_API_SECRET")
  })
{
  /**
   * A Measurement Protocol in memory, without network, credential and policies: as it is, or called with operations to
   * replace. Every use starts empty.
   */
  static readonly layerTest: TestLayer.TestLayer<
    GoogleAnalyticsEvents,
    TestLayer.Overrides<Api.GoogleAnalyticsEventsApi>
  > = TestLayer.make(GoogleAnalyticsEvents, definition, Emulator.make())
}
