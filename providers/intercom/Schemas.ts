/**
 * What Intercom is sent, and what it answers.
 *
 * What is sent is strict: a request that Intercom is known to refuse fails before it leaves. What is read is tolerant: unknown
 * fields pass, `null` stands for an absent field, and an enum is read as a string, so that Intercom can grow.
 *
 * Source: Intercom's OpenAPI documents of the versions 2.14 to 2.16.
 *
 * @since 0.1.0
 */
export * from "./schemas/Read.js"
export * from "./schemas/Sent.js"
