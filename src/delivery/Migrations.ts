/**
 * The tables of dead letters, outbox, inbox and idempotency in a SQL database, made or brought up to date ahead of the
 * programs that need them: those then need no right to create tables. Programs do it by themselves when they start, where
 * they may.
 *
 * @since 0.1.0
 */
import type * as Migrator from "@effect/sql/Migrator"
import type * as SqlClient from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import * as Effect from "effect/Effect"
import * as Tables from "../internal/sqlTables.js"
import * as idempotencyStore from "./internal/idempotencySqlStore.js"
import * as migrations from "./internal/migrations.js"
import * as session from "./internal/sqlSession.js"

const tables = [idempotencyStore.layout]

/**
 * Name of the table of idempotency keys.
 *
 * @since 0.1.0
 * @category tables
 */
export const idempotency: string = idempotencyStore.table

/** Of real time, for other processes that do the same. */
const patience = 10_000

/**
 * Names of what `run` would do: steps of `holdfast_migrations` (`0001_lease_queue`), and tables that are not there. Empty
 * where all is as this version needs it. Changes nothing.
 *
 * @since 0.1.0
 * @category migrations
 */
export const pending: Effect.Effect<ReadonlyArray<string>, SqlError, SqlClient.SqlClient> = Effect.zipWith(
  migrations.pending,
  Tables.missing(tables),
  (steps, missing) => [...steps, ...missing]
)

/**
 * What of that the queues need: dead letters and the outbox.
 *
 * @since 0.1.0
 * @category migrations
 */
export const pendingQueues: Effect.Effect<ReadonlyArray<string>, SqlError, SqlClient.SqlClient> = migrations.pending

/**
 * Does what is pending, and gives its names. May be repeated, and be done by several processes at once: they wait for each
 * other. Fails with the reason `locked` where another one takes longer than 10 seconds.
 *
 * @since 0.1.0
 * @category migrations
 */
export const run: Effect.Effect<ReadonlyArray<string>, Migrator.MigrationError | SqlError, SqlClient.SqlClient> = Effect
  .gen(function*() {
    const names = yield* pending
    yield* session.retryContention(Effect.zipRight(migrations.run, Tables.make(tables)), patience)
    return names
  })
