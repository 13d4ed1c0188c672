/**
 * Yelp's error bodies, as the documentation has them. The sentences are the emulator's own.
 *
 * @since 0.1.0
 */
import type { Emulator } from "holdfast/testing"

const codes: Readonly<Record<number, string>> = {
  400: "VALIDATION_ERROR",
  401: "TOKEN_INVALID",
  403: "UNAUTHORIZED_API_ACCESS",
  404: "NOT_FOUND",
  429: "TOO_MANY_REQUESTS_PER_SECOND",
  500: "INTERNAL_ERROR",
  503: "SERVICE_UNAVAILABLE"
}

/**
 * @since 0.1.0
 * @category bodies
 */
export const body = (code: string, description: string, more: object = {}) => ({
  error: { code, description, ...more }
})

/**
 * With 429: more requests in a second than Yelp takes. Come back after a second.
 *
 * @since 0.1.0
 * @category bodies
 */
export const tooManyPerSecond = body("TOO_MANY_REQUESTS_PER_SECOND", "too many requests in this second")

/**
 * With 429: the requests of the day are used up. Come back tomorrow.
 *
 * @since 0.1.0
 * @category bodies
 */
export const dayIsOver = body("ACCESS_LIMIT_REACHED", "the requests of this day are used up")

/**
 * Any failure of the emulator.
 *
 * @since 0.1.0
 * @category answers
 */
export const error = ({ code, details, issues, message, status }: Emulator.Failure): Emulator.ErrorAnswer => {
  const [issue] = issues
  return {
    body: body(code ?? codes[status] ?? "INTERNAL_ERROR", issue?.message ?? message, {
      ...(issue === undefined ? undefined : { field: issue.path }),
      ...details
    })
  }
}
