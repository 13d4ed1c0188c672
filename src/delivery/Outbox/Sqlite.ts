/**
 * The outbox in a SQLite file of its own. Nothing else needs to be installed or running.
 *
 * Several processes may share the file. A message takes no part in transactions of the program's databases: where it should,
 * `Outbox/Sql` works over the program's own client, be it of the same file.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import * as sqliteQueue from "../internal/sqliteQueue.js"
import * as LeaseQueue from "../LeaseQueue.js"
import * as Outbox from "../Outbox.js"

/**
 * @since 0.1.0
 * @category models
 */
export interface Options extends Outbox.Options, sqliteQueue.Options {}

/**
 * @since 0.1.0
 * @category constructors
 */
export const make = (
  options: Options
): Effect.Effect<Outbox.Outbox["Type"], Outbox.OutboxError, Scope.Scope> =>
  sqliteQueue.make(options).pipe(
    Effect.mapError((error) =>
      new Outbox.OutboxError({
        cause: error,
        message: sqliteQueue.cannotOpen("the outbox", options.filename, error),
        reason: "open"
      })
    ),
    Effect.flatMap((queue) => Effect.provideService(Outbox.make(options), LeaseQueue.LeaseQueue, queue))
  )

/**
 * The outbox in a SQLite file. Fails with reason `open`, naming the file and the mend, when the file cannot be opened or
 * written.
 *
 * @example
 * ```ts
 * import * as OutboxSqlite from "holdfast/delivery/Outbox/Sqlite"
 *
 * const outbox = OutboxSqlite.layer({ filename: "outbox.db" })
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (options: Options): Layer.Layer<Outbox.Outbox, Outbox.OutboxError> =>
  Layer.scoped(Outbox.Outbox, make(options))
