/**
 * Trustpilot: `Trustpilot` is the service, `TrustpilotApi` its declaration, `Emulator` a Trustpilot for tests.
 *
 * @since 0.1.0
 */
export { TrustpilotApi } from "./Api.js"
export { withApiKey } from "./Credential.js"
export * as Emulator from "./Emulator.js"
export * as TrustpilotErrors from "./Errors.js"
export { reviews, timeOf } from "./Pagination.js"
export * as Schemas from "./Schemas.js"
export { definition, Trustpilot } from "./Trustpilot.js"
