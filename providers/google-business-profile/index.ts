/**
 * Google Business Profile: `GoogleBusinessProfile` is the service, `GoogleBusinessProfileApi` its declaration, `Emulator`
 * one for tests. What everybody can see of the reviews of a place: `holdfast/providers/google-places`.
 *
 * @since 0.1.0
 */
export { GoogleBusinessProfileApi } from "./Api.js"
export * as Emulator from "./Emulator.js"
export * as GoogleBusinessProfileErrors from "./Errors.js"
export { definition, GoogleBusinessProfile } from "./GoogleBusinessProfile.js"
export * as Notifications from "./Notifications.js"
export { accounts, locationReviews, locations, reviews } from "./Pagination.js"
export { changedSince, starsOf } from "./Reviews.js"
export * as Schemas from "./Schemas.js"
