/** Several real processes on one limit, over real servers, which are disturbed on the way. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as RedisNode from "holdfast/core/Redis/Node"
import { PostgresServer, RedisServer, TcpProxy } from "holdfast/testing"
import { isLong } from "../campaign.js"
import * as servers from "../servers/index.js"
import { assertRate, done, now, ready, start, until, used } from "./limitFleet.js"

const commands = (stats: unknown): number => {
  let sum = 0
  for (const [, name, calls] of String(stats).matchAll(/cmdstat_([^:]+):calls=(\d+)/g)) {
    if (!/^(info|ping|client|hello|config|command|subscribe)/.test(name!)) sum += Number(calls)
  }
  return sum
}

const tell = (what: string) => Effect.sync(() => isLong && process.stdout.write(`${what}\n`))

describe("processes that share a limit", () => {
  it.scopedLive(
    "eight, in Redis: all of the quota, never more, for half a command a grant",
    () =>
      Effect.gen(function*() {
        const limit = { capacity: 200, refillRate: 200 }
        const server = yield* RedisServer.make()
        const redis = yield* RedisNode.make({ url: server.url })
        const children = yield* Effect.replicateEffect(
          start({ ...limit, callers: 30, prefix: "test", url: server.url }),
          8
        )
        yield* ready(children)
        const before = commands(yield* redis.send("INFO", "commandstats"))
        const part = yield* used(children, { ...limit, atLeast: isLong ? 0.98 : 0.95, seconds: isLong ? 30 : 4 })
        yield* done(children)
        const asked = commands(yield* redis.send("INFO", "commandstats")) - before
        const grants = children.flatMap(({ grants }) => grants)
        yield* tell(
          `${(part * 100).toFixed(2)} % granted, ${(asked / grants.length).toFixed(3)} commands a grant, ${
            children.map(({ grants }) => grants.length).join(" ")
          }`
        )
        assertRate(grants, limit.capacity, limit.refillRate)
        assert.isAtMost(asked / grants.length, 0.5)
        // a fair part each, but for the burst
        assert.isAtLeast(
          Math.min(...children.map(({ grants }) => grants.length)),
          (grants.length - limit.capacity) / children.length / 2
        )
        assert.deepStrictEqual(children.flatMap(({ logs }) => logs), [])
      }),
    300_000
  )

  it.scopedLive("four, in PostgreSQL: all of the quota, never more", () =>
    Effect.gen(function*() {
      const limit = { capacity: 100, refillRate: 200 }
      const url = yield* servers.database
      const children = yield* Effect.replicateEffect(
        start({ ...limit, callers: 30, prefix: "test", url }),
        4
      )
      yield* ready(children)
      const part = yield* used(children, { ...limit, atLeast: 0.95, seconds: isLong ? 30 : 4 })
      yield* done(children)
      yield* tell(`${(part * 100).toFixed(2)} % granted`)
      assertRate(children.flatMap(({ grants }) => grants), limit.capacity, limit.refillRate)
      assert.deepStrictEqual(children.flatMap(({ logs }) => logs), [])
    }), 300_000)
})

// they wait most of the time
describe("processes that share a limit, and what happens to the store", { concurrent: true }, () => {
  it.scopedLive(
    "of two versions on one Redis: each has a limit of its own, and touches nothing of the other's",
    () =>
      Effect.gen(function*() {
        const limit = { capacity: 20, refillRate: 100 }
        const server = yield* RedisServer.make()
        const redis = yield* RedisNode.make({ url: server.url })
        const versions = [1, 2].map((version) => ({ layout: `test:rate:v${version}:`, user: `v${version}` }))
        for (const { layout, user } of versions) {
          // a command that names a key or a channel of the other's is refused
          const may = [`~${layout}*`, `&${layout}*`, "+@all", "-@dangerous", "+info"]
          yield* redis.send("ACL", "SETUSER", user, "on", ">secret", ...may)
        }
        const fleets = yield* Effect.forEach(versions, ({ layout, user }) => {
          const url = server.url.replace("//", `//${user}:secret@`)
          const options = { ...limit, callers: 10, prefix: "test", url }
          return Effect.replicateEffect(start(user === "v1" ? options : { ...options, layout }), 2)
        })
        const children = fleets.flat()
        yield* ready(children)
        // none has to do with what the other one is given
        yield* Effect.forEach(
          fleets,
          (fleet) => used(fleet, { ...limit, atLeast: 0.8, seconds: isLong ? 20 : 2 }),
          { concurrency: "unbounded" }
        )
        yield* done(children)
        for (const fleet of fleets) {
          assertRate(fleet.flatMap(({ grants }) => grants), limit.capacity, limit.refillRate)
        }
        assert.deepStrictEqual(children.flatMap(({ logs }) => logs), [])
        const keys = (yield* redis.send("KEYS", "*")) as ReadonlyArray<string>
        assert.deepStrictEqual([...keys].sort(), versions.map(({ layout }) => `${layout}{shop}`))
        for (const key of keys) assert.isAbove(Number(yield* redis.send("PTTL", key)), 0)
      }),
    300_000
  )

  it.scopedLive(
    "whatever happens to Redis: calls go on, it is shared again, and nothing is left behind",
    () =>
      Effect.gen(function*() {
        const [capacity, refillRate] = [40, 100]
        const server = yield* RedisServer.make()
        const proxy = yield* TcpProxy.make(server.url)
        const own = yield* RedisNode.make({ url: server.url })
        const options = { callers: 10, capacity, prefix: "test", refillRate }
        const children = [
          yield* start({ ...options, url: server.url }),
          yield* start({ ...options, clockOff: 600_000, url: server.url }),
          yield* start({ ...options, url: proxy.url }),
          yield* start({ ...options, url: server.url })
        ]
        yield* ready(children)
        const living = children.slice(0, 3)
        const goesOn = (what: string, seconds = 1) =>
          Effect.gen(function*() {
            const before = living.map(({ grants }) => grants.length)
            yield* Effect.sleep(seconds * 1_000)
            yield* until(
              `calls of every process, ${what}`,
              () => living.every(({ grants }, i) => grants.length > before[i]! + 2),
              20
            )
          })
        const away = () =>
          living.map(({ logs }) => logs.filter((line) => line.includes("cannot be used for rate limits")).length)
        /** All of them count as processes of the limit, by what the store knows, and the rate is what it should be. */
        const converges = (what: string) =>
          Effect.gen(function*() {
            for (let round = 0;; round++) {
              const text = String(yield* Effect.orElseSucceed(own.send("GET", "test:rate:v1:{shop}"), () => ""))
              const grants = living.flatMap(({ grants }) => grants)
              const second = now() - 1_000
              const rate = grants.filter((grant) => grant > second).length
              if (text.split("\n").length >= 4 && rate > refillRate * 0.7 && rate < refillRate + capacity) return
              if (round > 150) return yield* Effect.dieMessage(`${what}: ${rate} a second, and the store has ${text}`)
              yield* Effect.sleep(200)
            }
          })

        yield* converges("at the start")
        children[3]!.process.kill("SIGKILL")
        yield* goesOn("one is killed")
        yield* converges("one is killed")
        yield* own.send("FLUSHALL")
        yield* goesOn("all is forgotten")
        yield* own.send("SCRIPT", "FLUSH")
        yield* goesOn("the scripts are forgotten")
        assert.deepStrictEqual(away(), [0, 0, 0])

        yield* proxy.set(TcpProxy.blackHole)
        yield* goesOn("one hears nothing", 3)
        assert.deepStrictEqual(away(), [0, 0, 1])
        yield* proxy.set(TcpProxy.pass)
        yield* converges("after the black hole")

        yield* server.pause
        yield* goesOn("it stalls", 5)
        yield* server.resume
        yield* converges("after the stall")

        yield* server.kill
        yield* goesOn("it is killed", 2)
        yield* server.start
        yield* converges("it is started again, empty")

        // once for each outage
        for (const times of away()) assert.isAtMost(times, 3)
        for (const { process } of living) process.kill("SIGKILL")
        const keys = (yield* own.send("KEYS", "*")) as ReadonlyArray<string>
        assert.deepStrictEqual(keys, ["test:rate:v1:{shop}"])
        assert.isAbove(Number(yield* own.send("PTTL", keys[0]!)), 0)
      }),
    300_000
  )

  it.scopedLive("whatever happens to PostgreSQL: calls go on, and it is shared again", () =>
    Effect.gen(function*() {
      const [capacity, refillRate] = [40, 100]
      const server = yield* PostgresServer.make()
      const options = { callers: 10, capacity, prefix: "test", refillRate, url: server.url }
      const children = [yield* start(options), yield* start({ ...options, clockOff: -600_000 })]
      yield* ready(children)
      const goesOn = (what: string, seconds = 1) =>
        Effect.gen(function*() {
          const before = children.map(({ grants }) => grants.length)
          yield* Effect.sleep(seconds * 1_000)
          yield* until(
            `calls of every process, ${what}`,
            () => children.every(({ grants }, i) => grants.length > before[i]! + 2),
            20
          )
        })
      const outages = (of: string) => children.map(({ logs }) => logs.filter((line) => line.includes(of)).length)
      const returns = (times: number) =>
        until("it is shared again", () => outages("are shared again").every((n) => n >= times), 60)

      yield* goesOn("at the start")
      assert.deepStrictEqual(outages("cannot be used for rate limits"), [0, 0])

      yield* server.pause
      yield* goesOn("it stalls", 5)
      yield* server.resume
      yield* returns(1)
      yield* goesOn("after the stall")

      yield* server.kill
      yield* goesOn("it is killed", 2)
      yield* server.start
      yield* returns(2)
      yield* goesOn("it is started again")
      for (const times of outages("cannot be used for rate limits")) assert.isAtMost(times, 3)
    }), 300_000)
})
