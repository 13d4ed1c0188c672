/**
 * What a fleet does when its store is restarted, emptied, stalled or cut off: calls go on, each process says once that it is
 * alone, and afterwards all agree again, with nothing left behind.
 */
import * as PgClient from "@effect/sql-pg/PgClient"
import { describe, it } from "@effect/vitest"
import { deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { Context, Effect, Layer, Redacted } from "effect"
import type * as Scope from "effect/Scope"
import * as RedisNode from "../../../src/core/Redis/Node.js"
import { PostgresServer, RedisServer, TcpProxy } from "../../../src/testing/index.js"
import type { TestServer } from "../../../src/testing/TestServer.js"
import { isLong } from "../../campaign.js"
import { fleet, type Member } from "./fleet.js"
import type { Store } from "./orders.js"

interface Fault {
  readonly name: string
  readonly strike: Effect.Effect<void>
  readonly lift: Effect.Effect<void>
  /** What becomes of a circuit that is open meanwhile. */
  readonly leaves: "open" | "closed"
  /** Nobody need notice. */
  readonly isQuiet?: boolean
}

const prefix = "fleet:"

const each = <A>(members: ReadonlyArray<Member>, run: (member: Member) => Effect.Effect<A>) =>
  Effect.forEach(members, run, { concurrency: "unbounded" })

const breakerWarnings = (member: Member) =>
  member.told.filter((one) => one._tag === "warned" && one.message.startsWith("circuit breakers:")).length

/** Until all are in the state, also where a trip was seen by one process alone at first. */
const agree = (members: ReadonlyArray<Member>, state: string, after = "") =>
  Effect.catchTag(
    Effect.timeout(each(members, (member) => member.isIn(state)), "1 minute"),
    "TimeoutException",
    () =>
      Effect.flatMap(each(members, ({ look }) => look), (looks) =>
        Effect.dieMessage(`not all are ${state} ${after}: ${JSON.stringify(looks)}`))
  )

const suffer = (members: ReadonlyArray<Member>, { isQuiet, leaves, lift, name, strike }: Fault) =>
  Effect.gen(function*() {
    const [first, second] = members as [Member, Member]
    yield* agree(members, "closed", `before ${name}`)
    yield* each(members, (member) => member.order({ _tag: "loop", pause: 2, url: "ok" }))
    yield* Effect.sleep("200 millis")
    for (const { told } of members) told.length = 0
    yield* each(members, ({ look }) => look)
    yield* strike
    yield* Effect.sleep("3 seconds")
    const during = yield* each(members, ({ look }) => look)
    yield* lift
    for (const { stats } of during) {
      // closed, it asks nobody: whoever waited for the store would have made a handful in this time
      strictEqual(stats.calls > 50 && stats.refused === 0, true, `${name}: ${JSON.stringify(stats)}`)
    }
    for (const member of members) {
      // one an outage; a machine that is starved may see another one
      strictEqual(breakerWarnings(member) <= 2, true, `${name}: ${JSON.stringify(member.told)}`)
    }
    // what opens now opens for all, as soon as all are back; the first report to a record that got lost is lost with it
    yield* Effect.raceFirst(
      agree(members, "open", `after ${name}`),
      Effect.forever(Effect.zipRight(first.call("fails", 3), Effect.sleep("500 millis")))
    )
    yield* each(members, (member) => member.order({ _tag: "halt" }))

    // and once more while it is open
    yield* strike
    yield* Effect.sleep(isQuiet === true ? "200 millis" : "1500 millis")
    strictEqual((yield* second.call("ok")).became.length, 1, name)
    yield* lift
    yield* agree(members, leaves, `after ${name}`)
    // for longer than any process needs to come back
    yield* Effect.sleep("2 seconds")
    yield* agree(members, leaves, `well after ${name}`)
    yield* second.order({ _tag: "reset" })
  })

const setting = (store: Store) => ({
  breaker: { failureThreshold: 3, resetTimeout: "10 minutes" as const },
  sharing: { patience: "250 millis" as const, timeout: "1 second" as const },
  store
})

const network = (proxy: TcpProxy.TcpProxy, name: string, mode: TcpProxy.Mode): Fault => ({
  leaves: "open",
  lift: Effect.orDie(proxy.set(TcpProxy.pass)),
  name,
  strike: Effect.orDie(proxy.set(mode))
})

const stall = (server: TestServer): Fault => ({
  leaves: "open",
  lift: Effect.zipRight(Effect.sleep("2 seconds"), server.resume),
  name: "a stall of 5 seconds",
  strike: server.pause
})

const restart = (server: TestServer, leaves: Fault["leaves"]): Fault => ({
  leaves,
  lift: Effect.orDie(server.start),
  name: "a restart",
  strike: server.kill
})

/** Each takes ten seconds: every day some of them, and in a campaign all. */
const everyDay: ReadonlySet<string> = new Set(["FLUSHALL", "a black hole", "a restart"])

const some = (faults: ReadonlyArray<Fault>): ReadonlyArray<Fault> =>
  isLong ? faults : faults.filter(({ name }) => everyDay.has(name))

describe("a fleet", () => {
  it.scopedLive("outlives whatever its Redis does", () =>
    Effect.gen(function*() {
      // what it held is gone when it is killed: as a fail-over to an empty replica
      const server = yield* RedisServer.make()
      const proxy = yield* TcpProxy.make(server.url)
      const redis = yield* RedisNode.make({ maxBackoff: "100 millis", url: server.url })
      const send = (...args: ReadonlyArray<string>) =>
        Effect.orDie(Effect.retry(redis.send(args[0]!, ...args.slice(1)), { times: 100 }))
      const members = yield* fleet(3, setting({ _tag: "redis", prefix, url: proxy.url }))
      const once = (name: string, leaves: Fault["leaves"], ...command: ReadonlyArray<string>): Fault => ({
        isQuiet: true,
        leaves,
        lift: Effect.void,
        name,
        strike: Effect.asVoid(send(...command))
      })
      for (
        const fault of some([
          once("SCRIPT FLUSH", "open", "SCRIPT", "FLUSH"),
          once("FLUSHALL", "closed", "FLUSHALL"),
          network(proxy, "a black hole", TcpProxy.blackHole),
          network(proxy, "a half-open connection", TcpProxy.halfOpen("at the server")),
          network(proxy, "garbage", TcpProxy.garbage()),
          network(proxy, "refused connections", TcpProxy.refuse),
          stall(server),
          restart(server, "closed")
        ])
      ) yield* suffer(members, fault)
      // one key, which ends by itself, and one subscription a process
      yield* untilEqual(
        Effect.gen(function*() {
          const keys = (yield* send("KEYS", "*")) as ReadonlyArray<string>
          const lives = yield* Effect.forEach(keys, (key) => send("PTTL", key))
          return [keys, lives.every((life) => Number(life) > 0), yield* send("PUBSUB", "NUMSUB", `${prefix}pushes`)]
        }),
        [[`${prefix}{shop}`], true, [`${prefix}pushes`, 3]]
      )
      yield* each(members, (member) => Effect.map(member.leave, (code) => strictEqual(code, 0, member.output)))
      yield* untilEqual(send("PUBSUB", "CHANNELS"), [])
    }), 600_000)

  it.scopedLive("outlives whatever its PostgreSQL does", () =>
    Effect.gen(function*() {
      const server = yield* PostgresServer.make()
      const proxy = yield* TcpProxy.make(server.url)
      const members = yield* fleet(3, setting({ _tag: "postgres", url: proxy.url }))
      for (
        const fault of some([
          network(proxy, "a black hole", TcpProxy.blackHole),
          network(proxy, "refused connections", TcpProxy.refuse),
          stall(server),
          // what was committed is still there
          restart(server, "open")
        ])
      ) yield* suffer(members, fault)
      const sql = Context.get(
        yield* Layer.build(PgClient.layer({ maxConnections: 1, url: Redacted.make(server.url) })),
        PgClient.PgClient
      )
      const rows = yield* sql<
        { name: string; ends: boolean }
      >`SELECT name, expires_at > extract(epoch FROM now()) * 1000 AS ends FROM holdfast_breakers_1`
      deepStrictEqual(rows.map(({ ends, name }) => [name, ends]), [["shop", true]])
      // one connection a process that listens, besides those of its pool
      const listening = Effect.map(
        Effect.orDie(sql<{ n: string }>`SELECT count(*) AS n FROM pg_stat_activity
WHERE application_name = 'holdfast breakers' AND query ILIKE 'LISTEN%'`),
        ([row]) => Number(row?.n)
      )
      yield* untilEqual(listening, 3)
      yield* each(members, (member) => Effect.map(member.leave, (code) => strictEqual(code, 0, member.output)))
      yield* untilEqual(listening, 0)
    }), 600_000)

  it.scopedLive("agrees whatever its members' clocks say (trap 16)", () =>
    Effect.gen(function*() {
      const server = yield* RedisServer.make()
      const store: Store = { _tag: "redis", prefix, url: server.url }
      const members = yield* fleet(
        3,
        { ...setting(store), breaker: { failureThreshold: 3, resetTimeout: "2 seconds", successThreshold: 1 } },
        [0, 600_000, -600_000]
      )
      for (const member of members) {
        yield* member.call("fails", 3)
        yield* agree(members, "open")
        strictEqual(
          (yield* each(members, (other) => other.call("ok"))).every(({ became }) => became[0] === "refused"),
          true
        )
        yield* each(members, (other) => other.order({ _tag: "loop", pause: 20, url: "ok" }))
        yield* agree(members, "closed")
        yield* each(members, (other) => other.order({ _tag: "halt" }))
      }
    }))

  it.scopedLive("has nothing to do with one of another version on the same store", () =>
    Effect.gen(function*() {
      const server = yield* RedisServer.make()
      const store = (version: string): Store => ({ _tag: "redis", prefix: `fleet:${version}:`, url: server.url })
      const old = yield* fleet(2, setting(store("1")))
      const young = yield* fleet(2, setting(store("2")))
      yield* old[0]!.call("fails", 3)
      yield* agree(old, "open")
      strictEqual((yield* young[1]!.call("ok")).became.join(), "success")
      yield* young[0]!.call("fails", 3)
      yield* agree(young, "open")
      yield* old[1]!.order({ _tag: "reset" })
      yield* agree(old, "closed")
      yield* agree(young, "open")
    }))
})

/** Looks again until it is so; where it never is, says what it was last. */
const untilEqual = (look: Effect.Effect<unknown>, expected: unknown): Effect.Effect<void, never, Scope.Scope> =>
  Effect.gen(function*() {
    for (let i = 0; i < 100; i++) {
      if (JSON.stringify(yield* look) === JSON.stringify(expected)) return
      yield* Effect.sleep("100 millis")
    }
    deepStrictEqual(yield* look, expected)
  })
