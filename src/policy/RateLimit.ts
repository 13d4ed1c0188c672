/**
 * Keeps to a provider's rate: a token bucket, a sliding window or both, what the provider itself says is left, and a
 * cool-down when it says 429, which holds every caller until it ends. Callers wait in order, in a bounded queue, for a
 * bounded time.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type { Call, LastAnswer } from "../core/Call.js"
import * as IntegrationClient from "../core/IntegrationClient.js"
import * as IntegrationError from "../core/IntegrationError.js"
import * as Pipeline from "../core/Pipeline.js"
import * as RateLimitHeaders from "../core/RateLimitHeaders.js"
import * as Meters from "../internal/meters.js"
import { monotonicMillis } from "../internal/time.js"
import * as Kept from "./internal/kept.js"
import { CallPermit } from "./internal/limit/callPermit.js"
import { type Config, Limiter } from "./internal/limit/limiter.js"
import { Limiters } from "./internal/limit/limiters.js"
import type { Refusal } from "./internal/limit/lineCore.js"
import { LocalQuota } from "./internal/limit/quotaCore.js"

/**
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** Tokens at most, and at the start: how large a burst may be. With `refillRate`; default: no such limit. */
  readonly capacity?: number | undefined
  /** Tokens that come back per second. */
  readonly refillRate?: number | undefined
  /** Tokens in any stretch of time of the length of `window`. Beside a bucket, both hold. Default: no such limit. */
  readonly limit?: number | undefined
  /** The stretch of time in which `limit` holds, wherever it begins. */
  readonly window?: Duration.DurationInput | undefined
  /** Callers that may wait; the next is refused. Default 1000. */
  readonly maxQueue?: number | undefined
  /** A caller that would wait longer is refused at once. Default 30 seconds. */
  readonly maxWait?: Duration.DurationInput | undefined
  /** The cool-down after a 429 that does not say how long. Default 1 second. */
  readonly coolDown?: Duration.DurationInput | undefined
  /** No answer holds the callers for longer. Default 1 hour. */
  readonly maxCoolDown?: Duration.DurationInput | undefined
  /**
   * What the headers of an answer, success or error, say is left of the provider's quota: the limiter keeps to it where it
   * is lower than its own, and holds everybody until the reset where nothing is left. `false`: not looked at. Default:
   * `RateLimitHeaders.read`, which knows the usual ones.
   */
  readonly read?: RateLimitHeaders.Reader | false | undefined
  /** Who shares a limit. Default: the integration's id, so that all its callers do. */
  readonly key?: ((call: Call) => string) | undefined
  /** A key that nobody has used for so long is forgotten, once its limits are full again. Default 1 hour. */
  readonly idleTimeToLive?: Duration.DurationInput | undefined
}

/**
 * What is known of one key.
 *
 * @since 0.1.0
 * @category models
 */
export interface State {
  /**
   * Tokens that may be taken at once, by all limits; `Infinity` without any. Below zero after an operation that costs more
   * than there can be.
   */
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
  /** Tokens and waiters of a key; none when nobody has called yet, or not for long. */
  readonly state: (key: string) => Effect.Effect<Option.Option<State>>
  readonly keys: Effect.Effect<ReadonlyArray<string>>
  /** Holds every caller of a key, also before its first call; never shortens a hold that is longer. */
  readonly coolDown: (key: string, duration: Duration.DurationInput) => Effect.Effect<void>
  /** @internal */
  readonly limiters: Limiters
}>() {}

/**
 * Limits in the memory of this process.
 *
 * @since 0.1.0
 * @category constructors
 */
export const makeMemory: Effect.Effect<Context.Tag.Service<RateLimiters>> = Effect.sync(() =>
  fromLimiters(new Limiters({ make: (_, now) => new Limiter(new LocalQuota(unlimited, now), unlimited) }))
)

