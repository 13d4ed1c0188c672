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
  429: "RESOURCE_EXHAUSTED",
  500: "INTERNAL",
  503: "UNAVAILABLE"
}

const detail = (type: string, fields: object) => ({ "@type": `type.googleapis.com/google.rpc.${type}`, ...fields })

/**
 * An error's body, with the details that are given.
 *
 * @since 0.1.0
 * @category bodies
 */
export const status = (code: number, message: string, details: ReadonlyArray<object> = []) => ({
  error: {
    code,
    message,
    status: statuses[code] ?? "UNKNOWN",
    ...(details.length === 0 ? undefined : { details })
  }
})

/**
 * `API_KEY_INVALID` with a 400; `SERVICE_DISABLED` or `API_KEY_SERVICE_BLOCKED` with a 403.
 *
 * @since 0.1.0
 * @category bodies
 */
export const errorInfo = (reason: string): object => detail("ErrorInfo", { reason, domain: "googleapis.com" })

/**
 * Any failure of the emulator, in Google's words. A key that is refused is a bad request.
 *
 * @since 0.1.0
 * @category bodies
 */
export const error = (failure: Emulator.Failure): Emulator.ErrorAnswer => {
  if (failure.kind === "unauthorized") {
    return { status: 400, body: status(400, "the API key is not valid", [errorInfo("API_KEY_INVALID")]) }
  }
  const fieldViolations = failure.issues.map(({ message, path }) => ({ field: path, description: message }))
  const details = fieldViolations.length === 0 ? [] : [detail("BadRequest", { fieldViolations })]
  return { body: status(failure.status, failure.message, details) }
}
