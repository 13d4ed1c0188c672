/** What a backing of stored credentials has to be able to do. It sees no credential: what is secret comes sealed. */
import * as Data from "effect/Data"
import type * as Effect from "effect/Effect"
import type { Sealed } from "../../internal/sealing.js"
import type { Credential } from "./credential.js"
import type * as Refresh from "./tokenRefreshCore.js"

export class RowsError extends Data.TaggedError("RowsError")<{
  readonly message: string
  readonly cause?: unknown
}> {}

/** Whose a row is; empty where a reference leaves it out. */
export interface Name {
  readonly tenant: string
  readonly integration: string
  readonly connection: string
}

export interface Row extends Name {
  /** No two states of a name have the same. */
  readonly version: number
  readonly kind: Credential["_tag"]
  readonly sealed: Sealed
  /** Which of the keys of this id it was. */
  readonly keyCheck: string
  /** Epoch milliseconds by the store's clock, as all times here. */
  readonly expiresAt: number | null
  readonly createdAt: number
  readonly updatedAt: number
  /** What is known of its refresh, which no write of the credential changes. Nothing in it is secret. */
  readonly refresh: Refresh.Record | undefined
}

export interface PageOptions {
  readonly after: Name | undefined
  readonly limit: number
  readonly tenant?: string | undefined
  readonly integration?: string | undefined
  /** Only what this key has not sealed. */
  readonly notBy?: { readonly keyId: string; readonly keyCheck: string } | undefined
}

export interface Rows {
  /** For messages. */
  readonly name: string
  readonly read: (name: Name) => Effect.Effect<{ readonly now: number; readonly row: Row | undefined }, RowsError>
  /** In the order of tenant, integration and connection. */
  readonly page: (options: PageOptions) => Effect.Effect<ReadonlyArray<Row>, RowsError>
  /** Of the rows of a key's id: the least and the greatest of their checks; none where there is no row. */
  readonly checks: (keyId: string) => Effect.Effect<ReadonlyArray<string>, RowsError>
  /** `false`: there is one. What is known of a refresh is none of this, nor of an update. */
  readonly insert: (row: Row) => Effect.Effect<boolean, RowsError>
  /** `false`: that version is not there any more. */
  readonly update: (row: Row, version: number) => Effect.Effect<boolean, RowsError>
  /** Puts the same under another key. `false`: it is not as it was any more. */
  readonly reseal: (before: Row, sealed: Sealed, keyCheck: string) => Effect.Effect<boolean, RowsError>
  /** Takes a step of a refresh, in one piece. `undefined`: there is no such row. */
  readonly take: (name: Name, step: Refresh.Step) => Effect.Effect<Refresh.Answer | undefined, RowsError>
  /** `false`: it is not there, or not in that version. */
  readonly remove: (name: Name, version: number | undefined) => Effect.Effect<boolean, RowsError>
}

export const compare = (a: Name, b: Name): number => {
  for (const part of ["tenant", "integration", "connection"] as const) {
    if (a[part] !== b[part]) return a[part] < b[part] ? -1 : 1
  }
  return 0
}
