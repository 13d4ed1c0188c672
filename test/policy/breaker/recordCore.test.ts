/** Single steps on a record, as they are kept and told. What any sequence of them comes to is in core.test.ts. */
import { describe, it } from "@effect/vitest"
import { deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import * as Core from "../../../src/policy/internal/breaker/circuitCore.js"
import * as Shared from "../../../src/policy/internal/breaker/sharedCore.js"
import type * as Window from "../../../src/policy/internal/breaker/windowCore.js"

const config: Core.Config = {
  gather: 100,
  halfOpenMaxConcurrent: 1,
  maxResetTimeout: 60_000,
  mode: "enforcing",
  probeLease: 1_500,
  quorum: 1,
  random: () => 0,
  resetBackoff: 2,
  resetJitter: 0,
  resetTimeout: 1_000,
  strategy: { failures: 2, kind: "consecutive" },
  successThreshold: 1
}

const batch: Window.Batch = {
  buckets: [],
  codes: [],
  failures: 1,
  older: 0,
  success: false,
  told: 0,
  troubled: true
}

const report = (node: string, sequence: number, generation = 1): Core.Report => ({ batch, generation, node, sequence })

describe("a record", () => {
  it("begins with nothing", () => {
    deepStrictEqual(Core.initial(7), {
      closedSince: 7,
      counts: { at: 0, failed: 0, failures: 0, ring: [], slow: 0, total: 0 },
      gatherUntil: 0,
      generation: 1,
      mode: "auto",
      modeReason: "",
      nodes: [],
      openFor: 0,
      openUntil: 0,
      openings: 0,
      probeSuccesses: 0,
      probes: [],
      reason: "new",
      revision: 1,
      state: "closed"
    })
  })

  it("that is disabled looks closed, whatever it is", () => {
    const record = Core.initial(0)
    Core.command(record, config, { _tag: "openFor", millis: 100, reason: "" }, 0)
    strictEqual(Core.visible(record, config), "open")
    strictEqual(Core.visible(record, { ...config, mode: "disabled" }), "closed")
  })

  it("closed refuses nobody, also where no place is free", () => {
    strictEqual(Core.retryAfter(Core.initial(0), { ...config, halfOpenMaxConcurrent: 0 }, 0), 0)
  })

  it("half-open asks whoever comes to ask, until the place is taken", () => {
    const record = Core.initial(0)
    Core.command(record, config, { _tag: "openFor", millis: 100, reason: "" }, 0)
    const { generation } = record
    strictEqual(Core.acquireProbe(record, config, generation, "a", 500, 100), true)
    strictEqual(record.reason, "probing")
    const { revision } = record
    // its own open time says nothing any more
    record.openUntil = 1_000
    strictEqual(Core.admit(record, config, 200), Core.ask)
    strictEqual(Core.retryAfter(record, config, 200), 400)
    // with a second place nobody need hear of the second probe
    const wider = { ...config, halfOpenMaxConcurrent: 2 }
    strictEqual(Core.retryAfter(record, wider, 200), 0)
    strictEqual(Core.acquireProbe(record, wider, generation, "b", 500, 200), true)
    strictEqual(record.revision, revision)
    Core.probeResult(record, config, generation, "a", 0, 0, 300)
    deepStrictEqual([record.state, record.reason], ["closed", "probes succeeded"])
  })

  it("takes no result and no report of another generation or state", () => {
    const record = Core.initial(0)
    Core.command(record, config, { _tag: "openFor", millis: 0, reason: "" }, 0)
    const { generation } = record
    Core.acquireProbe(record, config, generation, "a", 500, 0)
    const before = structuredClone(record)
    Core.probeResult(record, config, generation - 1, "a", 1, 0, 1)
    Core.report(record, config, report("p", 1, generation), ["p"], 1)
    strictEqual(Core.record(record, config, generation, 1, 0, 1), false)
    deepStrictEqual(record, before)
    // a place that somehow outlived its state is none
    record.state = "closed"
    Core.probeResult(record, config, generation, "a", 1, 0, 1)
    strictEqual(record.openings, 0)
  })

  it("forgets the processes that are gone when a new one reports, and all when it changes", () => {
    const record = Core.initial(0)
    const patient = { ...config, strategy: { failures: 9, kind: "consecutive" as const } }
    Core.report(record, patient, report("a", 1), ["a"], 0)
    Core.report(record, patient, report("b", 1), ["a", "b"], 0)
    Core.report(record, patient, report("c", 1), ["b", "c"], 0)
    deepStrictEqual(record.nodes.map(({ node }) => node), ["b", "c"])
    Core.command(record, patient, { _tag: "forceClose" }, 0)
    deepStrictEqual(record.nodes, [])
  })

  it("says by whom it was changed, and no longer than that holds", () => {
    const record = Core.initial(0)
    Core.command(record, config, { _tag: "setMode", mode: "shadow", reason: "a trial" }, 0)
    Core.command(record, config, { _tag: "reset" }, 0)
    deepStrictEqual([record.mode, record.modeReason, record.reason], ["auto", "", "reset"])
    Core.reconfigure(record, config, { ...config, mode: "disabled" }, 5)
    strictEqual(record.reason, "disabled")
  })

  it("closed means something for as long as it was last open, and nothing where it never was", () => {
    const record = Core.initial(1_000)
    record.openFor = 300
    strictEqual(Core.meaningfulUntil(record), 0)
    record.openings = 1
    strictEqual(Core.meaningfulUntil(record), 1_300)
  })
})

describe("a record that is kept for several processes", () => {
  const terms: Shared.Terms = { config, livesFor: 1_000, timeToLive: 60_000 }
  const counting = (size: number): Shared.Terms => ({
    ...terms,
    config: { ...config, strategy: { failureRate: 0.5, kind: "count", minimum: 2, size, slowRate: 2 } }
  })

  it("is newer than one that was lost before it", () => {
    const { record } = Shared.initial(terms, 5_000)
    deepStrictEqual([record.generation, record.revision], [5_000, 5_000])
  })

  it("knows who is live: who reports, who says so, and nobody for longer than that", () => {
    const kept = Shared.initial(terms, 0)
    Shared.take(kept, terms, { _tag: "read", node: "a", present: true }, 0)
    Shared.take(kept, terms, { _tag: "read", node: "b", present: false }, 100)
    Shared.take(kept, terms, { _tag: "report", report: report("c", 1, 0) }, 200)
    deepStrictEqual(kept.live, [{ at: 0, node: "a" }, { at: 200, node: "c" }])
    Shared.take(kept, terms, { _tag: "read", node: "c", present: true }, 999)
    deepStrictEqual(kept.live, [{ at: 0, node: "a" }, { at: 999, node: "c" }])
    Shared.take(kept, terms, { _tag: "read", node: "d", present: true }, 1_000)
    deepStrictEqual(kept.live.map(({ node }) => node), ["c", "d"])
    Shared.take(kept, terms, { _tag: "leave", node: "c" }, 1_000)
    deepStrictEqual(kept.live.map(({ node }) => node), ["d"])
  })

  it("gives a place as a probe, renews it, and takes what comes of it", () => {
    const kept = Shared.initial(terms, 0)
    deepStrictEqual(kept.live, [])
    Shared.take(kept, terms, { _tag: "command", command: { _tag: "openFor", millis: 100, reason: "" } }, 0)
    const { generation } = kept.record
    const ask = (id: string, now: number) =>
      Shared.take(kept, terms, { _tag: "acquireProbe", generation, id, lease: 200 }, now)
    const renew = (id: string, now: number) =>
      Shared.take(kept, terms, { _tag: "renewProbe", generation, id, lease: 200 }, now)
    deepStrictEqual([ask("a", 50).granted, ask("a", 50).retryAfter], [false, 50])
    strictEqual(ask("a", 100).granted, true)
    deepStrictEqual([ask("b", 150).granted, ask("b", 150).retryAfter], [false, 150])
    deepStrictEqual([renew("a", 200).granted, renew("b", 200).granted], [true, false])
    strictEqual(ask("b", 399).granted, false)
    const took = Shared.take(kept, terms, { _tag: "probeResult", code: 0, generation, id: "a", told: 0 }, 399)
    deepStrictEqual([took.granted, took.view.state], [true, "closed"])
  })

  it("opens by a quorum of those that are live", () => {
    const wary: Shared.Terms = { ...terms, config: { ...config, quorum: 2 } }
    const kept = Shared.initial(wary, 0)
    const tell = (node: string, sequence: number) =>
      Shared.take(kept, wary, { _tag: "report", report: report(node, sequence, 0) }, 0).view.state
    Shared.take(kept, wary, { _tag: "read", node: "b", present: true }, 0)
    deepStrictEqual([tell("a", 1), tell("a", 2), tell("a", 3), tell("b", 1)], ["closed", "closed", "closed", "open"])
  })

  it("shows nothing of what was counted otherwise, and drops it when somebody counts so", () => {
    const kept = Shared.initial(terms, 0)
    Shared.take(kept, terms, { _tag: "report", report: report("a", 1, 0) }, 0)
    const look = (terms: Shared.Terms) => Shared.take(kept, terms, { _tag: "read", node: "b", present: false }, 0).view
    deepStrictEqual([look(terms).failures, look(terms).troubled], [1, true])
    deepStrictEqual([look(counting(5)).failures, look(counting(5)).troubled], [0, false])
    // looking has dropped nothing
    strictEqual(look(terms).failures, 1)
    const codes = { ...batch, codes: [1], failures: 0 }
    Shared.take(kept, counting(5), { _tag: "report", report: { ...report("b", 1, 0), batch: codes } }, 0)
    strictEqual(look(terms).failures, 0)
    strictEqual(look(counting(5)).failed, 1)
    strictEqual(look(counting(6)).failed, 0)
  })

  it("is kept as long as it means something, and a while longer", () => {
    const kept = Shared.initial(terms, 0)
    strictEqual(Shared.timeToLive(kept, terms, 0), 60_000)
    Shared.take(kept, terms, { _tag: "command", command: { _tag: "openFor", millis: 1_500.5, reason: "" } }, 0)
    strictEqual(Shared.timeToLive(kept, terms, 0), 61_501)
    strictEqual(Shared.timeToLive(kept, terms, 9_000), 60_000)
    Shared.take(kept, terms, { _tag: "command", command: { _tag: "forceOpen", reason: "" } }, 0)
    strictEqual(Shared.timeToLive(kept, terms, 0), 60_000 + Shared.handLasts)
  })

  it("has a layout that says how it is counted", () => {
    const time = { buckets: 4, failureRate: 1, kind: "time", minimum: 1, slowRate: 1, width: 250 } as const
    deepStrictEqual(
      [config.strategy, counting(5).config.strategy, time].map(Shared.layoutOf),
      ["row", "count 5", "time 4 250"]
    )
  })
})
