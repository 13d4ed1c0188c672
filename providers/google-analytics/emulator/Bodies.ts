/**
 * Google's own error bodies, for the emulator.
 *
 * Source: google/rpc/code.proto and error_details.proto of googleapis. The sentences are the emulator's own.
 *
 * @since 0.1.0
 */
import type { Emulator } from "holdfast/testing"

const statuses: Readonly<Record<number, string>> = {
  400: "INVALID_ARGUMENT",
  401: "UNAUTHENTICATED",
  403: "PERMISSION_DENIED",
  404: "NOT_FOUND",
  409: "ABORTED",
  429: "RESOURCE_EXHAUSTED",
  499: "CANCELLED",
  500: "INTERNAL",
  501: "UNIMPLEMENTED",
  503: "UNAVAILABLE",
  504: "DEADLINE_EXCEEDED"
}

/**
 * An error's body, with the details that are given.
 *
 * @since 0.1.0
 * @category bodies
 */
export const status = (
  code: number,
  message: string,
  details: ReadonlyArray<object> = [],
  name = statuses[code] ?? "UNKNOWN"
) => ({ error: { code, message, status: name, ...(details.length === 0 ? undefined : { details }) } })

const detail = (type: string, fields: object) => ({ "@type": `type.googleapis.com/google.rpc.${type}`, ...fields })

/**
 * @since 0.1.0
 * @category bodies
 */
export const retryInfo = (seconds: number): object => detail("RetryInfo", { retryDelay: `${seconds}s` })

/**
 * @since 0.1.0
 * @category bodies
 */
export const errorInfo = (reason: string, metadata: Readonly<Record<string, string>> = {}): object =>
  detail("ErrorInfo", { reason, domain: "googleapis.com", metadata })

/**
 * @since 0.1.0
 * @category bodies
 */
export const badRequest = (issues: ReadonlyArray<Emulator.Issue>): object =>
  detail("BadRequest", {
    fieldViolations: issues.map(({ message, path }) => ({ field: path, description: message }))
  })

/** What the sentence of a 429 says is used up. */
const exhaustions = {
  tokensPerDay: "the property has used its tokens per day",
  tokensPerHour: "the property has used its tokens per hour",
  tokensPerProjectPerHour: "the project has used its tokens of the property per hour",
  concurrentRequests: "too many concurrent requests to the property"
}

/**
 * The body of a 429, which says only in its sentence which quota is used up.
 *
 * @since 0.1.0
 * @category bodies
 */
export const exhausted = (quota: keyof typeof exhaustions) => status(429, exhaustions[quota])

/**
 * Any failure of the emulator, in Google's words.
 *
 * @since 0.1.0
 * @category bodies
 */
export const error = (failure: Emulator.Failure): Emulator.ErrorAnswer => {
  const details = failure.issues.length === 0 ? [] : [badRequest(failure.issues)]
  return { body: status(failure.status, failure.message, details, failure.code) }
}
