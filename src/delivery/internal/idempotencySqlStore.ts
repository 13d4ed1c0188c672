/** Records in a SQL database, one row a key. */
import type * as SqlClient from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Background from "../../internal/background.js"
import * as Records from "../../internal/sqlRecords.js"
import * as Core from "./idempotencyCore.js"
import { type Store, StoreError } from "./idempotencyStore.js"
import * as session from "./sqlSession.js"

/** The row of another layout would be in another table. */
export const table = "holdfast_idempotency_1"

export const layout: Records.Table = {
  columns: `expires_at BIGINT NOT NULL,
  record TEXT NOT NULL`,
  index: { column: "expires_at", name: `${table}_expiry` },
  table
}

interface Row {
  readonly now: string | number
  readonly record: string | null
}

/** Milliseconds between two looks at what has expired. */
const sweepEvery = 10_000

const failed = (cause: SqlError) => new StoreError({ cause, message: Records.innermost(cause) })

/** Of a row that somebody else has written to, nothing is believed. */
const parse = (text: string): Effect.Effect<Core.Record, StoreError> =>
  Effect.try({
    catch: (cause) => new StoreError({ cause, message: "the row is not a record of this library" }),
    try: () => {
      const record = JSON.parse(text) as Core.Record
      if (![record.token, record.until, record.expiresAt].every(Number.isFinite)) throw new Error(text)
      return record
    }
  })

export const make = (
  client: SqlClient.SqlClient,
  { space }: { readonly space: string }
): Effect.Effect<Store, StoreError, Scope.Scope> =>
  Effect.gen(function*() {
    const sql = client.withoutTransforms()
    const rows = sql(table)
    const isPg = sql.onDialectOrElse({ orElse: () => false, pg: () => true })
    const now = sql.literal(Records.clock(isPg))
    const number = sql.literal(isPg ? "::bigint" : "")

    const look = (key: string) =>
      sql<Row>`SELECT clock.now AS now, k.record AS record
FROM (SELECT ${now} AS now) clock LEFT JOIN ${rows} k ON k.space = ${space} AND k.name = ${key}`

    /** One row where it was written. `before`: as it was read; a row that was made anew since is another one. */
    const write = (key: string, before: string | null, record: Core.Record | undefined) => {
      const same = sql`space = ${space} AND name = ${key} AND record = ${before}`
      if (record === undefined) return sql`DELETE FROM ${rows} WHERE ${same} RETURNING name`
      const text = JSON.stringify(record)
      return before === null
        ? sql`INSERT INTO ${rows} (space, name, version, expires_at, record)
VALUES (${space}, ${key}, 1, ${record.expiresAt}, ${text}) ON CONFLICT (space, name) DO NOTHING RETURNING name`
        : sql`UPDATE ${rows} SET version = version + 1, expires_at = ${record.expiresAt}${number}, record = ${text}
WHERE ${same} RETURNING name`
    }

    const attempt = (key: string, step: Core.Step) =>
      Effect.gen(function*() {
        const [row] = yield* look(key)
        if (row === undefined) return yield* new StoreError({ message: "the database tells no time" })
        const before = row.record === null ? undefined : yield* parse(row.record)
        const [answer, after] = Core.take(before, step, Number(row.now))
        if (after === before) return answer
        // what is to go and has gone already
        if (after === undefined && row.record === null) return answer
        const written = yield* write(key, row.record, after)
        return written.length === 0 ? undefined : answer
      })

    yield* Effect.mapError(
      Records.apart(Records.makeTable(sql, { ...layout, isPg })),
      failed
    )
    yield* Effect.forkScoped(
      Effect.forever(
        Effect.zipRight(
          Background.sleep(sweepEvery),
          Effect.ignore(Records.apart(Records.sweep(sql, table, space, now)))
        )
      )
    )

    /** A database of one connection would wait for the transaction that waits for it. */
    const guarded = <A>(effect: Effect.Effect<A, StoreError>): Effect.Effect<A, StoreError> =>
      isPg ? Records.apart(effect) : Effect.if(session.inTransaction, {
        onFalse: () => effect,
        onTrue: () =>
          new StoreError({
            message: "it is inside of a transaction of the same SQLite connection: begin the transaction inside of it"
          })
      })

    return {
      name: isPg ? "PostgreSQL" : "the database",
      take: (key, step) => guarded(Records.untilTaken(attempt(key, step), failed))
    }
  })
