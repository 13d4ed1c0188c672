import { assert, describe, it } from "@effect/vitest"
import type { Duration } from "effect"
import { Console, Effect } from "effect"
import { PostgresServer } from "holdfast/testing"
import { isLong } from "../../campaign.js"
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

const told = ({ killed, millis, requests }: Effect.Effect.Success<ReturnType<typeof campaign.run>>, messages: number) =>
  Console.log(
    `${messages} messages in ${(millis / 1000).toFixed(1)} s, ${requests} requests, ${killed} workers killed`
  )

describe("the outbox, with a provider that fails in every way and workers that are killed", () => {
  const restarted = (messages: number, keys: number, pause: Duration.DurationInput, times: number) =>
    Effect.gen(function*() {
      const server = yield* PostgresServer.make()
      let restarts = 0
      const restart = Effect.gen(function*() {
        yield* Effect.sleep(pause)
        yield* Effect.orDie(server.kill)
        yield* Effect.orDie(server.start)
        restarts++
      })
      const result = yield* campaign.run({
        keys,
        meanwhile: Effect.asVoid(Effect.replicateEffect(restart, times)),
        messages,
        store: server.url,
        workers: 4
      })
      yield* told(result, messages)
      return restarts
    })

  if (!isLong) {
    it.scopedLive("each message exactly once, in the order of its key, none lost, over a restart of the store", () =>
      Effect.map(restarted(150, 50, "1 second", 1), (restarts) => assert.strictEqual(restarts, 1)))
  } else {
    it.scopedLive("each of 10,000 exactly once, in the order of its key, none lost", () =>
      Effect.gen(function*() {
        const store = yield* servers.database
        const result = yield* campaign.run({ keys: 500, messages: 10_000, store, workers: 4 })
        assert.isAbove(result.killed, 10)
        assert.deepStrictEqual([...result.faults].sort(), everyTag)
        yield* told(result, 10_000)
      }))

    it.scopedLive("the same while the store is restarted three times", () =>
      Effect.map(restarted(10_000, 500, "8 seconds", 3), (restarts) => assert.strictEqual(restarts, 3)))

    it.scopedLive("the same on a SQLite file", () =>
      Effect.gen(function*() {
        const result = yield* campaign.run({ keys: 100, messages: 1000, store: yield* files.file, workers: 4 })
        yield* told(result, 1000)
      }))

    it.scopedLive("the same on Redis", () =>
      Effect.gen(function*() {
        const { prefix, url } = yield* servers.redis
        const result = yield* campaign.run({ keys: 250, messages: 5000, store: `${url}#${prefix}`, workers: 4 })
        yield* told(result, 5000)
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
