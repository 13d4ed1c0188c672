/**
 * The inbox in a SQLite file of its own. Nothing else needs to be installed or running.
 *
 * Several processes may share the file. It takes no part in transactions of the program's databases: where it should
 * (`Inbox.commit`), `Inbox/Sql` works over the program's own client, be it of the same file.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import * as LeaseQueue from "../../delivery/LeaseQueue.js"
import * as LeaseQueueSqlite from "../../delivery/LeaseQueue/Sqlite.js"
import * as Inbox from "../Inbox.js"

/**
 * @since 0.1.0
 * @category models
 */
export interface Options extends Inbox.Options, LeaseQueueSqlite.Options {}

/**
 * @since 0.1.0
 * @category constructors
 */
export const make = (options: Options): Effect.Effect<Inbox.Inbox["Type"], Inbox.InboxError, Scope.Scope> =>
  LeaseQueueSqlite.make(options).pipe(
    Effect.mapError((cause) =>
      new Inbox.InboxError({ cause, message: `the inbox cannot be opened: ${cause.message}`, reason: "open" })
    ),
    Effect.flatMap((queue) => Effect.provideService(Inbox.make(options), LeaseQueue.LeaseQueue, queue))
  )

/**
 * Fails with reason `open`, naming the file and the mend, when the file cannot be opened or written.
 *
 * @example
 * ```ts
 * import * as InboxSqlite from "holdfast/webhook/Inbox/Sqlite"
 *
 * const inbox = InboxSqlite.layer({ filename: "inbox.db" })
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (options: Options): Layer.Layer<Inbox.Inbox, Inbox.InboxError> =>
  Layer.scoped(Inbox.Inbox, make(options))
