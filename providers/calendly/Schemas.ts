/**
 * What Calendly is sent, and what it answers.
 *
 * What is sent is strict: a request that Calendly is known to refuse fails before it leaves. What is read is tolerant:
 * unknown fields pass, `null` stands for an absent field, and an enumeration is read as a string.
 *
 * Source: Calendly's OpenAPI document (2024-04) and its guides.
 *
 * @since 0.1.0
 */
export * from "./schemas/Ids.js"
export * from "./schemas/Read.js"
export * from "./schemas/Sent.js"
