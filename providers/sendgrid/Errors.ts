/**
 * What SendGrid's error bodies say.
 *
 * Source: SendGrid's OpenAPI documents (twilio/sendgrid-oai) and its page on rate limits.
 *
 * @since 0.1.0
 */
import { Body, type Classification } from "holdfast"

interface Said {
  readonly message: string
  readonly field: string | undefined
  readonly help: string | undefined
}

const saidBy = (body: unknown): ReadonlyArray<Said> => {
  const errors = Body.record(body)?.errors
  return (Array.isArray(errors) ? errors : []).flatMap((one: unknown): ReadonlyArray<Said> => {
    const error = Body.record(one)
    const message = Body.text(error?.message)
    // `parameter` is how some of the older endpoints call it
    return message === undefined
      ? []
      : [{ field: Body.text(error?.field) ?? Body.text(error?.parameter), help: Body.text(error?.help), message }]
  })
}

/**
 * SendGrid's reading of its own answers. Its errors have no codes: `{ errors: [{ message, field, help }] }`.
 *
 * - `issues` are the errors that name a field; the message is the first of all, with its page of help
 * - a 401 that says "Maximum credits exceeded" is no refused key: the plan is used up, which no retry mends
 * - 429: `retryAfter` is the reset of `X-RateLimit-Reset`, read by the toolkit
 *
 * @since 0.1.0
 * @category classification
 */
export const classify: Classification.Classifier = ({ body, status }) => {
  if (status >= 200 && status < 300) return undefined
  const said = saidBy(body)
  const [first] = said
  if (first === undefined) return undefined
  const more = said.length > 1 ? `, and ${said.length - 1} more` : ""
  const help = first.help === undefined ? "" : ` (${first.help})`
  const field = first.field === undefined ? "" : `${first.field}: `
  const isOutOfCredits = said.some(({ message }) => /maximum credits exceeded/i.test(message))
  return {
    issues: said.flatMap(({ field, message }) => field === undefined ? [] : [{ path: field, message }]),
    message: `${field}${first.message}${help}${more}`,
    ...(isOutOfCredits ? { retryable: false, tag: "RateLimitError" as const } : undefined)
  }
}
