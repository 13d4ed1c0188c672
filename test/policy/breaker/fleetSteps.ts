/** The steps of a fleet: each is taken by the cores and by the observer, and compared. */
import { deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import * as Core from "../../../src/policy/internal/breaker/circuitCore.js"
import * as Window from "../../../src/policy/internal/breaker/windowCore.js"
import { type Fleet, flushInterval, Process, type Push, type Ticket } from "./fleet.js"
import type { Sent } from "./model.js"

export const probeLease = 400

/** What becomes of a request to the store and of its answer. */
export type Fate = "ok" | "lost request" | "lost answer" | "late answer"

/** Sends a request. `answer` gets the answer, in time or late; `none` is called at once when there is none in time. */
const send = (
  fleet: Fleet,
  process: Process,
  fate: Fate,
  by: Parameters<Fleet["atStore"]>[0],
  step: () => void,
  answer: (push: Push, isLate: boolean) => void,
  none: () => void
) => {
  fleet.steps++
  const arrives = fleet.isReachable && fate !== "lost request"
  if (arrives) fleet.atStore(by, step)
  const push = arrives ? fleet.look() : undefined
  if (push !== undefined && fate === "ok") return answer(push, false)
  none()
  fleet.detach(process)
  if (push !== undefined && fate === "late answer") {
    fleet.late.push(() => {
      if (fleet.processes.includes(process)) answer(push, true)
    })
  }
}

const ticket = (kind: Ticket["kind"], fields: Partial<Ticket>): Ticket => ({
  era: 0,
  isDone: false,
  isStale: false,
  kind,
  probe: undefined,
  sent: undefined,
  ...fields
})

export const call = (fleet: Fleet, process: Process, fate: Fate) => {
  const own = fleet.own(process)
  const { config } = fleet
  const { mirror } = process
  const expected = process.expects(own)
  const admitted = mirror.admit(own)
  if (admitted > 0) {
    strictEqual("counted", expected)
    const sent = process.local === undefined ? undefined : (process.local.admit(own), process.local.calls.at(-1))
    process.tickets.push(ticket("counted", { era: admitted, sent }))
    return
  }
  if (admitted === Core.uncounted) {
    strictEqual("uncounted", expected)
    return
  }
  if (admitted === Core.refused) {
    strictEqual("refused", expected)
    return
  }
  if (!process.isAttached) {
    // B7: who is detached asks nobody
    const probe = mirror.acquireProbe(own)
    strictEqual(probe === undefined ? "refused" : "probe", expected)
    if (probe === undefined) return
    process.local!.admit(own)
    process.tickets.push(ticket("local", { probe, sent: process.local!.calls.at(-1) }))
    return
  }
  strictEqual("ask", expected)
  const probe = mirror.askForProbe()
  process.asking++
  let isGranted = false
  let wait: number | undefined
  send(fleet, process, fate, "probe", () => {
    const { generation, id } = probe
    isGranted = Core.acquireProbe(fleet.record, config, generation, id, probeLease, fleet.now)
    fleet.took({ _tag: "acquireProbe", generation, id, lease: probeLease })
    strictEqual(isGranted, fleet.shared.acquire(probe.id, probe.generation, probeLease, fleet.now))
    wait = Core.retryAfter(fleet.record, config, fleet.now)
    fleet.meets(isGranted ? "probe granted" : "probe refused")
  }, (push, isLate) => {
    // the caller has gone: the place is given back
    if (isLate) {
      if (!isGranted || !fleet.isReachable) return
      return fleet.atStore("outcome", () => {
        const { generation, id } = probe
        Core.probeResult(fleet.record, config, generation, id, -1, 0, fleet.now)
        fleet.took({ _tag: "probeResult", code: -1, generation, id, told: 0 })
        if (probe.generation === fleet.shared.era) fleet.shared.result(probe.id, -1, 0, fleet.now)
      })
    }
    process.asking--
    mirror.answered(push.view, isGranted ? undefined : { retryAfter: wait }, own)
    process.receive(push, own)
    if (isGranted) process.tickets.push(ticket("shared", { probe }))
    else process.refusedUntil = own + (wait ?? 0)
  }, () => {
    mirror.unanswered()
    process.asking--
  })
}

export const settle = (fleet: Fleet, process: Process, pick: number, code: number, told: number, fate: Fate) => {
  const open = process.tickets.filter(({ isDone }) => !isDone)
  if (open.length === 0) return
  // mostly the latest calls, at times one from long ago
  const one = open[pick % 4 === 0 ? pick % open.length : open.length - 1 - pick % Math.min(3, open.length)]!
  one.isDone = true
  const own = fleet.own(process)
  const asked = code > 0 ? told : 0
  switch (one.kind) {
    case "uncounted":
      return
    case "counted": {
      // B9: an outcome that is ignored is not so much as reported
      if (code < 0) return
      process.mirror.record(one.era, code, asked, own)
      if (one.isStale) return
      process.collect(code, asked, own)
      return settleAlone(fleet, process, one.sent, code, asked)
    }
    case "local": {
      process.mirror.probeResult(one.probe!, code, asked, own)
      if (!one.isStale) settleAlone(fleet, process, one.sent, code, asked)
      return
    }
    case "shared": {
      if (!process.isAttached) return
      const { generation, id } = one.probe!
      const isCurrent = generation === fleet.shared.era
      return send(
        fleet,
        process,
        fate,
        "outcome",
        () => {
          const before = structuredClone(fleet.record)
          if (fleet.shared.liveGrants(fleet.now).every((grant) => grant.id !== id)) fleet.meets("probe came too late")
          Core.probeResult(fleet.record, fleet.config, generation, id, code, asked, fleet.now)
          fleet.took({ _tag: "probeResult", code, generation, id, told: asked })
          if (isCurrent) fleet.shared.result(id, code, asked, fleet.now)
          // B2
          else deepStrictEqual(fleet.record, before)
          if (fleet.record.generation !== before.generation) {
            fleet.meets(fleet.record.state === "closed" ? "closed" : "opened")
          }
        },
        (push) => fleet.receive(process, push),
        () => {}
      )
    }
  }
}

const settleAlone = (fleet: Fleet, process: Process, sent: Sent | undefined, code: number, told: number) => {
  const changed = process.locally((local) => local.settle(sent!, code, told, fleet.own(process)))
  if (changed) fleet.meets(process.local?.state === "closed" ? "closed alone" : "opened alone")
}

export const flush = (fleet: Fleet, process: Process, fate: Fate) => {
  const { mirror } = process
  if (mirror.nextReport === Number.POSITIVE_INFINITY) return
  const own = fleet.own(process)
  const isSentAgain = process.underWay !== undefined
  const report = mirror.takeReport(own)
  const underWay = process.take(own)
  strictEqual(report.sequence, underWay.sequence)
  strictEqual(report.generation, underWay.era)
  if (isSentAgain) fleet.meets("report sent again")
  send(fleet, process, fate, "report", () => {
    const { live, now, record, shared } = fleet
    const before = structuredClone(record)
    const wasClosed = shared.state === "closed"
    // whoever has told of trouble, this report included
    const bad = shared.troubledNodes(now)
    if (underWay.seen.some(({ code }) => code > 0)) bad.add(process.name)
    Core.report(record, fleet.config, report, live, now)
    fleet.took({ _tag: "report", report })
    shared.report({ ...underWay, node: process.name }, underWay.seen, underWay.toldUntil, process.offset, live, now)
    // B2
    if (underWay.era !== before.generation) {
      fleet.meets("report of another generation")
      deepStrictEqual(record, before)
    } else if (wasClosed && record.state === "open") fleet.meets("opened")
    else if (now < shared.gatherUntil) fleet.meets("gathering")
    else if (wasClosed && shared.isTooMany(now)) fleet.meets("too few voices")
    // B6
    if (wasClosed && record.state === "open") {
      const voices = Array.from(bad).filter((node) => live.includes(node)).length
      strictEqual(voices >= Math.min(fleet.config.quorum, live.length), true)
    }
  }, (push) => {
    mirror.reported(report, push.view, fleet.own(process))
    if (process.underWay === underWay) process.underWay = undefined
    process.receive(push, fleet.own(process))
  }, () => mirror.lost(report, own))
}

export const hand = (fleet: Fleet, process: Process, command: Core.Command, fate: Fate) => {
  const own = fleet.own(process)
  if (!process.isAttached) {
    process.mirror.command(command, own)
    process.locally((local) => local.command(command, own))
    return
  }
  send(
    fleet,
    process,
    fate,
    "hand",
    () => {
      Core.command(fleet.record, fleet.config, command, fleet.now)
      fleet.took({ _tag: "command", command })
      fleet.shared.command(command, fleet.now)
    },
    (push) => fleet.receive(process, push),
    () => {}
  )
}

/** What must be so at any time. */
export const check = (fleet: Fleet, revision: number) => {
  const { config, now, record, shared } = fleet
  deepStrictEqual(
    {
      closedSince: record.closedSince,
      generation: record.generation,
      mode: record.mode,
      openFor: record.openFor,
      openings: record.openings,
      probeSuccesses: record.probeSuccesses,
      state: record.state
    },
    {
      closedSince: shared.closedAt,
      generation: shared.era,
      mode: shared.byHand,
      openFor: shared.openFor,
      openings: shared.openings,
      probeSuccesses: shared.successes,
      state: shared.state
    }
  )
  if (record.state === "open" && record.mode !== "forced-open") strictEqual(record.openUntil, shared.openUntil)
  Window.rotate(record.counts, config.strategy, now)
  const weighed = shared.weighed(now)
  const having = (bit: number) => weighed.filter(({ code }) => (code & bit) !== 0).length
  deepStrictEqual(
    [record.counts.failures, record.counts.total, record.counts.failed, record.counts.slow],
    config.strategy.kind === "consecutive" ? [weighed.length, 0, 0, 0] : [0, weighed.length, having(1), having(2)]
  )
  // B1
  const places = record.probes.filter(({ until }) => now < until).map(({ id }) => id).sort()
  deepStrictEqual(places, shared.liveGrants(now).map(({ id }) => id).sort())
  strictEqual(places.length <= config.halfOpenMaxConcurrent, true)
  strictEqual(record.revision >= revision, true)
  // plain data: a store can keep it as it is
  deepStrictEqual(JSON.parse(JSON.stringify(record)), record)

  for (const process of fleet.processes) {
    const { known, local, mirror } = process
    const { replica } = mirror
    strictEqual(mirror.attached, process.isAttached)
    if (local === undefined) {
      deepStrictEqual([replica.state, replica.mode, replica.generation], [known!.state, known!.byHand, known!.era])
      strictEqual(mirror.troubled, process.trouble)
      // B5: what nobody needs to hear is not told
      if (!process.trouble) strictEqual(mirror.nextReport, Number.POSITIVE_INFINITY)
      else if (process.underWay === undefined && Process.isTroubled(config, process.pending, fleet.own(process))) {
        strictEqual(mirror.nextReport <= fleet.own(process) + flushInterval, true)
      }
    } else {
      deepStrictEqual([replica.state, replica.mode, replica.openings], [local.state, local.byHand, local.openings])
      strictEqual(mirror.nextReport, Number.POSITIVE_INFINITY)
    }
  }
}

/** All requests arrive, all pushes are delivered, all reports are made. */
export const settleDown = (fleet: Fleet) => {
  fleet.isReachable = true
  fleet.late = []
  for (const process of fleet.processes) {
    fleet.detach(process)
    fleet.attach(process)
  }
  for (let round = 0; round < 20; round++) {
    for (const process of fleet.processes) {
      flush(fleet, process, "ok")
      for (const push of process.inbox.splice(0)) fleet.receive(process, push)
    }
    fleet.now += 100
  }
  check(fleet, 0)
}

/** One call of a process, with its outcome. */
export const callOf = (fleet: Fleet, process: Process, code: number) => {
  const before = process.tickets.length
  call(fleet, process, "ok")
  if (process.tickets.length === before) return false
  // the newest
  settle(fleet, process, 6, code, 0, "ok")
  return true
}
