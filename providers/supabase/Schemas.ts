/**
 * What Supabase is sent, and what it answers.
 *
 * What is sent is strict: a request that Supabase is known to refuse, or that would do more than was meant, fails before it
 * leaves. What is read is tolerant: unknown fields pass, and `null` stands for an absent field.
 *
 * @since 0.1.0
 */
export * from "./schemas/Auth.js"
export * from "./schemas/Rows.js"
export * from "./schemas/Storage.js"
export * from "./schemas/Webhook.js"
