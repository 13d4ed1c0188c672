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
import * as Queue from "effect/Queue"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as Redis from "../../core/Redis.js"
import type * as Lease from "../internal/limit/leaseCore.js"
import * as Leased from "../internal/limit/leasedLimiters.js"
import * as Scripts from "../internal/limit/leaseScripts.js"
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

const answer = Schema.Tuple(
  Schema.Int,
  Schema.Int,
  Schema.Int,
  Schema.Int,
  Schema.Int,
  Schema.Int,
  Schema.Int,
  Schema.Int
)

const settle = Redis.script({
  encode: (key: string, bucket: Lease.Config | undefined, request: Lease.Request) => ({
    args: [
      bucket === undefined ? 0 : Math.floor(Math.min(bucket.capacity, most) * 1e3),
      bucket === undefined ? 0 : Math.max(1, Math.floor(Math.min(bucket.refillRate, 8e6) * 1e9)),
      request.node,
      request.era,
      request.granted,
      request.spent,
      request.returned,
      request.age,
      request.want,
      request.need,
      request.debt,
      request.initial
    ],
    keys: [key]
  }),
  lua: Scripts.settle,
  name: "RateLimit.settle",
  result: answer
})

// what is more is as good as no limit, and not handed to Lua
const most = 1e12

const coolDown = Redis.script({
  encode: (key: string, channel: string, name: string, millis: number) => ({
    args: [Math.ceil(Math.min(millis, 1e12)), channel, name],
    keys: [key]
  }),
  lua: Scripts.coolDown,
  name: "RateLimit.coolDown",
  result: Schema.Int
})

const failed = (error: Redis.RedisError): Leased.StoreError =>
  new Leased.StoreError({
    away: error.reason !== "refused" && error.reason !== "reply" && error.reason !== "argument",
    cause: error,
    message: error.message
  })

/**
 * @since 0.1.0
 * @category constructors
 */
export const make = (
  options: Options = {}
): Effect.Effect<Context.Tag.Service<RateLimit.RateLimiters>, never, Redis.Redis | Scope.Scope> =>
  Effect.gen(function*() {
    const redis = yield* Redis.Redis
    const prefix = `${options.prefix ?? "holdfast"}:rate:v1:`
    const channel = `${prefix}holds`
    const keyOf = (key: string): string => `${prefix}{${key}}`

    const store: Leased.LeaseStore = {
      coolDown: (key, millis) =>
        Effect.mapError(Effect.asVoid(redis.run(coolDown, keyOf(key), channel, key, millis)), failed),
      listen: ({ attached, coolDown }) =>
        Effect.flatMap(redis.subscribe(channel), (notices) =>
          Effect.forkScoped(Effect.forever(Effect.map(
            Queue.take(notices),
            Redis.Notice.$match({
              Attached: attached,
              Lost: () => undefined,
              Message: ({ text }) => {
                const [, millis, key] = /^(\d+) (.*)$/s.exec(text) ?? []
                if (key !== undefined) coolDown(key, Number(millis))
              }
            })
          )))),
      settle: (key, bucket, request) =>
        Effect.mapBoth(redis.run(settle, keyOf(key), bucket, request), {
          onFailure: failed,
          onSuccess: ([era, granted, balance, lease, coolDown, processes, contenders, isNext]) => ({
            balance: balance / 1e3,
            contenders,
            coolDown,
            era,
            granted,
            isNext: isNext === 1,
            lease,
            processes
          })
        })
    }
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
