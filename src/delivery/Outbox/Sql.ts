/**
 * The outbox in a SQL database, over the `SqlClient` of the context: a message that is sent inside of a transaction of
 * that client is part of the transaction.
 *
 * @since 0.1.0
 */
import type * as SqlClient from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as LeaseQueue from "../LeaseQueue.js"
import * as LeaseQueueSql from "../LeaseQueue/Sql.js"
import * as Outbox from "../Outbox.js"

/**
 * @since 0.1.0
 * @category models
 */
export interface Options extends Outbox.Options, LeaseQueueSql.Options {}

/**
 * @since 0.1.0
 * @category constructors
 */
export const make = (
  options?: Options
): Effect.Effect<Outbox.Outbox["Type"], Outbox.OutboxError, SqlClient.SqlClient> =>
  LeaseQueueSql.make(options).pipe(
    Effect.mapError((error) =>
      new Outbox.OutboxError({
        reason: "open",
        message: `the tables of the outbox could not be prepared: ${error.message}`,
        cause: error
      })
    ),
    Effect.flatMap((queue) => Effect.provideService(Outbox.make(options), LeaseQueue.LeaseQueue, queue))
  )

/**
 * The outbox over the `SqlClient` of the context. Creates its tables; fails with reason `open` when it cannot.
 *
 * @example
 * ```ts
 * import * as SqliteClient from "@effect/sql-sqlite-node/SqliteClient"
 * import * as Layer from "effect/Layer"
 * import * as OutboxSql from "holdfast/delivery/Outbox/Sql"
 *
 * const outbox = Layer.provide(OutboxSql.layer(), SqliteClient.layer({ filename: "app.db" }))
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (options?: Options): Layer.Layer<Outbox.Outbox, Outbox.OutboxError, SqlClient.SqlClient> =>
  Layer.effect(Outbox.Outbox, make(options))
