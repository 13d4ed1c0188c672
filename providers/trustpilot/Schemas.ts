/**
 * What Trustpilot is sent, what it answers, and what it sends of its own accord.
 *
 * Sources: developers.trustpilot.com (business units, service reviews, invitations) and support.trustpilot.com (webhooks).
 * Trustpilot publishes no OpenAPI document.
 *
 * @since 0.1.0
 */
export * from "./schemas/Read.js"
export * from "./schemas/Sent.js"
export * from "./schemas/Webhooks.js"
