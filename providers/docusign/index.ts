/**
 * DocuSign: `DocuSign` is the service, `DocuSignApi` its declaration, `createGuarded` creates an envelope and looks for it
 * where the answer is lost, `Emulator` is a DocuSign for tests.
 *
 * @since 0.1.0
 */
export { DocuSignApi } from "./Api.js"
export { accountIdConfig, define, definition, DocuSign } from "./DocuSign.js"
export * as Emulator from "./Emulator.js"
export * as DocuSignErrors from "./Errors.js"
export { envelopes, templates } from "./Pagination.js"
export * as DocuSignRateLimit from "./RateLimit.js"
export { createGuarded, findByTransaction } from "./Reconcile.js"
export * as Schemas from "./Schemas.js"
