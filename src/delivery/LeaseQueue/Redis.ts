/**
 * The lease queue on Redis, for any number of processes. Each step is one script, so that it happens wholly or not at
 * all, and the server's clock is the only one.
 *
 * An offer is acknowledged when Redis has taken it. How long it then lasts is up to the server: a queue is no cache. It
 * needs `appendonly yes` and a `maxmemory-policy` that evicts none of its keys (`noeviction`, or a `volatile-…`: an item has
 * no expiry). What falls short of that at the start is logged as a warning. With `appendfsync always` what was acknowledged
 * is on the disk. With `everysec`, the default, a crash of the machine or of the server's process may cost what was
 * acknowledged in the last two seconds: also a process that is killed, since writes wait in it while the disk is busy with
 * those before. A fail-over loses what the replica had not yet been told. Where an offer has to be part of a transaction of
 * one's own, `LeaseQueue/Sql` is the place.
 *
 * Steps whose answer is lost are repeated where that is harmless, for as long as `patience`: all but claims. A claim whose
 * answer is lost has leased its items to nobody; they come back when the lease ends.
 *
 * All keys of a space have one hash tag: in a cluster they are on one node, however many queues there are. The spaces
 * of one prefix know nothing of each other, so that load is spread by giving queues spaces of their own.
 *
 * @since 0.1.0
 */
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redis from "../../core/Redis.js"
import * as input from "../internal/leaseQueueInput.js"
import { persevere } from "../internal/leaseQueueRedisErrors.js"
import { shortcomings } from "../internal/leaseQueueRedisServer.js"
import * as service from "../internal/leaseQueueRedisService.js"
import * as LeaseQueue from "../LeaseQueue.js"

/**
 * @since 0.1.0
 * @category models
 */
export interface Options extends LeaseQueue.Options {
  /** What keys begin with. Default `holdfast:queue:1:`. */
  readonly prefix?: string | undefined
  /**
   * The hash tag, which comes next: `holdfast:queue:1:{main}:`. Processes share what they have the same prefix and space
   * for. Default `main`.
   */
  readonly space?: string | undefined
  /**
   * For how long a step that found no connection, or got no answer, is tried again before it fails, in real time. A single
   * try takes no longer than the `commandTimeout` of the `Redis` service. Default `1 second`.
   */
  readonly patience?: Duration.DurationInput | undefined
  /** Warn of a server that may lose what it was given. Default `true`. */
  readonly checkServer?: boolean | undefined
}

/**
 * Fails with reason `setup` when Redis cannot be reached.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (
  options: Options = {}
): Effect.Effect<LeaseQueue.LeaseQueue["Type"], LeaseQueue.LeaseQueueError, Redis.Redis> =>
  Effect.gen(function*() {
    const redis = yield* Redis.Redis
    const prefix = options.prefix ?? "holdfast:queue:1:"
    const space = options.space ?? "main"
    if (space === "" || /[{}]/.test(prefix + space)) {
      return yield* new LeaseQueue.LeaseQueueError({
        message:
          "the prefix and the space of a queue on Redis have no braces, and the space is not empty: together they " +
          "make its hash tag",
        reason: "setup"
      })
    }
    const patience = input.millis(options.patience ?? "1 second")
    const settings = { base: `${prefix}{${space}}:`, maxStalls: input.maxStalls(options), patience }
    yield* persevere(redis.send("EXISTS", settings.base), { patience, reason: "setup", repeatable: true })
    if (options.checkServer !== false) {
      for (const shortcoming of yield* shortcomings(redis, settings.base)) yield* Effect.logWarning(shortcoming)
    }
    return service.make(redis, settings)
  })

/**
 * What of its settings makes a Redis forget what a queue was told that it has; `make` warns of the same. Empty where all is
 * well, or the server does not tell.
 *
 * @since 0.1.0
 * @category checks
 */
export const checkServer: Effect.Effect<ReadonlyArray<string>, never, Redis.Redis> = Effect.flatMap(
  Redis.Redis,
  (redis) => shortcomings(redis, "of dead letters")
)

/**
 * The lease queue over the `Redis` of the context.
 *
 * @example
 * ```ts
 * import { Layer, Redacted } from "effect"
 * import * as RedisNode from "holdfast/core/Redis/Node"
 * import * as LeaseQueueRedis from "holdfast/delivery/LeaseQueue/Redis"
 *
 * const queue = LeaseQueueRedis.layer().pipe(
 *   Layer.provide(RedisNode.layer({ url: Redacted.make("redis://127.0.0.1:6379") }))
 * )
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (
  options?: Options
): Layer.Layer<LeaseQueue.LeaseQueue, LeaseQueue.LeaseQueueError, Redis.Redis> =>
  Layer.effect(LeaseQueue.LeaseQueue, make(options))
