/**
 * Plausible: `Plausible` is the service, `PlausibleApi` its declaration, `Emulator` a Plausible for tests.
 *
 * @since 0.1.0
 */
export { PlausibleApi } from "./Api.js"
export * as Emulator from "./Emulator.js"
export * as PlausibleErrors from "./Errors.js"
export { rows, sites, teams } from "./Pagination.js"
export { definition, Plausible } from "./Plausible.js"
export * as Schemas from "./Schemas.js"
