/**
 * What a `CredentialStore` keeps, and what it tells of it.
 *
 * @since 0.1.0
 */
import type * as DateTime from "effect/DateTime"
import type * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import type { Credential } from "./internal/credential.js"
import type * as Refresh from "./internal/tokenRefreshCore.js"

/**
 * Whose credential: exactly these, so that no tenant is given another one's. What is left out is a name of its own.
 *
 * @since 0.1.0
 * @category models
 */
export interface Ref {
  /** Id of the integration, `hubspot`. */
  readonly integration: string
  readonly tenantId?: string | undefined
  readonly connectionId?: string | undefined
}

/**
 * Why a row cannot be decrypted.
 *
 * | reason | |
 * |---|---|
 * | `no-key` | its key is not among those of this program |
 * | `wrong-key` | the key of that id is another one here |
 * | `unreadable` | it was changed, or belongs elsewhere |
 *
 * @since 0.1.0
 * @category models
 */
export interface Quarantine {
  readonly reason: "no-key" | "wrong-key" | "unreadable"
  readonly message: string
}

/**
 * How it stands with a connection. Only of one that is kept alive (`TokenRefresh`) is it ever another than `connected`.
 *
 * | state | |
 * |---|---|
 * | `connected` | nothing is known to be wrong |
 * | `degraded` | a refresh has failed; the access token still serves |
 * | `expired` | a refresh has failed, or cannot be, and the access token has ended. It heals by itself where the reason does |
 * | `revoked` | the provider has ended the grant: somebody has to connect again |
 *
 * | reason | |
 * |---|---|
 * | `unreachable` | no answer, or one that says to come later |
 * | `inconclusive` | an answer that says neither yes nor no |
 * | `refused` | the provider refuses this program (`invalid_client`), and says nothing of the grant |
 * | `no-refresh-token` | there is nothing to refresh it with |
 * | `revoked` | the provider refuses the grant |
 * | `rotation-lost` | so it does, after an exchange of which nobody knows the end: its answer, with the next refresh token in it, was lost |
 *
 * @since 0.1.0
 * @category models
 */
export interface Status {
  readonly state: Refresh.State
  readonly since: DateTime.Utc
  /** Absent where it is connected. */
  readonly why: Option.Option<{
    readonly reason: Refresh.Reason
    /** The provider's own: `invalid_grant`. */
    readonly code: Option.Option<string>
    readonly message: string
  }>
}

/**
 * A step of a refresh, on what is known of it; `TokenRefresh` takes them. Nothing in it is secret.
 *
 * @since 0.1.0
 * @category refresh
 */
export type RefreshStep = Refresh.Step

/**
 * What it does; without its id, which is unlike that of any other step.
 *
 * @since 0.1.0
 * @category refresh
 */
export type RefreshAction = Refresh.Action

/**
 * @since 0.1.0
 * @category refresh
 */
export type RefreshAnswer = Refresh.Answer

/**
 * What is known of the refresh of a credential. A store keeps it beside the credential: it goes when the credential is
 * removed, and stays when it is written.
 *
 * @since 0.1.0
 * @category refresh
 */
export type RefreshRecord = Refresh.Record

/**
 * What is known of a credential without what is secret.
 *
 * @since 0.1.0
 * @category models
 */
export interface Summary extends Ref {
  readonly kind: Credential["_tag"]
  /** Another one for each write of a connection; re-encryption leaves it. */
  readonly version: number
  /** The key that it is encrypted with. */
  readonly keyId: string
  /** Of an OAuth2 credential: when its access token ends. */
  readonly expiresAt: Option.Option<DateTime.Utc>
  readonly createdAt: DateTime.Utc
  readonly updatedAt: DateTime.Utc
  readonly quarantine: Option.Option<Quarantine>
  readonly status: Status
}

/**
 * @since 0.1.0
 * @category models
 */
export interface Stored extends Summary {
  /** What is known of its refresh, as it was left; it may be about an earlier version, and says nothing then. */
  readonly refresh: Option.Option<RefreshRecord>
  /** When it was read, by the store's clock, as all times here: what is left of a token is told by this one. */
  readonly readAt: DateTime.Utc
  readonly credential: Credential
  /** The one before, while its grace lasts. */
  readonly previous: Option.Option<{
    readonly credential: Credential
    readonly until: DateTime.Utc
    /** What is left of it by the store's clock. */
    readonly left: Duration.Duration
  }>
}

