/**
 * What Crisp is sent, and what it answers.
 *
 * What is sent is strict: a request that Crisp is known to refuse fails before it leaves. What is read is tolerant: unknown
 * fields pass, `null` stands for an absent field, and an enumeration is read as a string.
 *
 * Source: https://docs.crisp.chat/references/rest-api/v1/ and the types of Crisp's own client for Node.js.
 *
 * @since 0.1.0
 */
export * from "./schemas/Ids.js"
export * from "./schemas/Message.js"
export * from "./schemas/Read.js"
export * from "./schemas/Sent.js"
