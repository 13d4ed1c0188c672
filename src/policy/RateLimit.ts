/**
 * Keeps to a provider's rate: a token bucket for each integration, and a cool-down when the provider says 429, which
 * holds every caller until it ends. Callers wait in order, in a bounded queue, for a bounded time.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Metric from "effect/Metric"
import * as Option from "effect/Option"
import type { Call } from "../core/Call.js"
import * as IntegrationClient from "../core/IntegrationClient.js"
import { type IntegrationError, RateLimitError } from "../core/IntegrationError.js"
import { clockOf, monotonicMillis } from "../internal/time.js"
import { type Config, Limiter, type Refusal } from "./internal/limiter.js"

/**
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** Tokens at most, and at the start: how large a burst may be. Default: no limit but the provider's own 429s. */
  readonly capacity?: number | undefined
  /** Tokens that come back per second. */
  readonly refillRate?: number | undefined
  /** Callers that may wait; the next is refused. Default 1000. */
  readonly maxQueue?: number | undefined
  /** A caller that would wait longer is refused at once. Default 30 seconds. */
  readonly maxWait?: Duration.DurationInput | undefined
  /** The cool-down after a 429 that does not say how long. Default 1 second. */
  readonly coolDown?: Duration.DurationInput | undefined
  /** No answer holds the callers for longer. Default 1 hour. */
  readonly maxCoolDown?: Duration.DurationInput | undefined
  /** Who shares a bucket. Default: the integration's id, so that all its callers do. */
  readonly key?: ((call: Call) => string) | undefined
}

/**
 * What is known of one bucket.
 *
 * @since 0.1.0
 * @category models
 */
export interface State {
  readonly tokens: number
  readonly waiting: number
  /** Time left of the cool-down, zero when there is none. */
  readonly coolDown: Duration.Duration
}

/**
 * The rate limiters of this program, by key.
 *
 * @since 0.1.0
 * @category tags
 */
export class RateLimiters extends Context.Tag("holdfast/RateLimiters")<RateLimiters, {
  /** Tokens and waiters of a key; none when nobody has called yet. */
  readonly state: (key: string) => Effect.Effect<Option.Option<State>>
  /** Holds every caller of a key, also before its first call; never shortens a hold that is longer. */
  readonly coolDown: (key: string, duration: Duration.DurationInput) => Effect.Effect<void>
  /** @internal */
  readonly limiter: (key: string, config: Config, now: number) => Limiter
}>() {}

/**
 * Buckets in the memory of this process.
 *
 * @since 0.1.0
 * @category constructors
 */
export const makeMemory: Effect.Effect<Context.Tag.Service<RateLimiters>> = Effect.sync(() => {
  const limiters = new Map<string, Limiter>()

  const limiterOf = (key: string, config: Config | undefined, now: number): Limiter => {
    const existing = limiters.get(key)
    if (existing !== undefined) {
      // the newest configuration wins; waiters stay
      if (config !== undefined) existing.reconfigure(config)
      return existing
    }
    const limiter = new Limiter(config ?? toConfig({}), now)
    limiters.set(key, limiter)
    return limiter
  }

  return RateLimiters.of({
    coolDown: (key, duration) =>
      Effect.map(Effect.clock, (clock) => {
        const now = monotonicMillis(clock)
        limiterOf(key, undefined, now).coolDown(Duration.toMillis(duration), now)
      }),
    limiter: limiterOf,
    state: (key) =>
      Effect.map(Effect.clock, (clock) =>
        Option.map(Option.fromNullable(limiters.get(key)), (limiter) => ({
          coolDown: Duration.millis(Math.max(0, limiter.bucket.cooldownUntil - monotonicMillis(clock))),
          tokens: limiter.bucket.tokens,
          waiting: limiter.waiting
        })))
  })
})

/**
 * @since 0.1.0
 * @category layers
 */
export const layerMemory: Layer.Layer<RateLimiters> = Layer.effect(RateLimiters, makeMemory)

