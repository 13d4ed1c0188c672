/** What opens in one process refuses calls in all the others, on each store. */
import { describe, it } from "@effect/vitest"
import { strictEqual } from "@effect/vitest/utils"
import { Effect } from "effect"
import { isLong, size } from "../../campaign.js"
import { fleet, percentile } from "./fleet.js"
import { stores } from "./stores.js"

describe("a trip", () => {
  for (const name of ["Redis", "PostgreSQL", "SQLite"] as const) {
    it.scopedLive(`in one process refuses calls in the others, over ${name}`, () =>
      Effect.gen(function*() {
        const store = yield* stores[name]
        const fleetSize = isLong ? 8 : 4
        const members = yield* fleet(fleetSize, {
          breaker: { failureThreshold: 3, resetTimeout: "1 minute" },
          callsWhenOpen: true,
          store
        })
        const all = <A>(f: (member: typeof members[0]) => Effect.Effect<A>) =>
          Effect.forEach(members, f, { concurrency: "unbounded" })
        const others = members.slice(1)
        const slowest: Array<number> = []
        const trips = size({ bounded: 30, everyDay: 5, full: 100 })
        for (let i = 0; i < trips; i++) {
          yield* all((member) => member.isIn("closed"))
          for (const { told } of members) told.length = 0
          const { at, became } = yield* members[0]!.call("fails", 3)
          strictEqual(became.join(), "failure,failure,failure")
          const opened = yield* Effect.forEach(
            others,
            (member) => member.until((told) => told.find((one) => one._tag === "changed" && one.to === "open")),
            { concurrency: "unbounded" }
          )
          for (const one of opened) {
            if (one._tag !== "changed") continue
            strictEqual(one.refused, true)
          }
          slowest.push(Math.max(...opened.map((one) => one._tag === "changed" ? one.at - at : 0)))
          yield* members[i % fleetSize]!.order({ _tag: "reset" })
        }
        // the target is 100 ms; a machine that is busy with other things may take its time
        const [p50, p99] = [percentile(slowest, 0.5), percentile(slowest, 0.99)]
        if (isLong) {
          process.stderr.write(
            `${name}: last of ${fleetSize - 1} after p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms\n`
          )
        }
        strictEqual(p50 < 10_000, true)
        yield* Effect.forEach(members, (member) => Effect.map(member.leave, (code) => strictEqual(code, 0)), {
          concurrency: "unbounded"
        })
      }))
  }
})
