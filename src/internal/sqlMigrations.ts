/**
 * Tables of our own in a database of the user's. A room keeps its migrations in one list, under a table that tells which of
 * them have been run; of several processes that start at once, one runs them and the others wait for it.
 *
 * @internal
 */
import * as Migrator from "@effect/sql/Migrator"
import * as SqlClient from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import * as Effect from "effect/Effect"
import * as Records from "./sqlRecords.js"

/** @internal */
export interface Migrations {
  /** The table that remembers. */
  readonly table: string
  /** By name, `0001_first`, in order; never changed once released, since what lies below the watermark is skipped. */
  readonly steps: Record<string, Effect.Effect<void, SqlError, SqlClient.SqlClient>>
}

/**
 * Runs what has not been run. Fails with reason `locked` when another process is at it and cannot be waited for in the
 * database itself; it may then be tried again.
 *
 * @internal
 */
export const migrate = (
  { steps, table }: Migrations
): Effect.Effect<void, Migrator.MigrationError | SqlError, SqlClient.SqlClient> =>
  Effect.gen(function*() {
    const sql = (yield* SqlClient.SqlClient).withoutTransforms()
    const run = Migrator.make({})({ loader: Migrator.fromRecord(steps), table })
    yield* sql.onDialectOrElse({
      pg: () => sql.withTransaction(Effect.zipRight(turn(sql, table), run)),
      orElse: () => run
    })
    // When another process is migrating, the Migrator gives up without a word: look before anybody uses the tables
    const rows = yield* sql<{ id: number }>`SELECT max(migration_id) AS id FROM ${sql(table)}`
    if (Number(rows[0]?.id ?? 0) < Object.keys(steps).length) {
      return yield* new Migrator.MigrationError({ reason: "locked", message: "another process is migrating" })
    }
  })

/**
 * The names of the steps that have not been run; changes nothing.
 *
 * @internal
 */
export const pending = (
  { steps, table }: Migrations
): Effect.Effect<ReadonlyArray<string>, SqlError, SqlClient.SqlClient> =>
  Effect.gen(function*() {
    const sql = (yield* SqlClient.SqlClient).withoutTransforms()
    const names = Object.keys(steps).sort()
    if (!(yield* Records.exists(sql, table))) return names
    const rows = yield* sql<{ id: number | null }>`SELECT max(migration_id) AS id FROM ${sql(table)}`
    return names.filter((name) => Number.parseInt(name, 10) > Number(rows[0]?.id ?? 0))
  })

/**
 * Waits for the processes that are before this one, and makes the Migrator's table: looking for it in vain, as the
 * Migrator does, would be the end of the transaction.
 */
const turn = (sql: SqlClient.SqlClient, table: string): Effect.Effect<void, SqlError> =>
  Effect.gen(function*() {
    yield* sql`SELECT pg_advisory_xact_lock(hashtextextended(${table}, 0))`
    const found = yield* sql<{ there: boolean }>`SELECT to_regclass(${table}) IS NOT NULL AS there`
    if (found[0]?.there !== true) {
      // whoever has looked before, and has waited here since, may be told once more that it is not there
      yield* sql`CREATE TABLE IF NOT EXISTS ${sql(table)} (
  migration_id INTEGER PRIMARY KEY,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT now(),
  name TEXT NOT NULL
)`
    }
  })
