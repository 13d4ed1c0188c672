/**
 * What the errors of the Business Profile APIs say: `google.rpc.Status`.
 *
 * Sources: google.rpc of googleapis; https://developers.google.com/my-business/content/limits
 *
 * @since 0.1.0
 */
import { type Classification, RpcStatus } from "holdfast"

/** What Google gives a project before it has approved it. */
const noQuota = "0"

/**
 * As `RpcStatus.classify` reads it. Beside it: a 429 of a quota whose limit is 0 is an AuthorizationError, since no wait
 * helps a project that Google has not approved for these APIs.
 *
 * @since 0.1.0
 * @category classification
 */
export const classify: Classification.Classifier = (response) => {
  const read = RpcStatus.classify(response)
  return read?.tag === "RateLimitError" && RpcStatus.read(response.body)?.metadata.quota_limit_value === noQuota
    ? { ...read, retryable: false, retryAfter: undefined, tag: "AuthorizationError" }
    : read
}