/** @internal */
export const fromLimiters = (limiters: Limiters): Context.Tag.Service<RateLimiters> =>
  RateLimiters.of({
    coolDown: (key, duration) =>
      Effect.map(Effect.clock, (clock) => {
        const now = monotonicMillis(clock)
        limiters.any(key, now).coolDown(Duration.toMillis(duration), clock, now)
      }),
    keys: Effect.map(Effect.clock, (clock) => limiters.keys(monotonicMillis(clock))),
    limiters,
    state: (key) =>
      Effect.map(Effect.clock, (clock) => {
        const now = monotonicMillis(clock)
        return Option.map(Option.fromNullable(limiters.peek(key, now)), (limiter) => ({
          coolDown: Duration.millis(limiter.coolDownLeft(now)),
          tokens: limiter.available(now),
          waiting: limiter.waiting
        }))
      })
  })

/**
 * @since 0.1.0
 * @category layers
 */
export const layerMemory: Layer.Layer<RateLimiters> = Layer.effect(RateLimiters, makeMemory)

/**
 * Of a key that nobody has configured yet.
 *
 * @internal
 */
export const unlimited: Config = {
  bucket: undefined,
  idleTimeToLive: 3_600_000,
  maxQueue: 1000,
  maxWait: 30_000,
  window: undefined
}

const toConfig = (options: Options): Config => ({
  bucket: options.capacity === undefined || options.refillRate === undefined
    ? undefined
    : { capacity: options.capacity, refillRate: options.refillRate },
  idleTimeToLive: Duration.toMillis(options.idleTimeToLive ?? "1 hour"),
  maxQueue: options.maxQueue ?? 1000,
  maxWait: Duration.toMillis(options.maxWait ?? "30 seconds"),
  window: options.limit === undefined || options.window === undefined
    ? undefined
    : { limit: options.limit, window: Duration.toMillis(options.window) }
})

