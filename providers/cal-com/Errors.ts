/**
 * What Cal.com's error bodies say: `{ "status": "error", "error": { "code": "NotFoundException", "message": "…" } }`.
 *
 * Source: the exception filters of Cal.com's API v2.
 *
 * @since 0.1.0
 */
import { Body, type Classification } from "holdfast"
import { retryAfter } from "./RateLimit.js"

/** Names of exceptions that say more than the status they come with. */
const tags: Readonly<Record<string, Classification.ResponseTag>> = {
  BadRequestException: "ValidationError",
  ConflictException: "ConflictError",
  ForbiddenException: "AuthorizationError",
  InternalServerErrorException: "ServerError",
  NotFoundException: "NotFoundError",
  ServiceUnavailableException: "ServerError",
  ThrottlerException: "RateLimitError",
  TooManyRequestsException: "RateLimitError",
  UnauthorizedException: "AuthenticationError",
  UnprocessableEntityException: "ValidationError"
}

/** Somebody else has booked that time meanwhile, or it was never free. */
const taken = /already has booking at this time or is not available/i

/** Which shape `details` has is not documented: texts, or records as class-validator makes them, are read wherever they are. */
const issuesOf = (details: unknown): ReadonlyArray<{ readonly message: string; readonly path: string }> => {
  const text = Body.text(details)
  if (text !== undefined) return [{ message: text, path: "" }]
  if (Array.isArray(details)) return details.flatMap(issuesOf)
  const record = Body.record(details)
  if (record === undefined) return []
  const path = Body.text(record.property) ?? Body.text(record.path)
  const messages = [...Object.values(Body.record(record.constraints) ?? {}), record.message]
  return path === undefined
    ? [...issuesOf(record.errors), ...issuesOf(record.message)]
    : Body.texts(messages).map((message) => ({ message, path }))
}

/**
 * Cal.com's reading of its own answers. The body counts first.
 *
 * - An answer with `"status": "error"` is an error, also with a 200. What its code does not tell is a `ServerError` that is not
 *   retried
 * - A time that is taken is a `ConflictError`, whatever its status
 * - 429: `retryAfter` is what `Retry-After`, or the reset of the limit, says
 * - The token endpoint's `{ error, error_description }` is read too
 *
 * @since 0.1.0
 * @category classification
 */
export const classify: Classification.Classifier = (response) => {
  const { headers, nowMillis, status } = response
  const isSuccess = status >= 200 && status < 300
  const body = Body.record(response.body)
  if (isSuccess && body?.status !== "error") return undefined
  const error = Body.record(body?.error)
  const code = Body.text(error?.code) ?? Body.text(body?.error)
  const message = Body.text(error?.message) ?? Body.text(body?.error_description) ?? Body.text(body?.message)
  const said = { code, message, issues: issuesOf(error?.details) }
  if (status >= 500) return said
  const tag = code !== undefined && Object.hasOwn(tags, code) ? tags[code] : undefined
  if (status === 429 || tag === "RateLimitError") {
    return { ...said, tag: "RateLimitError", retryAfter: retryAfter(headers, nowMillis) }
  }
  if (message !== undefined && taken.test(message)) return { ...said, tag: "ConflictError", retryable: false }
  return isSuccess && tag === undefined ? { ...said, tag: "ServerError", retryable: false } : { ...said, tag }
}
