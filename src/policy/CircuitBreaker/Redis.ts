/**
 * Circuit breakers that all processes on one Redis share. What opens in one refuses calls in all, and one probe at a time
 * finds out for all whether the provider is back.
 *
 * A process decides by what it knows, without asking: a healthy circuit costs no command. Outcomes are reported only while
 * there are failures somewhere, transitions are pushed, and the server's clock is the only one. While Redis is away, slow,
 * or answers nonsense, each process goes on with a breaker of its own, says so once, and rejoins when it can; no call
 * fails or waits for it.
 *
 * A circuit is one hash, `holdfast:breaker:1:{key}`, and goes by itself when nobody has used it for a while.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import * as Redis from "../../core/Redis.js"
import * as CircuitBreaker from "../CircuitBreaker.js"
import * as Fleet from "../internal/breaker/fleet.js"
import * as RedisStore from "../internal/breaker/redisStore.js"

/**
 * @since 0.1.0
 * @category models
 */
export interface Options extends Fleet.Options {
  /** What keys begin with. Processes share what they have the same prefix for. Default `holdfast:breaker:1:`. */
  readonly prefix?: string | undefined
}

/**
 * Waits for Redis for no longer than `timeout`: whether it is there or not, the breakers are.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (
  options: Options = {}
): Effect.Effect<CircuitBreaker.CircuitBreakers["Type"], never, Redis.Redis | Scope.Scope> =>
  Effect.flatMap(
    Redis.Redis,
    (redis) => Fleet.make(RedisStore.make(redis, options.prefix ?? "holdfast:breaker:1:"), options)
  )

/**
 * @example
 * ```ts
 * import { Layer } from "effect"
 * import * as RedisNode from "holdfast/core/Redis/Node"
 * import * as CircuitBreakerRedis from "holdfast/policy/CircuitBreaker/Redis"
 *
 * const breakers = CircuitBreakerRedis.layer().pipe(
 *   Layer.provide(RedisNode.layer({ url: "redis://127.0.0.1:6379" }))
 * )
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (options: Options = {}): Layer.Layer<CircuitBreaker.CircuitBreakers, never, Redis.Redis> =>
  Layer.scoped(CircuitBreaker.CircuitBreakers, make(options))
