/**
 * What Salesforce's REST API is sent, and what it answers.
 *
 * What is sent is strict: a request that Salesforce is known to refuse fails before it leaves. What is read is tolerant:
 * unknown fields pass, `null` stands for an absent field, and the fields of a record are whatever the org has.
 *
 * Source: https://developer.salesforce.com/docs/platform/api-rest/guide/resources-query.md and its neighbours (upsert,
 * composite, sObject collections), and Salesforce's own SDK, jsforce 3.10.
 *
 * @since 0.1.0
 */
export * from "./schemas/Read.js"
export * from "./schemas/Sent.js"
