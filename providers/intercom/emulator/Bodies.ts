/**
 * Intercom's own error bodies, for the emulator.
 *
 * Source: the schema `error` of Intercom's OpenAPI documents, and its page on rate limiting.
 *
 * @since 0.1.0
 */
import { Emulator } from "holdfast/testing"

/**
 * What is wrong, and with which field.
 *
 * @since 0.1.0
 * @category models
 */
export interface Fault {
  readonly code: string
  readonly field?: string
  readonly message: string
}

/**
 * @since 0.1.0
 * @category bodies
 */
export const of = (requestId: string | null, ...errors: ReadonlyArray<Fault>) => ({
  errors,
  request_id: requestId,
  type: "error.list"
})

const codes: Readonly<Record<number, string>> = {
  400: "parameter_invalid",
  401: "unauthorized",
  403: "forbidden",
  404: "not_found",
  405: "not_found",
  409: "conflict",
  422: "parameter_invalid",
  429: "rate_limit_exceeded"
}

/**
 * @since 0.1.0
 * @category errors
 */
export const refusal = (status: number, message: string, code = codes[status] ?? "server_error") =>
  new Emulator.EmulatorError({ code, message, status })

/**
 * Any failure of the emulator, in Intercom's words. Nothing but the headers says how long to wait.
 *
 * @since 0.1.0
 * @category bodies
 */
export const error = (failure: Emulator.Failure): Emulator.ErrorAnswer => {
  const { issues, kind, quota, requestId, status } = failure
  const code = kind === "handler" ? failure.code ?? "server_error" : codes[status] ?? "server_error"
  if (issues.length > 0) {
    return {
      body: of(requestId, ...issues.map(({ message, path }) => ({ code: "parameter_invalid", field: path, message })))
    }
  }
  const message = kind === "unauthorized"
    ? "Access Token Invalid"
    : quota !== undefined
    ? `Exceeded rate limit of ${quota.quota.limit} in 10_seconds`
    : failure.message
  return { body: of(requestId, { code, message }) }
}
