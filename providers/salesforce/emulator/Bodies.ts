/**
 * Salesforce's own error bodies, for the emulator.
 *
 * Source: https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/errorcodes.htm
 *
 * @since 0.1.0
 */
import type { Emulator } from "holdfast/testing"

const codes: Readonly<Record<number, string>> = {
  400: "INVALID_FIELD",
  401: "INVALID_SESSION_ID",
  403: "INSUFFICIENT_ACCESS",
  404: "NOT_FOUND",
  405: "METHOD_NOT_ALLOWED",
  409: "CONFLICT",
  412: "PRECONDITION_FAILED",
  500: "UNKNOWN_EXCEPTION",
  503: "SERVER_UNAVAILABLE"
}

const messages: Readonly<Record<number, string>> = {
  401: "Session expired or invalid",
  403: "You do not have the level of access necessary to perform the operation you requested.",
  404: "The requested resource does not exist",
  500: "An unexpected error occurred.",
  503: "The server is too busy or down for maintenance."
}

/** Answered by the edge in front of an org, in HTML. */
const edge: ReadonlySet<number> = new Set([420, 502, 504])

/**
 * One error, in the list that Salesforce answers with.
 *
 * @since 0.1.0
 * @category bodies
 */
export const list = (errorCode: string, message: string, fields?: ReadonlyArray<string>) => [
  { message, errorCode, ...(fields === undefined ? undefined : { fields }) }
]

/**
 * The body of the 403 for requests of the day that are used up: send it with that status.
 *
 * @since 0.1.0
 * @category bodies
 */
export const daily = list("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")

/**
 * The body of the 403 for too many long requests at once.
 *
 * @since 0.1.0
 * @category bodies
 */
export const concurrent = list(
  "REQUEST_LIMIT_EXCEEDED",
  "ConcurrentRequests (Concurrent API Requests) Limit exceeded."
)

const codeOf = (failure: Emulator.Failure): string => {
  if (failure.code !== undefined) return failure.code
  if (failure.kind === "malformed") return "JSON_PARSER_ERROR"
  if (failure.kind === "invalid" && failure.issues.some(({ path }) => path === "id")) return "MALFORMED_ID"
  return codes[failure.status] ?? "UNKNOWN_EXCEPTION"
}

/**
 * Any failure of the emulator, in Salesforce's words.
 *
 * @since 0.1.0
 * @category bodies
 */
export const error = (failure: Emulator.Failure): Emulator.ErrorAnswer => {
  const { details, status } = failure
  const injected = failure.kind === "fault"
  // Salesforce knows no 429
  if (failure.kind === "rateLimit" || (injected && status === 429)) return { status: 403, body: daily }
  if (injected && edge.has(status)) {
    return {
      body: `<html><head><title>${status}</title></head><body><h1>${status}</h1></body></html>`,
      headers: { "content-type": "text/html" }
    }
  }
  if (status === 300) return { body: details.urls }
  const own = failure.kind === "handler" || failure.kind === "malformed" || failure.kind === "invalid" ||
    failure.kind === "defect"
  const fields = Array.isArray(details.fields) ? details.fields : failure.issues.map(({ path }) => path)
  return {
    body: list(
      codeOf(failure),
      own ? failure.message : messages[status] ?? failure.message,
      fields.length === 0 ? undefined : fields
    )
  }
}
