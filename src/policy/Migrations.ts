/**
 * The tables of shared breakers and limiters in a SQL database, made or brought up to date ahead of the programs that need
 * them: those then need no right to create tables. Programs do it by themselves when they start, where they may.
 *
 * @since 0.1.0
 */
import type * as SqlClient from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import * as Effect from "effect/Effect"
import * as Tables from "../internal/sqlTables.js"
import * as breakerStore from "./internal/breaker/sqlStore.js"
import * as limitStore from "./internal/limit/leaseSqlStore.js"

const tables = [breakerStore.layout, limitStore.layout]

/**
 * Name of the table of shared circuits.
 *
 * @since 0.1.0
 * @category tables
 */
export const breakers: string = breakerStore.table

/**
 * Name of the table of shared limits.
 *
 * @since 0.1.0
 * @category tables
 */
export const limits: string = limitStore.table

/**
 * The tables that are not there. Changes nothing.
 *
 * @since 0.1.0
 * @category migrations
 */
export const pending: Effect.Effect<ReadonlyArray<string>, SqlError, SqlClient.SqlClient> = Tables.missing(tables)

/**
 * Makes the tables that are not there, and gives their names. May be repeated.
 *
 * @since 0.1.0
 * @category migrations
 */
export const run: Effect.Effect<ReadonlyArray<string>, SqlError, SqlClient.SqlClient> = Effect.zipLeft(
  pending,
  Tables.make(tables)
)
