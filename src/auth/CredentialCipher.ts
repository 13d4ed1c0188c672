/**
 * The keys by which stored credentials are encrypted. A store of credentials asks for it: there is none without.
 *
 * AES-256-GCM, with a new nonce for each row. The id of the key stands in the row, and the row is bound to its tenant,
 * its integration, its connection and its version: put elsewhere, or changed, it cannot be decrypted.
 *
 * @since 0.1.0
 */
import type * as ConfigError from "effect/ConfigError"
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Sealing from "../internal/sealing.js"

/**
 * @since 0.1.0
 * @category models
 */
export type Key = Sealing.Key

/**
 * @since 0.1.0
 * @category models
 */
export type Options = Sealing.Options

/**
 * A key is none.
 *
 * @since 0.1.0
 * @category errors
 */
export class CredentialKeyError extends Data.TaggedError("CredentialKeyError")<{ readonly message: string }> {}

/**
 * @since 0.1.0
 * @category tags
 */
export class CredentialCipher extends Context.Tag("holdfast/CredentialCipher")<CredentialCipher, {
  /** The id of the key that encrypts. */
  readonly keyId: string
  /** @internal */
  readonly keys: Sealing.Keyring
}>() {}

/**
 * @since 0.1.0
 * @category constructors
 */
export const make = (options: Options): Effect.Effect<CredentialCipher["Type"], CredentialKeyError> =>
  Effect.mapBoth(Sealing.make(options, "credentials"), {
    onFailure: (message) => new CredentialKeyError({ message }),
    onSuccess: (keys) => ({ keyId: keys.currentId, keys })
  })

/**
 * @example
 * ```ts
 * import { Layer, type Redacted } from "effect"
 * import { CredentialCipher } from "holdfast"
 * import * as Sqlite from "holdfast/auth/CredentialStore/Sqlite"
 *
 * const store = (key: Redacted.Redacted) =>
 *   Sqlite.layer({ filename: "credentials.db" }).pipe(
 *     Layer.provide(CredentialCipher.layer({ current: { id: "2026-11", key } }))
 *   )
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (options: Options): Layer.Layer<CredentialCipher, CredentialKeyError> =>
  Layer.effect(CredentialCipher, make(options))

/**
 * The keys from the environment.
 *
 * | variable | |
 * |---|---|
 * | `HOLDFAST_CREDENTIAL_KEY` | encrypts: an id, a colon, and 32 bytes in Base64, as in `2026-11:…` |
 * | `HOLDFAST_CREDENTIAL_OLD_KEYS` | decrypt too: the same, several with commas between. Default none |
 *
 * @since 0.1.0
 * @category layers
 */
export const layerConfig: Layer.Layer<CredentialCipher, ConfigError.ConfigError | CredentialKeyError> = Layer.effect(
  CredentialCipher,
  Effect.flatMap(
    Sealing.config({ current: "HOLDFAST_CREDENTIAL_KEY", older: "HOLDFAST_CREDENTIAL_OLD_KEYS" }, "credentials"),
    make
  )
)
