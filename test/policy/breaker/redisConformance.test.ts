/** The breakers that are shared by Redis, on a real one and on its clock. */
import { Effect, Layer } from "effect"
import * as RedisNode from "../../../src/core/Redis/Node.js"
import * as CircuitBreakerRedis from "../../../src/policy/CircuitBreaker/Redis.js"
import * as Conformance from "../../../src/testing/conformance/CircuitBreaker.js"
import { isLong } from "../../campaign.js"
import * as servers from "../../servers/index.js"

const layer = Layer.unwrapEffect(
  Effect.map(servers.redis, ({ url }) =>
    Layer.provide(
      CircuitBreakerRedis.layer({ prefix: "test:conformance:", timeout: "10 seconds" }),
      RedisNode.layer({ commandTimeout: "10 seconds", url })
    ))
)

Conformance.suite("Redis", layer, {
  clock: "live",
  latency: "250 millis",
  numRuns: isLong ? 6 : 2,
  peer: layer,
  unit: "300 millis"
})
