/**
 * Twilio: `Twilio` is the service, `TwilioApi` its declaration, `Emulator` a Twilio for tests.
 *
 * @since 0.1.0
 */
export * as Api from "./Api.js"
export { TwilioApi } from "./Api.js"
export * as Dates from "./Dates.js"
export * as Emulator from "./Emulator.js"
export * as TwilioErrors from "./Errors.js"
export { lists } from "./Pagination.js"
export { findSent } from "./Reconcile.js"
export * as Schemas from "./Schemas.js"
export { accountSidConfig, definition, Twilio } from "./Twilio.js"
