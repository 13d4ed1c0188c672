/**
 * What the tables of shared records have in common: rows of a space, with a name, a version and an end. A step reads a row,
 * thinks, and writes if nobody has written meanwhile: no process holds a lock while it thinks.
 *
 * @internal
 */
import * as SqlClient from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import type { Fragment, Statement } from "@effect/sql/Statement"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import * as Background from "./background.js"

/**
 * What the database itself said.
 *
 * @internal
 */
export const innermost = (u: unknown): string =>
  Predicate.hasProperty(u, "cause") && u.cause !== undefined
    ? innermost(u.cause)
    : Predicate.hasProperty(u, "message")
    ? String(u.message)
    : String(u)

/** @internal */
export const isBusy = (u: unknown): boolean =>
  Predicate.hasProperty(u, "code") && typeof u.code === "string" && /^SQLITE_(BUSY|LOCKED)/.test(u.code) ||
  Predicate.hasProperty(u, "cause") && isBusy(u.cause)

/**
 * Takes a step again until nobody comes in between, in which case the attempt gives `undefined`; whoever asks sets the
 * limit.
 *
 * @internal
 */
export const untilTaken = <A extends object, E>(
  attempt: Effect.Effect<A | undefined, E | SqlError>,
  away: (error: SqlError) => E
): Effect.Effect<A, E> => {
  const round = (n: number): Effect.Effect<A, E> =>
    attempt.pipe(
      Effect.catchIf(isSqlError, (error) => isBusy(error) ? Effect.succeed(undefined) : Effect.fail(away(error))),
      Effect.flatMap((taken) =>
        taken !== undefined
          ? Effect.succeed(taken)
          : Effect.zipRight(Background.sleep(Math.random() * Math.min(2 ** n, 20)), round(n + 1))
      )
    )
  return round(0)
}

const isSqlError = (u: unknown): u is SqlError => Predicate.isTagged(u, "SqlError")

/**
 * Whether there is a table of this name, or a view, that may be read. Outside of a transaction, which PostgreSQL would end.
 *
 * @internal
 */
export const exists = (sql: SqlClient.SqlClient, table: string): Effect.Effect<boolean, SqlError> =>
  Effect.map(
    sql.onDialectOrElse({
      pg: () => sql<{ there: unknown }>`SELECT to_regclass(${table}) IS NOT NULL AS there`,
      orElse: () =>
        sql<{ there: unknown }>`SELECT count(*) AS there FROM sqlite_master WHERE type = 'table' AND name = ${table}`
    }),
    (rows) => Number(rows[0]?.there ?? 0) > 0
  )

/**
 * @internal
 */
export interface Table {
  readonly table: string
  /** Besides `space`, `name` and `version`. */
  readonly columns: string
  /** Of a space, by which what has changed is found. */
  readonly index: { readonly name: string; readonly column: string }
}

/**
 * Makes the table and its index, where they are not there.
 *
 * @internal
 */
export const makeTable = (
  sql: SqlClient.SqlClient,
  options: Table & { readonly isPg: boolean }
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

/**
 * What has expired goes, a little at a time; not what has been used again meanwhile.
 *
 * @internal
 */
export const sweep = (sql: SqlClient.SqlClient, table: string, space: string, now: Fragment): Statement<unknown> =>
  sql`DELETE FROM ${sql(table)} WHERE space = ${space} AND name IN (
SELECT name FROM ${sql(table)} WHERE space = ${space} AND expires_at <= ${now} LIMIT 100) AND expires_at <= ${now}`

/**
 * The database's own clock: whole milliseconds since 1970.
 *
 * @internal
 */
export const clock = (isPg: boolean): string =>
  isPg
    ? "floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint"
    : "CAST(round((julianday('now') - 2440587.5) * 86400000) AS INTEGER)"

/**
 * No step is part of a transaction of the caller's.
 *
 * @internal
 */
export const apart = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.mapInputContext(
    effect,
    (context: Context.Context<R>) => Context.omit(SqlClient.TransactionConnection)(context) as Context.Context<R>
  )
