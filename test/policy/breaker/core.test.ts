/**
 * The circuit breaker's core against the breaker as one would explain it.
 */
import { describe, it } from "@effect/vitest"
import { deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { FastCheck as fc } from "effect"
import * as Core from "../../../src/policy/internal/breaker/circuitCore.js"
import * as Window from "../../../src/policy/internal/breaker/windowCore.js"
import { holds } from "../../campaign.js"
import { Model, type Sent } from "./model.js"

// small numbers, so that a short history reaches every transition many times
const base: Core.Config = {
  gather: 0,
  halfOpenMaxConcurrent: 2,
  maxResetTimeout: 3_000,
  mode: "enforcing",
  probeLease: 1_500,
  quorum: 1,
  random: () => 0.5,
  resetBackoff: 2,
  resetJitter: 0,
  resetTimeout: 1_000,
  strategy: { failures: 2, kind: "consecutive" },
  successThreshold: 2
}

const strategies: Readonly<Record<string, Window.Strategy>> = {
  "consecutive failures": { failures: 2, kind: "consecutive" },
  "a count window": { failureRate: 0.5, kind: "count", minimum: 3, size: 5, slowRate: 0.8 },
  "a count window of one": { failureRate: 1, kind: "count", minimum: 1, size: 1, slowRate: Number.POSITIVE_INFINITY },
  "a time window": { buckets: 3, failureRate: 0.6, kind: "time", minimum: 3, slowRate: 0.7, width: 700 },
  "a time window of one bucket": { buckets: 1, failureRate: 0.5, kind: "time", minimum: 2, slowRate: 0.9, width: 1_000 }
}

const command: fc.Arbitrary<Core.Command> = fc.oneof(
  fc.constant<Core.Command>({ _tag: "forceOpen", reason: "maintenance" }),
  fc.constant<Core.Command>({ _tag: "forceClose" }),
  fc.record({
    _tag: fc.constant("openFor" as const),
    millis: fc.constantFrom(0, 800, 5_000),
    reason: fc.constant("a deploy")
  }),
  fc.record({
    _tag: fc.constant("setMode" as const),
    mode: fc.constantFrom("auto" as const, "enforcing" as const, "shadow" as const, "disabled" as const),
    reason: fc.constantFrom("", "a trial")
  }),
  fc.constant<Core.Command>({ _tag: "reset" })
)

const event = (slow: boolean) =>
  fc.oneof(
    { arbitrary: fc.record({ type: fc.constant("admit" as const) }), weight: 40 },
    {
      arbitrary: fc.record({
        call: fc.nat(),
        code: fc.constantFrom(0, 0, 0, 1, 1, -1, ...(slow ? [2, 2, 3] : [])),
        told: fc.constantFrom(0, 0, 0, 700, 10_000),
        type: fc.constant("settle" as const)
      }),
      weight: 50
    },
    {
      arbitrary: fc.record({
        millis: fc.constantFrom(1, 100, 350, 500, 999, 1_000, 1_500, 2_000, 3_000, 100_000),
        type: fc.constant("wait" as const)
      }),
      weight: 20
    },
    { arbitrary: fc.record({ command, type: fc.constant("command" as const) }), weight: 1 },
    { arbitrary: fc.record({ type: fc.constant("renew" as const) }), weight: 1 }
  )

const settings = fc.record({
  halfOpenMaxConcurrent: fc.constantFrom(1, 2),
  mode: fc.constantFrom("enforcing" as const, "enforcing" as const, "shadow" as const, "disabled" as const),
  resetBackoff: fc.constantFrom(1, 2),
  resetJitter: fc.constantFrom(0, 0.5),
  successThreshold: fc.constantFrom(1, 2)
})

const check = (strategy: Window.Strategy, changes: Partial<Core.Config>, events: ReadonlyArray<Event>) => {
  const config: Core.Config = { ...base, ...changes, strategy }
  const record = Core.initial(0)
  const model = new Model(config)
  const tickets: Array<{ readonly generation: number; readonly probe: number; readonly sent: Sent }> = []
  let now = 0
  let probes = 0
  for (const event of events) {
    const before = { generation: record.generation, state: record.state }
    switch (event.type) {
      case "wait":
        now += event.millis
        break
      case "command":
        Core.command(record, config, event.command, now)
        model.command(event.command, now)
        break
      case "renew":
        // a lease that was its longest from the start cannot be made longer
        for (const { id } of record.probes) Core.renewProbe(record, record.generation, id, 10_000, now)
        break
      case "admit": {
        let ticket = Core.admit(record, config, now)
        let probe = 0
        if (ticket === Core.ask) {
          const isGranted = Core.acquireProbe(record, config, record.generation, ++probes, config.probeLease, now)
          if (isGranted) probe = probes
          else ticket = Core.refused
        }
        const kind = probe > 0
          ? "probe"
          : ticket === Core.refused
          ? "refused"
          : ticket === Core.uncounted
          ? "uncounted"
          : "counted"
        strictEqual(kind, model.admit(now))
        if (kind !== "refused") tickets.push({ generation: record.generation, probe, sent: model.calls.at(-1)! })
        // whoever is refused is told when to come back, and not before it makes sense
        else if (model.mode !== "forced-open") {
          const wait = Core.retryAfter(record, config, now)!
          if (model.state === "open") strictEqual(wait, model.openUntil - now)
          else {
            const left = model.live(now).map(({ at }) => at + config.probeLease - now)
            strictEqual(wait, Math.min(1_000, ...left))
          }
        } else strictEqual(Core.retryAfter(record, config, now), undefined)
        break
      }
      case "settle": {
        if (tickets.length === 0) break
        // mostly the latest calls, at times one from long ago
        const index = event.call % 4 === 0
          ? event.call % tickets.length
          : tickets.length - 1 - event.call % Math.min(3, tickets.length)
        const { generation, probe, sent } = tickets[index]!
        if (sent.done) break
        if (sent.kind === "probe") {
          Core.probeResult(record, config, generation, probe, event.code, event.told, now)
        } else if (sent.kind === "counted" && event.code >= 0) {
          const opened = Core.record(record, config, generation, event.code, event.told, now)
          strictEqual(opened, record.state === "open" && before.state === "closed")
        }
        model.settle(sent, event.code, event.told, now)
        // B2: what is from another generation changes nothing
        if (sent.era !== model.era && generation !== before.generation) {
          deepStrictEqual({ generation: record.generation, state: record.state }, before)
        }
      }
    }
    strictEqual(record.state, model.state)
    strictEqual(record.mode, model.byHand)
    strictEqual(record.openings, model.openings)
    strictEqual(record.openFor, model.openFor)
    strictEqual(record.probeSuccesses, model.successes)
    Window.rotate(record.counts, strategy, now)
    const weighed = model.weighed(now)
    const with_ = (bit: number) => weighed.filter(({ code }) => (code & bit) !== 0).length
    deepStrictEqual(
      [record.counts.failures, record.counts.total, record.counts.failed, record.counts.slow],
      strategy.kind === "consecutive" ? [weighed.length, 0, 0, 0] : [0, weighed.length, with_(1), with_(2)]
    )
    // B1: never more live probes than allowed
    strictEqual(record.probes.length <= config.halfOpenMaxConcurrent, true)
    // B3: open is left through a granted probe, or by hand
    if (before.state === "open" && record.state !== "open") {
      strictEqual(event.type === "command" || (event.type === "admit" && record.state === "half-open"), true)
    }
    // a generation for each state that is entered, but for half-open, which goes on with that of the opening
    if (record.state !== before.state && record.state !== "half-open") {
      strictEqual(record.generation, before.generation + 1)
    }
    // plain data: a store can keep it as it is
    deepStrictEqual(JSON.parse(JSON.stringify(record)), record)
  }
  return record
}

type Event = ReturnType<typeof event> extends fc.Arbitrary<infer E> ? E : never

describe("circuit breaker core", () => {
  for (const [name, strategy] of Object.entries(strategies)) {
    it(`over ${name} behaves as the reference model under any interleaving of calls, results, hands and time`, async () => {
      await holds(
        fc.property(
          settings,
          fc.array(event(strategy.kind !== "consecutive"), { maxLength: 150, size: "max" }),
          (changes, events) => {
            check(strategy, changes, events)
          }
        ),
        600
      )
    })
  }

  it("B4: half-open is always left: a probe that never comes back loses its place at the end of its lease", () => {
    const record = Core.initial(0)
    for (let i = 0; i < 2; i++) Core.record(record, base, 1, Window.failed, 0, 0)
    strictEqual(Core.acquireProbe(record, base, 2, 1, 1_500, 1_000), true)
    strictEqual(Core.acquireProbe(record, base, 2, 2, 1_500, 1_000), true)
    strictEqual(Core.acquireProbe(record, base, 2, 3, 1_500, 2_499), false)
    strictEqual(Core.retryAfter(record, base, 2_499), 1)
    strictEqual(Core.acquireProbe(record, base, 2, 3, 1_500, 2_500), true)
    // and what it brings after that is nothing
    Core.probeResult(record, base, 2, 1, Window.failed, 0, 2_501)
    strictEqual(record.state, "half-open")
  })

  it("a place that is asked for twice is one place, and one of another generation is none", () => {
    const record = Core.initial(0)
    for (let i = 0; i < 2; i++) Core.record(record, base, 1, Window.failed, 0, 0)
    strictEqual(Core.acquireProbe(record, base, 1, "a", 1_500, 1_000), false)
    strictEqual(Core.acquireProbe(record, base, 2, "a", 1_500, 999), false)
    strictEqual(Core.acquireProbe(record, base, 2, "a", 1_500, 1_000), true)
    strictEqual(Core.acquireProbe(record, base, 2, "a", 1_500, 1_400), true)
    deepStrictEqual(record.probes, [{ deadline: 2_500, id: "a", until: 2_500 }])
  })

  it("a short lease is renewed, and no renewal goes beyond the longest that a probe may take", () => {
    const record = Core.initial(0)
    for (let i = 0; i < 2; i++) Core.record(record, base, 1, Window.failed, 0, 0)
    strictEqual(Core.acquireProbe(record, base, 2, "a", 400, 1_000), true)
    strictEqual(Core.renewProbe(record, 1, "a", 400, 1_300), false)
    strictEqual(Core.renewProbe(record, 2, "b", 400, 1_300), false)
    strictEqual(Core.renewProbe(record, 2, "a", 400, 1_300), true)
    strictEqual(record.probes[0]?.until, 1_700)
    // renewed out of order: it never becomes shorter
    strictEqual(Core.renewProbe(record, 2, "a", 100, 1_400), true)
    strictEqual(record.probes[0]?.until, 1_700)
    strictEqual(Core.renewProbe(record, 2, "a", 5_000, 1_699), true)
    strictEqual(record.probes[0]?.until, 2_500)
    strictEqual(Core.renewProbe(record, 2, "a", 400, 2_500), false)
    strictEqual(Core.acquireProbe(record, base, 2, "b", 400, 2_500), true)
  })

  it("a break time that overflows is cut at the longest, and no time at all stays none", () => {
    const fail = (changes: Partial<Core.Config>, told = 0) => {
      const record = { ...Core.initial(0), closedSince: 0, openFor: Number.MAX_SAFE_INTEGER, openings: 5_000 }
      for (let i = 0; i < 2; i++) Core.record(record, { ...base, ...changes }, 1, Window.failed, told, 0)
      return record
    }
    strictEqual(fail({}).openFor, base.maxResetTimeout)
    strictEqual(fail({ maxResetTimeout: Number.POSITIVE_INFINITY }).openUntil, Core.longest)
    strictEqual(fail({ maxResetTimeout: Core.longest, resetJitter: 1 }).openFor, Core.longest)
    strictEqual(fail({ resetTimeout: 0 }).openFor, 0)
    strictEqual(fail({}, Number.POSITIVE_INFINITY).openFor, base.maxResetTimeout)
  })

  it("jitter makes an opening longer, never shorter, and is not drawn where there is none", () => {
    fc.assert(
      fc.property(fc.double({ max: 1, maxExcluded: true, min: 0, noNaN: true }), (random) => {
        const record = Core.initial(0)
        const config = { ...base, random: () => random, resetJitter: 0.2 }
        for (let i = 0; i < 2; i++) Core.record(record, config, 1, Window.failed, 0, 0)
        strictEqual(record.openFor >= 1_000 && record.openFor <= 1_200, true)
        strictEqual(record.openFor, 1_000 * (1 + 0.2 * random))
      })
    )
    const silent = {
      ...base,
      random: () => {
        throw new Error("nobody asked for jitter")
      }
    }
    const record = Core.initial(0)
    for (let i = 0; i < 2; i++) Core.record(record, silent, 1, Window.failed, 0, 0)
    strictEqual(record.state, "open")
  })

  it("what a record still means: an opening until its end, a backoff until it is forgotten, a hand for ever", () => {
    const record = Core.initial(0)
    strictEqual(Core.meaningfulUntil(record), 0)
    for (let i = 0; i < 2; i++) Core.record(record, base, 1, Window.failed, 0, 500)
    strictEqual(Core.meaningfulUntil(record), 1_500)
    Core.acquireProbe(record, base, 2, 1, 100, 1_500)
    strictEqual(Core.meaningfulUntil(record), 3_000)
    Core.probeResult(record, { ...base, successThreshold: 1 }, 2, 1, Window.good, 0, 1_550)
    strictEqual(record.state, "closed")
    strictEqual(Core.meaningfulUntil(record), 2_550)
    Core.command(record, base, { _tag: "setMode", mode: "shadow", reason: "" }, 1_550)
    strictEqual(Core.meaningfulUntil(record), Number.POSITIVE_INFINITY)
  })

  it("a new configuration: counts go on where they mean the same, and a circuit that is disabled is closed", () => {
    const record = Core.initial(0)
    Core.record(record, base, 1, Window.failed, 0, 0)
    Core.reconfigure(record, base, { ...base, strategy: { failures: 7, kind: "consecutive" } }, 0)
    strictEqual(record.counts.failures, 1)
    const count = strategies["a count window"]!
    const time = strategies["a time window"]!
    for (
      const [before, after, keeps] of [
        [base.strategy, count, false],
        [count, time, false],
        [count, { ...count, minimum: 1 } as Window.Strategy, true],
        [count, { ...count, size: 6 } as Window.Strategy, false],
        [time, { ...time, buckets: 4 } as Window.Strategy, false],
        [time, { ...time, width: 4 } as Window.Strategy, false],
        [time, { ...time, failureRate: 1 } as Window.Strategy, true],
        [time, count, false]
      ] as const
    ) {
      strictEqual(Window.isSameLayout(before, after), keeps)
      const record = Core.initial(0)
      Core.record(record, { ...base, strategy: before }, 1, Window.failed, 0, 0)
      Core.reconfigure(record, { ...base, strategy: before }, { ...base, strategy: after }, 0)
      strictEqual(Window.isTroubled(record.counts), keeps)
    }
    Core.record(record, base, 1, Window.failed, 0, 0)
    strictEqual(record.state, "open")
    Core.reconfigure(record, base, { ...base, mode: "shadow" }, 0)
    strictEqual(record.state, "open")
    Core.reconfigure(record, base, { ...base, mode: "disabled" }, 0)
    strictEqual(record.state, "closed")
    strictEqual(record.generation, 3)
    Core.reconfigure(record, { ...base, mode: "disabled" }, { ...base, mode: "disabled" }, 0)
    strictEqual(record.generation, 3)
  })

  it("says why", () => {
    const reason = (strategy: Window.Strategy, codes: ReadonlyArray<number>) => {
      const record = Core.initial(0)
      for (const code of codes) Core.record(record, { ...base, strategy }, 1, code, 0, 0)
      strictEqual(record.state, "open")
      return record.reason
    }
    const rates = { failureRate: 0.6, minimum: 3, slowRate: 0.6 }
    strictEqual(reason({ failures: 1, kind: "consecutive" }, [1]), "1 failure")
    strictEqual(reason({ failures: 3, kind: "consecutive" }, [1, 1, 1]), "3 failures in a row")
    strictEqual(reason({ kind: "count", size: 5, ...rates }, [1, 1, 0]), "failure rate 66.7% of 3 calls")
    strictEqual(reason({ kind: "count", size: 5, ...rates }, [2, 2, 0]), "slow call rate 66.7% of 3 calls")
    const record = Core.initial(0)
    Core.command(record, base, { _tag: "openFor", millis: 5, reason: "a deploy" }, 0)
    strictEqual(record.reason, "forced: a deploy")
    Core.acquireProbe(record, base, 2, 1, 100, 5)
    strictEqual(record.reason, "probing")
    Core.probeResult(record, base, 2, 1, Window.slow, 0, 6)
    strictEqual(record.reason, "a probe was slow")
    Core.acquireProbe(record, base, 3, 2, 100, 10_000)
    Core.probeResult(record, base, 3, 2, Window.slow | Window.failed, 0, 10_000)
    strictEqual(record.reason, "a probe failed")
    Core.command(record, base, { _tag: "forceOpen", reason: "maintenance" }, 0)
    strictEqual(record.reason, "forced: maintenance")
    strictEqual(record.modeReason, "maintenance")
    Core.command(record, base, { _tag: "forceClose" }, 0)
    strictEqual(record.reason, "forced")
    strictEqual(record.modeReason, "")
    Core.command(record, base, { _tag: "setMode", mode: "disabled", reason: "a quarrel" }, 0)
    strictEqual(record.reason, "disabled: a quarrel")
    Core.command(record, base, { _tag: "setMode", mode: "disabled", reason: "" }, 0)
    strictEqual(record.reason, "disabled")
    Core.command(record, base, { _tag: "reset" }, 0)
    strictEqual(record.reason, "reset")
  })
})
