/**
 * What DocuSign's error bodies say: `{ "errorCode": "…", "message": "…" }`. The code counts, and not the status: nearly all of
 * them are 400.
 *
 * Source: `errorDetails` of DocuSign's Swagger document, https://developers.docusign.com/platform/resource-limits, and what
 * others have met. DocuSign has no complete list of its codes.
 *
 * @since 0.1.0
 */
import * as Duration from "effect/Duration"
import { type Classification, RetryAfter } from "holdfast"

const field = (body: unknown, name: string): string | undefined => {
  const value: unknown = typeof body === "object" && body !== null ? Reflect.get(body, name) : undefined
  return typeof value === "string" && value !== "" ? value : undefined
}

const tags: Readonly<Record<string, Classification.ResponseTag>> = {
  ACCOUNT_LACKS_PERMISSIONS: "AuthorizationError",
  AUTHORIZATION_INVALID_TOKEN: "AuthenticationError",
  DOCUMENT_DOES_NOT_EXIST: "NotFoundError",
  EDIT_LOCK_ENVELOPE_LOCKED: "ConflictError",
  ENVELOPE_CANNOT_VOID_INVALID_STATE: "ConflictError",
  ENVELOPE_DOES_NOT_EXIST: "NotFoundError",
  RECIPIENT_NOT_IN_SEQUENCE: "ConflictError",
  TEMPLATE_ID_INVALID: "NotFoundError",
  USER_AUTHENTICATION_FAILED: "AuthenticationError",
  USER_LACKS_PERMISSIONS: "AuthorizationError"
}

/** The window of the burst limit, of which no header says when it ends. */
export const burstWindow = Duration.seconds(30)

/** How far apart two looks at one envelope have to be. */
const pollingInterval = Duration.minutes(15)

/**
 * DocuSign's reading of its own answers. The code counts first, in whatever case it is written.
 *
 * - `HOURLY_APIINVOCATION_LIMIT_EXCEEDED` and `BURST_APIINVOCATION_LIMIT_EXCEEDED`: a `RateLimitError`, with status 400 as with
 *   429. `retryAfter` is what `X-RateLimit-Reset` says, or the 30 seconds of the burst.
 * - `Hourly_Envelope_Polling_Limit_Exceeded`: a `ConflictError`, retryable after 15 minutes. It is about this one envelope:
 *   whoever asks for others is not to wait.
 * - `EDIT_LOCK_ENVELOPE_LOCKED`: a `ConflictError`, retryable: somebody has the envelope open.
 *
 * @since 0.1.0
 * @category classification
 */
export const classify: Classification.Classifier = ({ body, headers, nowMillis, status }) => {
  if (status >= 200 && status < 300) return undefined
  const code = field(body, "errorCode")
  const message = field(body, "message")
  const said = {
    ...(code === undefined ? undefined : { code }),
    ...(message === undefined && code === undefined ? undefined : { message: message ?? code })
  }
  const name = code?.toUpperCase() ?? ""
  if (name.endsWith("APIINVOCATION_LIMIT_EXCEEDED")) {
    const reset = headers["x-ratelimit-reset"]
    const date = headers.date === undefined ? undefined : RetryAfter.parseHttpDate(headers.date.trim(), nowMillis)
    const retryAfter = name.startsWith("BURST")
      ? burstWindow
      : reset === undefined
      ? undefined
      : RetryAfter.parseReset(reset, date ?? nowMillis)
    return { ...said, retryAfter, tag: "RateLimitError" }
  }
  if (name.endsWith("POLLING_LIMIT_EXCEEDED")) {
    return { ...said, retryable: true, retryAfter: pollingInterval, tag: "ConflictError" }
  }
  // a limit, or a failure of the server, is one whatever its code
  if (status === 429 || status >= 500) return said
  return {
    ...said,
    tag: tags[name],
    ...(name === "EDIT_LOCK_ENVELOPE_LOCKED" ? { retryable: true } : undefined)
  }
}