const checkOptions = ({ capacity, limit, maxQueue, refillRate, window }: Options): void => {
  if (capacity !== undefined && !(capacity >= 1)) {
    throw new Error(`RateLimit.layer: capacity is ${capacity}; a bucket must hold at least one token`)
  }
  if ((capacity === undefined) !== (refillRate === undefined)) {
    throw new Error("RateLimit.layer: capacity and refillRate go together: give both, or neither for cool-downs alone")
  }
  if (refillRate !== undefined && !(refillRate > 0)) {
    throw new Error(`RateLimit.layer: refillRate is ${refillRate} tokens per second; it must be positive`)
  }
  if ((limit === undefined) !== (window === undefined)) {
    throw new Error(`RateLimit.layer: limit and window go together, as in { limit: 100, window: "10 seconds" }`)
  }
  if (limit !== undefined && !(limit >= 1 && Number.isFinite(limit))) {
    throw new Error(`RateLimit.layer: limit is ${limit}; a window must have room for at least one token`)
  }
  if (window !== undefined) {
    const millis = Duration.toMillis(window)
    if (!(millis > 0 && Number.isFinite(millis))) {
      throw new Error(`RateLimit.layer: window is ${Duration.format(window)}; it must be positive, as in "10 seconds"`)
    }
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
 *
 * // never more than 100 in any ten seconds, and of those not more than 20 at once
 * const strict = RateLimit.layer({ limit: 100, window: "10 seconds", capacity: 20, refillRate: 20 })
 * ```
 *
 * @since 0.1.0
 * @category policies
 */
export const layer = (options: Options = {}): IntegrationClient.Policy<RateLimiters> => {
  checkOptions(options)
  const config = toConfig(options)
  const fallback = Duration.toMillis(options.coolDown ?? "1 second")
  const longest = Duration.toMillis(options.maxCoolDown ?? "1 hour")
  const read = options.read === false ? undefined : options.read ?? RateLimitHeaders.read
  const { key } = options

  return IntegrationClient.stage((next) =>
    Effect.gen(function*() {
      const { limiters } = yield* RateLimiters
      limiters.check(config)
      const { id } = next.integration
      // where this stack follows another, calls that are still in that one keep to what holds now
      const held = yield* Kept.keep("RateLimit", Effect.sync(() => ({ config })), (kept) =>
        Effect.sync(() => {
          kept.config = config
        }))
      const own = key !== undefined ? undefined : yield* Effect.acquireRelease(
        Effect.map(Effect.clock, (clock) => limiters.hold(id, config, clock, monotonicMillis(clock))),
        () => Effect.map(Effect.clock, (clock) => limiters.release(id, monotonicMillis(clock)))
      )
      const counter = (what: string, description: string) =>
        Meters.counter(`integration_${what}_total`, description, { integration: id })
      const coolDowns = counter("cool_downs", "Answers that started or extended a cool-down")
      const waits = counter("rate_limit_waits", "Calls that had to wait for the rate limit")
      const refusals = counter("rate_limit_refusals", "Calls that the rate limit refused")

      const refused = (call: Call, refusal: Refusal): IntegrationError.RateLimitError => {
        refusals.update(1)
        return refusalError(call, refusal, held.config)
      }

      const stage: Pipeline.Stage = {
        enter: (run) => {
          const { call, clock } = run
          const now = run.now()
          const limiter = own ?? limiters.get(key?.(call) ?? id, held.config, clock, now)
          const permit = new CallPermit(limiter, call, refused)
          if (limiter.take(permit, clock, now)) {
            permit.reserve()
            run.state = permit
            return undefined
          }
          const refusal = limiter.join(permit, call.deadline, clock, now)
          if (refusal !== undefined) return Exit.fail(refused(call, refusal))
          waits.update(1)
          run.state = permit
          return Effect.map(permit.turn(clock), () => permit.reserve())
        },
        abandon: (run) => (run.state as CallPermit).end(run.clock, run.now(), false),
        leave: (run, outcome) => {
          const { call, clock } = run
          const permit = run.state as CallPermit
          const now = run.now()
          permit.end(clock, now, Exit.isSuccess(outcome))
          const { answer } = call
          const said = read === undefined || answer === undefined || isSilent(answer, read)
            ? undefined
            : read(answer.headers, clock.unsafeCurrentTimeMillis())
          const reset = said?.resetAfter === undefined
            ? undefined
            : Math.min(Duration.toMillis(said.resetAfter), longest)
          const error = Pipeline.errorOf(outcome)
          let hold = error?._tag === "RateLimitError" && error.origin === "provider"
            ? Math.min(error.retryAfter === undefined ? fallback : Duration.toMillis(error.retryAfter), longest)
            : undefined
          if (said?.remaining !== undefined) {
            if (said.remaining >= 1 || reset === undefined) permit.limiter.learn(said.remaining, reset, clock, now)
            else if (hold === undefined || error?.retryAfter === undefined) hold = reset
          }
          if (hold !== undefined && permit.limiter.coolDown(hold, clock, now)) coolDowns.update(1)
          return undefined
        }
      }
      return stage
    })
  )
}

/** No header that the usual ones are among: most answers have none, and to read all of each would be for nothing. */
const isSilent = (answer: LastAnswer, read: RateLimitHeaders.Reader): boolean =>
  read === RateLimitHeaders.read && answer.mentions?.("limit") === false

const refusalError = (call: Call, refusal: Refusal, config: Config): IntegrationError.RateLimitError => {
  const retryAfter = Duration.millis(Math.ceil(refusal.retryAfter))
  const { integration } = call.operation
  return IntegrationError.refusal(
    IntegrationError.RateLimitError,
    call,
    refusal.reason === "queue"
      ? `nothing was sent: ${config.maxQueue} callers wait for the rate limit of ${integration} already`
      : `nothing was sent: the rate limit of ${integration} asks to wait ${
        Duration.format(retryAfter)
      }, longer than this call may`,
    { retryAfter, retryable: true }
  )
}
