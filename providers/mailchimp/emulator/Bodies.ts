/**
 * Mailchimp's own error bodies, for the emulator.
 *
 * Source: https://mailchimp.com/developer/marketing/docs/errors/.
 *
 * @since 0.1.0
 */
import { Emulator } from "holdfast/testing"

/**
 * @since 0.1.0
 * @category bodies
 */
export interface Problem {
  readonly detail: string
  readonly errors?: ReadonlyArray<{ readonly field: string; readonly message: string }>
  readonly instance: string
  readonly status: number
  readonly title: string
  readonly type: string
}

/**
 * A problem document: `Faults.status(400, { body: Bodies.of(400, "Member Exists", "…") })`.
 *
 * @since 0.1.0
 * @category bodies
 */
export const of = (
  status: number,
  title: string,
  detail: string,
  errors: ReadonlyArray<{ readonly field: string; readonly message: string }> = [],
  instance: string = "00000000-0000-4000-8000-000000000000"
): Problem => ({
  detail,
  ...(errors.length === 0 ? undefined : { errors }),
  instance,
  status,
  title,
  type: "https://mailchimp.com/developer/marketing/docs/errors/"
})

/**
 * @since 0.1.0
 * @category errors
 */
export const refusal = (status: number, title: string, message: string): Emulator.EmulatorError =>
  new Emulator.EmulatorError({ code: title, message, status })

const titles: Readonly<Record<number, string>> = {
  400: "Bad Request",
  401: "API Key Invalid",
  403: "Forbidden",
  404: "Resource Not Found",
  405: "Method Not Allowed",
  429: "Too Many Requests"
}

/**
 * Any failure of the emulator, in Mailchimp's words.
 *
 * @since 0.1.0
 * @category bodies
 */
export const error = ({ code, issues, kind, message, requestId, status }: Emulator.Failure): Emulator.ErrorAnswer => {
  const [title, detail] = kind === "invalid"
    ? [
      "Invalid Resource",
      "The resource submitted could not be validated. For field-specific details, see the 'errors' array."
    ]
    : kind === "unauthorized"
    ? ["API Key Invalid", "Your API key may be invalid, or you've attempted to access the wrong datacenter."]
    : kind === "rateLimit"
    ? ["Too Many Requests", "You have exceeded the limit of 10 simultaneous connections."]
    : [code ?? titles[status] ?? "Internal Server Error", message]
  const errors = issues.map((issue) => ({ field: issue.path, message: issue.message }))
  return {
    body: of(status, title, detail, errors, requestId),
    headers: { "content-type": "application/problem+json; charset=utf-8" }
  }
}