const coolDowns = Metric.counter("integration_cool_downs_total", {
  description: "Answers that started or extended a cool-down",
  incremental: true
})

const toConfig = (options: Options): Config => ({
  capacity: options.capacity ?? Number.MAX_SAFE_INTEGER,
  refillRate: options.refillRate ?? Number.MAX_SAFE_INTEGER,
  maxQueue: options.maxQueue ?? 1000,
  maxWait: Duration.toMillis(options.maxWait ?? "30 seconds")
})

const checkOptions = ({ capacity, maxQueue, refillRate }: Options): void => {
  if (capacity !== undefined && !(capacity >= 1)) {
    throw new Error(`RateLimit.layer: capacity is ${capacity}; a bucket must hold at least one token`)
  }
  if ((capacity === undefined) !== (refillRate === undefined)) {
    throw new Error("RateLimit.layer: capacity and refillRate go together: give both, or neither for cool-downs alone")
  }
  if (refillRate !== undefined && !(refillRate > 0)) {
    throw new Error(`RateLimit.layer: refillRate is ${refillRate} tokens per second; it must be positive`)
  }
  if (maxQueue !== undefined && !(maxQueue >= 0)) {
    throw new Error(`RateLimit.layer: maxQueue is ${maxQueue}; it must be zero or more`)
  }
}

/**
 * @example
 * ```ts
 * import { RateLimit } from "holdfast"
 *
 * // 100 at once, ten a second after that
 * const steady = RateLimit.layer({ capacity: 100, refillRate: 10, maxWait: "20 seconds" })
 * ```
 *
 * @since 0.1.0
 * @category policies
 */
export const layer = (options: Options = {}): IntegrationClient.Policy<RateLimiters> => {
  checkOptions(options)
  const config = toConfig(options)
  const defaultCoolDown = Duration.toMillis(options.coolDown ?? "1 second")
  const maxCoolDown = Duration.toMillis(options.maxCoolDown ?? "1 hour")

  return IntegrationClient.policy((next) =>
    Effect.gen(function*() {
      const limiters = yield* RateLimiters
      const clock = yield* Effect.clock
      const shared = options.key === undefined
        ? limiters.limiter(next.integration.id, config, monotonicMillis(clock))
        : undefined
      const coolDownsHere = Metric.tagged(coolDowns, "integration", next.integration.id)

      return (request, call) =>
        Effect.withFiberRuntime((fiber) => {
          const clock = clockOf(fiber)
          const limiter = shared ??
            limiters.limiter(options.key?.(call) ?? next.integration.id, config, monotonicMillis(clock))
          return Effect.matchEffect(limiter.acquire(call.operation.cost, call.deadline), {
            onFailure: (refusal) => Effect.fail(refused(call, refusal, config)),
            onSuccess: () =>
              Effect.tapError(next.send(request, call), (error) => {
                const millis = coolDownOf(error, defaultCoolDown, maxCoolDown)
                if (millis === undefined) return Effect.void
                limiter.coolDown(millis, monotonicMillis(clock))
                return Metric.increment(coolDownsHere)
              })
          })
        })
    })
  )
}

const coolDownOf = (error: IntegrationError, fallback: number, most: number): number | undefined =>
  error._tag !== "RateLimitError" || error.origin === "local"
    ? undefined
    : Math.min(most, error.retryAfter === undefined ? fallback : Duration.toMillis(error.retryAfter))

const refused = (call: Call, refusal: Refusal, config: Config): RateLimitError => {
  const retryAfter = Duration.millis(Math.ceil(refusal.retryAfter))
  return new RateLimitError({
    ...call.errorFields,
    attempts: call.attempts,
    origin: "local",
    retryAfter,
    message: refusal.reason === "queue"
      ? `nothing was sent: ${config.maxQueue} callers wait for the rate limit of ${call.operation.integration} already`
      : `nothing was sent: the rate limit of ${call.operation.integration} asks to wait ${
        Duration.format(retryAfter)
      }, longer than this call may`
  })
}
