/**
 * The outbox on Redis, for any number of processes.
 *
 * A message is acknowledged when Redis has taken it, and lasts as long as the server keeps what it was given:
 * `appendonly yes`, and no eviction. See `LeaseQueue/Redis`, whose keys these are. It takes no part in a transaction of the
 * program's database.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import type * as Redis from "../../core/Redis.js"
import * as LeaseQueue from "../LeaseQueue.js"
import * as LeaseQueueRedis from "../LeaseQueue/Redis.js"
import * as Outbox from "../Outbox.js"

/**
 * @since 0.1.0
 * @category models
 */
export interface Options extends Outbox.Options, LeaseQueueRedis.Options {}

/**
 * Fails with reason `open` when Redis cannot be reached.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (
  options?: Options
): Effect.Effect<Outbox.Outbox["Type"], Outbox.OutboxError, Redis.Redis | Scope.Scope> =>
  LeaseQueueRedis.make(options).pipe(
    Effect.mapError((error) =>
      new Outbox.OutboxError({
        cause: error,
        message: `the outbox on Redis cannot be opened: ${error.message}`,
        reason: "open"
      })
    ),
    Effect.flatMap((queue) => Effect.provideService(Outbox.make(options), LeaseQueue.LeaseQueue, queue))
  )

/**
 * The outbox over the `Redis` of the context.
 *
 * @example
 * ```ts
 * import { Layer, Redacted } from "effect"
 * import * as RedisNode from "holdfast/core/Redis/Node"
 * import * as OutboxRedis from "holdfast/delivery/Outbox/Redis"
 *
 * const outbox = OutboxRedis.layer().pipe(
 *   Layer.provide(RedisNode.layer({ url: Redacted.make("redis://127.0.0.1:6379") }))
 * )
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (options?: Options): Layer.Layer<Outbox.Outbox, Outbox.OutboxError, Redis.Redis> =>
  Layer.scoped(Outbox.Outbox, make(options))
