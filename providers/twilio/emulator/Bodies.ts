/**
 * Twilio's own error bodies, for the emulator.
 *
 * Source: Twilio's dictionary of errors.
 *
 * @since 0.1.0
 */
import type { Emulator } from "holdfast/testing"

/**
 * An error body of the 2010 API.
 *
 * @since 0.1.0
 * @category bodies
 */
export const error = (status: number, code: number, message: string) => ({
  code,
  message,
  more_info: `https://www.twilio.com/docs/errors/${code}`,
  status
})

/**
 * The body of a 429: too many requests of the account at once.
 *
 * @since 0.1.0
 * @category bodies
 */
export const tooManyRequests = error(429, 20_429, "Too Many Requests")

const ofStatus: Readonly<Record<number, readonly [code: number, message: string]>> = {
  401: [20_003, "Authenticate"],
  403: [20_003, "Permission denied"],
  404: [20_404, "The requested resource was not found"],
  405: [20_004, "Method not allowed"],
  500: [20_500, "Internal Server Error"],
  503: [20_503, "Service unavailable"]
}

/** Which code Twilio has for a parameter that is missing or not valid. */
const ofParameter: Readonly<Record<string, readonly [code: number, message: string]>> = {
  To: [21_604, "A 'To' phone number is required."],
  From: [21_603, "A 'From' phone number is required."],
  Body: [21_602, "Message body is required."]
}

const tooLong = [21_617, "The concatenated message body exceeds the 1600 character limit"] as const

const invalid = (issues: ReadonlyArray<Emulator.Issue>, otherwise: string): readonly [number, string] => {
  // one at a time, as Twilio does
  const issue = issues[0]
  if (issue === undefined) return [20_001, otherwise]
  const parameter = issue.path.split(".")[0] ?? ""
  if (parameter === "Body" && /at most/.test(issue.message)) return tooLong
  return ofParameter[parameter] ?? [20_001, `Invalid parameter '${parameter}': ${issue.message}`]
}

/** Answered by the gateway in front of Twilio, in HTML. */
const gateway: ReadonlySet<number> = new Set([502, 504])

/**
 * Any failure of the emulator, in Twilio's words.
 *
 * @since 0.1.0
 * @category bodies
 */
export const ofFailure = (failure: Emulator.Failure): Emulator.ErrorAnswer => {
  const { kind, status } = failure
  if (status === 429) return { body: tooManyRequests }
  if (kind === "fault" && gateway.has(status)) {
    return {
      body: `<html><head><title>${status}</title></head><body><h1>${status}</h1></body></html>`,
      headers: { "content-type": "text/html" }
    }
  }
  if (kind === "handler") return { body: error(status, Number(failure.code ?? 20_001), failure.message) }
  const [code, message] = kind === "invalid" || kind === "malformed"
    ? invalid(failure.issues, failure.message)
    : ofStatus[status] ?? [20_001, failure.message]
  return { body: error(status, code, kind === "defect" ? failure.message : message) }
}
