/**
 * Acuity's error bodies. Their form, the codes by status and the text of the limit are Acuity's own; other sentences are the
 * emulator's.
 *
 * Source: https://developers.acuityscheduling.com/reference/api-errors
 *
 * @since 0.1.0
 */
import { Emulator } from "holdfast/testing"

const known: Readonly<Record<number, readonly [error: string, message: string]>> = {
  400: ["bad_request", "The request is not valid."],
  401: ["unauthorized", "Unauthorized"],
  403: ["forbidden", "This account may not do that."],
  404: ["not_found", "The resource does not exist."],
  405: ["method_not_allowed", "The method is not allowed."],
  429: ["too_many_requests", "Rate limit reached. Limit 10req/s and 20 concurrent connections."]
}

const of = (status: number) => known[status] ?? ["internal_server_error", "Something went wrong."]

/**
 * The body of an error: `Faults.status(400, { body: Bodies.body(400, { error: "not_available" }) })`.
 *
 * @since 0.1.0
 * @category bodies
 */
export const body = (
  status: number,
  { error = of(status)[0], message = of(status)[1] }: { readonly error?: string; readonly message?: string } = {}
) => ({ status_code: status, message, error })

/**
 * A refusal of a handler.
 *
 * @since 0.1.0
 * @category errors
 */
export const refusal = (status: number, code: string, message: string): Emulator.EmulatorError =>
  new Emulator.EmulatorError({ code, message, status })

/**
 * Any failure of the emulator, in Acuity's words.
 *
 * @since 0.1.0
 * @category answers
 */
export const error = ({ code, issues, kind, message, status }: Emulator.Failure): Emulator.ErrorAnswer => {
  const said = issues.map((issue) => `${issue.path}: ${issue.message}`).join("; ")
  if (said !== "") return { body: body(status, { message: said }) }
  if (code !== undefined) return { body: body(status, { error: code, message }) }
  return { body: body(status, kind === "handler" ? { message } : {}) }
}