/**
 * @since 0.1.0
 * @category models
 */
export interface PutOptions {
  /** Written only where the connection is in this version; 0: where it has none. Default: whatever there is. */
  readonly version?: number | undefined
}

/**
 * @since 0.1.0
 * @category models
 */
export interface RotateOptions extends PutOptions {
  /** For how long the former credential may take the place of one that is refused with a 401. Default `24 hours`. */
  readonly grace?: Duration.DurationInput | undefined
}

/**
 * @since 0.1.0
 * @category models
 */
export interface ListOptions {
  readonly tenantId?: string | undefined
  readonly integration?: string | undefined
  /** Default 100, at most 1,000. */
  readonly limit?: number | undefined
  /** Where the page before has ended: its `next`. */
  readonly after?: string | undefined
}

/**
 * @since 0.1.0
 * @category models
 */
export interface Page {
  /** In the order of tenant, integration and connection. */
  readonly items: ReadonlyArray<Summary>
  readonly next: Option.Option<string>
}

/**
 * What a re-encryption has come to.
 *
 * @since 0.1.0
 * @category models
 */
export interface Reencryption {
  readonly keyId: string
  /** Rows that have the current key now, and had another one. */
  readonly reencrypted: number
  /** Rows that were left as they are. */
  readonly quarantined: ReadonlyArray<Summary>
  /** Nothing is left of other keys but what is in quarantine. Else other processes go on writing with one. */
  readonly complete: boolean
}

/**
 * | reason | |
 * |---|---|
 * | `not-found` | there is none |
 * | `conflict` | it is in another version |
 * | `quarantined` | it cannot be decrypted; or a write would be with a key that the others do not have |
 * | `storage` | the store cannot be read or written |
 *
 * @since 0.1.0
 * @category errors
 */
export class CredentialStoreError
  extends Schema.TaggedError<CredentialStoreError>("holdfast/CredentialStoreError")("CredentialStoreError", {
    cause: Schema.optional(Schema.Defect),
    message: Schema.String,
    reason: Schema.Literal("not-found", "conflict", "quarantined", "storage")
  })
{}

/**
 * What a store of credentials does.
 *
 * @since 0.1.0
 * @category models
 */
export interface Service {
  readonly get: (ref: Ref) => Effect.Effect<Stored, CredentialStoreError>
  /** What was there before is gone at once. */
  readonly put: (ref: Ref, credential: Credential, options?: PutOptions) => Effect.Effect<Summary, CredentialStoreError>
  /** The same for a credential that there is one of already, which is kept for its grace. */
  readonly rotate: (
    ref: Ref,
    credential: Credential,
    options?: RotateOptions
  ) => Effect.Effect<Summary, CredentialStoreError>
  /** With its grace; also what is in quarantine. */
  readonly remove: (ref: Ref, options?: PutOptions) => Effect.Effect<void, CredentialStoreError>
  readonly list: (options?: ListOptions) => Effect.Effect<Page, CredentialStoreError>
  /**
   * Encrypts with the current key whatever has another one, a page of rows (default 100) at a time, while others read
   * and write. A write that comes in between stays. May be interrupted, and begun anew: it goes on with what is left.
   */
  readonly reencrypt: (
    options?: { readonly pageSize?: number | undefined }
  ) => Effect.Effect<Reencryption, CredentialStoreError>
  /**
   * Takes a step of a refresh: reads what is known, lets `takeRefreshStep` make of it what it will, and writes that, with
   * nobody in between. Fails with `not-found` where there is no credential.
   */
  readonly refreshStep: (ref: Ref, step: RefreshStep) => Effect.Effect<RefreshAnswer, CredentialStoreError>
  /** Told at once of each write that is made by this service, for whoever keeps what he has read. */
  readonly subscribe: (listener: (ref: Ref) => void) => Effect.Effect<void, never, Scope.Scope>
}
