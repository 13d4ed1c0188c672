/**
 * What Mailchimp is sent, and what it answers.
 *
 * What is sent is strict: a request that Mailchimp is known to refuse fails before it leaves. What is read is tolerant:
 * unknown fields pass, `null` stands for an absent field, and an enum is read as a string, so that Mailchimp can grow. An
 * empty text stands for a time that there is none of, and is read as it is.
 *
 * Source: Mailchimp's Swagger document of the Marketing API 3.0, and its page on webhooks.
 *
 * @since 0.1.0
 */
export * from "./schemas/Read.js"
export * from "./schemas/Sent.js"
