/**
 * Rate limits that several processes share, in Redis.
 *
 * A process takes tokens ahead of use, for a round trip in many calls; a cool-down reaches all of them by a channel. All
 * times are the server's. While Redis cannot be used each process goes on with its share of the rate: no call fails or
 * waits because of it.
 *
 * @since 0.1.0
 */
import type * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import * as Redis from "../../core/Redis.js"
import * as Leased from "../internal/limit/leasedLimiters.js"
import * as RedisStore from "../internal/limit/leaseRedisStore.js"
import * as RateLimit from "../RateLimit.js"

/**
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** What the keys begin with. Default `holdfast`. */
  readonly prefix?: string | undefined
  /** How long Redis may take before a process goes on alone. Default 250 milliseconds. */
  readonly timeout?: Duration.DurationInput | undefined
}

/**
 * @since 0.1.0
 * @category constructors
 */
export const make = (
  options: Options = {}
): Effect.Effect<Context.Tag.Service<RateLimit.RateLimiters>, never, Redis.Redis | Scope.Scope> =>
  Effect.gen(function*() {
    const redis = yield* Redis.Redis
    const store = RedisStore.make(redis, `${options.prefix ?? "holdfast"}:rate:v1:`)
    const timeout = Duration.toMillis(options.timeout ?? "250 millis")
    return RateLimit.fromLimiters(yield* Leased.make(store, { name: "Redis", timeout }))
  })

/**
 * @example
 * ```ts
 * import { Layer, Redacted } from "effect"
 * import * as RedisNode from "holdfast/core/Redis/Node"
 * import * as RateLimitRedis from "holdfast/policy/RateLimit/Redis"
 *
 * const limits = RateLimitRedis.layer().pipe(
 *   Layer.provide(RedisNode.layer({ url: Redacted.make("redis://127.0.0.1:6379") }))
 * )
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (options?: Options): Layer.Layer<RateLimit.RateLimiters, never, Redis.Redis> =>
  Layer.scoped(RateLimit.RateLimiters, make(options))
