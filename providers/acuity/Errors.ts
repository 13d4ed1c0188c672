/**
 * What Acuity's error bodies say: `{ "status_code": 400, "message": "…", "error": "bad_request" }`.
 *
 * Source: https://developers.acuityscheduling.com/reference/api-errors
 *
 * @since 0.1.0
 */
import { Body, type Classification } from "holdfast"

const tags: Readonly<Record<string, Classification.ResponseTag>> = {
  bad_request: "ValidationError",
  forbidden: "AuthorizationError",
  method_not_allowed: "ValidationError",
  no_available_calendar: "ConflictError",
  not_available: "ConflictError",
  not_found: "NotFoundError",
  too_many_requests: "RateLimitError",
  unauthorized: "AuthenticationError"
}

/**
 * Acuity's reading of its own answers. The `error` of the body counts first, and is the `code`.
 *
 * - A time that is taken (`not_available`, `no_available_calendar`, whose status is 400): a conflict.
 * - What the rules of the account refuse (`not_available_min_hours_in_advance`, `reschedule_too_close`, …) and what is not
 *   right in the request: as their status says, a `ValidationError`. No issue names a field: Acuity does not.
 * - `too_many_requests`: a `RateLimitError`, whatever the status. Nothing says how long it lasts.
 *
 * @since 0.1.0
 * @category classification
 */
export const classify: Classification.Classifier = (response) => {
  const { status } = response
  if (status >= 200 && status < 300) return undefined
  const body = Body.record(response.body)
  const code = Body.text(body?.error)
  return {
    code,
    message: Body.text(body?.message),
    tag: status < 500 && code !== undefined && Object.hasOwn(tags, code) ? tags[code] : undefined
  }
}
