/** A lease queue in a SQLite file: over a connection of its own, and apart from the program's transactions. */
import * as SqlClient from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as sqliteFile from "../../internal/sqliteFile.js"
import * as Records from "../../internal/sqlRecords.js"
import type * as LeaseQueue from "../LeaseQueue.js"
import * as input from "./leaseQueueInput.js"
import * as leaseQueueSql from "./leaseQueueSql.js"
import * as sqliteSync from "./sqliteSync.js"
import * as session from "./sqlSession.js"

export interface Options extends Pick<leaseQueueSql.Options, "maxStalls" | "patience"> {
  /** Path of the file, which is created where there is none (its folder is not), or `:memory:`. */
  readonly filename: string
}

export const make = (
  options: Options
): Effect.Effect<LeaseQueue.LeaseQueue["Type"], SqlError | LeaseQueue.LeaseQueueError, Scope.Scope> =>
  Effect.gen(function*() {
    const patience = input.millis(options.patience ?? "5 seconds")
    const sql = yield* session.retryContention(sqliteFile.open(options.filename, patience), patience)
    const { synced } = yield* session.retryContention(sqliteSync.make(sql, options.filename), patience)
    const queue = yield* Effect.provideService(
      // of a few milliseconds each, between which the rest of the process has its turn
      leaseQueueSql.make({ ...options, joinTransactions: false }, { inFlight: 4, maxSize: 64, synced }),
      SqlClient.SqlClient,
      sql
    )
    // A file that can be read but not written shows itself now, and not at the first entry
    yield* session.retryContention(Records.apart(sql`UPDATE holdfast_lease_items SET seq = seq WHERE 0`), patience)
    return queue
  })

/** Which file it is, why it cannot be opened, and the mend. */
export const cannotOpen = (what: string, filename: string, error: unknown): string =>
  `${what} in "${filename}" cannot be opened (${Records.innermost(error)}): ${sqliteFile.mend(filename, error)}`
