/** With a quorum, one process whose own network is bad opens nothing for the others, and two do, on each store. */
import { describe, it } from "@effect/vitest"
import { deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { Effect } from "effect"
import { isLong } from "../../campaign.js"
import { fleet, type Member } from "./fleet.js"
import { stores } from "./stores.js"

const opened = ({ told }: Member) => told.filter((one) => one._tag === "changed" && one.to === "open").length

const all = (members: ReadonlyArray<Member>, state: string) =>
  Effect.forEach(members, (member) => member.isIn(state), { concurrency: "unbounded" })

const oneBadNode = (name: keyof typeof stores) =>
  Effect.gen(function*() {
    const members = yield* fleet(3, {
      breaker: { failureThreshold: 3, resetTimeout: "10 minutes" },
      // for three times as long a process counts as a live one, however busy the machine is
      sharing: { heartbeat: isLong ? "3 seconds" : "20 seconds", quorum: 2, timeout: "5 seconds" },
      store: yield* stores[name]
    })
    const [bad, second, third] = members as [Member, Member, Member]
    const healthy = [second, third]
    yield* all(members, "closed")
    yield* Effect.forEach(healthy, (member) => member.order({ _tag: "loop", pause: 5, url: "ok" }))
    yield* bad.order({ _tag: "loop", pause: 5, url: "fails" })
    // all it sends fails; and the others' successes do not end its row of failures once they have stopped
    for (const halted of [false, true]) {
      yield* Effect.sleep("400 millis")
      for (const member of healthy) {
        const { state, stats } = yield* member.look
        deepStrictEqual([state, stats.refused, opened(member)], ["closed", 0, 0])
        if (!halted) yield* member.order({ _tag: "halt" })
      }
    }
    // a second one that says so makes it true
    yield* second.call("fails", 5)
    yield* all(members, "open")
    strictEqual((yield* third.call("ok")).became.join(), "refused")
    if (!isLong) return

    // where fewer are left, all of them are enough
    yield* bad.order({ _tag: "halt" })
    yield* third.order({ _tag: "reset" })
    yield* all(members, "closed")
    yield* Effect.forEach(healthy, (member) => member.kill)
    yield* Effect.raceFirst(
      bad.isIn("open"),
      Effect.forever(Effect.zipRight(bad.call("fails", 5), Effect.sleep("100 millis")))
    )
  })

describe("a fleet with a quorum of 2", () => {
  for (const name of ["Redis", "PostgreSQL", "SQLite"] as const) {
    it.scopedLive.runIf(isLong || name === "Redis")(
      `one bad node does not open it, two do, over ${name}`,
      () => oneBadNode(name)
    )
  }
})
