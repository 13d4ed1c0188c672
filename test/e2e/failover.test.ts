/**
 * The store moves to another host, which is empty: what a fleet's breakers and limits do then. The name that processes
 * connect by is a proxy here.
 */
import * as PgClient from "@effect/sql-pg/PgClient"
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Layer, Redacted } from "effect"
import type { ServerResponse } from "node:http"
import * as RedisNode from "../../src/core/Redis/Node.js"
import { PostgresServer, RedisServer, TcpProxy } from "../../src/testing/index.js"
import { isLong } from "../campaign.js"
import { comes } from "../comes.js"
import { fleet, type Member, provider } from "./breaker/fleet.js"
import { assertRate, ready, start, until } from "./limitFleet.js"

const now = () => performance.timeOrigin + performance.now()

const each = <A>(members: ReadonlyArray<Member>, run: (member: Member) => Effect.Effect<A>) =>
  Effect.forEach(members, run, { concurrency: "unbounded" })

const all = (members: ReadonlyArray<Member>, state: string, when: string) =>
  comes(`${state} ${when}`, each(members, (member) => member.isIn(state))).pipe(
    Effect.tapDefect(() =>
      each(
        members,
        (member) =>
          Effect.sync(() => process.stderr.write(`${JSON.stringify(member.told.slice(-5))} ${member.output}\n`))
      )
    )
  )

const end = (response: ServerResponse, status: number) => void response.writeHead(status).end()

const [capacity, refillRate] = [40, 100]

interface Move {
  /** What the store is at, before and after. */
  readonly urls: readonly [string, string]
  /** Ends, or demotes, the server that the store was on. */
  readonly retire: Effect.Effect<void>
  /** Processes that the move does not disconnect: they stay with the former server until it is retired. */
  readonly stay: number
  /** What the new server has of each: processes of the limit, and names of what is kept. */
  readonly look: Effect.Effect<{ readonly processes: number; readonly kept: ReadonlyArray<string> }>
  readonly kept: ReadonlyArray<string>
}

const moves = ({ kept, look, retire, stay, urls: [from, to] }: Move) =>
  Effect.gen(function*() {
    const shop = yield* provider
    const [first, second] = [yield* TcpProxy.make(from), yield* TcpProxy.make(from)]
    const proxyOf = (i: number) => i < 3 - stay ? first : second
    const store = (url: string) =>
      url.startsWith("redis")
        ? { _tag: "redis" as const, prefix: "test:breaker:", url }
        : { _tag: "postgres" as const, url }
    const breaking = (url: string, size: number) =>
      fleet(size, {
        breaker: { failureThreshold: 3, probeLease: "1 minute", resetTimeout: "300 millis", successThreshold: 1 },
        sharing: { patience: "1 second", timeout: "2 seconds" },
        store: store(url)
      })
    const [moved, staying, ...children] = yield* Effect.all([
      breaking(first.url, 3 - stay),
      breaking(second.url, stay),
      ...[0, 1, 2].map((i) => start({ callers: 10, capacity, prefix: "test", refillRate, url: proxyOf(i).url }))
    ], { concurrency: "unbounded" })
    const members = [...moved, ...staying]
    yield* ready(children)
    const goesOn = (what: string) =>
      Effect.suspend(() => {
        const before = children.map(({ grants }) => grants.length)
        return until(what, () => children.every(({ grants }, i) => grants.length > before[i]! + 5), 30)
      })
    /** All processes of the limit are known to the store. */
    const areShared = (processes: number) =>
      comes(
        "all processes known to the store",
        Effect.repeat(Effect.delay(look, "50 millis"), { until: (found) => found.processes === processes })
      )

    yield* all(members, "closed", "at first")
    yield* each(members, (member) => member.order({ _tag: "loop", pause: 5, url: shop.url }))
    yield* goesOn("before the move")

    // it opens, and one probe hangs while the store goes away under it
    let [underWay, most, sent] = [0, 0, 0]
    shop.handle = (response) => end(response, 503)
    yield* all(members, "open", "before the move")
    yield* comes("a refusal", each(members, ({ isRefused }) => isRefused))
    const hung: Array<ServerResponse> = []
    shop.handle = (response) => void hung.push(response)
    yield* comes("the probe that hangs", Effect.repeat(Effect.sleep("10 millis"), { until: () => hung.length > 0 }))
    shop.handle = (response) => {
      sent++
      end(response, 200)
    }
    assert.strictEqual(hung.length, 1)

    const began = now()
    yield* first.retarget(to)
    yield* second.retarget(to)
    yield* first.reset
    if (stay > 0) {
      // two masters for a while: those who were told of the new one, and those who were not
      yield* goesOn("with two masters")
      yield* Effect.sleep("1 second")
    }
    yield* retire
    const retired = now()
    yield* goesOn("after the move")
    yield* areShared(3)
    // the record that said that it is open is lost: it begins anew, closed, and calls flow
    yield* all(members, "closed", "after the move")
    yield* comes("calls after the move", Effect.repeat(Effect.sleep("10 millis"), { until: () => sent > 20 }))
    for (const response of hung) end(response, 503)

    // and all of them follow the new record: what opens in one refuses in all, and one probes at a time
    let isProbing = false
    shop.handle = (response) => {
      if (!isProbing) return end(response, 200)
      most = Math.max(most, ++underWay)
      // long enough for the others to come, if they did
      setTimeout(() => {
        underWay--
        isProbing = false
        end(response, 200)
      }, 20)
    }
    for (let i = 0; i < (isLong ? 20 : 2); i++) {
      yield* each(members, (member) => member.order({ _tag: "halt" }))
      yield* all(members, "closed", `before trip ${i}`)
      // What had been sent before it was halted may come back in between, and end a row of failures; and what opens in a
      // process that has not come back to the store yet is its own affair.
      yield* Effect.raceFirst(
        all(members, "open", `after trip ${i}`),
        Effect.forever(Effect.zipRight(members[i % 3]!.call("fails", 3), Effect.sleep("300 millis")))
      )
      most = 0
      isProbing = true
      yield* each(members, (member) => member.order({ _tag: "loop", pause: 3, url: shop.url }))
      yield* comes(`probe ${i}`, Effect.repeat(Effect.sleep("10 millis"), { until: () => !isProbing }))
      assert.strictEqual(most, 1, "probes at once")
      yield* all(members, "closed", `after probe ${i}`)
    }

    // over the move a lost record may cost one burst more; two servers at a time, one quota each
    const grants = children.flatMap(({ grants }) => grants)
    assertRate(grants.filter((at) => at < began), capacity, refillRate)
    assertRate(grants, capacity * 2, refillRate, (from, to) =>
      stay === 0 ? 0 : Math.max(0, Math.min(to, retired) - Math.max(from, began)) * refillRate / 1_000)
    const lately = now() - 1_000
    yield* goesOn("at the end")
    assertRate(
      children.flatMap(({ grants }) =>
        grants
      ).filter((at) =>
        at > lately
      ),
      capacity,
      refillRate
    )

    assert.deepStrictEqual((yield* look).kept, kept)
    yield* comes(
      "the end of a process",
      each(members, (member) => Effect.map(member.leave, (code) => assert.strictEqual(code, 0, member.output)))
    )
  })

