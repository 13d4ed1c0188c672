/**
 * Dead letters in a SQLite file of their own. Nothing else needs to be installed or running.
 *
 * Several processes may share the file. An acknowledged capture survives a crash of the process and a power cut. A
 * capture does not take part in transactions of the program's other databases: it stays when they are rolled back.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import * as DeadLetterQueue from "../DeadLetterQueue.js"
import * as sqliteQueue from "../internal/sqliteQueue.js"
import * as LeaseQueue from "../LeaseQueue.js"

/**
 * @since 0.1.0
 * @category models
 */
export interface Options extends DeadLetterQueue.Options, sqliteQueue.Options {}

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
  sqliteQueue.make(options).pipe(
    Effect.mapError((error) =>
      new DeadLetterQueue.DeadLetterQueueError({
        cause: error,
        message: sqliteQueue.cannotOpen("the dead letters", options.filename, error),
        reason: "open"
      })
    ),
    Effect.flatMap((queue) => Effect.provideService(DeadLetterQueue.make(options), LeaseQueue.LeaseQueue, queue))
  )

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
