/**
 * HubSpot: `HubSpot` is the service, `HubSpotApi` its declaration, `Emulator` a HubSpot for tests.
 *
 * @since 0.1.0
 */
export * as Api from "./Api.js"
export { HubSpotApi } from "./Api.js"
export * as Emulator from "./Emulator.js"
export * as HubSpotErrors from "./Errors.js"
export { define, definition, HubSpot } from "./HubSpot.js"
export { lists, searches } from "./Pagination.js"
export * as HubSpotRateLimit from "./RateLimit.js"
export * as Schemas from "./Schemas.js"
