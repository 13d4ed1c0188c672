/**
 * What is shared by a Redis Cluster of three masters: each key goes to the node that has its slot, and what is pushed
 * reaches everybody, whichever node they listen to.
 */
import { afterAll, assert, describe, it } from "@effect/vitest"
import { Context, Effect, Exit, Layer, Scope } from "effect"
import { CircuitBreaker as Breakers } from "holdfast"
import * as Redis from "holdfast/core/Redis"
import * as RedisNode from "holdfast/core/Redis/Node"
import * as IdempotencyRedis from "holdfast/delivery/Idempotency/Redis"
import * as CircuitBreakerRedis from "holdfast/policy/CircuitBreaker/Redis"
import * as RateLimitRedis from "holdfast/policy/RateLimit/Redis"
import * as CircuitBreaker from "../../src/testing/conformance/CircuitBreaker.js"
import * as Idempotency from "../../src/testing/conformance/Idempotency.js"
import * as RateLimit from "../../src/testing/conformance/RateLimit.js"
import { isLong } from "../campaign.js"
import * as Nodes from "./nodes.js"

// one cluster for all specs, and a client of it for each process
const scope = Effect.runSync(Scope.make())
const nodes = Effect.runSync(Effect.cached(Scope.extend(Nodes.make(3), scope)))
afterAll(() => Effect.runPromise(Scope.close(scope, Exit.void)))

const redis = Layer.scoped(
  Redis.Redis,
  Effect.flatMap(
    Effect.flatMap(Effect.orDie(nodes), Nodes.connect),
    (cluster) => RedisNode.fromClient(cluster, { commandTimeout: "10 seconds" })
  )
)

// a machine that is busy with other things is no outage
const timeout = "10 seconds"

const name = "a Redis Cluster"

// what is pushed takes its time, and is a matter of the campaign
if (isLong) {
  const breakers = Layer.provide(CircuitBreakerRedis.layer({ timeout }), redis)
  const limits = Layer.provide(RateLimitRedis.layer({ timeout }), redis)
  const live = { clock: "live", numRuns: 2 } as const
  CircuitBreaker.suite(name, breakers, { ...live, latency: "250 millis", peer: breakers, unit: "300 millis" })
  RateLimit.suite(name, limits, { ...live, latency: "200 millis", peer: limits, unit: "150 millis" })
}

const keys = Layer.provide(IdempotencyRedis.layer(), redis)

Idempotency.suite(name, keys, { clock: "live", numRuns: isLong ? 10 : 2, peer: keys, unit: "300 millis" })

describe(`what operators see of ${name}`, () => {
  const each = Array.from({ length: 30 }, (_, n) => `shown-${n}`)

  it.scopedLive("a scan goes over all masters, and over each key once", () =>
    Effect.gen(function*() {
      const { scan, send } = Context.get(yield* Layer.build(redis), Redis.Redis)
      yield* Effect.forEach(each, (key) => send("SET", `cluster:{${key}}`, "1"))
      assert.sameMembers(Array.from(yield* scan("cluster:{shown-*}")), each.map((key) => `cluster:{${key}}`))
      // it is not one master that has them all
      const slots = yield* Effect.forEach(each, (key) => send("CLUSTER", "KEYSLOT", `cluster:{${key}}`))
      assert.isTrue(new Set(slots.map((slot) => Math.floor(Number(slot) / (16_384 / 3)))).size > 1)
    }))

  it.scopedLive("circuits are listed, whichever master has them", () =>
    Effect.gen(function*() {
      const layer = Layer.provide(CircuitBreakerRedis.layer({ timeout }), redis)
      const breakers = Context.get(yield* Layer.build(layer), Breakers.CircuitBreakers)
      yield* Effect.forEach(each, (key) => breakers.forceOpen(key, "maintenance"))
      const listed = yield* Effect.repeat(breakers.list, {
        until: (circuits) => circuits.filter(({ key }) => key.startsWith("shown-")).length === each.length
      })
      assert.isTrue(
        listed.filter(({ key }) => key.startsWith("shown-")).every(({ state }) => state === "open")
      )
    }))
})
