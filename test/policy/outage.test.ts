/** One warning an outage, whatever is kept in the store that is away. */
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Layer, Logger, LogLevel } from "effect"
import { CircuitBreaker, IntegrationClient, RateLimit } from "holdfast"
import * as RedisNode from "holdfast/core/Redis/Node"
import * as CircuitBreakerRedis from "holdfast/policy/CircuitBreaker/Redis"
import * as RateLimitRedis from "holdfast/policy/RateLimit/Redis"
import { TcpProxy } from "holdfast/testing"
import * as servers from "../servers/index.js"

const provider = Layer.succeed(
  IntegrationClient.IntegrationClient,
  IntegrationClient.make(
    { id: "shop", version: "1" },
    (request) => Effect.succeed(HttpClientResponse.fromWeb(request, new Response()))
  )
)

describe("an outage of a Redis with breakers and limits", () => {
  it.scopedLive("is one warning that says what is lost, and one word at its end", () =>
    Effect.gen(function*() {
      const { prefix, url } = yield* servers.redis
      const proxy = yield* TcpProxy.make(url)
      const logged: Array<string> = []
      const logger = Logger.make(({ logLevel, message }) => void logged.push(`${logLevel.label} ${String(message)}`))
      const at = (level: string) => logged.filter((line) => line.startsWith(level))
      const stores = Layer.merge(
        CircuitBreakerRedis.layer({ maxRetryDelay: "300 millis", prefix: `${prefix}breaker:`, timeout: "2 seconds" }),
        RateLimitRedis.layer({ prefix, timeout: "2 seconds" })
      ).pipe(Layer.provide(RedisNode.layer({ maxBackoff: "100 millis", url: proxy.url })))
      yield* Effect.gen(function*() {
        const client = Context.get(
          yield* Layer.build(
            CircuitBreaker.layer({ failureThreshold: 5 }).pipe(
              Layer.provide(RateLimit.layer({ capacity: 1_000, refillRate: 1_000 })),
              Layer.provide(provider),
              Layer.provide(stores)
            )
          ),
          IntegrationClient.IntegrationClient
        )
        const call = client.execute(HttpClientRequest.get("/"))
        yield* Effect.forkScoped(Effect.forever(Effect.delay(call, "5 millis")))
        yield* Effect.sleep("300 millis")
        for (const outage of [1, 2]) {
          yield* proxy.set(TcpProxy.refuse)
          // both have noticed
          yield* Effect.repeat(Effect.sleep("20 millis"), {
            until: () => logged.filter((line) => line.includes("cannot be used")).length === 2 * outage
          })
          yield* Effect.sleep("300 millis")
          yield* proxy.set(TcpProxy.pass)
          yield* Effect.repeat(Effect.sleep("20 millis"), { until: () => at("INFO").length === outage })
          assert.strictEqual(at("WARN").length, outage, logged.join("\n"))
        }
        for (const line of at("WARN")) {
          assert.match(line, /circuit breakers/)
          assert.match(line, /rate limits/)
        }
        assert.deepStrictEqual([...at("ERROR"), ...at("FATAL")], [])
      }).pipe(
        Logger.withMinimumLogLevel(LogLevel.Debug),
        Effect.provide(Logger.replace(Logger.defaultLogger, logger))
      )
    }))
})
