import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import * as Redis from "../../src/core/Redis.js"
import * as RedisNode from "../../src/core/Redis/Node.js"
import type * as LeaseQueue from "../../src/delivery/LeaseQueue.js"
import * as LeaseQueueRedis from "../../src/delivery/LeaseQueue/Redis.js"
import * as Conformance from "../../src/testing/conformance/LeaseQueue.js"
import { TcpProxy } from "../../src/testing/index.js"
import { runs } from "../campaign.js"
import * as servers from "../servers/index.js"
import * as shared from "./redis.js"

Conformance.suite("Redis", shared.queue, { numRuns: runs(5, 8) })

const queue = "q"

type Service = LeaseQueue.LeaseQueue["Type"]

const over = (redis: Redis.Redis["Type"], options?: LeaseQueueRedis.Options) =>
  Effect.provideService(LeaseQueueRedis.make({ checkServer: false, ...options }), Redis.Redis, redis)

/** A client of its own. */
const connect = (url: string, options?: LeaseQueueRedis.Options & RedisNode.Times) =>
  Effect.gen(function*() {
    const redis = yield* RedisNode.make({ commandTimeout: "30 seconds", ...options, url })
    return { redis, service: yield* over(redis, options) }
  })

/** Clients of one space, each with its own connection. */
const clients = (count: number) =>
  Effect.flatMap(
    servers.redis,
    ({ prefix, url }) => Effect.replicateEffect(Effect.map(connect(url, { prefix }), ({ service }) => service), count)
  )

const items = (count: number): ReadonlyArray<LeaseQueue.NewItem> =>
  Array.from({ length: count }, (_, i) => ({ payload: String(i), queue }))

const first = (service: Service) =>
  Effect.flatMap(
    service.claim({ lease: "1 minute", owner: "a", queue }),
    ([item]) => item === undefined ? Effect.dieMessage("an item") : Effect.succeed(item)
  )

const workOff = (service: Service, owner: string, seen: Array<string> = []) =>
  Effect.gen(function*() {
    while (true) {
      const claimed = yield* service.claim({ limit: 3, owner, queue })
      if (claimed.length === 0) return seen
      for (const item of claimed) {
        seen.push(item.payload)
        yield* service.complete(item.id, item.token)
      }
    }
  })

