/**
 * The lease queue in a SQLite file of its own, for faces of it that have one. Nothing else needs to be installed or running.
 *
 * Several processes may share the file. It takes no part in transactions of the program's databases: where it should,
 * `LeaseQueue/Sql` works over the program's own client, be it of the same file.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import * as sqliteQueue from "../internal/sqliteQueue.js"
import * as LeaseQueue from "../LeaseQueue.js"

/**
 * @since 0.1.0
 * @category models
 */
export interface Options extends sqliteQueue.Options {}

/**
 * @since 0.1.0
 * @category constructors
 */
export const make = (
  options: Options
): Effect.Effect<LeaseQueue.LeaseQueue["Type"], LeaseQueue.LeaseQueueError, Scope.Scope> =>
  Effect.mapError(sqliteQueue.make(options), (error) =>
    new LeaseQueue.LeaseQueueError({
      cause: error,
      message: sqliteQueue.cannotOpen("the queue", options.filename, error),
      reason: "setup"
    }))

/**
 * Fails with reason `setup`, naming the file and the mend, when the file cannot be opened or written.
 *
 * @example
 * ```ts
 * import * as LeaseQueueSqlite from "holdfast/delivery/LeaseQueue/Sqlite"
 *
 * const queue = LeaseQueueSqlite.layer({ filename: "queue.db" })
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (options: Options): Layer.Layer<LeaseQueue.LeaseQueue, LeaseQueue.LeaseQueueError> =>
  Layer.scoped(LeaseQueue.LeaseQueue, make(options))
