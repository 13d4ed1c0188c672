/**
 * The tables of stored credentials and of OAuth2 transactions in a SQL database, made or brought up to date ahead of the programs that need it:
 * those then need no right to create tables. Programs do it by themselves when they start, where they may.
 *
 * @since 0.1.0
 */
import type * as Migrator from "@effect/sql/Migrator"
import type * as SqlClient from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import * as Effect from "effect/Effect"
import { retryContention } from "../internal/sqlContention.js"
import * as CredentialSql from "./internal/credentialSql.js"
import * as TransactionSql from "./internal/oauthTransactionSql.js"

/**
 * Name of the table of credentials.
 *
 * @since 0.1.0
 * @category tables
 */
export const credentials: string = CredentialSql.table

/**
 * Name of the table of OAuth2 transactions.
 *
 * @since 0.1.0
 * @category tables
 */
export const oauth2Transactions: string = TransactionSql.table

/** Of real time, for other processes that do the same. */
const patience = 10_000

/**
 * Names of the steps that `run` would do (`0001_credentials`), of those that `holdfast_auth_migrations` and
 * `holdfast_oauth2_migrations` remember. Changes nothing.
 *
 * @since 0.1.0
 * @category migrations
 */
export const pending: Effect.Effect<ReadonlyArray<string>, SqlError, SqlClient.SqlClient> = Effect.zipWith(
  CredentialSql.pending,
  TransactionSql.pending,
  (credentials, transactions) => [...credentials, ...transactions]
)

/**
 * The same for stored credentials alone.
 *
 * @since 0.1.0
 * @category migrations
 */
export const pendingCredentials: Effect.Effect<ReadonlyArray<string>, SqlError, SqlClient.SqlClient> =
  CredentialSql.pending

/**
 * Does what is pending, and gives its names. May be repeated, and be done by several processes at once: they wait for
 * each other. Fails with the reason `locked` where another one takes longer than 10 seconds.
 *
 * @since 0.1.0
 * @category migrations
 */
export const run: Effect.Effect<ReadonlyArray<string>, Migrator.MigrationError | SqlError, SqlClient.SqlClient> = Effect
  .zipLeft(
    pending,
    Effect.zipRight(
      retryContention(CredentialSql.migrate, patience),
      retryContention(TransactionSql.migrate, patience)
    )
  )
