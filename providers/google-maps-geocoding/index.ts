/**
 * Google Maps Platform, Geocoding: `GoogleMapsGeocoding` is the service, `GoogleMapsGeocodingApi` its declaration, `Emulator`
 * one for tests.
 *
 * @since 0.1.0
 */
export { GoogleMapsGeocodingApi } from "./Api.js"
export * as Emulator from "./Emulator.js"
export * as GoogleMapsGeocodingErrors from "./Errors.js"
export { definition, GoogleMapsGeocoding } from "./GoogleMapsGeocoding.js"
export * as Schemas from "./Schemas.js"
