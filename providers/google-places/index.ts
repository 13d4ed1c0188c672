/**
 * Google Maps Platform, Places (New): `GooglePlaces` is the service, `GooglePlacesApi` its declaration, `Emulator`
 * one for tests.
 *
 * @since 0.1.0
 */
export { GooglePlacesApi } from "./Api.js"
export * as Emulator from "./Emulator.js"
export * as GooglePlacesErrors from "./Errors.js"
export { definition, GooglePlaces } from "./GooglePlaces.js"
export { searches } from "./Pagination.js"
export * as Schemas from "./Schemas.js"
