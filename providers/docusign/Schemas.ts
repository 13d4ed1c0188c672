/**
 * What DocuSign is sent, and what it answers.
 *
 * DocuSign writes numbers and truths as texts: what is sent here as a number is `"1"` on the wire, and what is read may be
 * either. What is sent is strict: a request that DocuSign is known to refuse fails before it leaves. What is read is tolerant:
 * unknown fields pass, `null` stands for an absent field, and an enum is read as a string.
 *
 * Source: DocuSign's Swagger document of the eSignature REST API, version 2.1.
 *
 * @since 0.1.0
 */
export * from "./schemas/Read.js"
export * from "./schemas/Sent.js"
