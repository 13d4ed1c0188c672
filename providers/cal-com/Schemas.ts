/**
 * What Cal.com is sent, and what it answers.
 *
 * What is sent is strict: a request that Cal.com is known to refuse fails before it leaves. What is read is tolerant: unknown
 * fields pass, `null` stands for an absent field, and an enumeration is read as a string.
 *
 * Source: Cal.com's OpenAPI document of its API v2, and its guides.
 *
 * @since 0.1.0
 */
export * from "./schemas/Read.js"
export * from "./schemas/Sent.js"
export * from "./schemas/Version.js"
