/** Redis, for suites whose time is a test's clock. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { randomBytes } from "node:crypto"
import * as Redis from "../../src/core/Redis.js"
import * as RedisNode from "../../src/core/Redis/Node.js"
import type * as LeaseQueue from "../../src/delivery/LeaseQueue.js"
import * as LeaseQueueRedis from "../../src/delivery/LeaseQueue/Redis.js"
import * as servers from "../servers/index.js"
import { turn } from "../turn.js"

let underWay = 0

const counted = <A, E>(effect: Effect.Effect<A, E>): Effect.Effect<A, E> =>
  Effect.acquireUseRelease(
    Effect.sync(() => void underWay++),
    () => effect,
    () => Effect.sync(() => void underWay--)
  )

/** Waits until no command has been under way for some turns of the event loop: what is left is waiting for the clock. */
export const settled: Effect.Effect<void> = Effect.gen(function*() {
  for (let quiet = 0; quiet < 25; quiet++) {
    yield* turn
    if (underWay > 0) quiet = 0
  }
})

/** The server's clock is the only one in production. Here it shows what the test's clock does, set before each script. */
const onTestClock = (redis: Redis.Redis["Type"], prefix: string): Redis.Redis["Type"] => {
  const scripts = new Map<Redis.Script<any, any>, Redis.Script<any, any>>()
  const clock = `redis.call("MGET", "${prefix}seconds", "${prefix}micros")`
  const clocked = <P extends ReadonlyArray<unknown>, A>(script: Redis.Script<P, A>): Redis.Script<P, A> => {
    const known = scripts.get(script) ?? { ...script, lua: script.lua.replaceAll(`redis.call("TIME")`, clock) }
    scripts.set(script, known)
    return known
  }
  return Redis.Redis.of({
    ...redis,
    run: (script, ...params) =>
      counted(Effect.flatMap(Clock.currentTimeMillis, (now) =>
        Effect.zipRight(
          redis.send("MSET", `${prefix}seconds`, Math.floor(now / 1000), `${prefix}micros`, now % 1000 * 1000),
          redis.run(clocked(script), ...params)
        ))),
    send: (command, ...args) => counted(redis.send(command, ...args))
  })
}

/** Built from what is over a Redis, in a space of its own, whose clock is the test's. */
export const provide = <A, E>(
  layer: (options: LeaseQueueRedis.Options) => Layer.Layer<A, E, Redis.Redis>
): Layer.Layer<A, E> =>
  Layer.unwrapScoped(Effect.gen(function*() {
    const { prefix, url } = yield* servers.redis
    // patient with a machine that is busy with other things
    const redis = yield* Effect.orDie(RedisNode.make({ commandTimeout: "30 seconds", url }))
    const own = `${prefix}${randomBytes(4).toString("hex")}:`
    return Layer.provide(
      layer({ checkServer: false, prefix: own }),
      Layer.succeed(Redis.Redis, onTestClock(redis, own))
    )
  }))

/** A queue of one's own, whose clock is the test's. */
export const queue: Layer.Layer<LeaseQueue.LeaseQueue, LeaseQueue.LeaseQueueError> = provide(LeaseQueueRedis.layer)
