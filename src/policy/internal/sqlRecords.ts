/** What the tables of shared records have in common: rows of a space, with a name and an end. */
import * as SqlClient from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import type { Fragment, Statement } from "@effect/sql/Statement"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"

/** Makes the table and its index, where they are not there. */
export const makeTable = (
  sql: SqlClient.SqlClient,
  options: {
    readonly isPg: boolean
    readonly table: string
    /** Besides `space`, `name` and `version`. */
    readonly columns: string
    /** Of a space, by which what has changed is found. */
    readonly index: { readonly name: string; readonly column: string }
  }
): Effect.Effect<void, SqlError> =>
  Effect.gen(function*() {
    const { columns, index, isPg, table } = options
    const rows = sql(table)
    const there = yield* Effect.option(sql`SELECT 1 FROM ${rows} LIMIT 0`)
    if (there._tag === "Some") return
    const text = sql.literal(isPg ? "TEXT COLLATE \"C\"" : "TEXT")
    const create = sql`CREATE TABLE IF NOT EXISTS ${rows} (
  space ${text} NOT NULL,
  name ${text} NOT NULL,
  version BIGINT NOT NULL,
  ${sql.literal(columns)},
  PRIMARY KEY (space, name)
)`
    const all = Effect.zipRight(
      create,
      sql`CREATE INDEX IF NOT EXISTS ${sql(index.name)} ON ${rows} (space, ${sql(index.column)})`
    )
    // two processes that make it at once would otherwise trip over each other
    yield* isPg
      ? sql.withTransaction(Effect.zipRight(sql`SELECT pg_advisory_xact_lock(hashtextextended(${table}, 0))`, all))
      : all
  })

/** What has expired goes, a little at a time; not what has been used again meanwhile. */
export const sweep = (sql: SqlClient.SqlClient, table: string, space: string, now: Fragment): Statement<unknown> =>
  sql`DELETE FROM ${sql(table)} WHERE space = ${space} AND name IN (
SELECT name FROM ${sql(table)} WHERE space = ${space} AND expires_at <= ${now} LIMIT 100) AND expires_at <= ${now}`

/** No step is part of a transaction of the caller's. */
export const apart = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.mapInputContext(
    effect,
    (context: Context.Context<R>) => Context.omit(SqlClient.TransactionConnection)(context) as Context.Context<R>
  )
