/** Rows in a SQL database. */
import * as SqlClient from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { retryContention } from "../../internal/sqlContention.js"
import * as Migrations from "../../internal/sqlMigrations.js"
import * as Records from "../../internal/sqlRecords.js"
import type { Credential } from "./credential.js"
import { type Name, type Row, type Rows, RowsError } from "./credentialRows.js"
import * as Refresh from "./tokenRefreshCore.js"

export const table = "holdfast_credentials"

const create = Effect.gen(function*() {
  const sql = (yield* SqlClient.SqlClient).withoutTransforms()
  const text = sql.literal(sql.onDialectOrElse({ orElse: () => "TEXT", pg: () => "TEXT COLLATE \"C\"" }))
  yield* sql`CREATE TABLE ${sql(table)} (
  tenant ${text} NOT NULL,
  integration ${text} NOT NULL,
  connection ${text} NOT NULL,
  version BIGINT NOT NULL,
  kind ${text} NOT NULL,
  key_id ${text} NOT NULL,
  key_check ${text} NOT NULL,
  iv TEXT NOT NULL,
  sealed TEXT NOT NULL,
  expires_at BIGINT,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  PRIMARY KEY (tenant, integration, connection)
)`
  yield* sql`CREATE INDEX ${sql(`${table}_key`)} ON ${sql(table)} (key_id, key_check)`
})

/** What is known of the refresh of an OAuth2 credential, in its row: it goes where the credential goes. */
const addRefresh = Effect.gen(function*() {
  const sql = (yield* SqlClient.SqlClient).withoutTransforms()
  yield* sql`ALTER TABLE ${sql(table)} ADD COLUMN refresh TEXT`
})

const migrations: Migrations.Migrations = {
  steps: { "0001_credentials": create, "0002_token_refresh": addRefresh },
  table: "holdfast_auth_migrations"
}

export const migrate = Migrations.migrate(migrations)

export const pending = Migrations.pending(migrations)

interface SqlRow extends Name {
  readonly version: string | number
  readonly kind: Credential["_tag"]
  readonly key_id: string
  readonly key_check: string
  readonly iv: string
  readonly sealed: string
  readonly expires_at: string | number | null
  readonly created_at: string | number
  readonly updated_at: string | number
  readonly refresh: string | null
}

const RefreshText = Schema.parseJson(Refresh.Record)
const encodeRefresh = Schema.encodeSync(RefreshText)
/** Of a row that somebody else has written to, nothing is believed. */
const decodeRefresh = (text: string): Effect.Effect<Refresh.Record, RowsError> =>
  Effect.mapError(
    Schema.decode(RefreshText)(text),
    () => new RowsError({ message: "what is known of the refresh of a credential is no record of this version" })
  )

interface TakenRow extends Pick<SqlRow, "expires_at" | "refresh" | "version"> {
  readonly now: string | number
}

const fromSql = (row: SqlRow): Row => ({
  connection: row.connection,
  createdAt: Number(row.created_at),
  expiresAt: row.expires_at === null ? null : Number(row.expires_at),
  integration: row.integration,
  keyCheck: row.key_check,
  kind: row.kind,
  refresh: row.refresh === null ? undefined : Option.getOrUndefined(Schema.decodeOption(RefreshText)(row.refresh)),
  sealed: { iv: row.iv, keyId: row.key_id, value: row.sealed },
  tenant: row.tenant,
  updatedAt: Number(row.updated_at),
  version: Number(row.version)
})

/** Of real time, for the writers that are before this one. */
const patience = 10_000

const failed = (cause: SqlError) => new RowsError({ cause, message: Records.innermost(cause) })

