/**
 * The inbox on Redis, for any number of processes.
 *
 * An event is acknowledged when Redis has taken it, and lasts as long as the server keeps what it was given:
 * `appendonly yes`, and no eviction. See `LeaseQueue/Redis`, whose keys these are. It takes no part in a transaction of the
 * program's database.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import type * as Redis from "../../core/Redis.js"
import * as LeaseQueue from "../../delivery/LeaseQueue.js"
import * as LeaseQueueRedis from "../../delivery/LeaseQueue/Redis.js"
import * as Inbox from "../Inbox.js"

/**
 * @since 0.1.0
 * @category models
 */
export interface Options extends Inbox.Options, LeaseQueueRedis.Options {}

/**
 * Fails with reason `open` when Redis cannot be reached.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (
  options?: Options
): Effect.Effect<Inbox.Inbox["Type"], Inbox.InboxError, Redis.Redis | Scope.Scope> =>
  LeaseQueueRedis.make(options).pipe(
    Effect.mapError((cause) =>
      new Inbox.InboxError({ cause, message: `the inbox on Redis cannot be opened: ${cause.message}`, reason: "open" })
    ),
    Effect.flatMap((queue) => Effect.provideService(Inbox.make(options), LeaseQueue.LeaseQueue, queue))
  )

/**
 * The inbox over the `Redis` of the context.
 *
 * @example
 * ```ts
 * import { Layer, Redacted } from "effect"
 * import * as RedisNode from "holdfast/core/Redis/Node"
 * import * as InboxRedis from "holdfast/webhook/Inbox/Redis"
 *
 * const inbox = InboxRedis.layer().pipe(
 *   Layer.provide(RedisNode.layer({ url: Redacted.make("redis://127.0.0.1:6379") }))
 * )
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (options?: Options): Layer.Layer<Inbox.Inbox, Inbox.InboxError, Redis.Redis> =>
  Layer.scoped(Inbox.Inbox, make(options))
