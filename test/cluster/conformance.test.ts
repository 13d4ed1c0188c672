/**
 * What is shared by a Redis Cluster of three masters: each key goes to the node that has its slot, and what is pushed
 * reaches everybody, whichever node they listen to.
 */
import { afterAll } from "@effect/vitest"
import { Effect, Exit, Layer, Scope } from "effect"
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
