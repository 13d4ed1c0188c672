import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as LeaseQueue from "../../src/delivery/LeaseQueue.js"
import { PostgresServer, RedisServer } from "../../src/testing/index.js"
import { isLong } from "../campaign.js"
import { eventually } from "../e2e/server.js"
import * as servers from "../servers/index.js"
import * as files from "./files.js"
import * as stores from "./store.js"
import * as workers from "./workers.js"

const payloads = Array.from({ length: 200 }, (_, i) => String(i))

const queueOf = (store: string) =>
  Effect.map(Layer.build(stores.queue(store)), (context) => Context.get(context, LeaseQueue.LeaseQueue))

const redis = Effect.map(servers.redis, ({ prefix, url }) => `${url}#${prefix}`)

describe.each([["PostgreSQL", servers.database], ["a SQLite file", files.file], ["Redis", redis]] as const)(
  "processes on %s",
  (_, store) => {
    it.scopedLive("start at once on an empty database, share the work, and one that is killed costs nothing", () =>
      Effect.gen(function*() {
        const at = yield* store
        const all = yield* workers.start(at, 4)
        yield* eventually(() => all.every(workers.ready))
        const queue = yield* queueOf(at)
        yield* queue.offer(payloads.map((payload) => ({ payload, queue: "q" })))
        for (const worker of all) workers.go(worker)
        const [victim] = all
        if (victim === undefined) return assert.fail("a worker")
        yield* eventually(() => victim.said.length > 5)
        victim.child.kill("SIGKILL")
        yield* eventually(() => all.every(workers.ended))
        const done = all.flatMap((worker) => worker.said.slice(1))
        // what the victim had completed and not yet said is the only thing that may be missing here
        assert.isAtLeast(done.length, 199)
        assert.strictEqual(new Set(done).size, done.length)
        assert.strictEqual((yield* queue.stats("q")).byState.done, 200)
        assert.isAbove(all.filter((worker) => worker.said.length > 1).length, 1)
      }))
  }
)

const postgres = PostgresServer.make()

const appendOnly = RedisServer.make({ args: ["--appendonly", "yes", "--appendfsync", "always"] })

const mortals = isLong
  ? [["PostgreSQL", postgres], ["Redis", appendOnly]] as const
  : [["PostgreSQL", postgres]] as const

describe.each(mortals)("processes on a %s that dies", (_, make) => {
  it.scopedLive("go on when it is back: each item is completed, and none twice", () =>
    Effect.gen(function*() {
      const server = yield* make
      const all = yield* workers.start(server.url, 3)
      yield* eventually(() => all.every(workers.ready))
      yield* Effect.flatMap(queueOf(server.url), (queue) =>
        queue.offer(payloads.map((payload) => ({ payload, queue: "q" })))).pipe(Effect.scoped)
      for (const worker of all) {
        workers.go(worker)
      }
      const done = () =>
        all.flatMap((worker) => worker.said.slice(1))
      for (const share of [20, 60, 100]) {
        yield* eventually(() => done().length > share)
        yield* server.kill
        yield* server.start
      }
      yield* eventually(() => all.every(workers.ended))
      assert.strictEqual(new Set(done()).size, done().length)
      const queue = yield* queueOf(server.url)
      assert.strictEqual((yield* queue.stats("q")).byState.done, 200)
    }))
})
