/**
 * What HubSpot's CRM is sent, and what it answers.
 *
 * What is sent is strict: a request that HubSpot is known to refuse fails before it leaves. What is read is tolerant:
 * unknown fields pass, `null` stands for an absent field, and an enum is read as a string, so that HubSpot can grow.
 *
 * Source: HubSpot's OpenAPI documents (HubSpot/HubSpot-public-api-spec-collection) and its guides.
 *
 * @since 0.1.0
 */
export * from "./schemas/Read.js"
export * from "./schemas/Sent.js"
