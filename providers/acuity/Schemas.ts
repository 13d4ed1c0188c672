/**
 * What Acuity is sent, and what it answers.
 *
 * What is sent is strict: a request that Acuity is known to refuse fails before it leaves. What is read is tolerant: unknown
 * fields pass, and `null` stands for an absent field.
 *
 * Sources: developers.acuityscheduling.com; for the fields of an appointment accounts of its answers by others, since Acuity
 * publishes no OpenAPI document.
 *
 * @since 0.1.0
 */
export * from "./schemas/Read.js"
export * from "./schemas/Sent.js"
export * from "./schemas/Times.js"
