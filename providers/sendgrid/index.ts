/**
 * SendGrid: `SendGrid` is the service, `SendGridApi` its declaration, `Emulator` a SendGrid for tests.
 *
 * @since 0.1.0
 */
export * as Api from "./Api.js"
export { SendGridApi } from "./Api.js"
export * as Emulator from "./Emulator.js"
export * as SendGridErrors from "./Errors.js"
export * as Mail from "./Mail.js"
export { links, offsets } from "./Pagination.js"
export * as Schemas from "./Schemas.js"
export { definition, SendGrid } from "./SendGrid.js"
