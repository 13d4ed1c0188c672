/**
 * Dead letters on Redis, for any number of processes.
 *
 * A capture is acknowledged when Redis has taken it, and lasts as long as the server keeps what it was given:
 * `appendonly yes`, and no eviction. See `LeaseQueue/Redis`, whose keys these are. A capture takes no part in a transaction of
 * the program's database.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import type * as Redis from "../../core/Redis.js"
import * as DeadLetterQueue from "../DeadLetterQueue.js"
import * as LeaseQueue from "../LeaseQueue.js"
import * as LeaseQueueRedis from "../LeaseQueue/Redis.js"

/**
 * @since 0.1.0
 * @category models
 */
export interface Options extends DeadLetterQueue.Options, LeaseQueueRedis.Options {}

/**
 * Fails with reason `open` when Redis cannot be reached.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (
  options?: Options
): Effect.Effect<
  DeadLetterQueue.DeadLetterQueue["Type"],
  DeadLetterQueue.DeadLetterQueueError,
  Redis.Redis | Scope.Scope
> =>
  LeaseQueueRedis.make(options).pipe(
    Effect.mapError((error) =>
      new DeadLetterQueue.DeadLetterQueueError({
        cause: error,
        message: `the dead letters on Redis cannot be opened: ${error.message}`,
        reason: "open"
      })
    ),
    Effect.flatMap((queue) => Effect.provideService(DeadLetterQueue.make(options), LeaseQueue.LeaseQueue, queue))
  )

/**
 * Dead letters over the `Redis` of the context.
 *
 * @example
 * ```ts
 * import { Layer, Redacted } from "effect"
 * import * as RedisNode from "holdfast/core/Redis/Node"
 * import * as DeadLetterQueueRedis from "holdfast/delivery/DeadLetterQueue/Redis"
 *
 * const deadLetters = DeadLetterQueueRedis.layer().pipe(
 *   Layer.provide(RedisNode.layer({ url: Redacted.make("redis://127.0.0.1:6379") }))
 * )
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (
  options?: Options
): Layer.Layer<DeadLetterQueue.DeadLetterQueue, DeadLetterQueue.DeadLetterQueueError, Redis.Redis> =>
  Layer.scoped(DeadLetterQueue.DeadLetterQueue, make(options))
