import * as PgClient from "@effect/sql-pg/PgClient"
import * as SqliteClient from "@effect/sql-sqlite-node/SqliteClient"
import type * as SqlClient from "@effect/sql/SqlClient"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"

/** A client of a PostgreSQL by its URL, or of a SQLite file by its name. */
export const client = (store: string): Layer.Layer<SqlClient.SqlClient> =>
  store.startsWith("postgres:")
    ? Layer.orDie(PgClient.layer({ maxConnections: 2, url: Redacted.make(store) }))
    : Layer.orDie(SqliteClient.layer({ filename: store }))
