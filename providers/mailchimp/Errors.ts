/**
 * What Mailchimp's error bodies say: problem documents, `{ type, title, status, detail, instance, errors? }`.
 *
 * Source: Mailchimp's Swagger document of the Marketing API, and its pages on errors and on limits. Titles besides those of
 * the document are as programs have met them.
 *
 * @since 0.1.0
 */
import { Body, type Classification } from "holdfast"

/** By title, in lower case: what it means here, and what can be done. */
const meanings: ReadonlyMap<string, { readonly advice: string; readonly tag?: Classification.ResponseTag }> = new Map([
  ["member exists", { advice: "members.upsert changes one who is there", tag: "ConflictError" }],
  ["forgotten email not subscribed", {
    advice: "it was deleted for good and no API brings it back: only the person, by a form of Mailchimp's"
  }],
  ["member in compliance state", {
    advice: "unsubscribed, bounced or under review: only the person can subscribe again, so ask with the status pending"
  }],
  ["api key invalid", { advice: "the key is revoked, or belongs to another data centre", tag: "AuthenticationError" }],
  ["wrong datacenter", {
    advice: "the base URL is not that of the account's data centre: see DataCentre",
    tag: "AuthorizationError"
  }],
  ["too many requests", { advice: "10 requests at once for a user, all programs together", tag: "RateLimitError" }]
])

const issuesOf = (errors: unknown): ReadonlyArray<{ readonly message: string; readonly path: string }> =>
  (Array.isArray(errors) ? errors : []).flatMap((one: unknown) => {
    const error = Body.record(one)
    const message = Body.text(error?.message)
    return message === undefined ? [] : [{ message, path: Body.text(error?.field) ?? "" }]
  })

/**
 * Mailchimp's reading of its own answers.
 *
 * - 403 without a problem document (no body, a page for people): a `RateLimitError`, retryable. This is how requests are
 *   turned away that are too many; one who may not do something is told so in a document.
 * - `code` is the title, `Member Exists`
 * - `Member Exists`: a `ConflictError`, although its status is 400
 * - `issues` are the document's `errors`, by field
 *
 * @since 0.1.0
 * @category classification
 */
export const classify: Classification.Classifier = ({ body, status }) => {
  if (status >= 200 && status < 300) return undefined
  const problem = Body.record(body)
  if (problem === undefined) {
    return status === 403
      ? { message: "a 403 without a document: too many requests", retryable: true, tag: "RateLimitError" }
      : status === 429
      ? { message: "10 requests at once for a user, all programs together" }
      : undefined
  }
  const title = Body.text(problem.title)
  const detail = Body.text(problem.detail) ?? title
  const meaning = title === undefined ? undefined : meanings.get(title.toLowerCase())
  const issues = issuesOf(problem.errors)
  const said = [
    detail,
    ...issues.map(({ message, path }) => path === "" ? message : `${path}: ${message}`)
  ].filter((part) => part !== undefined).join("; ")
  const message = meaning === undefined ? said : said === "" ? meaning.advice : `${said} (${meaning.advice})`
  return {
    ...(meaning?.tag === undefined ? undefined : { tag: meaning.tag }),
    ...(title === undefined ? undefined : { code: title }),
    ...(message === "" ? undefined : { message }),
    ...(issues.length === 0 ? undefined : { issues })
  }
}
