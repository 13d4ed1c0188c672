/**
 * Tidio's error bodies, for the emulator. Their form and `too_many_requests` are Tidio's own; its other codes are not
 * documented, and those here are made up in the same manner.
 *
 * Source: https://developers.tidio.com/docs/openapi-rate-limiting
 *
 * @since 0.1.0
 */
import { Emulator } from "holdfast/testing"

const known: Readonly<Record<number, readonly [code: string, message: string]>> = {
  400: ["bad_request", "The request is not valid"],
  401: ["unauthorized", "The client id or the client secret is not valid"],
  403: ["forbidden", "The plan of the project does not allow this"],
  404: ["not_found", "Not found"],
  405: ["method_not_allowed", "Method not allowed"],
  409: ["conflict", "It is there already"],
  422: ["validation_error", "The request did not pass validation"],
  429: ["too_many_requests", "You have reached the limit of allowed attempts"],
  503: ["service_unavailable", "Service unavailable"]
}

const of = (status: number) => known[status] ?? ["internal_error", "Internal server error"]

/**
 * The body of an error: `Faults.status(429, { body: Bodies.body(429) })`. Several messages are several errors.
 *
 * @since 0.1.0
 * @category bodies
 */
export const body = (status: number, ...messages: ReadonlyArray<string>) => {
  const [code, message] = of(status)
  return { errors: (messages.length === 0 ? [message] : messages).map((message) => ({ code, message })) }
}

/**
 * A refusal of a handler.
 *
 * @since 0.1.0
 * @category errors
 */
export const refusal = (status: number, message: string = of(status)[1]): Emulator.EmulatorError =>
  new Emulator.EmulatorError({ message, status })

/**
 * Any failure of the emulator, in Tidio's words.
 *
 * @since 0.1.0
 * @category bodies
 */
export const error = ({ issues, kind, message, status }: Emulator.Failure): Emulator.ErrorAnswer => {
  // what does not fit its schema is a 422 at Tidio
  if (kind === "invalid") {
    return { body: body(422, ...issues.map((issue) => `${issue.path}: ${issue.message}`)), status: 422 }
  }
  return { body: kind === "handler" || kind === "defect" ? body(status, message) : body(status) }
}
