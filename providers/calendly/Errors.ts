/**
 * What Calendly's error bodies say.
 *
 * Source: the errors of Calendly's OpenAPI document, and https://developer.calendly.com/api-docs/overview/rate-limits
 *
 * @since 0.1.0
 */
import { Body, type Classification } from "holdfast"

/** Titles that say more than the status they come with. */
const tags: Readonly<Record<string, Classification.ResponseTag>> = {
  "Already Exists": "ConflictError",
  "Invalid Argument": "ValidationError",
  "Permission Denied": "AuthorizationError",
  "Resource Not Found": "NotFoundError",
  Unauthenticated: "AuthenticationError"
}

/** Somebody else has booked that time meanwhile. */
const taken = "already_filled"

/**
 * Calendly's reading of its own answers. The body counts first: the `code` of an error is the one of its first detail, or
 * its title.
 *
 * - A time that somebody else has booked (`already_filled`, whose status is 400): a conflict.
 * - 424: a calendar that Calendly asks did not answer, retryable.
 * - 429: `retryAfter` is what `X-RateLimit-Reset` says.
 * - `issues` is Calendly's own list, by parameter; the message has them too.
 *
 * @since 0.1.0
 * @category classification
 */
export const classify: Classification.Classifier = (response) => {
  const { status } = response
  if (status >= 200 && status < 300) return undefined
  const body = Body.record(response.body)
  const details = (Array.isArray(body?.details) ? body.details : []).flatMap((one: unknown) => {
    const detail = Body.record(one)
    const message = Body.text(detail?.message)
    return detail === undefined || message === undefined
      ? []
      : [{ code: Body.text(detail.code), message, path: Body.text(detail.parameter) ?? "" }]
  })
  const title = Body.text(body?.title)
  const codes = details.flatMap((detail) => detail.code ?? [])
  const code = codes.includes(taken) ? taken : codes[0] ?? title
  const sentence = Body.text(body?.message) ?? title
  const message = sentence === undefined || details.length === 0 ?
    sentence :
    `${sentence} ${
      details.map((detail) => detail.path === "" ? detail.message : `${detail.path}: ${detail.message}`).join("; ")
    }`
  const said = { code, message, issues: details.map((detail) => ({ message: detail.message, path: detail.path })) }
  if (status === 424) return { ...said, tag: "ServerError", retryable: true }
  // a limit, or a failure of the server, is one whatever its title
  if (status === 429 || status >= 500) return said
  return { ...said, tag: code === taken ? "ConflictError" : tags[title ?? ""] }
}