const redis = (url: string) =>
  Effect.map(RedisNode.make({ url }), ({ send }) => ({
    look: Effect.orDie(Effect.gen(function*() {
      const kept = (yield* send("KEYS", "*")) as ReadonlyArray<string>
      const lives = yield* Effect.forEach(kept, (key) => send("PTTL", key))
      assert.isTrue(lives.every((life) => Number(life) > 0))
      const text = String((yield* send("GET", "test:rate:v1:{shop}")) ?? "")
      return { kept: [...kept].sort(), processes: text === "" ? 0 : text.split("\n").length - 1 }
    })),
    send
  }))

const keptInRedis = ["test:breaker:{shop}", "test:rate:v1:{shop}"]

describe("a store that moves to an empty host", () => {
  it.scopedLive("Redis, whose former host is dead", () =>
    Effect.gen(function*() {
      const [from, to] = yield* Effect.all([RedisServer.make(), RedisServer.make()])
      const { look } = yield* redis(to.url)
      yield* moves({ kept: keptInRedis, look, retire: from.kill, stay: 0, urls: [from.url, to.url] })
    }), 300_000)

  it.scopedLive.runIf(isLong)(
    "Redis, whose former host is alive, and for a while takes writes",
    () =>
      Effect.gen(function*() {
        const [from, to] = yield* Effect.all([RedisServer.make(), RedisServer.make()])
        const former = yield* redis(from.url)
        const { look } = yield* redis(to.url)
        yield* moves({
          kept: keptInRedis,
          look,
          // as whoever watches over them does when it has found out
          retire: Effect.orDie(former.send("REPLICAOF", to.host, to.port)),
          stay: 1,
          urls: [from.url, to.url]
        })
      }),
    300_000
  )

  it.scopedLive.runIf(isLong)("PostgreSQL, whose former host is dead", () =>
    Effect.gen(function*() {
      const [from, to] = yield* Effect.all([PostgresServer.make(), PostgresServer.make()])
      const sql = Context.get(
        yield* Layer.build(PgClient.layer({ maxConnections: 1, url: Redacted.make(to.url) })),
        PgClient.PgClient
      )
      // there are no tables until the first process has come
      const look = Effect.orElseSucceed(
        Effect.gen(function*() {
          const kept = yield* sql<{ kept: string }>`SELECT 'breaker ' || name AS kept FROM holdfast_breakers_1
UNION ALL SELECT 'limit ' || name FROM holdfast_limits_1 ORDER BY 1`
          const [row] = yield* sql<{ ledger: string }>`SELECT ledger FROM holdfast_limits_1`
          const { accounts } = JSON.parse(row?.ledger ?? "{\"accounts\":{}}") as { accounts: object }
          return { kept: kept.map(({ kept }) => kept), processes: Object.keys(accounts).length }
        }),
        () => ({ kept: [], processes: 0 })
      )
      yield* moves({
        kept: ["breaker shop", "limit shop"],
        look,
        retire: from.kill,
        stay: 0,
        urls: [from.url, to.url]
      })
    }), 300_000)
})
