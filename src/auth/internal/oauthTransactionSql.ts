/** Transactions of OAuth2 in a SQL database. */
import * as SqlClient from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import * as Effect from "effect/Effect"
import type { Sealed } from "../../internal/sealing.js"
import { retryContention } from "../../internal/sqlContention.js"
import * as Migrations from "../../internal/sqlMigrations.js"
import * as Records from "../../internal/sqlRecords.js"
import { timeToLive } from "./oauthTransaction.js"

export const table = "holdfast_oauth2_transactions"

const create = Effect.gen(function*() {
  const sql = (yield* SqlClient.SqlClient).withoutTransforms()
  const text = sql.literal(sql.onDialectOrElse({ orElse: () => "TEXT", pg: () => "TEXT COLLATE \"C\"" }))
  yield* sql`CREATE TABLE ${sql(table)} (
  id ${text} NOT NULL PRIMARY KEY,
  key_id ${text} NOT NULL,
  iv TEXT NOT NULL,
  sealed TEXT NOT NULL,
  expires_at BIGINT NOT NULL
)`
  yield* sql`CREATE INDEX ${sql(`${table}_end`)} ON ${sql(table)} (expires_at)`
})

const migrations: Migrations.Migrations = {
  steps: { "0001_oauth2_transactions": create },
  table: "holdfast_oauth2_migrations"
}

export const migrate = Migrations.migrate(migrations)

export const pending = Migrations.pending(migrations)

/** Of real time, for the writers that are before this one. */
const patience = 10_000

/**
 * On PostgreSQL no step is part of a transaction of the caller's: what was taken stays taken, whatever becomes of it. On
 * SQLite, which has one connection, it would wait for the end of that transaction, which waits for it.
 */
export const make = (client: SqlClient.SqlClient) => {
  const sql = client.withoutTransforms()
  const rows = sql(table)
  const isPg = sql.onDialectOrElse({ orElse: () => false, pg: () => true })
  const clock = sql.literal(Records.clock(isPg))
  const run = <A>(effect: Effect.Effect<A, SqlError>): Effect.Effect<A, SqlError> => {
    const patient = retryContention(effect, patience)
    return isPg ? Records.apart(patient) : patient
  }
  return {
    insert: (id: string, { iv, keyId, value }: Sealed): Effect.Effect<void, SqlError> =>
      Effect.zipRight(
        // those that nobody came back for
        run(sql`DELETE FROM ${rows} WHERE id IN (SELECT id FROM ${rows} WHERE expires_at <= ${clock} LIMIT 100)`),
        run(sql`INSERT INTO ${rows} (id, key_id, iv, sealed, expires_at)
VALUES (${id}, ${keyId}, ${iv}, ${value}, ${clock} + ${sql.literal(String(timeToLive))})`)
      ),
    take: (id: string): Effect.Effect<{ readonly isLive: boolean; readonly sealed: Sealed } | undefined, SqlError> =>
      Effect.map(
        run(sql<{ iv: string; key_id: string; live: number; sealed: string }>`DELETE FROM ${rows} WHERE id = ${id}
RETURNING key_id, iv, sealed, CASE WHEN expires_at > ${clock} THEN 1 ELSE 0 END AS live`),
        ([row]) =>
          row === undefined
            ? undefined
            : { isLive: Number(row.live) === 1, sealed: { iv: row.iv, keyId: row.key_id, value: row.sealed } }
      )
  }
}
