/**
 * Salesforce: `Salesforce` is the service, `SalesforceApi` its declaration, `Soql` quotes what queries have in them,
 * `Emulator` is a Salesforce for tests.
 *
 * @since 0.1.0
 */
export * as Api from "./Api.js"
export { SalesforceApi } from "./Api.js"
export * as Emulator from "./Emulator.js"
export * as SalesforceErrors from "./Errors.js"
export { queries } from "./Pagination.js"
export * as SalesforceRateLimit from "./RateLimit.js"
export { define, definition, Salesforce } from "./Salesforce.js"
export * as Schemas from "./Schemas.js"
export * as Soql from "./Soql.js"
