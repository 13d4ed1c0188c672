/**
 * What Tidio is sent, and what it answers.
 *
 * What is sent is strict: a request that Tidio is known to refuse fails before it leaves. What is read is tolerant:
 * unknown fields pass, `null` stands for an absent field, and an enumeration is read as a string.
 *
 * Source: Tidio's reference (contacts, products, webhooks). It has no machine-readable description: fields of tickets,
 * operators, departments and the project are those that programs of others send and read.
 *
 * @since 0.1.0
 */
export * from "./schemas/Read.js"
export * from "./schemas/Sent.js"
export * from "./schemas/Webhooks.js"
