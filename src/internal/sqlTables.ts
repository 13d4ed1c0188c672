/**
 * Tables of shared records that are made ahead of the program that needs them.
 *
 * @internal
 */
import * as SqlClient from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import * as Effect from "effect/Effect"
import * as Records from "./sqlRecords.js"

/**
 * Those that are not there; changes nothing.
 *
 * @internal
 */
export const missing = (
  layouts: ReadonlyArray<Records.Table>
): Effect.Effect<ReadonlyArray<string>, SqlError, SqlClient.SqlClient> =>
  Effect.gen(function*() {
    const sql = (yield* SqlClient.SqlClient).withoutTransforms()
    const names: Array<string> = []
    for (const { table } of layouts) if (!(yield* Records.exists(sql, table))) names.push(table)
    return names
  })

/** @internal */
export const make = (layouts: ReadonlyArray<Records.Table>): Effect.Effect<void, SqlError, SqlClient.SqlClient> =>
  Effect.gen(function*() {
    const sql = (yield* SqlClient.SqlClient).withoutTransforms()
    const isPg = sql.onDialectOrElse({ orElse: () => false, pg: () => true })
    for (const layout of layouts) yield* Records.makeTable(sql, { ...layout, isPg })
  })
