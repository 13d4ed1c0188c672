/** What a queue on Redis asks of its server, and what becomes of it with the server. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import * as Redis from "../../src/core/Redis.js"
import * as RedisNode from "../../src/core/Redis/Node.js"
import type * as LeaseQueue from "../../src/delivery/LeaseQueue.js"
import * as LeaseQueueRedis from "../../src/delivery/LeaseQueue/Redis.js"
import { RedisServer } from "../../src/testing/index.js"
import { isLong } from "../campaign.js"

const queue = "q"

type Service = LeaseQueue.LeaseQueue["Type"]

const over = (redis: Redis.Redis["Type"], options?: LeaseQueueRedis.Options) =>
  Effect.provideService(LeaseQueueRedis.make({ checkServer: false, ...options }), Redis.Redis, redis)

const client = (url: string) => RedisNode.make({ commandTimeout: "30 seconds", maxBackoff: "50 millis", url })

const own = (...args: ReadonlyArray<string>) =>
  Effect.gen(function*() {
    const server = yield* RedisServer.make({ args })
    const redis = yield* client(server.url)
    return { redis, server, service: yield* over(redis, { patience: "1 minute" }) }
  })

/** With `everysec` a write waits for up to two seconds where the disk is still busy with the one before. */
const appendOnly = ["--appendonly", "yes", "--appendfsync", "always"]

const items = (count: number, rest?: Partial<LeaseQueue.NewItem>): ReadonlyArray<LeaseQueue.NewItem> =>
  Array.from({ length: count }, (_, i) => ({ payload: String(i), queue, ...rest }))

const claim = (service: Service, limit = 1) => service.claim({ lease: "1 hour", limit, owner: "a", queue })

const one = (service: Service) =>
  Effect.flatMap(claim(service), ([item]) => item === undefined ? Effect.dieMessage("an item") : Effect.succeed(item))

