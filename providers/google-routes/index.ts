/**
 * Google Maps Platform, Routes: `GoogleRoutes` is the service, `GoogleRoutesApi` its declaration, `Emulator` one for tests.
 *
 * @since 0.1.0
 */
export { GoogleRoutesApi } from "./Api.js"
export * as Emulator from "./Emulator.js"
export * as GoogleRoutesErrors from "./Errors.js"
export { definition, GoogleRoutes } from "./GoogleRoutes.js"
export * as Schemas from "./Schemas.js"
