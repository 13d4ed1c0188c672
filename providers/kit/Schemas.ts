/**
 * What Kit is sent, and what it answers.
 *
 * What is sent is strict: a request that Kit is known to refuse fails before it leaves. What is read is tolerant: unknown
 * fields pass, `null` stands for an absent field, and an enum is read as a string, so that Kit can grow.
 *
 * Source: Kit's OpenAPI document (Kit API 4.0) and its SDK for PHP.
 *
 * @since 0.1.0
 */
export * from "./schemas/Read.js"
export * from "./schemas/Sent.js"
