/**
 * Google Analytics 4, the Data API: `GoogleAnalytics` is the service, `GoogleAnalyticsApi` its declaration, `Emulator` a
 * Data API for tests. Events are sent by `holdfast/providers/google-analytics-events`.
 *
 * @since 0.1.0
 */
export { GoogleAnalyticsApi } from "./Api.js"
export * as Emulator from "./Emulator.js"
export * as GoogleAnalyticsErrors from "./Errors.js"
export { definition, GoogleAnalytics } from "./GoogleAnalytics.js"
export { audienceExports, audienceRows, rows } from "./Pagination.js"
export * as GoogleAnalyticsQuota from "./Quota.js"
export * as Schemas from "./Schemas.js"
