/**
 * Credentials that are kept, each of one connection: of a tenant, at an integration. Encrypted wherever they are
 * (`CredentialCipher`); `CredentialStore/Sql` and `CredentialStore/Sqlite` keep them in a database.
 *
 * A write names the version that it has seen, and is refused where another one came first. A row that cannot be
 * decrypted is in quarantine: it is listed with its reason, it is not overwritten, and all others are as they were.
 * That is what its reader finds, and no state of the row: it ends when the key is there again.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Sealing from "../internal/sealing.js"
import * as Memory from "./internal/credentialMemory.js"
import * as Store from "./internal/credentialStore.js"
import * as Refresh from "./internal/tokenRefreshCore.js"
import type { RefreshAnswer, RefreshRecord, RefreshStep, Service } from "./StoredCredential.js"

export {
  /**
   * @since 0.1.0
   * @category errors
   */
  CredentialStoreError,
  /**
   * @since 0.1.0
   * @category models
   */
  type ListOptions,
  type Page,
  type PutOptions,
  type Quarantine,
  type Reencryption,
  type Ref,
  type RefreshAction,
  type RefreshAnswer,
  type RefreshRecord,
  type RefreshStep,
  type RotateOptions,
  type Service,
  type Status,
  type Stored,
  type Summary
} from "./StoredCredential.js"

/**
 * @since 0.1.0
 * @category tags
 */
export class CredentialStore extends Context.Tag("holdfast/CredentialStore")<CredentialStore, Service>() {}

/**
 * For a store of one's own: what becomes of what is known of a refresh by a step, and the answer to it. The same record
 * where it stays as it is; a version, and milliseconds by the store's clock.
 *
 * @since 0.1.0
 * @category refresh
 */
export const takeRefreshStep: (
  found: {
    readonly record: RefreshRecord | undefined
    readonly version: number
    readonly expiresAt: number | null
    readonly now: number
  },
  step: RefreshStep
) => readonly [answer: RefreshAnswer, record: RefreshRecord | undefined] = Refresh.take

/**
 * In the memory of the process, under a key that nobody else has.
 *
 * @since 0.1.0
 * @category constructors
 */
export const makeMemory: Effect.Effect<CredentialStore["Type"]> = Effect.suspend(() => {
  const key = Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString("base64")
  return Effect.map(
    Effect.orDie(Sealing.make({ current: { id: "memory", key: Redacted.make(key) } }, "credentials")),
    (keys) => Store.make(Memory.make(), keys)
  )
})

/**
 * @since 0.1.0
 * @category layers
 */
export const layerMemory: Layer.Layer<CredentialStore> = Layer.effect(CredentialStore, makeMemory)