/** Each step is one statement, and part of the transaction that the caller may be in. */
export const make = (client: SqlClient.SqlClient): Rows => {
  const sql = client.withoutTransforms()
  const rows = sql(table)
  const isPg = sql.onDialectOrElse({ orElse: () => false, pg: () => true })
  const clock = sql.literal(Records.clock(isPg))
  const run = <A>(effect: Effect.Effect<A, SqlError>): Effect.Effect<A, RowsError> =>
    Effect.mapError(retryContention(effect, patience), failed)
  const changed = (effect: Effect.Effect<ReadonlyArray<unknown>, SqlError>) =>
    Effect.map(run(effect), (changes) => changes.length > 0)
  const at = ({ connection, integration, tenant }: Name) =>
    sql`tenant = ${tenant} AND integration = ${integration} AND connection = ${connection}`

  const same = sql.literal(isPg ? "IS NOT DISTINCT FROM" : "IS")

  /** `undefined`: another one has taken a step meanwhile, or written the credential. */
  const take = (name: Name, step: Refresh.Step) =>
    Effect.gen(function*() {
      const [row] = yield* sql<TakenRow>`SELECT ${clock} AS now, version, expires_at, refresh FROM ${rows}
WHERE ${at(name)}`
      if (row === undefined) return Option.none<Refresh.Answer>()
      const before = row.refresh === null ? undefined : yield* decodeRefresh(row.refresh)
      const [answer, after] = Refresh.take({
        expiresAt: row.expires_at === null ? null : Number(row.expires_at),
        now: Number(row.now),
        record: before,
        version: Number(row.version)
      }, step)
      if (after === before || after === undefined) return Option.some(answer)
      const written = yield* sql`UPDATE ${rows} SET refresh = ${encodeRefresh(after)}
WHERE ${at(name)} AND version = ${row.version} AND refresh ${same} ${row.refresh} RETURNING version`
      return written.length === 0 ? undefined : Option.some(answer)
    })

  return {
    checks: (keyId) =>
      Effect.map(
        run(
          sql<{ least: string | null; most: string | null }>`SELECT min(key_check) AS least, max(key_check) AS most
FROM ${rows} WHERE key_id = ${keyId}`
        ),
        ([found]) => [...new Set([found?.least, found?.most])].filter((check) => check !== null && check !== undefined)
      ),
    insert: (row) =>
      changed(sql`INSERT INTO ${rows} (tenant, integration, connection, version, kind, key_id, key_check, iv, sealed,
expires_at, created_at, updated_at)
VALUES (${row.tenant}, ${row.integration}, ${row.connection}, ${row.version}, ${row.kind}, ${row.sealed.keyId},
${row.keyCheck}, ${row.sealed.iv}, ${row.sealed.value}, ${row.expiresAt}, ${row.createdAt}, ${row.updatedAt})
ON CONFLICT (tenant, integration, connection) DO NOTHING RETURNING version`),
    name: isPg ? "PostgreSQL" : "the database",
    page: ({ after, integration, limit, notBy, tenant }) => {
      const conditions = [
        ...(after === undefined ? [] : [
          sql`(tenant, integration, connection) > (${after.tenant}, ${after.integration}, ${after.connection})`
        ]),
        ...(tenant === undefined ? [] : [sql`tenant = ${tenant}`]),
        ...(integration === undefined ? [] : [sql`integration = ${integration}`]),
        ...(notBy === undefined ? [] : [sql`NOT (key_id = ${notBy.keyId} AND key_check = ${notBy.keyCheck})`])
      ]
      const found = sql<SqlRow>`SELECT * FROM ${rows} ${
        conditions.length === 0 ? sql`` : sql`WHERE ${sql.and(conditions)}`
      }
ORDER BY tenant, integration, connection LIMIT ${limit}`
      return Effect.map(run(found), (found) => found.map(fromSql))
    },
    read: (name) =>
      Effect.flatMap(
        // also where there is no row, the time
        run(sql<{ now: string | number } & SqlRow>`SELECT clock.now AS now, k.*
FROM (SELECT ${clock} AS now) clock LEFT JOIN ${rows} k ON ${at(name)}`),
        ([row]) =>
          row === undefined
            ? new RowsError({ message: "the database tells no time" })
            : Effect.succeed({ now: Number(row.now), row: row.version === null ? undefined : fromSql(row) })
      ),
    remove: (name, version) =>
      changed(
        version === undefined
          ? sql`DELETE FROM ${rows} WHERE ${at(name)} RETURNING version`
          : sql`DELETE FROM ${rows} WHERE ${at(name)} AND version = ${version} RETURNING version`
      ),
    reseal: (before, { iv, keyId, value }, keyCheck) =>
      changed(sql`UPDATE ${rows} SET key_id = ${keyId}, key_check = ${keyCheck}, iv = ${iv}, sealed = ${value}
WHERE ${at(before)} AND version = ${before.version} AND sealed = ${before.sealed.value} RETURNING version`),
    take: (name, step) => Effect.map(Records.untilTaken(take(name, step), failed), Option.getOrUndefined),
    update: (row, version) =>
      changed(sql`UPDATE ${rows} SET version = ${row.version}, kind = ${row.kind}, key_id = ${row.sealed.keyId},
key_check = ${row.keyCheck}, iv = ${row.sealed.iv}, sealed = ${row.sealed.value}, expires_at = ${row.expiresAt},
updated_at = ${row.updatedAt}
WHERE ${at(row)} AND version = ${version} RETURNING version`)
  }
}
