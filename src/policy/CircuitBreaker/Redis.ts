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
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import * as Redis from "../../core/Redis.js"
import * as CircuitBreaker from "../CircuitBreaker.js"
import * as Fleet from "../internal/breakerFleet.js"
import * as RedisStore from "../internal/breakerRedisStore.js"

/**
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /**
   * Processes that must have seen failures before a circuit opens for all, so that one bad machine cannot open it alone;
   * all live ones, where there are fewer. More than 1 costs a command for each circuit and heartbeat. Default 1.
   */
  readonly quorum?: number | undefined
  /** Between two reports of a process, while there are failures. Default 50 milliseconds. */
  readonly flushInterval?: Duration.DurationInput | undefined
  /** How long a call waits for a place as a probe before it is refused. Default 250 milliseconds. */
  readonly patience?: Duration.DurationInput | undefined
  /** An answer that has not come by then makes Redis count as away. Default 1 second. */
  readonly timeout?: Duration.DurationInput | undefined
  /** The place of a probe whose process has died is free after so long. Default 5 seconds. */
  readonly lease?: Duration.DurationInput | undefined
  /** Between two looks at what may have been missed. Default 5 seconds. */
  readonly heartbeat?: Duration.DurationInput | undefined
  /** The longest pause between two tries to get back to a Redis that is away. Default 10 seconds. */
  readonly maxRetryDelay?: Duration.DurationInput | undefined
  /**
   * A closed circuit that no process has used for so long is gone from Redis, where its policy's `idleTimeToLive` says
   * nothing else. One that is open stays for at least as much longer, one that is set by hand for 30 days. Default 1 hour.
   */
  readonly timeToLive?: Duration.DurationInput | undefined
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
