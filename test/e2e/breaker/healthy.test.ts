/** What a healthy circuit costs its store: nothing a call. */
import { describe, it } from "@effect/vitest"
import { strictEqual } from "@effect/vitest/utils"
import { Effect } from "effect"
import * as RedisNode from "../../../src/core/Redis/Node.js"
import { RedisServer } from "../../../src/testing/index.js"
import { isLong } from "../../campaign.js"
import { fleet } from "./fleet.js"

/** All commands that the server has run, by its own statistics, but for those that ask for them. */
const commandsOf = (info: unknown) =>
  Array.from(String(info).matchAll(/cmdstat_([^:]+):calls=(\d+)/g))
    .filter(([, name]) => !name!.startsWith("info"))
    .reduce((sum, [, , calls]) => sum + Number(calls), 0)

describe("a healthy fleet", () => {
  it.scopedLive("asks its Redis for nothing: fewer than one command for a hundred calls", () =>
    Effect.gen(function*() {
      const server = yield* RedisServer.make()
      const redis = yield* RedisNode.make({ heartbeat: "1 minute", url: server.url })
      const members = yield* fleet(2, {
        breaker: { failureThreshold: 5 },
        store: { _tag: "redis", prefix: "healthy:", url: server.url }
      })
      yield* Effect.forEach(members, (member) => member.isIn("closed"))
      // failures, now and then, of which none is in a row of five
      yield* members[0]!.call("fails", 2)
      yield* members[1]!.call("ok", 10)
      yield* Effect.sleep("500 millis")
      const before = commandsOf(yield* redis.send("INFO", "commandstats"))
      yield* Effect.forEach(members, ({ look }) => look)
      yield* Effect.forEach(members, (member) => member.order({ _tag: "loop", pause: 0, url: "ok" }))
      yield* Effect.sleep(isLong ? "20 seconds" : "3 seconds")
      const looks = yield* Effect.forEach(members, ({ look }) => look)
      const commands = commandsOf(yield* redis.send("INFO", "commandstats")) - before
      const calls = looks.reduce((sum, { stats }) => sum + stats.calls, 0)
      if (isLong) {
        process.stderr.write(`${commands} commands, ${calls} calls: ${(commands / calls).toFixed(7)} a call\n`)
      }
      strictEqual(calls > 1_000, true)
      strictEqual(commands / calls < 0.01, true)
    }))
})