describe("LeaseQueue.Redis", () => {
  describe("several clients", () => {
    it.scopedLive("offer and claim side by side: nothing is lost and nothing is claimed twice", () =>
      Effect.gen(function*() {
        const all = yield* clients(4)
        yield* Effect.forEach(
          all,
          (service) => Effect.forEach(items(50), (item) => service.offer([item]), { concurrency: 10 }),
          { concurrency: "unbounded" }
        )
        const worked = yield* Effect.forEach(all, (service, i) => workOff(service, `w${i}`), {
          concurrency: "unbounded"
        })
        assert.strictEqual(worked.flat().length, 200)
        assert.strictEqual((yield* all[0]!.stats(queue)).byState.done, 200)
      }))

    it.scopedLive("the items of a partition go in order, one at a time, whoever takes them (Q3)", () =>
      Effect.gen(function*() {
        const all = yield* clients(4)
        for (let i = 0; i < 20; i++) {
          yield* all[0]!.offer(
            ["a", "b"].map((partitionKey) => ({ partitionKey, payload: `${partitionKey}${i}`, queue }))
          )
        }
        const seen: Array<string> = []
        yield* Effect.forEach(
          all,
          (service, w) => Effect.repeat(workOff(service, `w${w}`, seen), { until: () => seen.length === 40 }),
          { concurrency: "unbounded" }
        )
        for (const key of ["a", "b"]) {
          assert.deepStrictEqual(
            seen.filter((payload) => payload.startsWith(key)),
            Array.from({ length: 20 }, (_, i) => `${key}${i}`)
          )
        }
      }))

    it.scopedLive("a dedupe key that many offer at once makes one item (Q7)", () =>
      Effect.gen(function*() {
        const all = yield* clients(4)
        for (let round = 0; round < 5; round++) {
          const offered = yield* Effect.forEach(
            [...all, ...all, ...all],
            (service) => service.offer([{ dedupeKey: `k${round}`, payload: "1", queue }]),
            { concurrency: "unbounded" }
          )
          assert.strictEqual(new Set(offered.flat().map(({ id }) => id)).size, 1)
          assert.strictEqual(offered.flat().filter(({ created }) => created).length, 1)
        }
      }))

    it.scopedLive("of other spaces and prefixes have nothing to do with each other", () =>
      Effect.gen(function*() {
        const { prefix, url } = yield* servers.redis
        const all = yield* Effect.forEach([
          { prefix },
          { prefix, space: "other" },
          { prefix: `${prefix}2:` }
        ], (options) => connect(url, options))
        yield* all[0]!.service.offer([{ id: "1", payload: "1", queue }])
        assert.isTrue(Option.isSome(yield* all[0]!.service.get("1")))
        for (const { service } of all.slice(1)) assert.isTrue(Option.isNone(yield* service.get("1")))
      }))
  })

  describe("an answer that is lost", () => {
    /** The step goes to the server, and its answer does not come back. Once it happened, the network is whole again. */
    const losing = <P, A>(options: {
      readonly prepare: (looker: Service) => Effect.Effect<P, LeaseQueue.LeaseQueueError>
      readonly step: (service: Service, prepared: P) => Effect.Effect<A, LeaseQueue.LeaseQueueError>
      readonly happened: (looker: Service) => Effect.Effect<boolean, LeaseQueue.LeaseQueueError>
    }) =>
      Effect.gen(function*() {
        const { prefix, url } = yield* servers.redis
        const proxy = yield* TcpProxy.make(url)
        const { service: looker } = yield* connect(url, { prefix })
        const { service } = yield* connect(proxy.url, {
          commandTimeout: "200 millis",
          maxBackoff: "20 millis",
          patience: "1 minute",
          prefix
        })
        const prepared = yield* options.prepare(looker)
        yield* proxy.set(TcpProxy.halfOpen("at the server"))
        const fiber = yield* Effect.fork(Effect.either(options.step(service, prepared)))
        yield* Effect.repeat(options.happened(looker), { schedule: Schedule.spaced("10 millis"), until: (it) => it })
        yield* proxy.set(TcpProxy.pass)
        return { looker, result: yield* Fiber.join(fiber) }
      })

    const has = (state: LeaseQueue.State) => (looker: Service) =>
      Effect.map(looker.stats(queue), ({ byState }) => byState[state] > 0)

    for (
      const [what, item] of [
        ["an id of the queue's making", {}],
        ["an id of the caller's making", { id: "own" }],
        ["a dedupe key", { dedupeKey: "k" }]
      ] as const
    ) {
      it.scopedLive(`of an offer: it is repeated, and stored once, with ${what}`, () =>
        Effect.gen(function*() {
          const offer = [{ ...item, payload: "1", queue }]
          const { looker, result } = yield* losing({
            happened: has("ready"),
            prepare: () => Effect.void,
            step: (service) => service.offer(offer)
          })
          const offered = Either.getOrThrow(result)
          assert.deepStrictEqual(offered.map(({ created }) => created), [true])
          const { items } = yield* looker.list({ queue })
          assert.deepStrictEqual(items.map(({ id }) => id), offered.map(({ id }) => id))
          if (Object.keys(item).length > 0) {
            assert.deepStrictEqual(yield* looker.offer(offer), [{ created: false, id: items[0]?.id ?? "" }])
          }
        }))
    }

    it.scopedLive("of a settlement: it is repeated, and made once", () =>
      Effect.gen(function*() {
        const { looker, result } = yield* losing({
          happened: has("done"),
          prepare: (looker) => Effect.zipRight(looker.offer(items(1)), first(looker)),
          step: (service, { id, token }) => service.complete(id, token)
        })
        const done = Either.getOrThrow(result)
        assert.deepInclude(done, { attempts: 1, state: "done" })
        assert.strictEqual((yield* looker.history(done.id)).length, 1)
      }))

    it.scopedLive("of a claim: it fails and is not repeated, and what it leased to nobody comes back", () =>
      Effect.gen(function*() {
        const { looker, result } = yield* losing({
          happened: (looker) => Effect.map(looker.list({ queue }), ({ items }) => items.some(({ token }) => token > 0)),
          prepare: (looker) => looker.offer(items(2)),
          step: (service) => service.claim({ lease: "1 second", owner: "a", queue })
        })
        const error = Either.getOrThrow(Either.flip(result))
        assert.strictEqual(error.reason, "storage")
        assert.include(error.message, "unknown")
        yield* Effect.repeat(looker.stats(queue), {
          schedule: Schedule.spaced("20 millis"),
          until: ({ byState }) => byState.ready === 2
        })
      }))
  })

  it.scopedLive("a server that forgets the scripts is told them again", () =>
    Effect.gen(function*() {
      const { prefix, url } = yield* servers.redis
      const { redis, service } = yield* connect(url, { prefix })
      yield* service.offer(items(5))
      for (let i = 0; i < 5; i++) {
        yield* redis.send("SCRIPT", "FLUSH")
        const item = yield* first(service)
        yield* redis.send("SCRIPT", "FLUSH")
        yield* service.complete(item.id, item.token)
      }
      assert.strictEqual((yield* service.stats(queue)).byState.done, 5)
    }))

  it.scopedLive("a prefix or a space that would not make a hash tag is refused", () =>
    Effect.gen(function*() {
      const { url } = yield* servers.redis
      for (const options of [{ space: "" }, { space: "}" }, { prefix: "{}" }]) {
        const error = yield* Effect.flip(connect(url, options))
        assert.deepInclude(error, { _tag: "LeaseQueueError", reason: "setup" })
        assert.include(error.message, "hash tag")
      }
    }))

  it.scopedLive("a Redis that cannot be reached is named at the start", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(connect("redis://127.0.0.1:1", { patience: "50 millis" }))
      assert.deepInclude(error, { _tag: "LeaseQueueError", reason: "setup" })
      assert.include(error.message, "127.0.0.1:1")
    }))
})
