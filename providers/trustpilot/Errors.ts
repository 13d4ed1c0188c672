/**
 * What Trustpilot's error bodies say. Their form is not documented: whatever of the usual ones is there is read.
 *
 * Source: https://developers.trustpilot.com (the table of common errors, which has statuses alone); the `fault` of its gateway
 * is what has been seen.
 *
 * @since 0.1.0
 */
import { Body, type Classification } from "holdfast"

/** How the codes of the gateway begin, which come with a status that says less, or something else. */
const begins: ReadonlyArray<readonly [prefix: string, tag: Classification.ResponseTag]> = [
  ["policies.ratelimit.", "RateLimitError"],
  ["messaging.adaptors.http.flow.", "ServerError"],
  ["oauth.v2.", "AuthenticationError"],
  ["keymanagement.service.", "AuthenticationError"]
]

/** A token that is good for something else is no reason to make another one. */
const notAllowed: ReadonlySet<string> = new Set([
  "keymanagement.service.InsufficientScope",
  "oauth.v2.InsufficientScope",
  "oauth.v2.InvalidApiKeyForGivenResource",
  "keymanagement.service.InvalidAPICallAsNoApiProductMatchFound"
])

const tagOf = (code: string | undefined, status: number): Classification.ResponseTag | undefined => {
  if (code !== undefined && notAllowed.has(code)) return "AuthorizationError"
  const known = code && begins.find(([prefix]) => code.startsWith(prefix))
  if (known) return known[1]
  // a body of another kind than JSON, and a method that there is not
  return status === 415 || status === 501 ? "ValidationError" : undefined
}

/**
 * Trustpilot's reading of its own answers.
 *
 * - The gateway's code counts before the status: a quota that is used up is a `RateLimitError` with any status.
 * - A 415 and a 501 are mistakes of the request, and are not sent again.
 * - A 429 does not say for how long: the limiter waits.
 *
 * @since 0.1.0
 * @category classification
 */
export const classify: Classification.Classifier = ({ body, status }) => {
  if (status >= 200 && status < 300) return undefined
  const fields = Body.record(body)
  const fault = Body.record(fields?.fault)
  const error = Body.record(fields?.error)
  const code = Body.text(Body.record(fault?.detail)?.errorcode) ?? Body.text(fields?.errorCode) ??
    Body.text(fields?.code) ?? Body.text(error?.code) ?? Body.text(fields?.error)
  const message = Body.text(fault?.faultstring) ?? Body.text(fields?.message) ?? Body.text(fields?.details) ??
    Body.text(error?.message) ?? Body.text(fields?.error_description)
  return { code, message, tag: tagOf(code, status) }
}
