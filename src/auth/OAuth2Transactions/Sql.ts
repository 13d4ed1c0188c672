/**
 * Transactions of OAuth2 in a SQL database, over the `SqlClient` of the context: PostgreSQL or SQLite. Encrypted by the
 * `CredentialCipher` of the context before they leave the process; in the clear are the id of the key and the time at
 * which they end.
 *
 * The table is `holdfast_oauth2_transactions`; it is made where it is missing. All times are the database's.
 *
 * @since 0.1.0
 */
import * as SqlClient from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as KnownSecrets from "../../internal/knownSecrets.js"
import { retryContention } from "../../internal/sqlContention.js"
import * as Records from "../../internal/sqlRecords.js"
import { CredentialCipher } from "../CredentialCipher.js"
import * as Transaction from "../internal/oauthTransaction.js"
import * as TransactionSql from "../internal/oauthTransactionSql.js"
import { OAuth2Transactions, OAuth2TransactionsError, type Service } from "../OAuth2Transactions.js"

/**
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** How long making the table may wait for other processes. Default `10 seconds`. */
  readonly patience?: Duration.DurationInput | undefined
}

const setup = (cause: Error) =>
  new OAuth2TransactionsError({
    cause,
    message:
      `the table of OAuth2 transactions could not be made (${Records.innermost(cause)}): see that the database ` +
      "can be reached, and that its user may create tables, or let holdfast migrate make it"
  })

const failed = (cause: SqlError) =>
  new OAuth2TransactionsError({
    cause: KnownSecrets.scrub(cause),
    message: `the OAuth2 transactions cannot be reached: ${KnownSecrets.scrub(Records.innermost(cause))}`
  })

const unreadable = (keyId: string) =>
  new OAuth2TransactionsError({
    message: `an OAuth2 transaction is encrypted with the key "${keyId}", which this program does not have, or has ` +
      "another one of: give it among the older keys"
  })

/**
 * @since 0.1.0
 * @category constructors
 */
export const make = (
  options: Options = {}
): Effect.Effect<Service, OAuth2TransactionsError, CredentialCipher | SqlClient.SqlClient> =>
  Effect.gen(function*() {
    const sql = yield* SqlClient.SqlClient
    const { keys } = yield* CredentialCipher
    const patience = Duration.toMillis(options.patience ?? "10 seconds")
    const left = yield* Effect.mapError(TransactionSql.pending, setup)
    if (left.length > 0) yield* Effect.mapError(retryContention(TransactionSql.migrate, patience), setup)
    const rows = TransactionSql.make(sql)
    return {
      begin: (transaction) =>
        Effect.gen(function*() {
          const browser = Transaction.browserSecret()
          const id = Transaction.idOf(transaction.pending.state, browser)
          const sealed = yield* keys.seal(Transaction.subjectOf(id), Transaction.encode(transaction))
          yield* Effect.mapError(rows.insert(id, sealed), failed)
          return browser
        }),
      take: (state, browser) =>
        Effect.gen(function*() {
          const id = Transaction.idOfTexts(state, browser)
          const row = yield* Effect.mapError(rows.take(id), failed)
          if (row === undefined || !row.isLive) return Option.none()
          const text = yield* Effect.mapError(
            keys.open(Transaction.subjectOf(id), row.sealed),
            () => unreadable(row.sealed.keyId)
          )
          return Transaction.decode(text)
        })
    }
  })

/**
 * @since 0.1.0
 * @category layers
 */
export const layer = (
  options: Options = {}
): Layer.Layer<OAuth2Transactions, OAuth2TransactionsError, CredentialCipher | SqlClient.SqlClient> =>
  Layer.effect(OAuth2Transactions, make(options))
