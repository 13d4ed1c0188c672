/** What an answer of a token endpoint means. Pure: it is looked at here before the library looks at it. */
import type * as Duration from "effect/Duration"
import * as KnownSecrets from "../../internal/knownSecrets.js"
import type { Quirks } from "../OAuth2Provider.js"
import { ExchangeError } from "../OAuth2Tokens.js"

export type Fields = Readonly<Record<string, unknown>>

export const isFields = (u: unknown): u is Fields => typeof u === "object" && u !== null && !Array.isArray(u)

/** `undefined`: no JSON, or none of that form. */
export const parse = (text: string): Fields | undefined => {
  try {
    const value: unknown = JSON.parse(text)
    return isFields(value) ? value : undefined
  } catch {
    return undefined
  }
}

const terminal = new Set(["access_denied", "invalid_client", "invalid_grant", "unauthorized_client"])
const transient = new Set(["server_error", "slow_down", "temporarily_unavailable"])

/** A provider may say `valueOf`, too, which each object has. */
const ownOf = (code: string, { codes }: Quirks): "terminal" | "transient" | undefined =>
  codes !== undefined && Object.hasOwn(codes, code) ? codes[code] : undefined

/** What could be a code, and no sentence, and nothing that was sent. */
const codeForm = /^[A-Za-z][A-Za-z0-9_.-]{0,63}$/

const isCode = (u: unknown): u is string => typeof u === "string" && codeForm.test(u)

/** The standard's, and where others have theirs. */
const codesOf = (fields: Fields): ReadonlyArray<string> => {
  const { error } = fields
  const inner = isFields(error) ? [error.code, error.id, error.type] : [error]
  return [...inner, fields.status, fields.error_code, fields.errorCode, fields.code].filter(isCode)
}

/**
 * A status that says it of the provider goes before a code: an outage that calls itself `invalid_grant` must not end a
 * connection.
 */
const reasonOf = (status: number, code: string | undefined, quirks: Quirks): ExchangeError["reason"] => {
  const own = code === undefined ? undefined : ownOf(code, quirks)
  if (status === 408 || status === 425 || status === 429 || status >= 500) return "transient"
  if (own !== undefined) return own
  if (code !== undefined && terminal.has(code)) return "terminal"
  if (code !== undefined && transient.has(code)) return "transient"
  return "inconclusive"
}

/** The one that says the most: a provider's own code may be the only one that is known here. */
const choose = (codes: ReadonlyArray<string>, quirks: Quirks): string | undefined =>
  codes.find((code) => ownOf(code, quirks) !== undefined || terminal.has(code) || transient.has(code)) ?? codes[0]

export interface Refusal {
  readonly status: number
  readonly fields: Fields | undefined
  readonly retryAfter: Duration.Duration | undefined
  /** For messages. */
  readonly where: string
  readonly quirks: Quirks
  /** What was sent, and may be repeated in the answer. */
  readonly sent: ReadonlyArray<string>
}

const described = (fields: Fields): string => {
  const text = [fields.error_description, isFields(fields.error) ? fields.error.message : undefined, fields.message]
    .find((it) => typeof it === "string" && it !== "")
  return typeof text === "string" ? text.replaceAll(/[^\x20-\x7e\xa0-\uffff]+/g, " ").slice(0, 200) : ""
}

/** Of the answer, a code and a short description are told, without what is secret in them; the body goes nowhere. */
export const refusal = ({ fields, quirks, retryAfter, sent, status, where }: Refusal): ExchangeError => {
  const clean = KnownSecrets.scrub(fields ?? {}, sent)
  const code = choose(codesOf(clean), quirks)
  const said = described(clean)
  return new ExchangeError({
    ...(code === undefined ? undefined : { code }),
    message: `${where} refuses (${code === undefined ? "" : `${code}, `}HTTP ${status})${
      said === "" ? "" : `: ${said}`
    }`,
    reason: reasonOf(status, code, quirks),
    ...(retryAfter === undefined ? undefined : { retryAfter })
  })
}

const separated = (scope: unknown, separator: string): string | undefined => {
  const names = Array.isArray(scope)
    ? scope.filter((it) => typeof it === "string")
    : typeof scope === "string"
    ? [scope]
    : []
  const text = names.flatMap((it) => it.split(separator)).map((it) => it.trim()).filter((it) => it !== "").join(" ")
  return text === "" ? undefined : text
}

/** A number or its text; 0 is how one says that a token does not end, since one that has ended is no use to anybody. */
const seconds = (u: unknown): number | undefined => {
  const value = typeof u === "string" && u.trim() !== "" ? Number(u) : u
  return typeof value === "number" && Number.isFinite(value) && value > 0 ? value : undefined
}

/**
 * The answer as the standard has it, with what else the provider says; `undefined`: there are no tokens in it. An error
 * that comes with status 200 has none.
 */
export const conform = (fields: Fields, quirks: Quirks, isOpenId: boolean): Fields | undefined => {
  const inner = quirks.tokensIn === undefined ? fields : fields[quirks.tokensIn]
  if (!isFields(inner)) return undefined
  const { expires_in, id_token, scope, scopes, token_type, ...more } = inner
  const own = quirks.accessTokenField === undefined ? undefined : inner[quirks.accessTokenField]
  const access = own ?? inner.access_token
  if (typeof access !== "string" || access === "") return undefined
  const granted = separated(scope ?? scopes, quirks.scopeSeparator ?? " ")
  const endsIn = seconds(expires_in)
  return {
    ...more,
    access_token: access,
    ...(inner.refresh_token === null || inner.refresh_token === "" ? { refresh_token: undefined } : undefined),
    ...(endsIn === undefined ? undefined : { expires_in: endsIn }),
    ...(granted === undefined ? undefined : { scope: granted }),
    ...(isOpenId ? { id_token } : undefined),
    token_type: quirks.anyTokenType === true ? "bearer" : token_type
  }
}

const withheld = new Set(["access_token", "code", "expires_in", "id_token", "refresh_token", "scope", "token_type"])

/** What else a provider says with its tokens: `instance_url`, `hub_id`. */
export const detailsOf = (fields: Fields, quirks: Quirks): Fields =>
  Object.fromEntries(
    Object.entries(fields).filter(([name, value]) =>
      !withheld.has(name) && name !== quirks.accessTokenField && value !== undefined
    )
  )
