/**
 * Two and three processes that share one circuit: any interleaving of calls, outcomes, reports, pushes that are late, lost
 * or overtaken, lost answers, leases that end, crashes, hands, and a store that goes away, comes back, or forgets.
 */
import { describe, it } from "@effect/vitest"
import { deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { FastCheck as fc } from "effect"
import type * as Core from "../../../src/policy/internal/breaker/circuitCore.js"
import type * as Window from "../../../src/policy/internal/breaker/windowCore.js"
import { holds } from "../../campaign.js"
import { Fleet, type Met } from "./fleet.js"
import { commands } from "./fleetCommands.js"
import { callOf, settleDown } from "./fleetSteps.js"

const base: Core.Config = {
  gather: 100,
  halfOpenMaxConcurrent: 1,
  maxResetTimeout: 3_000,
  mode: "enforcing",
  probeLease: 1_500,
  quorum: 1,
  random: () => 0,
  resetBackoff: 2,
  resetJitter: 0,
  resetTimeout: 1_000,
  strategy: { failures: 3, kind: "consecutive" },
  successThreshold: 1
}

const strategies: Readonly<Record<string, Window.Strategy>> = {
  "consecutive failures": { failures: 3, kind: "consecutive" },
  "a count window": { failureRate: 0.5, kind: "count", minimum: 4, size: 6, slowRate: 0.8 },
  "a time window": { buckets: 3, failureRate: 0.6, kind: "time", minimum: 4, slowRate: 0.7, width: 500 }
}

const settings = fc.record({
  halfOpenMaxConcurrent: fc.constantFrom(1, 2),
  mode: fc.constantFrom("enforcing" as const, "enforcing" as const, "enforcing" as const, "shadow" as const),
  quorum: fc.constantFrom(1, 1, 2, 3),
  successThreshold: fc.constantFrom(1, 2)
})

/** Clocks that have nothing in common but the width of a bucket. */
const offsets = [0, 5_000, 250_000]

describe("a circuit that is shared", () => {
  for (const size of [2, 3]) {
    for (const [name, strategy] of Object.entries(strategies)) {
      it(`by ${size} processes, over ${name}: B1 to B9 hold in any interleaving, and it is as the observer works it out`, async () => {
        const met = new Map<Met, number>()
        await holds(
          fc.property(
            settings,
            fc.commands([commands(size, strategy.kind !== "consecutive")], { maxCommands: 120, size: "max" }),
            (changes, sequence) => {
              const fleet = new Fleet({ ...base, ...changes, strategy }, offsets.slice(0, size))
              for (const process of fleet.processes) fleet.attach(process)
              fc.modelRun(() => ({ model: fleet, real: fleet }), sequence)
              for (const [what, times] of fleet.met) met.set(what, (met.get(what) ?? 0) + times)
              // B8
              settleDown(fleet)
              for (const { mirror: { replica } } of fleet.processes) {
                deepStrictEqual(
                  [replica.state, replica.mode, replica.generation],
                  [fleet.record.state, fleet.record.mode, fleet.record.generation]
                )
              }
              recovers(fleet)
            }
          ),
          250
        )
        // the campaign reaches what it is for
        const often: ReadonlyArray<Met> = [
          "opened",
          "opened alone",
          "probe granted",
          "report of another generation"
        ]
        deepStrictEqual(often.filter((what) => !met.has(what)), [])
      })
    }
  }

  it("B5: without failures no call causes a step at the store", () => {
    for (const strategy of Object.values(strategies)) {
      const fleet = new Fleet({ ...base, strategy }, offsets)
      for (const process of fleet.processes) fleet.attach(process)
      for (let i = 0; i < 3_000; i++) {
        const process = fleet.processes[i % 3]!
        strictEqual(callOf(fleet, process, i % 7 === 0 ? -1 : 0), true)
        strictEqual(process.mirror.nextReport, Number.POSITIVE_INFINITY)
        fleet.now += 7
      }
      strictEqual(fleet.steps, 0)
    }
  })
})

/** B4: whatever the state, and whoever holds a place without ever coming back: it closes once the provider is well. */
const recovers = (fleet: Fleet) => {
  const { config, record } = fleet
  if (record.mode === "forced-open" || record.mode === "disabled") return
  for (let i = 0; i < 200 && fleet.record.state !== "closed"; i++) {
    const process = fleet.processes[i % fleet.processes.length]!
    for (const push of process.inbox.splice(0)) fleet.receive(process, push)
    callOf(fleet, process, 0)
    fleet.now += 100
  }
  strictEqual(record.state, "closed")
  strictEqual(config.successThreshold >= 1, true)
}
