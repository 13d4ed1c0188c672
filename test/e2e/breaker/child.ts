/**
 * One process of a fleet whose breakers are shared: calls its provider when it is told to, and tells what became of it.
 * Its orders come by the channel that `fork` opens.
 */
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import { Context, Duration, Effect, Either, Layer, Logger, Option, Schedule, Stream } from "effect"
import { CircuitBreaker, IntegrationClient, IntegrationError } from "holdfast"
import * as RedisNode from "holdfast/core/Redis/Node"
import * as CircuitBreakerRedis from "holdfast/policy/CircuitBreaker/Redis"
import * as CircuitBreakerSql from "holdfast/policy/CircuitBreaker/Sql"
import * as CircuitBreakerSqlite from "holdfast/policy/CircuitBreaker/Sqlite"
import * as servers from "./clients.js"
import type { Order, Setting, Told } from "./orders.js"

const setting = JSON.parse(process.argv[2] ?? "") as Setting

/** Nobody need hear it any more. */
const tell = (told: Told) => void (process.connected && process.send?.(told, undefined, {}, () => {}))

/** Of one machine, the same in all its processes. */
const now = () => performance.timeOrigin + performance.now()

const logger = Logger.make(({ logLevel, message }) => {
  if (logLevel.ordinal >= 30_000) tell({ _tag: "warned", message: String(message) })
})

const breakers = (): Layer.Layer<CircuitBreaker.CircuitBreakers, unknown> => {
  const { store } = setting
  const options: Setting["sharing"] = {
    heartbeat: "500 millis",
    lease: "1 second",
    maxRetryDelay: "500 millis",
    ...setting.sharing
  }
  // whoever is patient with the store is so with the way to it
  const patience = Duration.max(options.timeout ?? 0, "1 second")
  switch (store._tag) {
    case "redis":
      return Layer.provide(
        CircuitBreakerRedis.layer({ ...options, prefix: store.prefix }),
        RedisNode.layer({ commandTimeout: patience, heartbeat: "500 millis", maxBackoff: "200 millis", url: store.url })
      )
    case "postgres":
      return Layer.provide(CircuitBreakerSql.layer(options), servers.postgres(store.url, patience))
    case "sqlite":
      return CircuitBreakerSqlite.layer({ ...options, filename: store.filename })
  }
}

/** Answers at once, with a failure where it is told to; else the server of the test does. */
const provider = IntegrationClient.make({ id: "shop", version: "1" }, (request, call) => {
  const fail = (status: number) =>
    new IntegrationError.ServerError({ ...call.errorFields, message: `HTTP ${status}`, status })
  if (request.url === "ok") return Effect.succeed(HttpClientResponse.fromWeb(request, new Response()))
  if (request.url === "fails") return fail(503)
  // what it is sent with does not matter here
  // @effect-diagnostics-next-line globalFetchInEffect:off
  return Effect.flatMap(
    Effect.promise((signal) => fetch(request.url, { signal }).then(({ status }) => status, () => 599)),
    (status) => status === 200 ? Effect.succeed(HttpClientResponse.fromWeb(request, new Response())) : fail(status)
  )
})

const program = Effect.gen(function*() {
  const service = yield* CircuitBreaker.CircuitBreakers
  const client = Context.get(
    yield* Layer.build(
      CircuitBreaker.layer(setting.breaker).pipe(
        Layer.provide(Layer.succeed(IntegrationClient.IntegrationClient, provider))
      )
    ),
    IntegrationClient.IntegrationClient
  )
  const call = (url: string) =>
    Effect.map(
      Effect.either(client.execute(HttpClientRequest.get(url))),
      (result) =>
        Either.isRight(result) ? "success" : result.left._tag === "CircuitBreakerOpenError" ? "refused" : "failure"
    )

  const stats = { calls: 0, refused: 0, slowest: 0 }
  let isLooping = false
  const loop = (url: string, pause: number) =>
    Effect.gen(function*() {
      while (isLooping) {
        const began = performance.now()
        const became = yield* call(url)
        stats.calls++
        if (became === "refused") stats.refused++
        stats.slowest = Math.max(stats.slowest, performance.now() - began)
        yield* pause > 0 ? Effect.sleep(Duration.millis(pause)) : Effect.yieldNow()
      }
    })

  yield* Effect.forkScoped(Stream.runForEach(service.changes, (change) =>
    Effect.gen(function*() {
      const { from, reason, to } = change
      // an open circuit is one that refuses; where it may be half-open by then, this call would be its probe
      const refused = to === "open" && setting.callsWhenOpen === true ? (yield* call("ok")) === "refused" : false
      tell({ _tag: "changed", at: now(), from, reason, refused, to })
    })))

  const obey = (order: Order): Effect.Effect<void> => {
    switch (order._tag) {
      case "call":
        return Effect.map(
          Effect.replicateEffect(call(order.url), order.times),
          (became) => void tell({ _tag: "became", at: now(), became, id: order.id })
        )
      case "loop":
        isLooping = true
        return loop(order.url, order.pause)
      case "halt":
        return Effect.sync(() => {
          isLooping = false
        })
      case "reset":
        return service.reset("shop")
      case "forceOpen":
        return service.forceOpen("shop", order.reason)
      case "look":
        return Effect.map(service.snapshot("shop"), (snapshot) => {
          tell({
            _tag: "looks",
            id: order.id,
            mode: Option.match(snapshot, { onNone: () => "none", onSome: ({ mode }) => mode }),
            state: Option.match(snapshot, { onNone: () => "none", onSome: ({ state }) => state }),
            stats: { ...stats }
          })
          Object.assign(stats, { calls: 0, refused: 0, slowest: 0 })
        })
    }
  }
  const orders = Stream.async<Order>((emit) => {
    process.on("message", (order: Order) => void emit.single(order))
    process.once("disconnect", () => void emit.end())
  })
  tell({ _tag: "ready" })
  yield* Stream.runForEach(orders, (order) => Effect.forkDaemon(obey(order)))
})

// it begins also while the store is away
const ready = Effect.retry(Layer.build(breakers()), Schedule.spaced("50 millis"))

Effect.runPromise(
  Effect.scoped(Effect.flatMap(ready, (context) => Effect.provide(program, context))).pipe(
    Effect.provide(Logger.replace(Logger.defaultLogger, logger))
  )
).then(() => process.exit(0), (error: unknown) => {
  process.stderr.write(String(error))
  process.exit(1)
})
