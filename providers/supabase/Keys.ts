/**
 * The keys of a project as credentials. All of them go into the header `apikey`; those that are tokens themselves, the legacy
 * ones, and the token of a user go into `authorization` too.
 *
 * @since 0.1.0
 */
import * as Config from "effect/Config"
import * as Redacted from "effect/Redacted"
import { Credentials } from "holdfast"

/** `sb_secret_…` and `sb_publishable_…` are no tokens: as a bearer they would be refused. */
const isToken = (key: string): boolean => /^[\w-]+\.[\w-]+\.[\w-]+$/.test(key)

const bearer = (token: Redacted.Redacted): Redacted.Redacted => Redacted.make(`Bearer ${Redacted.value(token)}`)

/**
 * A key alone: `sb_secret_…`, or the legacy `service_role`.
 *
 * @example
 * ```ts
 * import { Redacted } from "effect"
 * import { Credentials } from "holdfast"
 * import { Keys, Supabase } from "holdfast/providers/supabase"
 *
 * const supabase = Supabase.layer({
 *   baseUrl: "https://abcdefghijklmnopqrst.supabase.co",
 *   credentials: Credentials.layer(Keys.key(Redacted.make("sb_secret_fake")))
 * })
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const key = (key: Redacted.Redacted): Credentials.Credential =>
  Credentials.Headers({
    headers: { apikey: key, ...(isToken(Redacted.value(key)) ? { authorization: bearer(key) } : undefined) }
  })

/**
 * A user's own view of the data, by the policies of the tables: their access token beside a key.
 *
 * @since 0.1.0
 * @category constructors
 */
export const user = (options: {
  readonly key: Redacted.Redacted
  readonly accessToken: Redacted.Redacted
}): Credentials.Credential =>
  Credentials.Headers({ headers: { apikey: options.key, authorization: bearer(options.accessToken) } })

/**
 * `SUPABASE_SERVICE_ROLE_KEY`, of either kind.
 *
 * @since 0.1.0
 * @category config
 */
export const keyConfig: Config.Config<Credentials.Credential> = Config.map(
  Config.validate(Config.redacted(Config.nonEmptyString("SUPABASE_SERVICE_ROLE_KEY")), {
    message: "must be a key of the project, without whitespace",
    validation: (key) => /^\S+$/.test(Redacted.value(key))
  }),
  key
)
