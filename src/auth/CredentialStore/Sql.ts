/**
 * Credentials in a SQL database, over the `SqlClient` of the context: PostgreSQL or SQLite. Encrypted by the
 * `CredentialCipher` of the context before they leave the process.
 *
 * The table is `holdfast_credentials`; it is made where it is missing. In the clear are tenant, integration,
 * connection, kind, version, times, and the id of the key. Each step is one statement, and takes part in the
 * transaction that its caller is in. All times are the database's.
 *
 * @since 0.1.0
 */
import * as SqlClient from "@effect/sql/SqlClient"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { retryContention } from "../../internal/sqlContention.js"
import * as Records from "../../internal/sqlRecords.js"
import { CredentialCipher } from "../CredentialCipher.js"
import * as CredentialStore from "../CredentialStore.js"
import * as CredentialSql from "../internal/credentialSql.js"
import * as Store from "../internal/credentialStore.js"

/**
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** How long making the table may wait for other processes. Default `10 seconds`. */
  readonly patience?: Duration.DurationInput | undefined
}

const setup = (cause: Error) =>
  new CredentialStore.CredentialStoreError({
    cause,
    message: `the table of credentials could not be made (${Records.innermost(cause)}): see that the database can be ` +
      "reached, and that its user may create tables, or let holdfast migrate make it",
    reason: "storage"
  })

/**
 * @since 0.1.0
 * @category constructors
 */
export const make = (
  options: Options = {}
): Effect.Effect<
  CredentialStore.CredentialStore["Type"],
  CredentialStore.CredentialStoreError,
  CredentialCipher | SqlClient.SqlClient
> =>
  Effect.gen(function*() {
    const sql = yield* SqlClient.SqlClient
    const { keys } = yield* CredentialCipher
    const patience = Duration.toMillis(options.patience ?? "10 seconds")
    // a program that may not create tables finds them made, and only looks
    const left = yield* Effect.mapError(CredentialSql.pending, setup)
    if (left.length > 0) yield* Effect.mapError(retryContention(CredentialSql.migrate, patience), setup)
    return Store.make(CredentialSql.make(sql), keys)
  })

/**
 * @since 0.1.0
 * @category layers
 */
export const layer = (
  options: Options = {}
): Layer.Layer<
  CredentialStore.CredentialStore,
  CredentialStore.CredentialStoreError,
  CredentialCipher | SqlClient.SqlClient
> => Layer.effect(CredentialStore.CredentialStore, make(options))
