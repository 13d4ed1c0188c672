/**
 * What Google Analytics says of its quotas, for the emulator.
 *
 * @since 0.1.0
 */
import { RpcErrors } from "holdfast/testing"

/** What the sentence of a 429 says is used up. */
const exhaustions = {
  tokensPerDay: "the property has used its tokens per day",
  tokensPerHour: "the property has used its tokens per hour",
  tokensPerProjectPerHour: "the project has used its tokens of the property per hour",
  concurrentRequests: "too many concurrent requests to the property"
}

/**
 * The body of a 429, which says only in its sentence which quota is used up.
 *
 * @since 0.1.0
 * @category bodies
 */
export const exhausted = (quota: keyof typeof exhaustions) => RpcErrors.status(429, exhaustions[quota])
