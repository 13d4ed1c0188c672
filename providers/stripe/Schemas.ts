/**
 * What Stripe is sent, and what it answers.
 *
 * What is sent is strict: a request that Stripe is known to refuse fails before it leaves. What is read is tolerant:
 * unknown fields pass, an absent field may be `null`, and an enum is read as a string, so that Stripe can grow.
 *
 * Source: Stripe's OpenAPI document (stripe/openapi) and its API reference.
 *
 * @since 0.1.0
 */
export * from "./schemas/Read.js"
export * from "./schemas/Sent.js"