describe("LeaseQueue.Redis and its server", () => {
  it.scopedLive("what was acknowledged is there after the server was killed, with an append-only file (Q6)", () =>
    Effect.gen(function*() {
      const { server, service } = yield* own(...appendOnly)
      yield* service.offer(items(20, { partitionKey: "p" }))
      yield* service.offer(items(3, { dedupeKey: "k", id: "own" }))
      const { id, token } = yield* one(service)
      yield* service.complete(id, token, { detail: "ok" })
      const leased = yield* one(service)
      const before = yield* service.list({ queue })
      yield* server.kill
      yield* server.start
      assert.deepStrictEqual(yield* service.list({ queue }), before)
      assert.deepStrictEqual((yield* service.history(id)).map(({ detail }) => detail), ["ok"])
      assert.strictEqual((yield* service.complete(leased.id, leased.token)).state, "done")
      assert.deepStrictEqual(yield* service.offer(items(1, { dedupeKey: "k" })), [{ created: false, id: "own" }])
    }))

  it.scopedLive("one that is away fails each step in plain words, and a short absence fails none", () =>
    Effect.gen(function*() {
      const { redis, server, service } = yield* own(...appendOnly)
      const impatient = yield* over(redis, { patience: 0 })
      yield* service.offer(items(2))
      yield* server.kill
      const steps: ReadonlyArray<Effect.Effect<unknown, LeaseQueue.LeaseQueueError>> = [
        impatient.offer(items(1)),
        impatient.claim({ owner: "a", queue }),
        impatient.acquire("x", { owner: "a" }),
        impatient.complete("x", 1),
        impatient.get("x"),
        impatient.history("x"),
        impatient.list({ queue }),
        impatient.groups({ queue }, "state"),
        impatient.stats(queue),
        impatient.purge({ olderThan: 0, queue }),
        impatient.sweep({ queue }),
        impatient.watermark
      ]
      for (const step of steps) {
        const error = yield* Effect.flip(Effect.asVoid(step))
        assert.strictEqual(error.reason, "storage")
        assert.include(error.message, "Redis at 127.0.0.1")
      }
      yield* Effect.all([Effect.delay(server.start, "200 millis"), service.offer(items(1))], { concurrency: 2 })
      assert.strictEqual((yield* claim(service, 10)).length, 3)
    }))

  it.scopedLive("a full one takes no offer, not even a part of one, and lets work that is done say so", () =>
    Effect.gen(function*() {
      const { redis, service } = yield* own("--maxmemory-policy", "noeviction")
      yield* service.offer(items(3))
      const { id, token } = yield* one(service)
      const before = yield* service.stats(queue)
      yield* redis.send("CONFIG", "SET", "maxmemory", "1mb")
      const error = yield* Effect.flip(service.offer(items(2, { dedupeKey: "k" })))
      assert.strictEqual(error.reason, "storage")
      assert.include(error.message, "no memory left")
      assert.include(error.message, "Nothing was done")
      assert.deepStrictEqual(yield* service.stats(queue), before)
      assert.strictEqual((yield* service.complete(id, token)).state, "done")
      yield* redis.send("CONFIG", "SET", "maxmemory", "0")
      assert.deepInclude((yield* service.offer(items(1, { dedupeKey: "k" })))[0], { created: true })
    }))

  it.scopedLive("a replica is named as one", () =>
    Effect.gen(function*() {
      const { redis } = yield* own()
      const service = yield* over(redis, { patience: "50 millis" })
      yield* redis.send("REPLICAOF", "127.0.0.1", "1")
      const error = yield* Effect.flip(service.offer(items(1)))
      assert.strictEqual(error.reason, "storage")
      assert.include(error.message, "is a replica")
    }))

  it.scopedLive("one that may lose items is warned of at the start, and one that does not is not", () =>
    Effect.gen(function*() {
      const { redis } = yield* own("--maxmemory-policy", "allkeys-lru")
      const logged: Array<unknown> = []
      const logger = Logger.replace(
        Logger.defaultLogger,
        Logger.make(({ message }) => {
          logged.push(message)
        })
      )
      const start = (redis: Redis.Redis["Type"]) => Effect.provide(over(redis, { checkServer: true }), logger)
      yield* start(redis)
      assert.strictEqual(logged.length, 2)
      assert.include(String(logged[0]), "maxmemory-policy allkeys-lru")
      assert.include(String(logged[1]), "set appendonly yes")
      const { redis: other } = yield* own("--appendonly", "yes", "--maxmemory-policy", "volatile-lru")
      yield* start(other)
      assert.strictEqual(logged.length, 2)
    }))

  it.scopedLive("a node of a cluster takes every step: all keys are in one slot", () =>
    Effect.gen(function*() {
      const server = yield* RedisServer.make({ args: ["--cluster-enabled", "yes"] })
      const redis = yield* client(server.url)
      yield* redis.send("CLUSTER", "ADDSLOTSRANGE", "0", "16383")
      yield* Effect.repeat(redis.send("CLUSTER", "INFO"), {
        schedule: Schedule.spaced("50 millis"),
        until: (info) => String(info).includes("cluster_state:ok")
      })
      yield* everyStep(yield* over(redis, { patience: "10 seconds" }))
    }))

  it.scopedLive("has a key for each thing, all with one hash tag and none with an expiry, and none when all is purged", () =>
    Effect.gen(function*() {
      const { redis, service } = yield* own()
      const types = Effect.gen(function*() {
        const found: Record<string, unknown> = {}
        const keys = yield* redis.send("KEYS", "*")
        for (const key of (Array.isArray(keys) ? keys : []).map(String).sort()) {
          assert.isTrue(key.startsWith("holdfast:queue:1:{main}:"), key)
          assert.strictEqual(yield* redis.send("PTTL", key), -1)
          found[key.slice("holdfast:queue:1:{main}:".length)] = yield* redis.send("TYPE", key)
        }
        return found
      })
      yield* service.offer([
        { dedupeKey: "d", id: "1", partitionKey: "p:1", payload: "{}", queue: "a:b", source: "hub%spot" },
        { id: "2", kind: "create", partitionKey: "p:1", payload: "{}", queue: "a:b", reason: "E", signature: "E 1" }
      ])
      yield* service.edit("1", 1, { payload: "{\"a\":1}" })
      assert.deepStrictEqual(yield* types, {
        "changes:a%3Ab:ready:hub%25spot:::": "zset",
        "changes:a%3Ab:waiting::create:E:E 1": "zset",
        "dedupe:a%3Ab": "hash",
        "failures:a%3Ab:waiting::create:E:E 1": "zset",
        "item:1": "hash",
        "item:2": "hash",
        "items:a%3Ab:ready:hub%25spot:::": "zset",
        "items:a%3Ab:waiting::create:E:E 1": "zset",
        "ledger:1": "list",
        "partition:a%3Ab:p:1": "zset",
        "places:a%3Ab": "set",
        "ready:a%3Ab": "zset",
        "seq": "string"
      })
      yield* service.claim({ owner: "a", queue: "a:b" })
      assert.deepStrictEqual((yield* types)["leased:a%3Ab"], "zset")
      yield* service.complete("1", 1)
      yield* service.discard("2")
      yield* Effect.repeat(service.purge({ olderThan: 0, queue: "a:b" }), { until: () => true })
      // the dedupe key is kept for its retention
      assert.include(Object.keys(yield* types), "item:1")
      yield* service.offer([{ dedupeFor: 0, dedupeKey: "e", id: "3", payload: "{}", queue: "c" }])
      yield* service.discard("3")
      yield* service.purge({ olderThan: 0, queue: "c" })
      assert.deepStrictEqual(Object.keys(yield* types).filter((key) => /:c\b|:3$/.test(key)), [])
    }))

  it.scopedLive("each step asks for as many commands at any depth (Q8)", () =>
    Effect.gen(function*() {
      const small = yield* costs(100)
      const large = yield* costs(isLong ? 100_000 : 20_000)
      assert.deepStrictEqual(large, small)
      assert.isAbove(small.complete?.hset ?? 0, 0)
    }))
})

