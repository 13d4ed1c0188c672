/**
 * Google Analytics 4, the Measurement Protocol: `GoogleAnalyticsEvents` is the service, `GoogleAnalyticsEventsApi` its
 * declaration, `Emulator` one for tests. Reports are read by `holdfast/providers/google-analytics`.
 *
 * @since 0.1.0
 */
export { GoogleAnalyticsEventsApi } from "./Api.js"
export * as Emulator from "./Emulator.js"
export * as GoogleAnalyticsEventsErrors from "./Errors.js"
export { definition, euBaseUrl, GoogleAnalyticsEvents, measurementIdConfig } from "./GoogleAnalyticsEvents.js"
export * as Schemas from "./Schemas.js"
