import { assert, describe, it } from "@effect/vitest"
import { Console, Effect } from "effect"
import { PostgresServer } from "holdfast/testing"
import { isLong, size } from "../../campaign.js"
import * as files from "../../delivery/files.js"
import * as servers from "../../servers/index.js"
import * as campaign from "./campaign.js"

const everyTag = [
  "HalfBody",
  "HangAfter",
  "HangBefore",
  "MalformedJson",
  "None",
  "ResetAfter",
  "ResetBefore",
  "SlowBody",
  "Status"
]

const many = (count: number) => count.toLocaleString("en")

const told = ({ killed, millis, requests }: Effect.Effect.Success<ReturnType<typeof campaign.run>>, messages: number) =>
  Console.log(
    `${many(messages)} messages in ${(millis / 1000).toFixed(1)} s, ${requests} requests, ${killed} workers killed`
  )

describe("the outbox, with a provider that fails in every way and workers that are killed", () => {
  const restarted = (messages: number, keys: number, times: number) =>
    Effect.gen(function*() {
      const server = yield* PostgresServer.make()
      const restart = Effect.orDie(Effect.zipRight(server.kill, server.start))
      const result = yield* campaign.run({
        happenings: Array.from({ length: times }, (_, i) => ({
          at: Math.floor(messages * (i + 1) / (times + 1)),
          happens: restart
        })),
        keys,
        messages,
        store: server.url,
        workers: 4
      })
      yield* told(result, messages)
    })

  if (!isLong) {
    it.scopedLive("each message exactly once, in the order of its key, none lost, over a restart of the store", () =>
      restarted(150, 50, 1))
  } else {
    const part = size({ bounded: 0.3, everyDay: 0, full: 1 })
    const messages = 10_000 * part

    it.scopedLive(`each of ${many(messages)} exactly once, in the order of its key, none lost`, () =>
      Effect.gen(function*() {
        const store = yield* servers.database
        const result = yield* campaign.run({ keys: 500, messages, store, workers: 4 })
        assert.isAbove(result.killed, 10 * part)
        assert.deepStrictEqual([...result.faults].sort(), everyTag)
        yield* told(result, messages)
      }))

    it.scopedLive("the same while the store is restarted three times", () => restarted(messages, 500, 3))

    it.scopedLive("the same on a SQLite file", () =>
      Effect.gen(function*() {
        const messages = 1000 * part
        const result = yield* campaign.run({ keys: 100, messages, store: yield* files.file, workers: 4 })
        yield* told(result, messages)
      }))

    it.scopedLive("the same on Redis", () =>
      Effect.gen(function*() {
        const messages = 5000 * part
        const { prefix, url } = yield* servers.redis
        const result = yield* campaign.run({ keys: 250, messages, store: `${url}#${prefix}`, workers: 4 })
        yield* told(result, messages)
      }))
  }

  it.scopedLive("workers that are told to end finish what they have begun, give the rest back, and end by themselves", () =>
    Effect.gen(function*() {
      const store = yield* servers.database
      const { crew, emulator, outbox, send } = yield* campaign.scene({ faults: campaign.slow, store, workers: 2 })
      yield* send(200, 200)
      // in the middle of it
      yield* Effect.repeat(Effect.delay(emulator.ledger, "10 millis"), { until: (entries) => entries.length > 40 })
      for (const code of yield* crew.shutDown) assert.include([0, 130], code)
      const [stats] = yield* outbox.stats("shop")
      assert.strictEqual(stats?.byState.delivering, 0)
      assert.isAbove(stats?.byState.ready ?? 0, 0)
      assert.strictEqual((yield* emulator.ledger).filter(({ processed }) => processed).length, stats?.byState.delivered)
      assert.deepStrictEqual(crew.complaints, [])
    }))
})
