/**
 * Dead letters in a SQL database, over the `SqlClient` of the context. A capture inside of a transaction of that client
 * is part of the transaction.
 *
 * @since 0.1.0
 */
import type * as SqlClient from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import * as DeadLetterQueue from "../DeadLetterQueue.js"
import * as LeaseQueue from "../LeaseQueue.js"
import * as LeaseQueueSql from "../LeaseQueue/Sql.js"

/**
 * @since 0.1.0
 * @category models
 */
export interface Options extends DeadLetterQueue.Options, LeaseQueueSql.Options {}

/**
 * @since 0.1.0
 * @category constructors
 */
export const make = (
  options?: Options
): Effect.Effect<
  DeadLetterQueue.DeadLetterQueue["Type"],
  DeadLetterQueue.DeadLetterQueueError,
  SqlClient.SqlClient | Scope.Scope
> =>
  LeaseQueueSql.make(options).pipe(
    Effect.mapError((error) =>
      new DeadLetterQueue.DeadLetterQueueError({
        reason: "open",
        message: `the tables of the dead letters could not be prepared: ${error.message}`,
        cause: error
      })
    ),
    Effect.flatMap((queue) => Effect.provideService(DeadLetterQueue.make(options), LeaseQueue.LeaseQueue, queue))
  )

/**
 * Dead letters over the `SqlClient` of the context. Creates its tables; fails with reason `open` when it cannot.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (
  options?: Options
): Layer.Layer<DeadLetterQueue.DeadLetterQueue, DeadLetterQueue.DeadLetterQueueError, SqlClient.SqlClient> =>
  Layer.scoped(DeadLetterQueue.DeadLetterQueue, make(options))
