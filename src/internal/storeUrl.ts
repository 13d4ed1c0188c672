/**
 * A store named by a URL.
 *
 * @internal
 */
import * as Data from "effect/Data"
import * as Either from "effect/Either"
import * as Redacted from "effect/Redacted"

/** @internal */
export type Store = Data.TaggedEnum<{
  Memory: {}
  Sqlite: { readonly filename: string }
  Postgres: { readonly url: Redacted.Redacted }
  Redis: { readonly url: Redacted.Redacted }
}>

/** @internal */
export const Store = Data.taggedEnum<Store>()

/**
 * What is read besides the variables of the integrations, one of which may be called `store`.
 *
 * @internal
 */
export const variables: ReadonlySet<string> = new Set([
  "HOLDFAST_DEAD_LETTERS_URL",
  "HOLDFAST_SPILL_FILE",
  "HOLDFAST_STORE_URL"
])

/** @internal */
export const expected = "memory:, sqlite:<file>, postgres://… or redis://…"

/**
 * Of a URL that is no good, at most its scheme is repeated: it may hold a password.
 *
 * @internal
 */
export const parse = (text: string): Either.Either<Store, string> => {
  const [, scheme, rest = ""] = /^([a-z][a-z0-9+.-]*):(.*)$/is.exec(text.trim()) ?? []
  switch (scheme?.toLowerCase()) {
    case "memory":
      return rest === "" ? Either.right(Store.Memory()) : Either.left("nothing may follow memory:")
    case "sqlite": {
      const filename = rest.replace(/^\/\//, "")
      return filename === "" ? Either.left("sqlite: names no file") : Either.right(Store.Sqlite({ filename }))
    }
    case "postgres":
    case "postgresql":
      return URL.canParse(text)
        ? Either.right(Store.Postgres({ url: Redacted.make(text.trim()) }))
        : Either.left(`the URL that begins with ${scheme}: cannot be read`)
    case "redis":
    case "rediss":
      return URL.canParse(text)
        ? Either.right(Store.Redis({ url: Redacted.make(text.trim()) }))
        : Either.left(`the URL that begins with ${scheme}: cannot be read`)
  }
  return Either.left(`${expected} is expected, and not ${scheme === undefined ? "what is there" : `${scheme}:`}`)
}
