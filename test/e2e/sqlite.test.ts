/** Several real processes on one SQLite file: what they keep to, and what they do when something happens to the file. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as fs from "node:fs"
import type { ServerResponse } from "node:http"
import { createRequire } from "node:module"
import * as path from "node:path"
import { isLong } from "../campaign.js"
import { fleet, type Member, provider } from "./breaker/fleet.js"
import type { Setting } from "./breaker/orders.js"
import { folder } from "./breaker/stores.js"
import { assertRate, done, now, ready, start, until, used } from "./limitFleet.js"

/** As the driver has it. */
const Sqlite = createRequire(createRequire(import.meta.url).resolve("@effect/sql-sqlite-node"))(
  "better-sqlite3"
) as new(
  filename: string
) => { readonly exec: (sql: string) => void; readonly close: () => void }

const file = Effect.map(folder, (folder) => path.join(folder, "shared.db"))

const each = <A>(members: ReadonlyArray<Member>, run: (member: Member) => Effect.Effect<A>) =>
  Effect.forEach(members, run, { concurrency: "unbounded" })

const all = (members: ReadonlyArray<Member>, state: string) => each(members, (member) => member.isIn(state))

const [capacity, refillRate] = [40, 100]
const limit = { capacity, refillRate }

describe("processes that share an SQLite file", () => {
  it.scopedLive(
    "keep to one limit, and use all of it, also when one is killed with tokens in hand",
    () =>
      Effect.gen(function*() {
        const filename = yield* file
        const options = { ...limit, callers: 20, prefix: "test", url: `sqlite:${filename}` }
        const children = yield* Effect.replicateEffect(start(options), 4)
        yield* ready(children)
        const part = yield* used(children, { ...limit, atLeast: isLong ? 0.98 : 0.9, seconds: isLong ? 30 : 3 })
        yield* done(children)
        if (isLong) process.stderr.write(`SQLite: ${(part * 100).toFixed(2)} % granted\n`)
        assertRate(children.flatMap(({ grants }) => grants), capacity, refillRate)
        assert.deepStrictEqual(children.flatMap(({ logs }) => logs), [])
        if (!isLong) return

        const others = yield* Effect.replicateEffect(start(options), 2)
        const victim = yield* start(options)
        yield* ready([...others, victim])
        yield* until("its grants", () => victim.grants.length > 20)
        victim.process.kill("SIGKILL")
        // from the end of its lease on the two have all of it
        yield* Effect.sleep("5 seconds")
        yield* used(others, { ...limit, atLeast: 0.95, seconds: 10 })
        yield* done(others)
        assertRate([...others, victim].flatMap(({ grants }) => grants), capacity, refillRate)
      }),
    300_000
  )

  it.scopedLive.runIf(isLong)(
    "go on probing when the process that holds the probe is killed",
    () =>
      Effect.gen(function*() {
        const shop = yield* provider
        const [first, ...others] = yield* fleet(3, {
          breaker: { failureThreshold: 2, probeLease: "1 minute", resetTimeout: "100 millis", successThreshold: 1 },
          sharing: { lease: "1500 millis" },
          store: { _tag: "sqlite", filename: yield* file }
        })
        yield* first!.call("fails", 2)
        yield* all(others, "open")
        yield* Effect.sleep("150 millis")
        const hung: Array<ServerResponse> = []
        shop.handle = (response) => void hung.push(response)
        yield* Effect.fork(first!.call(shop.url))
        yield* Effect.repeat(Effect.sleep("10 millis"), { until: () => hung.length > 0 })
        yield* first!.kill
        shop.handle = (response) => void response.writeHead(200).end()
        yield* each(others, (member) => member.order({ _tag: "loop", pause: 5, url: shop.url }))
        yield* all(others, "closed")
        assert.strictEqual(hung.length, 1)
      }),
    300_000
  )

  const happenings: ReadonlyArray<readonly [string, (filename: string) => Effect.Effect<void>]> = [
    ["locked for 5 seconds", (filename) =>
      Effect.acquireUseRelease(
        Effect.sync(() => new Sqlite(filename)),
        (other) => Effect.zipRight(Effect.sync(() => other.exec("BEGIN EXCLUSIVE")), Effect.sleep("5 seconds")),
        (other) => Effect.sync(() => other.close())
      )],
    ["deleted", (filename) =>
      Effect.sync(() => {
        for (const suffix of ["", "-wal", "-shm"]) fs.rmSync(filename + suffix, { force: true })
      })],
    ["replaced by an empty one", (filename) =>
      Effect.sync(() => {
        fs.writeFileSync(`${filename}.new`, "")
        for (const suffix of ["-wal", "-shm"]) fs.rmSync(filename + suffix, { force: true })
        fs.renameSync(`${filename}.new`, filename)
      })]
  ]
  for (const [name, happens] of happenings) {
    it.scopedLive.runIf(isLong)(
      `go on while it is ${name}, and agree again`,
      () =>
        Effect.gen(function*() {
          const filename = yield* file
          const setting: Setting = {
            breaker: { failureThreshold: 3, resetTimeout: "10 minutes" },
            sharing: { timeout: "1 second" },
            store: { _tag: "sqlite", filename }
          }
          const [members, ...children] = yield* Effect.all([
            fleet(2, setting),
            ...[0, 1].map(() => start({ ...limit, callers: 10, prefix: "test", url: `sqlite:${filename}` }))
          ], { concurrency: "unbounded" })
          yield* ready(children)
          yield* all(members, "closed")
          yield* each(members, (member) => member.order({ _tag: "loop", pause: 5, url: "ok" }))
          const goesOn = (what: string) =>
            Effect.suspend(() => {
              const before = children.map(({ grants }) => grants.length)
              return until(what, () => children.every(({ grants }, i) => grants.length > before[i]! + 5), 30)
            })
          yield* goesOn("before")
          yield* each(members, ({ look }) => look)
          const began = now()
          yield* Effect.all([happens(filename), goesOn("meanwhile")], { concurrency: 2 })
          yield* goesOn("after it")
          for (const { stats } of yield* each(members, ({ look }) => look)) {
            assert.isAbove(stats.calls, 10)
            assert.strictEqual(stats.refused, 0)
          }
          // one that comes later has the file that is there now
          const [newcomer] = yield* fleet(1, setting)
          members.push(newcomer!)
          // what opens in one opens for all again; the first report may be lost with the record
          yield* Effect.raceFirst(
            all(members, "open"),
            Effect.forever(Effect.zipRight(members[0]!.call("fails", 3), Effect.sleep("300 millis")))
          )
          yield* each(members, (member) => member.order({ _tag: "halt" }))
          yield* members[1]!.order({ _tag: "reset" })
          yield* all(members, "closed")
          yield* members[1]!.call("fails", 3)
          yield* all(members, "open")
          // and they share one limit: a lost record may cost one burst more, once
          yield* Effect.sleep("1 second")
          const since = now()
          yield* Effect.sleep("2 seconds")
          const grants = children.flatMap(({ grants }) => grants)
          assertRate(grants.filter((grant) => grant < began), capacity, refillRate)
          // until all have gone over to the new file there may be two limits
          assertRate(grants, capacity * 2, refillRate, (from, to) =>
            Math.max(0, Math.min(to, since) - Math.max(from, began)) * refillRate / 1_000)
          assertRate(
            grants.filter((grant) =>
              grant > since
            ),
            capacity,
            refillRate
          )
          yield* each(
            members,
            (member) =>
              Effect.map(member.leave, (code) => assert.strictEqual(code, 0, member.output))
          )
        }),
      300_000
    )
  }
})
