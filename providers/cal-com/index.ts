/**
 * Cal.com: `CalCom` is the service, `CalComApi` its declaration, `Emulator` a Cal.com for tests.
 *
 * @since 0.1.0
 */
export * as Api from "./Api.js"
export { CalComApi } from "./Api.js"
export { CalCom, definition } from "./CalCom.js"
export * as Emulator from "./Emulator.js"
export * as CalComErrors from "./Errors.js"
export { booked, subscribed } from "./Pagination.js"
export * as CalComRateLimit from "./RateLimit.js"
export { findBooked } from "./Reconcile.js"
export * as Schemas from "./Schemas.js"
