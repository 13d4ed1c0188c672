/**
 * Calendly: `Calendly` is the service, `CalendlyApi` its declaration, `Emulator` a Calendly for tests.
 *
 * @since 0.1.0
 */
export * as Api from "./Api.js"
export { CalendlyApi } from "./Api.js"
export { Calendly, definition } from "./Calendly.js"
export * as Emulator from "./Emulator.js"
export * as CalendlyErrors from "./Errors.js"
export { lists } from "./Pagination.js"
export { findBooked } from "./Reconcile.js"
export * as Schemas from "./Schemas.js"
