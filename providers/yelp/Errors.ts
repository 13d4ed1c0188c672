/**
 * What Yelp's error bodies say.
 *
 * Source: https://docs.developer.yelp.com/docs/places-rate-limiting; the other codes are those that are in use.
 *
 * @since 0.1.0
 */
import * as Duration from "effect/Duration"
import { Body, type Classification } from "holdfast"
import { read, untilReset } from "./RateLimit.js"

const tags: Readonly<Record<string, Classification.ResponseTag>> = {
  BUSINESS_MIGRATED: "NotFoundError",
  BUSINESS_NOT_FOUND: "NotFoundError",
  BUSINESS_UNAVAILABLE: "NotFoundError",
  INTERNAL_ERROR: "ServerError",
  LOCATION_NOT_FOUND: "ValidationError",
  NOT_FOUND: "NotFoundError",
  SERVICE_UNAVAILABLE: "ServerError",
  TOKEN_INVALID: "AuthenticationError",
  TOKEN_MISSING: "AuthenticationError",
  UNAUTHORIZED_ACCESS_TOKEN: "AuthenticationError",
  UNAUTHORIZED_API_ACCESS: "AuthorizationError",
  VALIDATION_ERROR: "ValidationError"
}

const dayIsOver = "ACCESS_LIMIT_REACHED"

const aSecond = Duration.seconds(1)

/**
 * Yelp's reading of its own answers. The `code` of the body counts first.
 *
 * - A 429 is one of two: too many requests in a second (`TOO_MANY_REQUESTS_PER_SECOND`), retryable after a second; and
 *   those of the day (`ACCESS_LIMIT_REACHED`), not retryable, whose `retryAfter` is the time until `RateLimit-ResetTime`, or
 *   until midnight, UTC, where that is not said. One without a code is of the day where nothing is left of it, or of
 *   what was asked for.
 * - `issues` has the field that was wrong.
 *
 * @since 0.1.0
 * @category classification
 */
export const classify: Classification.Classifier = ({ body, headers, nowMillis, status }) => {
  if (status >= 200 && status < 300) return undefined
  const error = Body.record(Body.record(body)?.error)
  // the partners' API says `id`
  const code = Body.text(error?.code) ?? Body.text(error?.id)
  const message = Body.text(error?.description)
  const path = Body.text(error?.field)
  const said = { code, message, issues: path === undefined ? [] : [{ message: message ?? code ?? "", path }] }
  if (status === 429) {
    if (code === dayIsOver || code === undefined && read(headers, nowMillis)?.remaining === 0) {
      return { ...said, tag: "RateLimitError", retryable: false, retryAfter: untilReset(headers, nowMillis) }
    }
    return { ...said, ...(headers["retry-after"] === undefined ? { retryAfter: aSecond } : undefined) }
  }
  return { ...said, tag: code !== undefined && Object.hasOwn(tags, code) ? tags[code] : undefined }
}

/**
 * The id that a business has now, of the error that says that it has another one than was asked for.
 *
 * @since 0.1.0
 * @category accessors
 */
export const migratedTo = (
  error: { readonly code?: string | undefined; readonly details?: unknown }
): string | undefined =>
  error.code === "BUSINESS_MIGRATED"
    ? Body.text(Body.record(Body.record(error.details)?.error)?.new_business_id)
    : undefined
