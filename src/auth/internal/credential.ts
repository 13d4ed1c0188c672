/** What a credential is, how it is stored, and what of it is secret. */
import * as Data from "effect/Data"
import type * as DateTime from "effect/DateTime"
import * as Encoding from "effect/Encoding"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as KnownSecrets from "../../internal/knownSecrets.js"

export type Credential = Data.TaggedEnum<{
  /** `Authorization: Bearer …` */
  Bearer: { readonly token: Redacted.Redacted }
  /** `Authorization: Basic …` */
  Basic: { readonly username: string; readonly password: Redacted.Redacted }
  /** A key in a header of the provider's own. */
  ApiKey: { readonly key: Redacted.Redacted }
  /** Several headers of the provider's own, by name. */
  Headers: { readonly headers: Readonly<Record<string, Redacted.Redacted>> }
  /** Tokens that a provider has granted: `Authorization: Bearer …` with the access token. */
  OAuth2: {
    readonly accessToken: Redacted.Redacted
    /** When the access token ends. Absent: the provider has not said. */
    readonly expiresAt?: DateTime.Utc | undefined
    readonly refreshToken?: Redacted.Redacted | undefined
    /** Those that were granted. */
    readonly scopes: ReadonlyArray<string>
  }
}>

export const { $match: match, ApiKey, Basic, Bearer, Headers, OAuth2 } = Data.taggedEnum<Credential>()

const Secret = Schema.Redacted(Schema.String)

/** As it is in a sealed row, and nowhere else. */
export const Stored = Schema.Union(
  Schema.TaggedStruct("ApiKey", { key: Secret }),
  Schema.TaggedStruct("Basic", { password: Secret, username: Schema.String }),
  Schema.TaggedStruct("Bearer", { token: Secret }),
  Schema.TaggedStruct("Headers", { headers: Schema.Record({ key: Schema.String, value: Secret }) }),
  Schema.TaggedStruct("OAuth2", {
    accessToken: Secret,
    expiresAt: Schema.optional(Schema.DateTimeUtc),
    refreshToken: Schema.optional(Secret),
    scopes: Schema.Array(Schema.String)
  })
)

const secretsOf = match({
  ApiKey: ({ key }) => [Redacted.value(key)],
  Basic: ({ password, username }) => [
    Redacted.value(password),
    Encoding.encodeBase64(`${username}:${Redacted.value(password)}`)
  ],
  Bearer: ({ token }) => [Redacted.value(token)],
  Headers: ({ headers }) => Object.values(headers).map(Redacted.value),
  OAuth2: ({ accessToken, refreshToken }) => [
    Redacted.value(accessToken),
    ...(refreshToken === undefined ? [] : [Redacted.value(refreshToken)])
  ]
})

export const protect = (credential: Credential): void => KnownSecrets.remember(credential, () => secretsOf(credential))
