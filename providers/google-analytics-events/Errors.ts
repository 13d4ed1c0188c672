/**
 * What the Measurement Protocol answers where it does not take a request at all.
 *
 * Source: the Measurement Protocol's reference: a 2xx says that the request has arrived, and nothing of what is in it; without
 * one, the request is to be mended, and not to be sent again as it is.
 *
 * @since 0.1.0
 */
import type { Classification } from "holdfast"

/**
 * A 4xx speaks of the request as such: Google says nothing of a wrong secret, and nothing of events that it drops. A 5xx and a
 * 429 are as the status says: `collect` may have counted, and is not sent again, but for a 503 with `Retry-After`; it becomes a
 * dead letter.
 *
 * @since 0.1.0
 * @category classification
 */
export const classify: Classification.Classifier = ({ status }) =>
  status >= 400 && status < 500 && status !== 429 && status !== 408
    ? {
      message:
        "this is no request of the Measurement Protocol: look at the base URL, and at what is between here and there",
      retryable: false
    }
    : undefined
