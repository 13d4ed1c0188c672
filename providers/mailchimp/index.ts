/**
 * Mailchimp's Marketing API: `Mailchimp` is the service, `MailchimpApi` its declaration, `DataCentre` says where an account
 * is, `Emulator` is a Mailchimp for tests.
 *
 * @since 0.1.0
 */
export { MailchimpApi } from "./Api.js"
export * as DataCentre from "./DataCentre.js"
export * as Emulator from "./Emulator.js"
export * as MailchimpErrors from "./Errors.js"
export { apiKey, definition, Mailchimp } from "./Mailchimp.js"
export { lists } from "./Pagination.js"
export * as Schemas from "./Schemas.js"
export { subscriberHash } from "./SubscriberHash.js"
