/**
 * One process of a fleet on one limit. Says `ready`, waits for a word, and then calls as often as it may until the next
 * word; each grant is a line with the time of this machine's clock, which is that of the server beside it too.
 */
import { HttpClientRequest, HttpClientResponse } from "@effect/platform"
import { Clock, Context, Effect, Layer, Logger, Redacted } from "effect"
import { IntegrationClient, RateLimit } from "holdfast"
import * as RedisNode from "holdfast/core/Redis/Node"
import * as RateLimitRedis from "holdfast/policy/RateLimit/Redis"
import * as RateLimitSql from "holdfast/policy/RateLimit/Sql"
import * as RateLimitSqlite from "holdfast/policy/RateLimit/Sqlite"
import { writeSync } from "node:fs"
import * as Redis from "../../src/core/Redis.js"
import * as Postgres from "../../src/internal/postgres.js"
import * as Leased from "../../src/policy/internal/limit/leasedLimiters.js"
import * as RedisStore from "../../src/policy/internal/limit/leaseRedisStore.js"

export interface Options {
  /** `redis:`, `postgres:`, or `sqlite:` and a file. */
  readonly url: string
  readonly prefix: string
  readonly capacity: number
  readonly refillRate: number
  readonly callers: number
  /** Keys of another version of the library, which begin so. */
  readonly layout?: string
  /** Milliseconds by which this process's clock is wrong. */
  readonly clockOff?: number
}

const options = JSON.parse(process.argv[2] ?? "{}") as Options

const now = () => performance.timeOrigin + performance.now()
const say = (line: string) => writeSync(1, `${line}\n`)

/** As `RateLimitRedis.layer`, but for where it keeps what. */
const ofLayout = (layout: string) =>
  Layer.scoped(
    RateLimit.RateLimiters,
    Effect.gen(function*() {
      const store = RedisStore.make(yield* Redis.Redis, layout)
      return RateLimit.fromLimiters(yield* Leased.make(store, { name: "Redis", timeout: 1_000 }))
    })
  )

const limiters: Layer.Layer<RateLimit.RateLimiters, unknown> = options.url.startsWith("redis")
  ? Layer.provide(
    options.layout === undefined
      ? RateLimitRedis.layer({ prefix: options.prefix, timeout: "1 second" })
      : ofLayout(options.layout),
    RedisNode.layer({ heartbeat: "500 millis", maxBackoff: "200 millis", url: options.url })
  )
  : options.url.startsWith("sqlite:")
  ? RateLimitSqlite.layer({ filename: options.url.slice(7), space: options.prefix, timeout: "1 second" })
  : Layer.provide(
    RateLimitSql.layer({ space: options.prefix, timeout: "1 second" }),
    Postgres.layer({ maxConnections: 2, timeout: "2 seconds", url: Redacted.make(options.url) })
  )

const provider = IntegrationClient.make({ id: "shop", version: "1" }, (request) =>
  Effect.sync(() => {
    say(`grant ${now()}`)
    return HttpClientResponse.fromWeb(request, new Response())
  }))

const program = Effect.gen(function*() {
  const client = Context.get(
    yield* Layer.build(
      RateLimit.layer({
        capacity: options.capacity,
        maxQueue: 10_000,
        maxWait: "10 minutes",
        refillRate: options.refillRate
      }).pipe(Layer.provide(Layer.succeed(IntegrationClient.IntegrationClient, provider)), Layer.provide(limiters))
    ),
    IntegrationClient.IntegrationClient
  )
  const word = Effect.promise(() => new Promise((resolve) => process.stdin.once("data", resolve)))
  say("ready")
  yield* word
  yield* Effect.forkScoped(Effect.replicateEffect(
    Effect.forever(client.execute(HttpClientRequest.get("/"))),
    options.callers,
    { concurrency: "unbounded", discard: true }
  ))
  yield* word
})

const clock = Clock.make()
const off = options.clockOff ?? 0
const wrong: Clock.Clock = {
  ...clock,
  currentTimeMillis: Effect.sync(() => clock.unsafeCurrentTimeMillis() + off),
  currentTimeNanos: Effect.sync(() => clock.unsafeCurrentTimeNanos() + BigInt(off) * 1_000_000n),
  sleep: (duration) => clock.sleep(duration),
  unsafeCurrentTimeMillis: () => clock.unsafeCurrentTimeMillis() + off,
  unsafeCurrentTimeNanos: () => clock.unsafeCurrentTimeNanos() + BigInt(off) * 1_000_000n
}

const log = Logger.replace(
  Logger.defaultLogger,
  Logger.make(({ logLevel, message }) => say(`log ${logLevel.label} ${String(message)}`))
)

const run = Effect.provide(Effect.scoped(program), log)
Effect.runPromise(off === 0 ? run : Effect.withClock(run, wrong)).then(() => {
  say("done")
  process.exit(0)
}, (error: unknown) => {
  say(`failed ${String(error)}`)
  process.exit(1)
})
