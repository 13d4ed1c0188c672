/**
 * Yelp: `Yelp` is the service, `YelpApi` its declaration, `Emulator` a Yelp for tests.
 *
 * @since 0.1.0
 */
export { YelpApi } from "./Api.js"
export * as Emulator from "./Emulator.js"
export * as YelpErrors from "./Errors.js"
export { searched } from "./Pagination.js"
export * as YelpRateLimit from "./RateLimit.js"
export * as Schemas from "./Schemas.js"
export { definition, Yelp } from "./Yelp.js"
