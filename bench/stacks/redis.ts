/** A Redis of the benchmark's own, and Holdfast over it. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redis from "../../src/core/Redis.js"
import * as RedisNode from "../../src/core/Redis/Node.js"
import * as CircuitBreakerRedis from "../../src/policy/CircuitBreaker/Redis.js"
import * as RateLimitRedis from "../../src/policy/RateLimit/Redis.js"
import * as RedisServer from "../../src/testing/RedisServer.js"
import { forever } from "./holdfast.js"

/** What a process sends while it works; neither what a script does inside, nor what this asks for itself. */
const asked: ReadonlySet<string> = new Set(["eval", "evalsha", "exists", "ping", "publish", "script|load"])

export const start = async () => {
  const server = await Effect.runPromise(forever(RedisServer.make()))
  const redis = await Effect.runPromise(forever(Layer.build(RedisNode.layer({ url: server.url }))))
  const service = Context.get(redis, Redis.Redis)
  /** Calls of commands since the server's statistics were reset; what a script does inside is not counted. */
  const commands = async (): Promise<number> => {
    const text = String(await Effect.runPromise(service.send("INFO", "commandstats")))
    let sum = 0
    for (const [, name, calls] of text.matchAll(/cmdstat_([^:]+):calls=(\d+)/g)) {
      if (name !== undefined && asked.has(name)) sum += Number(calls)
    }
    return sum
  }
  return {
    commands,
    layer: Layer.provideMerge(
      Layer.mergeAll(CircuitBreakerRedis.layer(), RateLimitRedis.layer()),
      Layer.succeedContext(redis)
    ),
    reset: () => Effect.runPromise(service.send("CONFIG", "RESETSTAT")),
    service,
    url: server.url
  }
}
