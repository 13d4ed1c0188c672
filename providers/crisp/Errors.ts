/**
 * What Crisp's error bodies say: `{ "error": true, "reason": "invalid_data", "data": { "message": "…" } }`.
 *
 * Source: Crisp's own client for Node.js, and https://docs.crisp.chat/guides/rest-api/rate-limits/
 *
 * @since 0.1.0
 */
import { Body, type Classification } from "holdfast"

/** Reasons that say more than the status they come with. Crisp has no list of them. */
const tags: Readonly<Record<string, Classification.ResponseTag>> = {
  invalid_data: "ValidationError",
  invalid_session: "AuthenticationError",
  not_allowed: "AuthorizationError",
  not_found: "NotFoundError",
  rate_limited: "RateLimitError"
}

/** `website_not_found` is one as well. */
const tagOf = (reason: string | undefined): Classification.ResponseTag | undefined =>
  reason?.endsWith("_not_found") === true
    ? "NotFoundError"
    : reason !== undefined && Object.hasOwn(tags, reason)
    ? tags[reason]
    : undefined

/** Enhance Your Calm. */
const calm = 420

/**
 * Crisp's reading of its own answers. The body counts first: its `error`, also where the status is a 2xx, and its `reason`.
 *
 * - 420 and 429: a `RateLimitError`. One that names the quota of the day is not retryable: it is over for today.
 * - 402: the plan of the workspace does not have it, an `AuthorizationError`.
 * - An error in a 2xx whose reason says nothing: a `ServerError` that is not retryable, since something may have been done.
 *
 * @since 0.1.0
 * @category classification
 */
export const classify: Classification.Classifier = (response) => {
  const { status } = response
  const body = Body.record(response.body)
  const isAnswer = status >= 200 && status < 300
  if (isAnswer && body?.error !== true) return undefined
  const code = Body.text(body?.reason)
  const message = Body.text(Body.record(body?.data)?.message) ?? code
  const said = { code, message }
  const tag = tagOf(code)
  if (status === calm || status === 429 || tag === "RateLimitError") {
    return { ...said, tag: "RateLimitError", ...(code?.includes("quota") === true ? { retryable: false } : undefined) }
  }
  // a failure of the server is one whatever it is called
  if (status >= 500) return said
  if (isAnswer && tag === undefined) return { ...said, tag: "ServerError", retryable: false }
  return { ...said, tag: tag ?? (status === 402 ? "AuthorizationError" : undefined) }
}
