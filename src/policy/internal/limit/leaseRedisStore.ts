/** The shared record of a limit on Redis: one string a key, each step one script, cool-downs by `PUBLISH`. */
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import * as Schema from "effect/Schema"
import * as Redis from "../../../core/Redis.js"
import type * as Lease from "./leaseCore.js"
import { type LeaseStore, StoreError } from "./leasedLimiters.js"
import * as Scripts from "./leaseScripts.js"

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

const failed = (error: Redis.RedisError): StoreError =>
  new StoreError({
    away: error.reason !== "refused" && error.reason !== "reply" && error.reason !== "argument",
    cause: error,
    message: error.message
  })

/** `prefix`: of its keys and its channel. Another layout has another one, so that neither meets what it cannot read. */
export const make = (redis: Redis.Redis["Type"], prefix: string): LeaseStore => {
  const channel = `${prefix}holds`
  const keyOf = (key: string): string => `${prefix}{${key}}`
  return {
    client: redis,
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
}
