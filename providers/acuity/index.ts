/**
 * Acuity Scheduling: `Acuity` is the service, `AcuityApi` its declaration, `Emulator` an Acuity for tests.
 *
 * @since 0.1.0
 */
export { Acuity, definition } from "./Acuity.js"
export * as Api from "./Api.js"
export { AcuityApi } from "./Api.js"
export * as Emulator from "./Emulator.js"
export * as AcuityErrors from "./Errors.js"
export { windows } from "./Pagination.js"
export { findBooked } from "./Reconcile.js"
export * as Schemas from "./Schemas.js"
