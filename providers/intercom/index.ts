/**
 * Intercom: `Intercom` is the service, `IntercomApi` its declaration, `Emulator` an Intercom for tests.
 *
 * @since 0.1.0
 */
export { IntercomApi } from "./Api.js"
export * as Emulator from "./Emulator.js"
export * as IntercomErrors from "./Errors.js"
export { define, definition, Intercom, type Region, version } from "./Intercom.js"
export { contacts, conversations, searchedContacts, searchedConversations } from "./Pagination.js"
export * as Schemas from "./Schemas.js"
export { type Condition, conditions, SearchQuery, updatedSince } from "./Search.js"
