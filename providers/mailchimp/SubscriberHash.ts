/**
 * How Mailchimp names a member.
 *
 * @since 0.1.0
 */
import { createHash } from "node:crypto"

/**
 * The MD5 of the address in lower case, by which a member is read and written. It is a name, and hides nothing.
 *
 * @example
 * ```ts
 * import { subscriberHash } from "holdfast/providers/mailchimp"
 *
 * const same = subscriberHash("Ada@Example.com") === subscriberHash("ada@example.com")
 * ```
 *
 * @since 0.1.0
 * @category accessors
 */
export const subscriberHash = (email: string): string => createHash("md5").update(email.toLowerCase()).digest("hex")
