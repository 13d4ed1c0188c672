/**
 * Transactions of OAuth2 in a SQLite file, which the processes of one host may share, and which may be that of the
 * credentials. See `OAuth2Transactions/Sql`.
 *
 * @since 0.1.0
 */
import * as SqlClient from "@effect/sql/SqlClient"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import { retryContention } from "../../internal/sqlContention.js"
import * as sqliteFile from "../../internal/sqliteFile.js"
import * as Records from "../../internal/sqlRecords.js"
import type { CredentialCipher } from "../CredentialCipher.js"
import { OAuth2Transactions, OAuth2TransactionsError, type Service } from "../OAuth2Transactions.js"
import * as Sql from "./Sql.js"

/**
 * @since 0.1.0
 * @category models
 */
export interface Options extends Sql.Options {
  /** The file; made when it is not there. On a disk of the host's own: SQLite's locks do not work over a network. */
  readonly filename: string
}

const cannotOpen = (filename: string) => (cause: Error) =>
  new OAuth2TransactionsError({
    cause,
    message: `the OAuth2 transactions in "${filename}" cannot be opened (${Records.innermost(cause)}): ${
      sqliteFile.mend(filename, cause)
    }`
  })

/**
 * @since 0.1.0
 * @category constructors
 */
export const make = (
  options: Options
): Effect.Effect<Service, OAuth2TransactionsError, CredentialCipher | Scope.Scope> =>
  Effect.gen(function*() {
    const patience = Duration.toMillis(options.patience ?? "10 seconds")
    const sql = yield* retryContention(sqliteFile.open(options.filename, patience), patience)
    return yield* Effect.provideService(Sql.make(options), SqlClient.SqlClient, sql)
  }).pipe(Effect.mapError(cannotOpen(options.filename)))

/**
 * @since 0.1.0
 * @category layers
 */
export const layer = (options: Options): Layer.Layer<OAuth2Transactions, OAuth2TransactionsError, CredentialCipher> =>
  Layer.scoped(OAuth2Transactions, make(options))
