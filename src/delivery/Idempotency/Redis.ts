/**
 * Idempotency in Redis, for any number of processes: one key a record, each step one script, times are the server's. A
 * record goes by itself when its time is over.
 *
 * What is kept is as safe as the server keeps it: `appendonly yes` for a restart, `maxmemory-policy noeviction` so that none
 * is thrown out before its time. After a fail-over to a replica that lags, the latest keys may run again.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as Redis from "../../core/Redis.js"
import * as Idempotency from "../Idempotency.js"
import type * as Core from "../internal/idempotencyCore.js"
import * as Scripts from "../internal/idempotencyScripts.js"
import { type Store, StoreError } from "../internal/idempotencyStore.js"

/**
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** What the keys begin with. Default `holdfast`. */
  readonly prefix?: string | undefined
}

const script = Redis.script({
  encode: (key: string, step: Core.Step) => ({ args: Scripts.args(step), keys: [key] }),
  lua: Scripts.lua,
  name: "Idempotency",
  result: Schema.Tuple(Schema.Literal("run", "running", "done", "conflict", "settled", "stale"), Schema.String)
})

const answerOf = ([tag, value]: readonly [Core.Answer["_tag"], string]): Core.Answer => {
  switch (tag) {
    case "run":
      return { _tag: tag, token: Number(value) }
    case "running":
      return { _tag: tag, left: Number(value) }
    case "done":
      return { _tag: tag, outcome: value }
    default:
      return { _tag: tag }
  }
}

const failed = (cause: Redis.RedisError) => new StoreError({ cause, message: cause.message })

/**
 * @since 0.1.0
 * @category constructors
 */
export const make = (options: Options = {}): Effect.Effect<Idempotency.Idempotency["Type"], never, Redis.Redis> =>
  Effect.map(Redis.Redis, (redis) => {
    const prefix = `${options.prefix ?? "holdfast"}:once:v1:`
    const store: Store = {
      name: "Redis",
      take: (key, step) =>
        Effect.mapBoth(redis.run(script, `${prefix}{${key}}`, step), { onFailure: failed, onSuccess: answerOf })
    }
    return Idempotency.fromStore(store)
  })

/**
 * @example
 * ```ts
 * import { Layer, Redacted } from "effect"
 * import * as Node from "holdfast/core/Redis/Node"
 * import * as IdempotencyRedis from "holdfast/delivery/Idempotency/Redis"
 *
 * const keys = IdempotencyRedis.layer().pipe(
 *   Layer.provide(Node.layer({ url: Redacted.make("redis://127.0.0.1:6379") }))
 * )
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (options: Options = {}): Layer.Layer<Idempotency.Idempotency, never, Redis.Redis> =>
  Layer.effect(Idempotency.Idempotency, make(options))
