/**
 * What the sales system's errors say: a problem (RFC 9457) with a code of its own.
 *
 * @since 0.1.0
 */
import * as Duration from "effect/Duration"
import { Body, type Classification } from "holdfast"

/** Codes that say more than the status they come with. */
const known: Readonly<Record<string, Classification.Classification>> = {
  // the same order with another number of its request: it is there, and is not taken twice
  DUPLICATE_REFERENCE: { tag: "ConflictError" },
  IDEMPOTENCY_IN_PROGRESS: { retryable: true, retryAfter: Duration.seconds(1), tag: "ConflictError" },
  IDEMPOTENCY_MISMATCH: { tag: "ConflictError" },
  CREDIT_LIMIT_EXCEEDED: { tag: "ValidationError" },
  MAINTENANCE: { retryable: true, tag: "ServerError" },
  QUOTA_EXCEEDED: { retryable: false, tag: "RateLimitError" }
}

const issuesOf = (errors: unknown): Classification.Classification["issues"] =>
  Array.isArray(errors)
    ? errors.map((one) => ({
      message: Body.text(Body.record(one)?.detail) ?? "is refused",
      path: Body.text(Body.record(one)?.field) ?? ""
    }))
    : undefined

/**
 * The code first, then the status.
 *
 * - 409 `IDEMPOTENCY_IN_PROGRESS`: the first request with this key is still under way; retryable after a second.
 * - 422 `CREDIT_LIMIT_EXCEEDED`: a matter for people. No retry helps.
 * - 429 `QUOTA_EXCEEDED`: the day's. Not retryable.
 * - 503 `MAINTENANCE`: retryable after its `Retry-After`.
 *
 * @since 0.1.0
 * @category classification
 */
export const classify: Classification.Classifier = ({ body, status }) => {
  if (status < 400) return undefined
  const problem = Body.record(body) ?? {}
  const code = Body.text(problem.code)
  return { ...known[code ?? ""], code, issues: issuesOf(problem.errors), message: Body.text(problem.detail) }
}
