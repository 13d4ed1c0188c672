/**
 * Trustpilot's error bodies, for the emulator. Their form is not documented: this is the one of its gateway, which has been
 * seen with errors of credentials. The sentences are the emulator's own.
 *
 * @since 0.1.0
 */
import { Emulator } from "holdfast/testing"

const codes: Readonly<Record<number, string>> = {
  401: "oauth.v2.InvalidAccessToken",
  403: "oauth.v2.InsufficientScope",
  429: "policies.ratelimit.QuotaViolation"
}

/**
 * The gateway's form: `Faults.status(401, { body: Bodies.fault("Invalid ApiKey", "oauth.v2.InvalidApiKey") })`.
 *
 * @since 0.1.0
 * @category bodies
 */
export const fault = (faultstring: string, errorcode: string) => ({ fault: { detail: { errorcode }, faultstring } })

/**
 * The form of all else, as far as one can guess.
 *
 * @since 0.1.0
 * @category bodies
 */
export const body = (message: string) => ({ message })

/**
 * With 429: more than Trustpilot takes. For how long, it does not say.
 *
 * @since 0.1.0
 * @category bodies
 */
export const tooMany = fault("too many requests", "policies.ratelimit.QuotaViolation")

/**
 * A refusal of a handler.
 *
 * @internal
 */
export const refusal = (status: number, message: string): Emulator.EmulatorError =>
  new Emulator.EmulatorError({ message, status })

/**
 * Any failure of the emulator.
 *
 * @since 0.1.0
 * @category answers
 */
export const error = ({ issues, message, status }: Emulator.Failure): Emulator.ErrorAnswer => {
  const code = codes[status]
  const said = issues.length === 0 ? message : issues.map((issue) => `${issue.path}: ${issue.message}`).join("; ")
  return { body: code === undefined ? body(said) : fault(said, code) }
}
