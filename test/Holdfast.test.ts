import { assert, describe, it } from "@effect/vitest"
import { Array, ConfigProvider, Context, Effect, Either, Layer, Redacted, Schedule, Schema } from "effect"
import { CircuitBreaker, DeadLetterQueue, Holdfast, Idempotency, Inbox, Integration, Outbox, RateLimit } from "holdfast"
import * as fs from "node:fs"
import { letter } from "../src/testing/conformance/internal/deadLetters.js"
import { PostgresServer, RedisServer, TcpProxy } from "../src/testing/index.js"
import * as files from "./delivery/files.js"
import * as Kit from "./kit.js"
import * as servers from "./servers/index.js"

const operations = Integration.operations(Kit.definition)

const capture = Effect.flatMap(DeadLetterQueue.DeadLetterQueue, (queue) => queue.capture(letter()))

const total = Effect.flatMap(DeadLetterQueue.DeadLetterQueue, (queue) => queue.stats()).pipe(
  Effect.map((stats) => stats.total)
)

const configured = (variables: Record<string, string>) =>
  Layer.provide(
    Holdfast.layerConfig,
    Layer.setConfigProvider(ConfigProvider.fromMap(new Map(Object.entries(variables))))
  )

describe("Holdfast", () => {
  describe("layerPostgres", () => {
    it.scopedLive("what one program captures, another one finds", () =>
      Effect.gen(function*() {
        const url = Redacted.make(yield* servers.database)
        for (let i = 1; i <= 2; i++) {
          yield* Effect.provide(capture, Holdfast.layerPostgres({ url }))
          assert.strictEqual(yield* Effect.provide(total, Holdfast.layerPostgres({ url })), i)
        }
      }))

    it.scopedLive("a database that cannot be reached is named, without its password", () =>
      Effect.gen(function*() {
        const url = Redacted.make("postgres://user:fake-secret@127.0.0.1:1/app")
        const error = yield* Effect.flip(Effect.provide(total, Holdfast.layerPostgres({ url })))
        assert.deepInclude(error, { _tag: "DeadLetterQueueError", reason: "open" })
        assert.match(error.message, /^PostgreSQL at 127.0.0.1:1\/app cannot be reached: .*ECONNREFUSED/)
        assert.notInclude(error.message, "fake-secret")
      }))

    it.scopedLive("a database that does not answer holds up no capture: the letter goes to the spill file, and later home", () =>
      Effect.gen(function*() {
        const server = yield* PostgresServer.make()
        const proxy = yield* TcpProxy.make(server.url)
        const spill = `${yield* files.folder}/letters`
        const url = Redacted.make(proxy.url)
        yield* Effect.gen(function*() {
          yield* capture
          yield* proxy.set(TcpProxy.blackHole)
          assert.deepInclude(yield* Effect.flip(capture), { _tag: "DeadLetterQueueError", reason: "spilled" })
          assert.isTrue(fs.existsSync(spill))
          yield* proxy.set(TcpProxy.pass)
          assert.strictEqual(yield* Effect.retry(total, Schedule.spaced("50 millis")), 1)
        }).pipe(Effect.provide(Holdfast.layerPostgres({ spill, timeout: "2 seconds", url })))
        // the next program drains it
        yield* Effect.gen(function*() {
          while ((yield* total) < 2) yield* Effect.sleep("20 millis")
        }).pipe(Effect.provide(Holdfast.layerPostgres({ spill, url })))
        assert.isFalse(fs.existsSync(spill))
      }))
  })

  describe("layerRedis", () => {
    it.scopedLive("what one program captures, another one finds; with letters elsewhere, none is there", () =>
      Effect.gen(function*() {
        const url = Redacted.make((yield* RedisServer.make()).url)
        yield* Effect.provide(capture, Holdfast.layerRedis({ url }))
        assert.strictEqual(yield* Effect.provide(total, Holdfast.layerRedis({ url })), 1)
        const elsewhere = Layer.merge(Holdfast.layerRedis({ deadLetters: false, url }), DeadLetterQueue.layerMemory)
        yield* Effect.provide(capture, elsewhere)
        assert.strictEqual(yield* Effect.provide(total, Holdfast.layerRedis({ url })), 1)
      }))

    it.scopedLive("a Redis that cannot be reached is named, unless it is to keep no letters", () =>
      Effect.gen(function*() {
        const url = Redacted.make("redis://user:fake-secret@127.0.0.1:1")
        const error = yield* Effect.flip(Effect.provide(total, Holdfast.layerRedis({ url })))
        assert.deepInclude(error, { _tag: "DeadLetterQueueError", reason: "open" })
        assert.match(error.message, /^the dead letters on Redis cannot be opened: Redis at 127.0.0.1:1 /)
        assert.notInclude(error.message, "fake-secret")
        const elsewhere = Layer.merge(Holdfast.layerRedis({ deadLetters: false, url }), DeadLetterQueue.layerMemory)
        assert.strictEqual(yield* Effect.provide(total, elsewhere), 0)
      }))

    it.scopedLive("a Redis that does not answer holds up no capture: the letter goes to the spill file, and later home", () =>
      Effect.gen(function*() {
        const server = yield* RedisServer.make()
        const proxy = yield* TcpProxy.make(server.url)
        const spill = `${yield* files.folder}/letters`
        const url = Redacted.make(proxy.url)
        yield* Effect.gen(function*() {
          yield* capture
          yield* proxy.set(TcpProxy.blackHole)
          assert.deepInclude(yield* Effect.flip(capture), { _tag: "DeadLetterQueueError", reason: "spilled" })
          assert.isTrue(fs.existsSync(spill))
          yield* proxy.set(TcpProxy.pass)
          assert.strictEqual(yield* Effect.retry(total, Schedule.spaced("50 millis")), 1)
        }).pipe(Effect.provide(Holdfast.layerRedis({ spill, url })))
        // the next program drains it
        yield* Effect.gen(function*() {
          while ((yield* total) < 2) yield* Effect.sleep("20 millis")
        }).pipe(Effect.provide(Holdfast.layerRedis({ spill, url })))
        assert.isFalse(fs.existsSync(spill))
      }))
  })

  describe("what one program learns, the others know", () => {
    type Shared = CircuitBreaker.CircuitBreakers | RateLimit.RateLimiters

    /** Two programs with a client each. */
    const two = (layer: () => Layer.Layer<Shared, unknown>) =>
      Effect.all(
        Array.makeBy(2, () =>
          Effect.gen(function*() {
            const context = yield* Layer.build(layer())
            const policy = RateLimit.layer({ capacity: 1000, maxWait: "1 minute", refillRate: 1000 }).pipe(
              Layer.provide(CircuitBreaker.layer())
            )
            const shop = yield* Effect.provide(Kit.shop(new Kit.Provider(Kit.ok), policy), context)
            const call = shop.items.get({ path: { id: "1" } })
            yield* call
            return {
              breakers: Context.get(context, CircuitBreaker.CircuitBreakers),
              failsWith: (tag: string) =>
                Effect.repeat(Effect.either(call), {
                  schedule: Schedule.spaced("20 millis"),
                  until: (result) => Either.isLeft(result) && result.left._tag === tag
                }),
              limiters: Context.get(context, RateLimit.RateLimiters)
            }
          }))
      )

    const breakers = (layer: () => Layer.Layer<Shared, unknown>) =>
      Effect.gen(function*() {
        const [one, other] = yield* two(layer)
        if (one === undefined || other === undefined) return assert.fail("two")
        yield* one.breakers.forceOpen("shop", "a test")
        yield* other.failsWith("CircuitBreakerOpenError")
      })

    const limiters = (layer: () => Layer.Layer<Shared, unknown>) =>
      Effect.gen(function*() {
        const [one, other] = yield* two(layer)
        if (one === undefined || other === undefined) return assert.fail("two")
        yield* one.limiters.coolDown("shop", "1 hour")
        yield* other.failsWith("RateLimitError")
      })

    const redis = Effect.map(RedisServer.make(), ({ url }) => () => Holdfast.layerRedis({ url: Redacted.make(url) }))
    const postgres = Effect.map(servers.database, (url) => () => Holdfast.layerPostgres({ url: Redacted.make(url) }))

    const sqlite = Effect.map(files.file, (filename) => () => Holdfast.layerSqlite({ filename, shared: true }))

    it.scopedLive("an open circuit, by layerRedis", () => Effect.flatMap(redis, breakers))
    it.scopedLive("an open circuit, by layerPostgres", () => Effect.flatMap(postgres, breakers))
    it.scopedLive("a cool-down, by layerRedis", () => Effect.flatMap(redis, limiters))
    it.scopedLive("a cool-down, by layerPostgres", () => Effect.flatMap(postgres, limiters))
    it.scopedLive("an open circuit, by layerSqlite", () => Effect.flatMap(sqlite, breakers))
    it.scopedLive("a cool-down, by layerSqlite", () => Effect.flatMap(sqlite, limiters))
  })

  describe("what one program stored, another one finds", () => {
    const orders = Inbox.source({ id: "orders" })

    /** A message, an event and an outcome of each program; what the one before left there. */
    const program = Effect.gen(function*() {
      const outbox = yield* Outbox.Outbox
      const inbox = yield* Inbox.Inbox
      const before = (yield* outbox.list({ integration: "shop" })).items.length
      yield* Outbox.send(operations.items.create, { payload: { name: `item ${before}` } })
      assert.strictEqual((yield* inbox.list({ source: "orders" })).items.length, before)
      yield* Inbox.offer(orders, [{ body: {}, id: `event-${before}` }])
      return [before, yield* Idempotency.once(Effect.succeed(before), "order-1", { success: Schema.Number })]
    })

    const found = (layer: Layer.Layer<Holdfast.Durable, unknown>) =>
      Effect.gen(function*() {
        assert.deepStrictEqual(yield* Effect.provide(program, layer), [0, 0])
        assert.deepStrictEqual(yield* Effect.provide(program, layer), [1, 0])
      })

    it.scopedLive("outbox, inbox and idempotency keys, by layerSqlite", () =>
      Effect.flatMap(files.file, (filename) => found(Holdfast.layerSqlite({ filename }))))
    it.scopedLive("outbox, inbox and idempotency keys, by layerPostgres", () =>
      Effect.flatMap(servers.database, (url) => found(Holdfast.layerPostgres({ url: Redacted.make(url) }))))
    it.scopedLive("outbox, inbox and idempotency keys, by layerRedis", () =>
      Effect.flatMap(RedisServer.make(), ({ url }) => found(Holdfast.layerRedis({ url: Redacted.make(url) }))))
    it.scopedLive("outbox, inbox and idempotency keys, where the dead letters are", () =>
      Effect.flatMap(
        files.file,
        (filename) =>
          found(configured({ HOLDFAST_DEAD_LETTERS_URL: `sqlite:${filename}`, HOLDFAST_STORE_URL: "memory:" }))
      ))

    it.live("a file that cannot be opened is said once, and named", () =>
      Effect.gen(function*() {
        const error = yield* Effect.flip(
          Effect.provide(program, Holdfast.layerSqlite({ filename: "/nowhere/holdfast.db" }))
        )
        assert.deepInclude(error, { _tag: "DeadLetterQueueError", reason: "open" })
        assert.include(String(error), "create the folder /nowhere")
      }))
  })

  describe("layerConfig", () => {
    it.scopedLive("chooses the store by its URL", () =>
      Effect.gen(function*() {
        const filename = yield* files.file
        const database = yield* servers.database
        const stores = [
          ["memory:", 0],
          [`sqlite:${filename}`, 1],
          [`sqlite://${filename}`, 2],
          [database, 1],
          [database.replace("postgres:", "postgresql:"), 2]
        ] as const
        for (const [url, kept] of stores) {
          const store = configured({ HOLDFAST_STORE_URL: url })
          yield* Effect.provide(capture, store)
          assert.strictEqual(yield* Effect.provide(total, store), kept, url)
        }
      }))

    it.scopedLive("a Redis keeps dead letters too, unless another store is named for them", () =>
      Effect.gen(function*() {
        const { url } = yield* RedisServer.make()
        const filename = yield* files.file
        const elsewhere = configured({ HOLDFAST_DEAD_LETTERS_URL: `sqlite:${filename}`, HOLDFAST_STORE_URL: url })
        yield* Effect.provide(capture, elsewhere)
        assert.strictEqual(yield* Effect.provide(total, Holdfast.layerSqlite({ filename })), 1)
        const there = configured({ HOLDFAST_STORE_URL: url })
        assert.strictEqual(yield* Effect.provide(total, there), 0)
        yield* Effect.provide(capture, there)
        assert.strictEqual(yield* Effect.provide(total, there), 1)
        assert.strictEqual(yield* Effect.provide(total, Holdfast.layerRedis({ url: Redacted.make(url) })), 1)
        const letters = configured({ HOLDFAST_DEAD_LETTERS_URL: url, HOLDFAST_STORE_URL: "memory:" })
        assert.strictEqual(yield* Effect.provide(total, letters), 1)
      }))

    it.live("says what it expects, and repeats no more than the scheme", () =>
      Effect.gen(function*() {
        const cases = [
          ["mysql://user:fake-secret@db/app", "and not mysql:"],
          ["fake-secret", "and not what is there"],
          ["", "and not what is there"],
          ["sqlite:", "names no file"],
          ["memory:fake-secret", "nothing may follow"],
          ["postgres://user:fake-secret@:bad:/", "cannot be read"],
          ["redis://user:fake-secret@:bad:/", "cannot be read"]
        ] as const
        for (const [url, says] of cases) {
          const error = yield* Effect.flip(Effect.provide(total, configured({ HOLDFAST_STORE_URL: url })))
          assert.include(String(error), "HOLDFAST_STORE_URL")
          assert.include(String(error), says)
          assert.notInclude(String(error), "fake-secret")
        }
        const error = yield* Effect.flip(Effect.provide(total, configured({})))
        assert.include(String(error), "HOLDFAST_STORE_URL")
      }))
  })
})
