/** What may happen in a fleet, in any order. */
import { strictEqual } from "@effect/vitest/utils"
import { FastCheck as fc } from "effect"
import * as Core from "../../../src/policy/internal/breaker/circuitCore.js"
import { type Fleet, flushInterval } from "./fleet.js"
import { call, callOf, check, type Fate, flush, hand, probeLease, settle } from "./fleetSteps.js"

class Step implements fc.Command<Fleet, Fleet> {
  constructor(readonly what: string, readonly detail: object, readonly step: (fleet: Fleet) => void) {}
  check() {
    return true
  }
  run(fleet: Fleet) {
    const { revision } = fleet.record
    this.step(fleet)
    check(fleet, revision)
  }
  toString() {
    return `${this.what}(${JSON.stringify(this.detail)})`
  }
}

const fate = fc.oneof(
  { arbitrary: fc.constant<Fate>("ok"), weight: 12 },
  { arbitrary: fc.constantFrom<Fate>("lost request", "lost answer", "late answer"), weight: 1 }
)

const command: fc.Arbitrary<Core.Command> = fc.oneof(
  fc.constant<Core.Command>({ _tag: "forceOpen", reason: "maintenance" }),
  fc.constant<Core.Command>({ _tag: "forceClose" }),
  fc.constant<Core.Command>({ _tag: "forceClose" }),
  fc.record({
    _tag: fc.constant("openFor" as const),
    millis: fc.constantFrom(0, 800, 5_000),
    reason: fc.constant("a deploy")
  }),
  fc.record({
    _tag: fc.constant("setMode" as const),
    mode: fc.constantFrom(
      "auto" as const,
      "auto" as const,
      "enforcing" as const,
      "shadow" as const,
      "disabled" as const
    ),
    reason: fc.constant("")
  }),
  fc.constant<Core.Command>({ _tag: "reset" })
)

export const commands = (size: number, slow: boolean) => {
  const p = fc.nat(size - 1)
  const of = (what: string, arbitrary: fc.Arbitrary<object>, step: (fleet: Fleet, detail: any) => void) =>
    arbitrary.map((detail) => new Step(what, detail, (fleet) => step(fleet, detail)))
  const one = (fleet: Fleet, { p }: { readonly p: number }) => fleet.processes[p]!
  return fc.oneof(
    { arbitrary: of("call", fc.record({ fate, p }), (f, d) => call(f, one(f, d), d.fate)), weight: 30 },
    {
      arbitrary: of(
        "settle",
        fc.record({
          code: fc.constantFrom(0, 0, 0, 1, 1, 1, -1, ...(slow ? [2, 2, 3] : [])),
          fate,
          p,
          pick: fc.nat(100),
          told: fc.constantFrom(0, 0, 0, 700, 10_000)
        }),
        (f, d) => settle(f, one(f, d), d.pick, d.code, d.told, d.fate)
      ),
      weight: 30
    },
    {
      // what a provider in trouble, or well again, looks like to one process
      arbitrary: of(
        "burst",
        fc.record({
          code: fc.constantFrom(0, 1, 1, ...(slow ? [2] : [])),
          fate,
          p,
          times: fc.integer({ max: 4, min: 1 })
        }),
        (f, d) => {
          for (let i = 0; i < d.times; i++) callOf(f, one(f, d), d.code)
          flush(f, one(f, d), d.fate)
        }
      ),
      weight: 25
    },
    {
      arbitrary: of("wait for the end of an opening", fc.constant({}), (f) => {
        f.now += f.record.state === "open" ? Math.max(0, Math.min(10_000, f.record.openUntil - f.now)) : flushInterval
      }),
      weight: 12
    },
    { arbitrary: of("flush", fc.record({ fate, p }), (f, d) => flush(f, one(f, d), d.fate)), weight: 20 },
    {
      arbitrary: of(
        "push",
        fc.record({ how: fc.constantFrom("next", "next", "next", "swapped", "lost"), p }),
        (f, d) => {
          const process = one(f, d)
          const [push] = d.how === "swapped" ? process.inbox.splice(1, 1) : process.inbox.splice(0, 1)
          if (push !== undefined && d.how !== "lost") f.receive(process, push)
        }
      ),
      weight: 20
    },
    {
      arbitrary: of("late", fc.record({ pick: fc.nat(10) }), (f, d) => {
        if (f.late.length > 0) f.late.splice(d.pick % f.late.length, 1)[0]!()
      }),
      weight: 3
    },
    {
      arbitrary: of(
        "wait",
        fc.record({ millis: fc.constantFrom(1, 50, 50, 100, 200, 400, 500, 1_000, 1_500, 3_000) }),
        (f, d) => {
          f.now += d.millis
        }
      ),
      weight: 15
    },
    {
      arbitrary: of("renew", fc.record({ p, pick: fc.nat(5) }), (f, d) => {
        const places = one(f, d).tickets.filter(({ isDone, kind }) => kind === "shared" && !isDone)
        const probe = places[d.pick % Math.max(1, places.length)]?.probe
        if (probe === undefined || !f.isReachable) return
        const { generation, id } = probe
        strictEqual(
          Core.renewProbe(f.record, generation, id, probeLease, f.now),
          generation === f.shared.era && f.shared.renew(id, probeLease, f.now)
        )
        f.took({ _tag: "renewProbe", generation, id, lease: probeLease })
      }),
      weight: 4
    },
    { arbitrary: of("attach", fc.record({ p }), (f, d) => f.attach(one(f, d))), weight: 14 },
    { arbitrary: of("notice", fc.record({ p }), (f, d) => f.detach(one(f, d))), weight: 2 },
    {
      arbitrary: of("crash", fc.record({ p }), (f, d) => {
        const { name, offset } = one(f, d)
        f.gone.push({ at: f.now, name })
        f.processes[d.p] = f.spawn(offset)
      }),
      weight: 2
    },
    {
      arbitrary: of("away", fc.constant({}), (f) => {
        f.isReachable = false
        f.cut()
      }),
      weight: 1
    },
    {
      arbitrary: of("back", fc.constant({}), (f) => {
        f.isReachable = true
      }),
      weight: 2
    },
    { arbitrary: of("loses", fc.constant({}), (f) => f.lose()), weight: 1 },
    {
      arbitrary: of("hand", fc.record({ command, fate, p }), (f, d) => hand(f, one(f, d), d.command, d.fate)),
      weight: 2
    }
  )
}
