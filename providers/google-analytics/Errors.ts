/**
 * What the errors of the Data API say: `google.rpc.Status`, and of its quotas more than that.
 *
 * Source: google.rpc of googleapis; the quotas of the Data API's discovery document.
 *
 * @since 0.1.0
 */
import * as Duration from "effect/Duration"
import { type Classification, RpcStatus } from "holdfast"

/** Until a request that runs has ended. */
const aRequest = Duration.seconds(5)

/**
 * Google's reading of its answers is `RpcStatus.classify`. Beside it, a 429 says which quota is used up only in its
 * sentence:
 *
 * - tokens of a day or of an hour, or requests that may be thresholded: not retryable, since they come back within the day
 *   or the hour and every request to the property is refused until then
 * - requests at the same time: retryable after 5 seconds
 * - `RetryInfo`, where there is one, goes before both
 *
 * @since 0.1.0
 * @category classification
 */
export const classify: Classification.Classifier = (response) => {
  const read = RpcStatus.classify(response)
  if (read?.tag !== "RateLimitError" || read.retryAfter !== undefined) return read
  const sentence = read.message ?? ""
  if (/per[ _-]?(project[ _-]?per[ _-]?)?(day|hour)\b/i.test(sentence)) return { ...read, retryable: false }
  return /concurrent/i.test(sentence) && response.headers["retry-after"] === undefined
    ? { ...read, retryAfter: aRequest }
    : read
}
