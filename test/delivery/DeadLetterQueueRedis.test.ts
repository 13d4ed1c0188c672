import * as DeadLetterQueueRedis from "../../src/delivery/DeadLetterQueue/Redis.js"
import * as Conformance from "../../src/testing/conformance/DeadLetterQueue.js"
import * as redis from "./redis.js"

Conformance.suite("Redis", redis.provide(DeadLetterQueueRedis.layer), { settled: redis.settled })
