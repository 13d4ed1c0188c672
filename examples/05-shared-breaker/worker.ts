/**
 * One of several processes that share a circuit breaker. Nothing in the integration says so: its breakers are a Layer, and
 * this one keeps them in Redis.
 */
import { HttpApi, HttpApiEndpoint, HttpApiGroup } from "@effect/platform"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Config, Console, Effect, Layer, Logger, LogLevel, Redacted, Schedule, Schema, Stream } from "effect"
import { Auth, CircuitBreaker, Credentials, Holdfast, Provider, Transport } from "holdfast"
import * as RedisNode from "holdfast/core/Redis/Node"
import * as CircuitBreakerRedis from "holdfast/policy/CircuitBreaker/Redis"

const stock = HttpApiEndpoint.get("stock", "/stock").addSuccess(Schema.Struct({ pieces: Schema.Int }))

const definition = Provider.define({
  id: "warehouse",
  name: "Warehouse",
  version: "1",
  baseUrl: "https://warehouse.example.com",
  api: HttpApi.make("warehouse").add(HttpApiGroup.make("items").add(stock)),
  auth: Auth.apiKey("x-api-key"),
  policy: {
    circuitBreaker: { failureThreshold: 3, resetTimeout: "1 second", successThreshold: 1 },
    retry: false
  }
})

class Warehouse extends Provider.Tag<Warehouse>()("app/Warehouse", definition, {
  credentials: Config.succeed(Credentials.ApiKey({ key: Redacted.make("fake") }))
}) {}

const shared = Layer.unwrapEffect(Effect.map(Config.string("REDIS_URL"), (url) =>
  Layer.provide(
    CircuitBreakerRedis.layer({ prefix: "example:breaker:" }),
    RedisNode.layer({ url })
  )))

const program = Effect.gen(function*() {
  const warehouse = yield* Warehouse
  const breakers = yield* CircuitBreaker.CircuitBreakers
  yield* Effect.forkScoped(
    Stream.runForEach(breakers.changes, ({ from, reason, to }) => Console.log(`${from} → ${to}: ${reason}`))
  )
  let last = ""
  yield* Effect.repeat(
    warehouse.items.stock().pipe(
      Effect.match({ onFailure: ({ _tag }) => _tag, onSuccess: ({ pieces }) => `${pieces} pieces` }),
      // what is as before is not worth a line
      Effect.tap((became) => became === last ? Effect.void : Console.log(became)),
      Effect.tap((became) => Effect.sync(() => last = became))
    ),
    Schedule.spaced("50 millis")
  )
})

program.pipe(
  Effect.scoped,
  Effect.provide(
    Warehouse.layerConfig.pipe(
      // of two layers with breakers the one further right holds
      Layer.provideMerge(Layer.merge(Holdfast.layerMemory, shared)),
      Layer.provide(Transport.layer),
      // the timeline says it all
      Layer.provideMerge(Logger.minimumLogLevel(LogLevel.Error))
    )
  ),
  NodeRuntime.runMain
)
