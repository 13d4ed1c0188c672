/**
 * What the `status` of an answer says: errors too come with HTTP 200.
 *
 * Source: googlemaps/openapi-specification; the mapping to HTTP statuses by which Google's own client for Node.js retries
 * (@googlemaps/google-maps-services-js).
 *
 * @since 0.1.0
 */
import type { Classification } from "holdfast"

const tags: Readonly<Record<string, Classification.Classification>> = {
  INVALID_REQUEST: { tag: "ValidationError" },
  MAX_DIMENSIONS_EXCEEDED: { tag: "ValidationError" },
  MAX_ELEMENTS_EXCEEDED: { tag: "ValidationError" },
  MAX_ROUTE_LENGTH_EXCEEDED: { tag: "ValidationError" },
  MAX_WAYPOINTS_EXCEEDED: { tag: "ValidationError" },
  NOT_FOUND: { tag: "NotFoundError" },
  // billing, the cap that somebody has set, a key that is none: for a person to mend
  OVER_DAILY_LIMIT: { tag: "AuthorizationError" },
  OVER_QUERY_LIMIT: { tag: "RateLimitError", retryable: true },
  REQUEST_DENIED: { tag: "AuthorizationError" },
  UNKNOWN_ERROR: { tag: "ServerError", retryable: true }
}

const success: ReadonlySet<string> = new Set(["OK", "ZERO_RESULTS"])

/** A denial because of the key as such, and not because of what it may be used for. */
const badKey = /\bkey is (invalid|expired|missing|not valid)\b|\b(must use|provide) an api key\b/i

const field = (body: unknown, name: "error_message" | "status"): string | undefined => {
  if (typeof body !== "object" || body === null) return undefined
  const value = (body as Readonly<Record<string, unknown>>)[name]
  return typeof value === "string" && value !== "" ? value : undefined
}

/**
 * By the body's `status`, which is the error's `code`; without one, as the HTTP status says.
 *
 * - `OVER_QUERY_LIMIT`: a rate limit, retryable. `UNKNOWN_ERROR`: the server's, retryable.
 * - `OVER_DAILY_LIMIT`, `REQUEST_DENIED`: the project or its key is not set up; `REQUEST_DENIED` for a key that is none is an
 *   AuthenticationError.
 * - `ZERO_RESULTS` is a success without results.
 * - A status that is not known is a ServerError, which is not retryable; with an HTTP status that is an error, it is what that
 *   says.
 *
 * @since 0.1.0
 * @category classification
 */
export const classify: Classification.Classifier = ({ body, status }) => {
  const code = field(body, "status")
  if (code === undefined || success.has(code)) return undefined
  const said = field(body, "error_message")
  const known = Object.hasOwn(tags, code) ? tags[code] : undefined
  return {
    // with an HTTP status that is an error, that says what it is
    ...(known ?? (status >= 200 && status < 300 ? { tag: "ServerError", retryable: false } : undefined)),
    ...(code === "REQUEST_DENIED" && said !== undefined && badKey.test(said)
      ? { tag: "AuthenticationError" as const }
      : undefined),
    code,
    message: said === undefined ? code : `${code}: ${said}`
  }
}
