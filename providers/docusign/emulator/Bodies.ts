/**
 * DocuSign's own error bodies, for the emulator.
 *
 * Source: `errorDetails` of DocuSign's Swagger document, https://developers.docusign.com/platform/resource-limits.
 *
 * @since 0.1.0
 */
import { Emulator } from "holdfast/testing"

/**
 * @since 0.1.0
 * @category bodies
 */
export const of = (errorCode: string, message: string) => ({ errorCode, message })

/**
 * @since 0.1.0
 * @category bodies
 */
export const hourly = of(
  "HOURLY_APIINVOCATION_LIMIT_EXCEEDED",
  "The maximum number of hourly API invocations has been exceeded."
)

/**
 * @since 0.1.0
 * @category bodies
 */
export const burst = of(
  "BURST_APIINVOCATION_LIMIT_EXCEEDED",
  "The maximum number of burst API invocations has been exceeded."
)

/**
 * A refusal as nearly all of DocuSign's are: 400, and a code.
 *
 * @since 0.1.0
 * @category errors
 */
export const refusal = (code: string, message: string, status = 400): Emulator.EmulatorError =>
  new Emulator.EmulatorError({ code, message, status })

const codes: Readonly<Record<Emulator.Failure["kind"], string>> = {
  defect: "UNSPECIFIED_ERROR",
  fault: "UNSPECIFIED_ERROR",
  handler: "UNSPECIFIED_ERROR",
  invalid: "INVALID_REQUEST_PARAMETER",
  malformed: "INVALID_REQUEST_BODY",
  method: "RESOURCE_NOT_FOUND",
  rateLimit: "BURST_APIINVOCATION_LIMIT_EXCEEDED",
  route: "RESOURCE_NOT_FOUND",
  unauthorized: "AUTHORIZATION_INVALID_TOKEN"
}

/**
 * Any failure of the emulator, in DocuSign's words. `limitStatus` is that of a refusal for the rate.
 *
 * @since 0.1.0
 * @category bodies
 */
export const error = (limitStatus: 400 | 429) => (failure: Emulator.Failure): Emulator.ErrorAnswer => {
  const { code, issues, kind, message, quota } = failure
  if (kind === "rateLimit") return { body: quota?.quota.name === "hourly" ? hourly : burst, status: limitStatus }
  if (kind === "unauthorized") {
    return { body: of(codes.unauthorized, "The access token provided is expired, revoked or malformed.") }
  }
  const details = issues.map((issue) => `${issue.path}: ${issue.message}`).join("; ")
  return {
    body: of(
      code ?? codes[kind],
      kind === "invalid" ? `The request contained at least one invalid parameter. ${details}` : message
    )
  }
}
