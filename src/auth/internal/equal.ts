/** Comparison that tells nobody how much of a guess was right. */
import { createHmac, randomBytes, timingSafeEqual } from "node:crypto"

/** Known to nobody, so that nobody knows which digests are alike in how they begin. */
const blind = randomBytes(32)

const digest = (value: string | Uint8Array): Uint8Array => createHmac("sha256", blind).update(value).digest()

/**
 * In constant time whatever the lengths: what is compared are digests, which have one length. Only the guess's own length
 * shows, which who guesses knows.
 */
export const equal = (a: string | Uint8Array, b: string | Uint8Array): boolean => timingSafeEqual(digest(a), digest(b))
