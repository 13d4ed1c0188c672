/**
 * Stripe: `Stripe` is the service, `StripeApi` its declaration, `Emulator` a Stripe for tests.
 *
 * @since 0.1.0
 */
export { StripeApi, version } from "./Api.js"
export * as Emulator from "./Emulator.js"
export * as StripeErrors from "./Errors.js"
export { lists, searches } from "./Pagination.js"
export * as Schemas from "./Schemas.js"
export { define, definition, Stripe } from "./Stripe.js"
