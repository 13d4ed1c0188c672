/**
 * What Kit's error bodies say: `{ "errors": ["…"] }`, texts without codes.
 *
 * Source: https://developers.kit.com/api-reference/response-codes and Kit's library for WordPress.
 *
 * @since 0.1.0
 */
import type { Classification } from "holdfast"

const textsOf = (body: unknown): ReadonlyArray<string> => {
  if (typeof body !== "object" || body === null || !("errors" in body)) return []
  const { errors } = body
  return (Array.isArray(errors) ? errors : [errors]).filter((one) => typeof one === "string" && one !== "")
}

const advice: Readonly<Record<number, string>> = {
  401: "the key or token is not good, the plan has lapsed, or this operation wants an OAuth token and got an API key",
  413: "Kit's queue of bulk requests is full: it takes more when it has worked some off",
  429: "too many requests in a minute"
}

/**
 * Kit's reading of its own answers.
 *
 * - the message holds all of Kit's texts; and where it helps, what the status means here
 * - 413: a `RateLimitError`, retryable: the queue of bulk requests is full, and nothing was done
 * - 422: a `ValidationError`, whose `issues` are Kit's texts. They name no field.
 *
 * @since 0.1.0
 * @category classification
 */
export const classify: Classification.Classifier = ({ body, status }) => {
  if (status >= 200 && status < 300) return undefined
  const texts = textsOf(body)
  const said = texts.join("; ")
  const meant = advice[status]
  const message = said === "" ? meant : meant === undefined ? said : `${said} (${meant})`
  return {
    ...(status === 413 ? { retryable: true, tag: "RateLimitError" as const } : undefined),
    ...(message === undefined ? undefined : { message }),
    ...(texts.length === 0 ? undefined : { issues: texts.map((text) => ({ message: text, path: "" })) })
  }
}
