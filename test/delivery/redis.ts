/** Redis, for suites whose time is a test's clock. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { randomBytes } from "node:crypto"
import * as Redis from "../../src/core/Redis.js"
import * as RedisNode from "../../src/core/Redis/Node.js"
import * as service from "../../src/delivery/internal/leaseQueueRedisService.js"
import * as LeaseQueue from "../../src/delivery/LeaseQueue.js"
import * as servers from "../servers/index.js"

/** A space of one's own on the shared server. */
export const base = Effect.map(servers.redis, ({ prefix }) => `${prefix}{${randomBytes(4).toString("hex")}}:`)

/** The server's clock is the only one in production. Here it shows what the test's clock does, set before each script. */
export const onTestClock = (redis: Redis.Redis["Type"], base: string): Redis.Redis["Type"] =>
  Redis.Redis.of({
    ...redis,
    run: (script, ...params) =>
      Effect.flatMap(Clock.currentTimeMillis, (now) =>
        Effect.zipRight(
          redis.send("MSET", `${base}seconds`, Math.floor(now / 1000), `${base}micros`, now % 1000 * 1000),
          redis.run(script, ...params)
        ))
  })

export const clockOf = (base: string): string => `redis.call("MGET", "${base}seconds", "${base}micros")`

/** Patient with a machine that is busy with other things. */
export const connect = Effect.flatMap(servers.redis, ({ url }) => RedisNode.make({ commandTimeout: "30 seconds", url }))

const settings = (base: string) => ({ base, clock: clockOf(base), maxStalls: 10, patience: 1000 })

/** A queue in a space of its own, whose clock is the test's. */
export const queue: Layer.Layer<LeaseQueue.LeaseQueue> = Layer.orDie(Layer.scoped(
  LeaseQueue.LeaseQueue,
  Effect.gen(function*() {
    const at = yield* base
    return service.make(onTestClock(yield* connect, at), settings(at))
  })
))
