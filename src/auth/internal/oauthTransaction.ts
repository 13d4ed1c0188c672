/** A transaction of OAuth2: how it is found, and how it is written down. */
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { createHash, randomBytes } from "node:crypto"
import * as KnownSecrets from "../../internal/knownSecrets.js"

/** Milliseconds. */
export const timeToLive = 600_000

export const browserSecret = (): Redacted.Redacted => {
  const text = randomBytes(32).toString("base64url")
  const secret = Redacted.make(text)
  KnownSecrets.remember(secret, () => [text])
  return secret
}

/** Its name: whoever reads the table knows neither of the two, and whoever has one of them does not find it. */
export const idOfTexts = (state: string, browser: string): string =>
  createHash("sha256").update(`${state.length} ${state} ${browser}`).digest("hex")

export const idOf = (state: Redacted.Redacted, browser: Redacted.Redacted): string =>
  idOfTexts(Redacted.value(state), Redacted.value(browser))

export const subjectOf = (id: string): string => `oauth2 transaction ${id}`

const Secret = Schema.Redacted(Schema.String)

/** As it is in a sealed row, and nowhere else. */
export const Content = Schema.parseJson(Schema.Struct({
  pending: Schema.Struct({
    nonce: Schema.optional(Secret),
    redirectUri: Schema.String,
    state: Secret,
    verifier: Schema.optional(Secret)
  }),
  ref: Schema.Struct({
    connectionId: Schema.optional(Schema.String),
    integration: Schema.String,
    tenantId: Schema.optional(Schema.String)
  }),
  returnTo: Schema.String,
  userId: Schema.optional(Schema.String)
}))

export const encode = Schema.encodeSync(Content)
export const decode = Schema.decodeOption(Content)
