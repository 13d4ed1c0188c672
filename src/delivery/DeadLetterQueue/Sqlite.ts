/**
 * Dead letters in a SQLite file of their own. Nothing else needs to be installed or running.
 *
 * Several processes may share the file. An acknowledged capture survives a crash of the process and a power cut. A
 * capture does not take part in transactions of the program's other databases: it stays when they are rolled back.
 *
 * @since 0.1.0
 */
import * as SqlClient from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import * as Records from "../../internal/sqlRecords.js"
import * as DeadLetterQueue from "../DeadLetterQueue.js"
import * as input from "../internal/leaseQueueInput.js"
import * as sqliteFile from "../internal/sqliteFile.js"
import * as session from "../internal/sqlSession.js"
import * as Sql from "./Sql.js"

/**
 * @since 0.1.0
 * @category models
 */
export interface Options extends DeadLetterQueue.Options {
  /** Path of the file, which is created where there is none (its folder is not), or `:memory:`. */
  readonly filename: string
  readonly maxStalls?: Sql.Options["maxStalls"]
  readonly patience?: Sql.Options["patience"]
}

const cannotOpen = (filename: string) => (error: unknown): DeadLetterQueue.DeadLetterQueueError =>
  new DeadLetterQueue.DeadLetterQueueError({
    reason: "open",
    message: `the dead letters in "${filename}" cannot be opened (${Records.innermost(error)}): ${
      sqliteFile.mend(filename, error)
    }`,
    cause: error
  })

/**
 * @since 0.1.0
 * @category constructors
 */
export const make = (
  options: Options
): Effect.Effect<
  DeadLetterQueue.DeadLetterQueue["Type"],
  DeadLetterQueue.DeadLetterQueueError,
  Scope.Scope
> =>
  Effect.gen(function*() {
    const patience = input.millis(options.patience ?? "5 seconds")
    const sql = yield* session.retryContention(sqliteFile.open(options.filename, patience), patience)
    const queue = yield* Effect.provideService(
      Sql.make({ ...options, joinTransactions: false }),
      SqlClient.SqlClient,
      sql
    )
    // A file that can be read but not written shows itself now, and not at the first capture
    yield* session.retryContention(Records.apart(sql`UPDATE holdfast_lease_items SET seq = seq WHERE 0`), patience)
    return queue
  }).pipe(Effect.mapError(cannotOpen(options.filename)))

/**
 * Dead letters in a SQLite file. Fails with reason `open`, naming the file and the mend, when the file cannot be opened
 * or written.
 *
 * @example
 * ```ts
 * import * as Effect from "effect/Effect"
 * import { DeadLetterQueue } from "holdfast"
 * import * as Sqlite from "holdfast/delivery/DeadLetterQueue/Sqlite"
 *
 * const program = Effect.flatMap(DeadLetterQueue.DeadLetterQueue, (queue) => queue.stats()).pipe(
 *   Effect.provide(Sqlite.layer({ filename: "dead-letters.db" }))
 * )
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (
  options: Options
): Layer.Layer<DeadLetterQueue.DeadLetterQueue, DeadLetterQueue.DeadLetterQueueError> =>
  Layer.scoped(DeadLetterQueue.DeadLetterQueue, make(options))