const everyStep = (service: Service) =>
  Effect.gen(function*() {
    for (let i = 0; i < 30; i++) {
      yield* service.offer([{
        dedupeFor: 0,
        dedupeKey: i % 5 === 0 ? `k${i % 10}` : undefined,
        kind: `k${i % 3}`,
        partitionKey: i % 2 === 0 ? "p" : undefined,
        payload: "{}",
        queue,
        reason: `r${i % 3}`,
        source: `s${i % 3}`,
        state: i % 3 === 0 ? "parked" : "ready"
      }])
    }
    for (const [i, { id, token }] of (yield* claim(service, 8)).entries()) {
      yield* service.renew(id, token)
      yield* Effect.asVoid(
        i % 3 === 0
          ? service.complete(id, token)
          : i % 3 === 1
          ? service.fail(id, token, { next: { _tag: "park" } })
          : service.release(id, token)
      )
    }
    yield* service.claim({ lease: 0, owner: "a", queue })
    yield* service.sweep({ queue })
    const { items } = yield* service.list({ queue, states: ["parked"] }, { limit: 3, orderBy: "updatedAt" })
    for (const [i, { id, version }] of items.entries()) {
      yield* Effect.asVoid(
        i === 0
          ? service.acquire(id, { ordered: false, owner: "b" })
          : i === 1
          ? service.unpark(id)
          : Effect.zipRight(service.edit(id, version, { payload: "1" }), service.discard(id))
      )
      yield* service.get(id)
      yield* service.history(id)
    }
    yield* service.groups({ createdAfter: 0, queue }, "reason")
    yield* service.stats(queue)
    yield* service.watermark
    assert.isAbove(yield* service.purge({ olderThan: 0, queue }), 0)
  })

