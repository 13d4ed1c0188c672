/**
 * Error bodies of Google's APIs (`google.rpc.Status`), for their emulators. `RpcStatus` reads them.
 *
 * Source: google/rpc/code.proto and error_details.proto of googleapis. The sentences are the emulators' own.
 *
 * @since 0.1.0
 */
import type { ErrorAnswer, Failure, Issue } from "./internal/model.js"

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
 * An error's body, with the details that are given. `name`: by default that of the code.
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
 * @category details
 */
export const retryInfo = (seconds: number): object => detail("RetryInfo", { retryDelay: `${seconds}s` })

/**
 * `API_KEY_INVALID` with a 400; `SERVICE_DISABLED` or `API_KEY_SERVICE_BLOCKED` with a 403.
 *
 * @since 0.1.0
 * @category details
 */
export const errorInfo = (reason: string, metadata?: Readonly<Record<string, string>>): object =>
  detail("ErrorInfo", { reason, domain: "googleapis.com", ...(metadata === undefined ? undefined : { metadata }) })

/**
 * @since 0.1.0
 * @category details
 */
export const badRequest = (issues: ReadonlyArray<Issue>): object =>
  detail("BadRequest", {
    fieldViolations: issues.map(({ message, path }) => ({ field: path, description: message }))
  })

/**
 * Any failure of an emulator.
 *
 * @since 0.1.0
 * @category answers
 */
export const error = (failure: Failure): ErrorAnswer => ({
  body: status(
    failure.status,
    failure.message,
    failure.issues.length === 0 ? [] : [badRequest(failure.issues)],
    failure.code
  )
})

/**
 * The same of an API that takes a key: one that is refused is a bad request there.
 *
 * @since 0.1.0
 * @category answers
 */
export const errorOfKey = (failure: Failure): ErrorAnswer =>
  failure.kind === "unauthorized"
    ? { status: 400, body: status(400, "the API key is not valid", [errorInfo("API_KEY_INVALID")]) }
    : error(failure)
