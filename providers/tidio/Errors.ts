/**
 * What Tidio's error bodies say: `{ "errors": [{ "code": "…", "message": "…" }] }`.
 *
 * Source: https://developers.tidio.com/docs/openapi-rate-limiting and the error schema of Tidio's reference.
 *
 * @since 0.1.0
 */
import { Body, type Classification } from "holdfast"

/** The one code that Tidio documents. */
const tooMany = "too_many_requests"

const advice: Readonly<Record<number, string>> = {
  401: "the client id or the client secret is not good",
  403: "the plan of the project does not have this operation, or the client id and secret are not good"
}

/**
 * Tidio's reading of its own answers. The body counts first.
 *
 * - `too_many_requests`: a `RateLimitError`, whatever the status. Nothing says how long it lasts
 * - `code` is that of the first error; the message has the texts of all, and where it helps, what the status means here
 * - `issues` are Tidio's texts. They name no field
 *
 * @since 0.1.0
 * @category classification
 */
export const classify: Classification.Classifier = ({ body, status }) => {
  if (status >= 200 && status < 300) return undefined
  const errors = Body.list(Body.record(body)?.errors).map((one) => Body.record(one))
  const codes = errors.flatMap((error) => Body.text(error?.code) ?? [])
  const texts = errors.flatMap((error) => Body.text(error?.message) ?? [])
  const said = texts.length === 0 ? codes[0] : texts.join("; ")
  const meant = advice[status]
  return {
    code: codes[0],
    message: said === undefined ? meant : meant === undefined ? said : `${said} (${meant})`,
    issues: texts.map((message) => ({ message, path: "" })),
    ...(codes.includes(tooMany) ? { tag: "RateLimitError" as const } : undefined)
  }
}
