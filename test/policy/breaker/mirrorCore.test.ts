/** One process's share in a circuit that several share, step by step. Any interleaving is in fleetCore.test.ts. */
import { describe, it } from "@effect/vitest"
import { deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import * as Core from "../../../src/policy/internal/breaker/circuitCore.js"
import * as Mirror from "../../../src/policy/internal/breaker/mirrorCore.js"
import type * as Window from "../../../src/policy/internal/breaker/windowCore.js"

const base: Core.Config = {
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
  strategy: { failures: 3, kind: "consecutive" },
  successThreshold: 1
}

const count: Window.Strategy = { failureRate: 0.5, kind: "count", minimum: 4, size: 10, slowRate: 0.9 }
const never = Number.POSITIVE_INFINITY

/** A store at 1,000,000 and processes whose clocks begin at 0, 10,000, 20,000 … */
const shared = (changes: Partial<Core.Config>, processes: number) => {
  const config = { ...base, ...changes }
  let now = 0
  const record = Core.initial(1_000_000, 1_000_000)
  const look = () => Mirror.view(record, config, 1_000_000 + now)
  const names = Array.from({ length: processes }, (_, i) => `p${i}`)
  const mirrors = names.map((node, i) => new Mirror.Mirror({ config, flushInterval: 50, node, now: i * 10_000 }))
  const own = (i: number) => now + i * 10_000
  const mirror = (i: number) => mirrors[i]!
  return {
    attach: (i: number) => mirror(i).attach(look(), own(i)),
    call: (i: number, code: number, told = 0) => {
      const era = mirror(i).admit(own(i))
      strictEqual(era > 0, true)
      mirror(i).record(era, code, told, own(i))
    },
    config,
    detach: (i: number) => mirror(i).detach(own(i)),
    flush: (i: number) => {
      const report = mirror(i).takeReport(own(i))
      Core.report(record, config, report, names, 1_000_000 + now)
      mirror(i).reported(report, look(), own(i))
      return report
    },
    look,
    mirror,
    own,
    push: () => mirrors.forEach((mirror, i) => mirror.receive(look(), own(i))),
    record,
    wait: (millis: number) => {
      now += millis
    }
  }
}

describe("a mirror", () => {
  it("waits for nobody's first word: it begins alone, closed, and follows the shared record once it is read", () => {
    const { attach, call, flush, mirror, own, record } = shared({}, 1)
    strictEqual(mirror(0).attached, false)
    for (let i = 0; i < 3; i++) call(0, 1)
    strictEqual(mirror(0).replica.state, "open")
    const before = mirror(0).admit(own(0))
    strictEqual(before, Core.refused)
    attach(0)
    strictEqual(mirror(0).replica.state, "closed")
    strictEqual(record.state, "closed")
    // what it saw ahead of the first word counts in what that found closed
    strictEqual(mirror(0).nextReport, 0)
    flush(0)
    strictEqual(record.state, "open")
  })

  it("a first word that finds the circuit open leaves nothing to tell of what was seen before", () => {
    const { attach, call, config, mirror, record } = shared({}, 1)
    call(0, 1)
    Core.command(record, config, { _tag: "openFor", millis: 500, reason: "" }, 1_000_000)
    attach(0)
    strictEqual(mirror(0).nextReport, never)
    strictEqual(mirror(0).counts(0).failures, 0)
  })

  it("a call that was sent ahead of the first word counts when that finds the circuit closed", () => {
    const { attach, flush, mirror, own, record } = shared({}, 1)
    const era = mirror(0).admit(own(0))
    attach(0)
    mirror(0).record(era, 1, 0, own(0))
    flush(0)
    strictEqual(record.counts.failures, 1)
  })

  it("under another configuration it goes on; what it has not told of another kind of window is let go", () => {
    const { attach, call, config, mirror, own } = shared({}, 1)
    attach(0)
    call(0, 1)
    mirror(0).reconfigure({ ...config, strategy: { failures: 9, kind: "consecutive" } }, own(0))
    strictEqual(mirror(0).counts(own(0)).failures, 1)
    strictEqual(mirror(0).nextReport, 50)
    mirror(0).reconfigure({ ...config, strategy: count }, own(0))
    strictEqual(mirror(0).nextReport, never)
    strictEqual(mirror(0).troubled, false)
    mirror(0).detach(own(0))
    const era = mirror(0).admit(own(0))
    mirror(0).reconfigure({ ...config, mode: "disabled", strategy: count }, own(0))
    strictEqual(mirror(0).admit(own(0)), Core.uncounted)
    mirror(0).reconfigure({ ...config, strategy: count }, own(0))
    strictEqual(mirror(0).admit(own(0)) === era, false)
  })

  it("keeps successes to itself, tells of a failure within an interval, and at once when it could be the last straw", () => {
    const { attach, call, flush, mirror, own, push, record, wait } = shared({}, 2)
    attach(0)
    attach(1)
    for (let i = 0; i < 10; i++) call(0, 0)
    strictEqual(mirror(0).nextReport, never)
    call(0, 1)
    strictEqual(mirror(0).nextReport, own(0) + 50)
    wait(50)
    flush(0)
    push()
    strictEqual(mirror(1).troubled, true)
    // one failure is known, two more are the third
    call(1, 1)
    strictEqual(mirror(1).nextReport, own(1) + 50)
    wait(10)
    call(1, 1)
    strictEqual(mirror(1).nextReport, own(1))
    flush(1)
    strictEqual(record.state, "open")
    strictEqual(record.reason, "3 failures in a row")
    strictEqual(mirror(1).replica.state, "open")
    strictEqual(mirror(0).replica.state, "closed")
    push()
    strictEqual(mirror(0).admit(own(0)), Core.refused)
    strictEqual(mirror(0).retryAfter(own(0)), 1_000)
  })

  it("tells of a success while there is trouble somewhere, which ends the row, and then no longer", () => {
    const { attach, call, flush, mirror, own, push, record } = shared({}, 2)
    attach(0)
    attach(1)
    call(0, 1)
    call(0, 1)
    flush(0)
    push()
    call(1, 0)
    strictEqual(mirror(1).nextReport, own(1) + 50)
    flush(1)
    strictEqual(record.counts.failures, 0)
    push()
    strictEqual(mirror(0).troubled, false)
    strictEqual(mirror(1).troubled, false)
    call(1, 0)
    strictEqual(mirror(1).nextReport, never)
  })

  it("a rate is judged only when the others have told of their successes", () => {
    const { attach, call, flush, mirror, own, push, record, wait } = shared({ strategy: count }, 2)
    attach(0)
    attach(1)
    for (let i = 0; i < 8; i++) call(1, 0)
    // alone, four of four: by itself it would have opened
    for (let i = 0; i < 4; i++) call(0, 1)
    strictEqual(mirror(0).nextReport <= own(0), true)
    flush(0)
    strictEqual(record.state, "closed")
    push()
    // the other one fills in what it had kept to itself
    strictEqual(mirror(1).nextReport, own(1) + 50)
    wait(50)
    const { batch } = flush(1)
    deepStrictEqual([batch.older, batch.codes, batch.troubled], [8, [], false])
    deepStrictEqual([record.counts.total, record.counts.failed], [10, 4])
    // and whoever has told of the trouble comes back for the judgement, if nobody else does
    strictEqual(mirror(0).nextReport, own(0) + 50)
    wait(50)
    deepStrictEqual(flush(0).batch.codes, [])
    strictEqual(record.state, "closed")
    strictEqual(mirror(0).nextReport, never)
  })

  it("a rate that is too high with all that is known opens at the end of gathering, without another call", () => {
    const { attach, call, flush, mirror, own, push, record, wait } = shared({ strategy: count }, 2)
    attach(0)
    attach(1)
    call(1, 0)
    for (let i = 0; i < 4; i++) call(0, 1)
    flush(0)
    push()
    // while gathering nothing is urgent
    call(0, 1)
    strictEqual(mirror(0).nextReport, own(0) + 50)
    wait(50)
    flush(1)
    flush(0)
    strictEqual(record.state, "closed")
    strictEqual(mirror(0).nextReport, own(0) + 50)
    wait(50)
    flush(0)
    strictEqual(record.state, "open")
    strictEqual(record.reason, "failure rate 83.3% of 6 calls")
  })

  it("the time that a server asks for arrives, shortened by the way", () => {
    const { attach, call, flush, record, wait } = shared({}, 1)
    attach(0)
    call(0, 1)
    call(0, 1)
    call(0, 1, 20_000)
    wait(500)
    strictEqual(flush(0).batch.told, 19_500)
    strictEqual(record.openFor, 19_500)
  })

  it("an answer that got lost: the report goes again, older by the time between, and counts once", () => {
    const time: Window.Strategy = { buckets: 10, failureRate: 1, kind: "time", minimum: 100, slowRate: 1, width: 100 }
    const { attach, call, config, detach, mirror, own, record, wait } = shared({ strategy: time }, 1)
    attach(0)
    wait(30)
    call(0, 1, 5_000)
    wait(50)
    const first = mirror(0).takeReport(own(0))
    deepStrictEqual(first.batch.buckets, [30, 1, 1, 0])
    strictEqual(mirror(0).nextReport, never)
    Core.report(record, config, first, ["p0"], 1_000_080)
    mirror(0).lost(first, own(0))
    detach(0)
    wait(200)
    attach(0)
    strictEqual(mirror(0).nextReport <= own(0), true)
    const second = mirror(0).takeReport(own(0))
    strictEqual(second.sequence, first.sequence)
    deepStrictEqual(second.batch.buckets, [230, 1, 1, 0])
    strictEqual(second.batch.told, 4_750)
    Core.report(record, config, second, ["p0"], 1_000_280)
    strictEqual(record.counts.failed, 1)
    mirror(0).reported(second, Mirror.view(record, config, 1_000_280), own(0))
    call(0, 1)
    strictEqual(mirror(0).takeReport(own(0)).sequence, first.sequence + 1)
  })

  it("alone it opens and probes by itself, and on return tells what it had not told yet", () => {
    const { attach, call, detach, flush, mirror, own, record, wait } = shared({}, 1)
    attach(0)
    call(0, 1)
    call(0, 1)
    detach(0)
    call(0, 1)
    strictEqual(mirror(0).replica.state, "open")
    strictEqual(mirror(0).admit(own(0)), Core.refused)
    strictEqual(mirror(0).nextReport, never)
    wait(1_000)
    strictEqual(mirror(0).admit(own(0)), Core.ask)
    strictEqual(mirror(0).acquireProbe(own(0)) !== undefined, true)
    attach(0)
    // the store's word holds, until it has heard this process
    strictEqual(mirror(0).replica.state, "closed")
    strictEqual(mirror(0).nextReport <= own(0), true)
    flush(0)
    strictEqual(record.state, "open")
    strictEqual(mirror(0).replica.state, "open")
  })

  it("alone it recovers by itself, and then has nothing to complain of on return", () => {
    const { attach, call, detach, mirror, own, wait } = shared({}, 1)
    attach(0)
    detach(0)
    const early = mirror(0).admit(own(0))
    for (let i = 0; i < 3; i++) call(0, 1)
    wait(1_000)
    const probe = mirror(0).acquireProbe(own(0))!
    strictEqual(probe.local, true)
    mirror(0).probeResult(probe, 0, 0, own(0))
    strictEqual(mirror(0).replica.state, "closed")
    // of the time before it opened
    for (let i = 0; i < 3; i++) mirror(0).record(early, 1, 0, own(0))
    strictEqual(mirror(0).replica.state, "closed")
    attach(0)
    strictEqual(mirror(0).nextReport, never)
  })

  it("goes on alone from where it stood: failures known, openings, the end of an opening, a hand", () => {
    const known = shared({}, 2)
    known.attach(0)
    known.attach(1)
    known.call(0, 1)
    known.call(0, 1)
    known.flush(0)
    known.push()
    known.detach(1)
    known.call(1, 1)
    strictEqual(known.mirror(1).replica.state, "open")

    const open = shared({}, 1)
    open.attach(0)
    for (let i = 0; i < 3; i++) open.call(0, 1)
    open.flush(0)
    open.wait(400)
    open.detach(0)
    strictEqual(open.mirror(0).admit(open.own(0)), Core.refused)
    strictEqual(open.mirror(0).retryAfter(open.own(0)), 600)
    open.wait(600)
    const probe = open.mirror(0).acquireProbe(open.own(0))!
    open.mirror(0).probeResult(probe, 1, 0, open.own(0))
    deepStrictEqual([open.mirror(0).replica.openings, open.mirror(0).replica.openFor], [2, 2_000])

    const forced = shared({}, 1)
    forced.attach(0)
    Core.command(forced.record, forced.config, { _tag: "forceOpen", reason: "maintenance" }, 1_000_000)
    forced.push()
    forced.detach(0)
    forced.wait(1_000_000)
    strictEqual(forced.mirror(0).admit(forced.own(0)), Core.refused)
    forced.mirror(0).command({ _tag: "forceClose" }, forced.own(0))
    strictEqual(forced.mirror(0).admit(forced.own(0)) > 0, true)
    forced.attach(0)
    strictEqual(forced.mirror(0).admit(forced.own(0)), Core.refused)
  })

  it("asks for a place as a probe one at a time, and not before the store said that it makes sense", () => {
    const { attach, call, config, flush, look, mirror, own, record, wait } = shared({}, 1)
    attach(0)
    for (let i = 0; i < 3; i++) call(0, 1)
    flush(0)
    wait(1_000)
    strictEqual(mirror(0).admit(own(0)), Core.ask)
    const probe = mirror(0).askForProbe()
    deepStrictEqual([probe.local, probe.generation], [false, record.generation])
    strictEqual(mirror(0).admit(own(0)), Core.refused)
    mirror(0).answered(look(), { retryAfter: 300 }, own(0))
    strictEqual(mirror(0).admit(own(0)), Core.refused)
    strictEqual(mirror(0).retryAfter(own(0)), 300)
    wait(299)
    strictEqual(mirror(0).admit(own(0)), Core.refused)
    wait(1)
    strictEqual(mirror(0).admit(own(0)), Core.ask)
    const again = mirror(0).askForProbe()
    strictEqual(again.id === probe.id, false)
    strictEqual(Core.acquireProbe(record, config, again.generation, again.id, 400, 1_001_300), true)
    mirror(0).answered(look(), undefined, own(0))
    strictEqual(mirror(0).replica.state, "half-open")
    Core.probeResult(record, config, again.generation, again.id, 0, 0, 1_001_300)
    mirror(0).receive(look(), own(0))
    strictEqual(mirror(0).admit(own(0)) > 0, true)
  })

  it("a process that comes late adopts what it finds: also half-open, with its openings, and may probe at once", () => {
    const { attach, call, config, flush, mirror, own, record, wait } = shared({}, 2)
    attach(0)
    for (let i = 0; i < 3; i++) call(0, 1)
    flush(0)
    wait(1_000)
    Core.acquireProbe(record, config, record.generation, "lost", 100, 1_001_000)
    wait(100)
    attach(1)
    deepStrictEqual([mirror(1).replica.state, mirror(1).replica.openings], ["half-open", 1])
    strictEqual(mirror(1).admit(own(1)), Core.ask)
  })

  it("a push that was overtaken is let go, and one about the same opening never makes it longer", () => {
    const { attach, call, config, flush, look, mirror, own, push, record, wait } = shared({}, 2)
    attach(0)
    attach(1)
    for (let i = 0; i < 3; i++) call(0, 1)
    const closed = look()
    flush(0)
    const opened = look()
    push()
    mirror(1).receive(closed, own(1))
    strictEqual(mirror(1).replica.state, "open")
    wait(800)
    mirror(1).receive(opened, own(1))
    strictEqual(mirror(1).retryAfter(own(1)), 200)
    // the mode alone is news too
    Core.command(record, config, { _tag: "setMode", mode: "shadow", reason: "a trial" }, 1_000_800)
    push()
    deepStrictEqual([mirror(1).replica.mode, mirror(1).replica.modeReason], ["shadow", "a trial"])
  })

  it("a probe whose outcome is ignored has had its place; no renewal wins it back", () => {
    const { attach, call, config, flush, record, wait } = shared({}, 1)
    attach(0)
    for (let i = 0; i < 3; i++) call(0, 1)
    flush(0)
    wait(1_000)
    Core.acquireProbe(record, config, record.generation, "a", 400, 1_001_000)
    Core.probeResult(record, config, record.generation, "a", -1, 0, 1_001_100)
    strictEqual(Core.renewProbe(record, record.generation, "a", 400, 1_001_100), false)
    strictEqual(record.state, "half-open")
    strictEqual(Core.acquireProbe(record, config, record.generation, "b", 400, 1_001_100), true)
  })

  it("B6: with a quorum, one process's failures are not enough, however many; of those that live two are", () => {
    const { attach, call, config, flush, push, record } = shared({ quorum: 2 }, 3)
    for (const i of [0, 1, 2]) attach(i)
    for (let i = 0; i < 50; i++) call(0, 1)
    flush(0)
    strictEqual(record.state, "closed")
    push()
    call(1, 1)
    flush(1)
    strictEqual(record.state, "open")

    // a voice that has gone does not count, and where there is but one process its own is enough
    const gone = shared({ quorum: 2 }, 3)
    for (const i of [0, 1, 2]) gone.attach(i)
    for (let i = 0; i < 3; i++) gone.call(0, 1)
    gone.flush(0)
    gone.push()
    gone.call(1, 1)
    const report = gone.mirror(1).takeReport(gone.own(1))
    Core.report(gone.record, config, report, ["p1", "p2"], 1_000_000)
    strictEqual(gone.record.state, "closed")
    Core.report(gone.record, config, report, [], 1_000_000)
    strictEqual(gone.record.state, "open")
  })

  it("while the first word is on its way it judges nothing by itself, and what it saw goes on with whatever comes", () => {
    const { attach, call, flush, mirror, own, record } = shared({}, 2)
    mirror(0).expect()
    for (let i = 0; i < 5; i++) call(0, 1)
    strictEqual(mirror(0).replica.state, "closed")
    // it did not come
    mirror(0).detach(own(0))
    strictEqual(mirror(0).replica.counts.failures, 5)
    call(0, 1)
    strictEqual(mirror(0).replica.state, "open")
    // nothing is expected any more of what once was known
    attach(1)
    mirror(1).detach(own(1))
    mirror(1).expect()
    for (let i = 0; i < 3; i++) call(1, 1)
    strictEqual(mirror(1).replica.state, "open")
    attach(0)
    flush(0)
    strictEqual(record.state, "open")
  })

  it("expects nothing when it has changed by itself already", () => {
    const { call, mirror } = shared({}, 1)
    for (let i = 0; i < 3; i++) call(0, 1)
    mirror(0).expect()
    strictEqual(mirror(0).admit(1_000), Core.ask)
    strictEqual(mirror(0).acquireProbe(1_000)?.local, true)
  })

  it("has one report under way at a time; an answer to another one changes nothing of that", () => {
    const { attach, call, look, mirror, own, wait } = shared({}, 1)
    attach(0)
    call(0, 1)
    const report = mirror(0).takeReport(own(0))
    strictEqual(mirror(0).nextReport, never)
    call(0, 1)
    strictEqual(mirror(0).nextReport, never)
    mirror(0).lost({ ...report, sequence: 9 }, own(0))
    mirror(0).reported({ ...report, sequence: 9 }, look(), own(0))
    strictEqual(mirror(0).nextReport, never)
    wait(30)
    mirror(0).lost(report, own(0))
    // as soon as it was due anyway
    strictEqual(mirror(0).nextReport, 50)
    const again = mirror(0).takeReport(own(0))
    strictEqual(again.sequence, report.sequence)
    mirror(0).reported(again, look(), own(0))
    strictEqual(mirror(0).nextReport, 80)
    mirror(0).lost(again, own(0))
    strictEqual(mirror(0).nextReport, 80)
  })

  it("a report that is lost when nothing else is due goes again after an interval", () => {
    const { attach, call, mirror, own } = shared({}, 1)
    attach(0)
    call(0, 1)
    mirror(0).lost(mirror(0).takeReport(own(0)), own(0))
    strictEqual(mirror(0).nextReport, 50)
  })

  it("a report that got lost with the store goes again as soon as that is back", () => {
    const { attach, call, detach, mirror, own, wait } = shared({}, 1)
    attach(0)
    call(0, 1)
    mirror(0).lost(mirror(0).takeReport(own(0)), own(0))
    detach(0)
    wait(1_000)
    attach(0)
    strictEqual(mirror(0).nextReport <= own(0), true)
    strictEqual(mirror(0).takeReport(own(0)).sequence, 1)
  })

  it("a report that nobody has answered when the store goes is sent at once when it is back", () => {
    const { attach, call, detach, mirror, own, wait } = shared({}, 1)
    attach(0)
    call(0, 1)
    const { sequence } = mirror(0).takeReport(own(0))
    detach(0)
    wait(1_000)
    attach(0)
    strictEqual(mirror(0).nextReport <= own(0), true)
    strictEqual(mirror(0).takeReport(own(0)).sequence, sequence)
  })

  it("who has nothing to tell when the store is back tells nothing, whatever trouble there is", () => {
    const { attach, call, detach, flush, mirror } = shared({}, 2)
    attach(0)
    attach(1)
    call(0, 1)
    flush(0)
    detach(1)
    attach(1)
    strictEqual(mirror(1).troubled, true)
    strictEqual(mirror(1).nextReport, never)
  })

  it("asks for as many places as there are, and again when one is answered", () => {
    const { attach, config, look, mirror, own, record, wait } = shared({ halfOpenMaxConcurrent: 2 }, 1)
    Core.command(record, config, { _tag: "openFor", millis: 10, reason: "" }, 1_000_000)
    attach(0)
    wait(20)
    const first = mirror(0).askForProbe()
    strictEqual(mirror(0).admit(own(0)), Core.ask)
    const second = mirror(0).askForProbe()
    strictEqual(first.id === second.id, false)
    deepStrictEqual([first.id, second.id], ["p0/1", "p0/2"])
    strictEqual(mirror(0).admit(own(0)), Core.refused)
    mirror(0).unanswered()
    strictEqual(mirror(0).admit(own(0)), Core.ask)
    mirror(0).askForProbe()
    strictEqual(mirror(0).admit(own(0)), Core.refused)
    mirror(0).answered(look(), undefined, own(0))
    strictEqual(mirror(0).admit(own(0)), Core.ask)
  })

  it("what is done by itself is done only while it is alone", () => {
    const { attach, config, mirror, own, record, wait } = shared({}, 1)
    attach(0)
    mirror(0).command({ _tag: "forceOpen", reason: "no" }, own(0))
    strictEqual(mirror(0).replica.mode, "auto")
    Core.command(record, config, { _tag: "openFor", millis: 10, reason: "" }, 1_000_000)
    attach(0)
    mirror(0).detach(own(0))
    wait(20)
    const probe = mirror(0).acquireProbe(own(0))!
    // of somebody else's making, of another time, or too late
    mirror(0).probeResult({ ...probe, local: false }, 0, 0, own(0))
    mirror(0).probeResult({ ...probe, era: probe.era + 1 }, 0, 0, own(0))
    strictEqual(mirror(0).replica.state, "half-open")
    attach(0)
    mirror(0).probeResult(probe, 1, 0, own(0))
    strictEqual(mirror(0).replica.openings, 0)
    strictEqual(mirror(0).acquireProbe(own(0)), undefined)
  })

  it("a hand that holds it open leaves nobody a time to come back at", () => {
    const { attach, config, mirror, own, record } = shared({}, 1)
    Core.command(record, config, { _tag: "forceOpen", reason: "maintenance" }, 1_000_000)
    attach(0)
    strictEqual(mirror(0).retryAfter(own(0)), undefined)
  })

  it("shows what is counted: what the shared record knows and what is not told yet, or its own while it is alone", () => {
    const { attach, call, flush, mirror, own } = shared({ strategy: count }, 1)
    attach(0)
    call(0, 2)
    flush(0)
    call(0, 3)
    const { failed, slow, total } = mirror(0).counts(own(0))
    deepStrictEqual({ failed, slow, total }, { failed: 1, slow: 2, total: 2 })
    mirror(0).detach(own(0))
    call(0, 0)
    strictEqual(mirror(0).counts(own(0)).total, 2)
  })

  it("another configuration leaves the shared circuit alone, and trouble elsewhere trouble", () => {
    const { attach, call, config, flush, look, mirror, own } = shared({}, 2)
    attach(0)
    attach(1)
    call(0, 1)
    flush(0)
    mirror(1).receive(look(), own(1))
    mirror(1).reconfigure({ ...config, mode: "disabled", strategy: count }, own(1))
    strictEqual(mirror(1).troubled, true)
    strictEqual(mirror(1).replica.generation, look().generation)
  })

  it("a view tells of the probes whose lease runs", () => {
    const { config, record } = shared({ halfOpenMaxConcurrent: 3 }, 1)
    Core.command(record, config, { _tag: "openFor", millis: 0, reason: "" }, 1_000_000)
    for (const [id, lease] of [["a", 10], ["b", 20], ["c", 30]] as const) {
      Core.acquireProbe(record, config, record.generation, id, lease, 1_000_000)
    }
    strictEqual(Mirror.view(record, config, 1_000_000).probes, 3)
    strictEqual(Mirror.view(record, config, 1_000_010).probes, 2)
    strictEqual(Mirror.view(record, config, 1_000_029).probes, 1)
  })
})
