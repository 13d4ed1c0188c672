/**
 * What Intercom's error bodies say: `{ "type": "error.list", "request_id": "…", "errors": [{ code, message, field? }] }`.
 *
 * Source: the schema `error` of Intercom's OpenAPI documents, and its page on rate limiting.
 *
 * @since 0.1.0
 */
import { Body, type Classification } from "holdfast"

/** Codes that say more than the status they come with. */
const tags: Readonly<Record<string, Classification.ResponseTag>> = {
  api_plan_restricted: "AuthorizationError",
  conflict: "ConflictError",
  forbidden: "AuthorizationError",
  not_found: "NotFoundError",
  rate_limit_exceeded: "RateLimitError",
  unauthorized: "AuthenticationError",
  unique_user_constraint: "ConflictError"
}

const isToken = (code: string): boolean => code.startsWith("token_")

/** The contact that is there already, which only the text names. */
const existing = /\bid=([\w-]+)/

/**
 * Intercom's reading of its own answers. The body counts first: the code of its first error.
 *
 * - `rate_limit_exceeded`: a `RateLimitError`, whatever the status; `retryAfter` is what `X-RateLimit-Reset` says
 * - `conflict`, `unique_user_constraint`: a `ConflictError`; `existingContact` finds the id of the contact that is there
 * - `issues` is Intercom's own list, by field; the message has all of them, and the `request_id`
 *
 * @since 0.1.0
 * @category classification
 */
export const classify: Classification.Classifier = ({ body, status }) => {
  if (status >= 200 && status < 300) return undefined
  const fields = Body.record(body)
  const errors = (Array.isArray(fields?.errors) ? fields.errors : []).flatMap((one: unknown) => {
    const error = Body.record(one)
    return error === undefined
      ? []
      : [{ code: Body.text(error.code), field: Body.text(error.field) ?? "", message: Body.text(error.message) }]
  })
  const code = errors.find((error) => error.code !== undefined)?.code
  const sentences = errors.flatMap(({ field, message }) =>
    message === undefined ? [] : [field === "" ? message : `${field}: ${message}`]
  )
  const requestId = Body.text(fields?.request_id)
  const said = sentences.length === 0 ? code : sentences.join("; ")
  const message = said === undefined || requestId === undefined ? said : `${said} (request_id ${requestId})`
  const tag = code === undefined
    ? undefined
    : isToken(code)
    ? "AuthenticationError"
    : Object.hasOwn(tags, code)
    ? tags[code]
    : undefined
  return {
    code,
    message,
    issues: errors.flatMap(({ field, message }) => message === undefined ? [] : [{ message, path: field }]),
    // a failure of the server is one whatever it is called
    ...(tag === undefined || status >= 500 ? undefined : { tag })
  }
}

/**
 * The id of the contact because of which another could not be created, where Intercom names it.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Intercom, IntercomErrors } from "holdfast/providers/intercom"
 *
 * const idOf = (email: string) =>
 *   Effect.gen(function*() {
 *     const intercom = yield* Intercom
 *     return yield* intercom.contacts.create({ payload: { email, role: "user" } }).pipe(
 *       Effect.map(({ id }) => id),
 *       Effect.catchTag("ConflictError", (error) => {
 *         const id = IntercomErrors.existingContact(error)
 *         return id === undefined ? Effect.fail(error) : Effect.succeed(id)
 *       })
 *     )
 *   })
 * ```
 *
 * @since 0.1.0
 * @category accessors
 */
export const existingContact = (error: { readonly message: string }): string | undefined =>
  existing.exec(error.message)?.[1]
