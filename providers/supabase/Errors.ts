/**
 * What Supabase's error bodies say. There are three kinds, of PostgREST, Auth and Storage, and each is known by its fields:
 * the status says less than the body, and for Storage often something else.
 *
 * Sources: PostgREST's list of errors, the error codes of supabase/auth and supabase/storage.
 *
 * @since 0.1.0
 */
import { Body, type Classification } from "holdfast"

type Reading = Classification.Classification

const again: Reading = { tag: "ServerError", retryable: true }
const never: Reading = { tag: "ServerError", retryable: false }
/** The database has undone it all, so that nothing was done: a write may be sent again too. */
const locked: Reading = { tag: "ConflictError", retryable: true }
const conflict: Reading = { tag: "ConflictError" }
const missing: Reading = { tag: "NotFoundError" }
const refused: Reading = { tag: "AuthenticationError" }
const forbidden: Reading = { tag: "AuthorizationError" }
const limited: Reading = { tag: "RateLimitError" }
const invalid: Reading = { tag: "ValidationError" }

const postgrest: Readonly<Record<string, Reading>> = {
  PGRST000: again,
  PGRST001: again,
  PGRST002: again,
  // no connection of the pool was free in time: 504
  PGRST003: again,
  PGRST301: refused,
  PGRST302: refused,
  PGRST303: refused,
  "40001": locked,
  "40P01": locked,
  "55P03": locked,
  // the statement took too long, and would again
  "57014": never,
  "53400": never,
  // a right that is missing, 401 where nobody is signed in: another key of the same role would not do
  "42501": forbidden,
  "23503": conflict,
  "23505": conflict
}

const auth: Readonly<Record<string, Reading>> = {
  email_exists: conflict,
  phone_exists: conflict,
  user_already_exists: conflict,
  identity_already_exists: conflict,
  conflict,
  user_not_found: missing,
  not_admin: forbidden,
  user_banned: forbidden,
  no_authorization: refused,
  bad_jwt: refused,
  invalid_credentials: refused,
  session_expired: refused,
  session_not_found: refused,
  refresh_token_not_found: refused,
  refresh_token_already_used: refused,
  over_request_rate_limit: limited,
  over_email_send_rate_limit: limited,
  over_sms_send_rate_limit: limited,
  request_timeout: again,
  hook_timeout: again,
  unexpected_failure: again,
  validation_failed: invalid,
  weak_password: invalid,
  bad_json: invalid
}

const storage: Readonly<Record<string, Reading>> = {
  NoSuchBucket: missing,
  NoSuchKey: missing,
  NoSuchUpload: missing,
  TenantNotFound: missing,
  KeyAlreadyExists: conflict,
  BucketAlreadyExists: conflict,
  ResourceAlreadyExists: conflict,
  InvalidJWT: refused,
  AccessDenied: forbidden,
  EntityTooLarge: invalid,
  ResourceLocked: locked,
  LockTimeout: locked,
  SlowDown: limited,
  DatabaseTimeout: again,
  InternalError: again
}

/** Of the status in Storage's body, where its code is not known. */
const byStatus: Readonly<Record<string, Reading>> = {
  "400": invalid,
  "401": refused,
  "403": forbidden,
  "404": missing,
  "408": again,
  "409": conflict,
  "413": invalid,
  "423": locked,
  "429": limited,
  "500": again,
  "503": again,
  "504": again
}

/** What the status in a body means by itself: the status of the answer is 400 whatever went wrong. */
const ofStatus = (status: string): Reading | undefined =>
  Object.hasOwn(byStatus, status) ? byStatus[status] : /^5\d\d$/.test(status) ? again : undefined

const own = (table: Readonly<Record<string, Reading>>, name: string | undefined): Reading | undefined =>
  name !== undefined && Object.hasOwn(table, name) ? table[name] : undefined

const sentence = (...parts: ReadonlyArray<unknown>): string | undefined => {
  const said = parts.flatMap((part) => Body.text(part) ?? [])
  return said.length === 0 ? undefined : said.join("; ")
}

const ofRows = (code: string, body: Body.Fields): Reading => {
  const message = sentence(body.message, body.hint)
  if (code === "PGRST116") {
    // one row was asked for: none is there, or several
    const none = /\b0 rows\b/.test(Body.text(body.details) ?? "")
    return { ...(none ? missing : invalid), code, message: sentence(body.message, body.details) }
  }
  return { ...own(postgrest, code), code, message }
}

const ofAuth = (code: string, body: Body.Fields): Reading => ({
  ...own(auth, code),
  code,
  message: sentence(body.msg, body.message),
  issues: Body.texts(Body.record(body.weak_password)?.reasons).map((reason) => ({ path: "password", message: reason }))
})

const ofStorage = (status: string, body: Body.Fields): Reading => {
  const known = Body.text(body.code)
  return {
    ...(own(storage, known) ?? ofStatus(status)),
    code: known ?? Body.text(body.error) ?? status,
    message: sentence(body.message)
  }
}

const isOfRows = (code: string, body: Body.Fields): boolean =>
  "details" in body || "hint" in body || /^(?:PGRST\d+|[0-9A-Z]{5})$/.test(code)

/**
 * - Rows: `code` is PostgREST's own or Postgres's. A serialization failure and a deadlock have undone everything: `ConflictError`,
 *   retryable, for writes too. A statement that took too long is not sent again.
 * - Users: by the name of the error, which is in `error_code`, in `code`, or in the header `x-sb-error-code`.
 * - Storage: `statusCode` in the body counts, and not the status, which is mostly 400.
 *
 * @since 0.1.0
 * @category classification
 */
export const classify: Classification.Classifier = ({ body, headers, status }) => {
  if (status >= 200 && status < 300) return undefined
  const fields = Body.record(body)
  const named = Body.text(headers["x-sb-error-code"])
  if (fields === undefined) return named === undefined ? undefined : ofAuth(named, {})
  const { statusCode } = fields
  if (typeof statusCode === "string" || typeof statusCode === "number") return ofStorage(String(statusCode), fields)
  const code = Body.text(fields.code)
  if (named === undefined && code !== undefined && isOfRows(code, fields)) return ofRows(code, fields)
  const name = named ?? Body.text(fields.error_code) ?? code
  if (name !== undefined) return ofAuth(name, fields)
  // the gateway in front of all three has a message and a hint alone; old answers of Auth have a number and msg
  return { message: sentence(fields.msg, fields.message, fields.error_description, fields.hint) }
}
