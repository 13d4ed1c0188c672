/**
 * Google Analytics 4, its Data API, as a service.
 *
 * @since 0.1.0
 */
import { Auth, Credentials, OAuth2Provider, Provider, type Resilience } from "holdfast"
import { TestLayer } from "holdfast/testing"
import * as Api from "./Api.js"
import * as Emulator from "./Emulator.js"
import { classify } from "./Errors.js"
import { audienceExports, audienceRows, rows } from "./Pagination.js"

/**
 * Fits a standard property: ten requests at the same time, of which some are left to others; and the 14,000 tokens that a
 * project may use of it in an hour, at ten tokens a report. Server errors use up a quota of their own, ten an hour: a call
 * is sent twice at most, and the breaker opens early.
 */
const policy = {
  bulkhead: { maxConcurrent: 8 },
  rateLimit: { limit: 1400, window: "1 hour", coolDown: "10 seconds", read: false },
  retry: { maxAttempts: 2, initialDelay: "2 seconds", maxDelay: "30 seconds" },
  circuitBreaker: { failureThreshold: 4, resetTimeout: "2 minutes", successThreshold: 1 },
  attemptTimeout: "1 minute",
  totalTimeout: "3 minutes"
} as const satisfies Resilience.Options

/**
 * @since 0.1.0
 * @category definition
 */
export const definition = Provider.define({
  id: "google-analytics",
  name: "Google Analytics 4 (Data API)",
  version: "v1beta",
  category: "analytics",
  capabilities: ["reports", "realtime", "pivot reports", "metadata", "audience exports"],
  baseUrl: "https://analyticsdata.googleapis.com",
  api: Api.GoogleAnalyticsApi,
  auth: Auth.bearer,
  classify,
  health: { operation: "metadata.get" },
  policy,
  docs: "https://developers.google.com/analytics/devguides/reporting/data/v1",
  popularity: 95,
  credentials: ["OAuth2", "Bearer"],
  oauth2: OAuth2Provider.google,
  pagination: {
    "audienceExports.list": audienceExports,
    "audienceExports.query": audienceRows,
    "reports.run": rows
  },
  incremental: {
    "reports.run": "payload.dateRanges, with the dimension date"
  },
  limits: [
    "200,000 tokens a day and 40,000 an hour for a property, 14,000 an hour for each project that reads it (Analytics 360: ten times as many)",
    "10 requests at the same time for a property (Analytics 360: 50)",
    "10 server errors an hour for each project and property (Analytics 360: 50)",
    "120 requests an hour that may be subject to thresholds",
    "5 reports in a batch, 250,000 rows in a page"
  ]
})

/**
 * The Data API of Google Analytics 4: reports, metadata, exports of audiences. Every method fails with `IntegrationError`
 * and nothing else.
 *
 * `layerConfig` takes an access token from `GOOGLE_OAUTH_ACCESS_TOKEN`, which ends after an hour, and where they are set
 * `GOOGLE_ANALYTICS_BASE_URL` and the variables of the policy: `HOLDFAST_GOOGLE_ANALYTICS_…`, as
 * `Resilience.layerConfig` reads them. For a program that runs longer, give `layer` credentials that renew themselves.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { GoogleAnalytics } from "holdfast/providers/google-analytics"
 *
 * const program = Effect.gen(function*() {
 *   const analytics = yield* GoogleAnalytics
 *   const report = yield* analytics.reports.run({
 *     path: { propertyId: "123456789" },
 *     payload: {
 *       dateRanges: [{ startDate: "7daysAgo", endDate: "yesterday" }],
 *       dimensions: [{ name: "country" }],
 *       metrics: [{ name: "activeUsers" }]
 *     }
 *   })
 *   return report.rows.map((row) => [row.dimensionValues[0]?.value, Number(row.metricValues[0]?.value)])
 * })
 *
 * const inATest = Effect.provide(program, GoogleAnalytics.layerTest)
 * ```
 *
 * @since 0.1.0
 * @category tags
 */
export class GoogleAnalytics extends Provider.Tag<GoogleAnalytics>()("holdfast/GoogleAnalytics", definition, {
  credentials: Credentials.bearerConfig("GOOGLE_OAUTH_ACCESS_TOKEN")
}) {
  /**
   * A Data API in memory, without network, credential and policies: as it is, or called with operations to replace. Every
   * use starts with the same fortnight of visits.
   */
  static readonly layerTest: TestLayer.TestLayer<GoogleAnalytics, TestLayer.Overrides<Api.GoogleAnalyticsApi>> =
    TestLayer.make(GoogleAnalytics, definition, Emulator.make({ authorize: () => true }))
}