/** How often the server was asked for each command in each step, with so many items in the queue. */
const costs = (depth: number) =>
  Effect.gen(function*() {
    const { redis, service } = yield* own()
    const fill = (rest: Partial<LeaseQueue.NewItem>) =>
      Effect.forEach(
        // of four kinds
        Array.from({ length: Math.ceil(depth / 4000) }, (_, i) => Math.min(1000, depth / 4 - i * 1000)),
        (count) => service.offer(items(count, { kind: "k", reason: "r", source: "s", ...rest })),
        { discard: true }
      )
    yield* fill({})
    yield* fill({ lastError: "{}", signature: "E 1", state: "parked" })
    yield* fill({ delay: "1 hour" })
    yield* fill({ onPark: "skip", partitionKey: "p", priority: 1, source: "ordered" })
    const parked = yield* Effect.map(service.list({ queue, states: ["parked"] }, { limit: 5 }), ({ items }) =>
      items.map(({ id }) => id))
    const calls = Effect.map(redis.send("INFO", "commandstats"), (info) => {
      const found = new Map<string, number>()
      for (const [, command, count] of String(info).matchAll(/cmdstat_(\S+?):calls=(\d+)/g)) {
        found.set(command ?? "", Number(count))
      }
      return found
    })
    const counted: Record<string, Record<string, number>> = {}
    const count = <A, E>(name: string, step: Effect.Effect<A, E>) =>
      Effect.gen(function*() {
        // the text of the script is told once
        const before = yield* calls
        const result = yield* step
        const used: Record<string, number> = {}
        for (const [command, total] of yield* calls) {
          const times = total - (before.get(command) ?? 0)
          if (times > 0 && !/^(info|eval|evalsha|ping|script)/.test(command)) {
            used[command] = times
          }
        }
        counted[name] = used
        return result
      })
    yield* count("offer", service.offer(items(1, { dedupeKey: "d" })))
    yield* count("offer of a partition", service.offer(items(1, { partitionKey: "p" })))
    yield* count("offer again", service.offer(items(1, { dedupeKey: "d" })))
    const [a, b, c, d] = yield* count("claim", claim(service, 4))
    if (a === undefined || b === undefined || c === undefined || d === undefined) {
      return assert.fail("four items")
    }
    yield* count("renew", service.renew(a.id, a.token, "2 hours"))
    yield* count("complete", service.complete(a.id, a.token))
    yield* count("complete again", service.complete(a.id, a.token))
    yield* count("retry", service.fail(b.id, b.token, { next: { _tag: "retry", after: 0 } }))
    yield* count("park", service.fail(c.id, c.token, { next: { _tag: "park" } }))
    yield* count("release", service.release(d.id, d.token))
    const [first = "", second = "", third = "", fourth = ""] = parked
    const held = yield* count("acquire", service.acquire(first, { lease: 0, owner: "x" }))
    yield* count("sweep", service.sweep({ queue }))
    yield* count("stale", Effect.flip(service.complete(held.id, held.token)))
    yield* count("edit", service.edit(second, 1, { payload: "2" }))
    yield* count("unpark", service.unpark(third))
    yield* count("discard", service.discard(fourth))
    yield* count("get", service.get(second))
    yield* count("history", service.history(second))
    const turn = yield* Effect.map(
      service.list({ queue, source: "ordered", states: ["ready"] }, { limit: 1 }),
      ({ items }) =>
        items[0]?.id ?? ""
    )
    const inTurn = yield* count("acquire in turn", service.acquire(turn, { owner: "x" }))
    yield* count("complete, and give the next its turn", service.complete(inTurn.id, inTurn.token))
    const page = { limit: 8 }
    const { next } = yield* count("list", service.list({ queue, states: ["parked"] }, page))
    yield* count(
      "next page",
      service.list({ queue, states: ["parked"] }, { ...page, after: Option.getOrUndefined(next) })
    )
    yield* count("last page", service.list({ queue, states: ["parked"] }, { ...page, direction: "desc" }))
    yield* count("page by change", service.list({ queue, source: "s" }, { ...page, orderBy: "updatedAt" }))
    yield* count("groups", service.groups({ queue, source: "s" }, "reason"))
    yield* count("failures", service.failures({ queue }))
    yield* count("stats", service.stats(queue))
    yield* count("watermark", service.watermark)
    yield* count("purge", service.purge({ olderThan: 0, queue }))
    return counted
  }).pipe(Effect.scoped)
