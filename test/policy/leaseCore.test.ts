/**
 * A limit that several processes share: leases, crashes, lost and late answers, leases that end, processes that are cut
 * off, and a store whose clock jumps, in any interleaving.
 */
import { describe, it } from "@effect/vitest"
import { strictEqual } from "@effect/vitest/utils"
import { FastCheck as fc } from "effect"
import * as Lease from "../../src/policy/internal/limit/leaseCore.js"
import { holds } from "../campaign.js"
import { type Fate, Fleet, type Settings } from "./leaseFleet.js"

const settings: Settings = { bucket: { capacity: 6, refillRate: 8 }, maxQueue: 6, maxWait: 2_500 }

const buckets: fc.Arbitrary<Lease.Config> = fc.record({
  capacity: fc.constantFrom(1, 3, 6, 20, 2.5),
  refillRate: fc.constantFrom(0.5, 3, 8, 40, 200)
})

class Step implements fc.Command<Fleet, Fleet> {
  constructor(readonly what: string, readonly detail: object, readonly step: (fleet: Fleet) => void) {}
  check() {
    return true
  }
  run(fleet: Fleet) {
    this.step(fleet)
    fleet.check()
    fleet.checkLines()
  }
  toString() {
    return `${this.what}(${JSON.stringify(this.detail)})`
  }
}

const commands = (size: number, losesCount: boolean) => {
  const p = fc.nat(size - 1)
  const of = <A extends object>(
    weight: number,
    what: string,
    arbitrary: fc.Arbitrary<A>,
    step: (fleet: Fleet, detail: A) => void
  ) => ({ arbitrary: arbitrary.map((detail) => new Step(what, detail, (fleet) => step(fleet, detail))), weight })
  const one = (fleet: Fleet, { p }: { readonly p: number }) => fleet.processes[p]!
  return fc.oneof(
    of(
      40,
      "arrive",
      fc.record({
        cost: fc.constantFrom(1, 1, 1, 2, 3, 0.5),
        p,
        patience: fc.constantFrom(200, 1_000, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY),
        times: fc.constantFrom(1, 1, 2, 8)
      }),
      (f, d) => {
        // what costs more than there can be breaks R1 by itself
        const cost = Math.min(d.cost, Math.floor(f.settings.bucket.capacity))
        for (let i = 0; i < d.times; i++) one(f, d).arrive(cost, d.patience)
      }
    ),
    of(
      25,
      "wait",
      fc.record({ millis: fc.constantFrom(1, 7, 50, 201, 400, 1_100, 2_500) }),
      (f, d) => f.pass(d.millis)
    ),
    of(25, "wake", fc.record({ p }), (f, d) => one(f, d).wake()),
    of(6, "leave", fc.record({ p, pick: fc.nat(20) }), (f, d) => one(f, d).leave(d.pick)),
    of(4, "refund", fc.record({ p }), (f, d) => one(f, d).refund()),
    of(
      8,
      "fate",
      fc.record({ fate: fc.constantFrom<Fate>("ok", "ok", "lost request", "lost answer", "late answer"), p }),
      (f, d) => {
        one(f, d).fate = d.fate
      }
    ),
    of(8, "late", fc.record({ pick: fc.nat(10) }), (f, d) => {
      const [late] = f.late.splice(d.pick % Math.max(1, f.late.length), 1)
      if (late !== undefined) late.process.answered(late.asked, late.answer)
    }),
    of(3, "crash", fc.record({ p }), (f, d) => f.crash(d.p)),
    of(5, "detach", fc.record({ p }), (f, d) => one(f, d).detach()),
    of(8, "rejoin", fc.record({ p }), (f, d) => one(f, d).rejoin()),
    of(
      4,
      "cool down",
      fc.record({ isPushed: fc.boolean(), millis: fc.constantFrom(0, 100, 900, 3_000), p }),
      (f, d) => f.coolDown(d.p, d.millis, d.isPushed)
    ),
    of(2, "the store's clock goes back", fc.record({ millis: fc.constantFrom(3, 900, 60_000) }), (f, d) => {
      f.offset -= d.millis
    }),
    ...(losesCount
      ? [
        of(2, "the store's clock leaps", fc.record({ millis: fc.constantFrom(3, 900, 60_000) }), (f, d) => {
          f.offset += d.millis
          f.losesCount()
        }),
        of(2, "the store forgets", fc.constant({}), (f) => {
          f.ledger = Lease.empty()
          f.losesCount()
        })
      ]
      : [])
  )
}

/** All is well from now on: everybody is served, and nothing is left behind. */
const recovers = (fleet: Fleet) => {
  const { capacity, refillRate } = fleet.settings.bucket
  fleet.late = []
  fleet.isPrompt = true
  for (const process of fleet.processes) {
    process.fate = "ok"
    process.quota.lost(fleet.now)
    process.detach()
    process.rejoin()
    for (let i = 0; i < 20; i++) process.leave(0)
  }
  fleet.pass(5_000 + 3 * (capacity + 3) / refillRate * 1_000)
  const callers = fleet.processes.map((process) => process.arrive(1, Number.POSITIVE_INFINITY))
  // one of a process that does not hold any has a round trip to wait at least
  fleet.pass(2_400)
  const isFast = 4 / refillRate * 1_000 < 2_000 || capacity >= 6
  for (const caller of callers) strictEqual(caller.standing === "taken" || !isFast, true)
  fleet.pass(Lease.lease + 3 * (capacity + 3) / refillRate * 1_000 + 3_000)
  for (const process of fleet.processes) {
    strictEqual(process.quota.held, 0)
    process.ask()
  }
  strictEqual(Math.abs(fleet.ledger.tokens - capacity) < 1e-3, true)
}

describe("a limit that is shared", () => {
  for (const size of [2, 3]) {
    for (const losesCount of [false, true]) {
      it(
        `by ${size} processes: R1 to R4 hold in any interleaving${
          losesCount ? ", also where the store loses count" : ""
        }`,
        () =>
          holds(
            fc.property(
              buckets,
              fc.commands([commands(size, losesCount)], { maxCommands: 120, size: "max" }),
              (bucket, sequence) => {
                const fleet = new Fleet({ ...settings, bucket }, size)
                fc.modelRun(() => ({ model: fleet, real: fleet }), sequence)
                fleet.checkRates()
                recovers(fleet)
              }
            ),
            250
          )
      )
    }
  }
})

/** Callers without end in every process, for so many seconds; gives what each of them sent. */
const saturate = (fleet: Fleet, seconds: number) => {
  fleet.isPrompt = true
  for (let at = 0; at < seconds * 1_000; at += 100) {
    for (const process of fleet.processes) while (process.line.waiting < 40) process.arrive(1, Number.POSITIVE_INFINITY)
    fleet.pass(100, 1)
  }
  return fleet.processes.map(({ callers }) => callers.filter(({ standing }) => standing === "taken").length)
}

describe("a limit that is shared, in numbers", () => {
  const busy = (bucket: Lease.Config, size: number) => new Fleet({ bucket, maxQueue: 1_000, maxWait: 600_000 }, size)

  it("eight processes that want more than there is get all of it, in equal parts, for a request in eight grants", () => {
    const fleet = busy({ capacity: 200, refillRate: 200 }, 8)
    const each = saturate(fleet, 30)
    const quota = 200 + 30 * 200
    strictEqual(fleet.sent.length <= quota && fleet.sent.length >= 0.98 * quota, true)
    // but for the burst, which is for who comes first
    strictEqual(Math.min(...each) > 700 && Math.max(...each) < 1_000, true)
    strictEqual(fleet.asks / fleet.sent.length < 0.125, true)
    fleet.checkRates()
  })

  it("where there is less than a token each, it is passed on: nobody is left out, and little is lost", () => {
    for (const [capacity, refillRate, size] of [[1, 10, 8], [1, 100, 2], [5, 5, 3], [10, 200, 8]] as const) {
      const fleet = busy({ capacity, refillRate }, size)
      const each = saturate(fleet, 10)
      const quota = capacity + 10 * refillRate
      strictEqual(fleet.sent.length <= quota && fleet.sent.length >= 0.9 * quota, true)
      strictEqual(Math.min(...each) >= quota / size / 4, true)
      fleet.checkRates()
    }
  })

  it("one that wants all at once is not starved by those that want a little all the time", () => {
    const fleet = busy({ capacity: 10, refillRate: 50 }, 3)
    fleet.isPrompt = true
    const large = fleet.processes[0]!.arrive(10, Number.POSITIVE_INFINITY)
    saturate(fleet, 2)
    strictEqual(large.standing, "taken")
    const another = fleet.processes[1]!.arrive(10, Number.POSITIVE_INFINITY)
    saturate(fleet, 6)
    strictEqual(another.standing, "taken")
  })

  it("one that costs more than there can be waits until all is there, and the rest is owed", () => {
    const fleet = busy({ capacity: 10, refillRate: 10 }, 2)
    fleet.isPrompt = true
    const large = fleet.processes[0]!.arrive(25, Number.POSITIVE_INFINITY)
    strictEqual(large.standing, "taken")
    fleet.pass(1_000, 1)
    const [, other] = fleet.processes
    const next = other!.arrive(1, Number.POSITIVE_INFINITY)
    fleet.pass(500, 1)
    strictEqual(next.standing, "waiting")
    fleet.pass(500, 1)
    strictEqual(next.standing, "taken")
  })

  it("a process that crashes costs what it held, once, and no longer than its lease", () => {
    const fleet = busy({ capacity: 100, refillRate: 100 }, 2)
    fleet.isPrompt = true
    for (let i = 0; i < 40; i++) fleet.processes[0]!.arrive(1, Number.POSITIVE_INFINITY)
    fleet.pass(10, 1)
    const account = fleet.ledger.accounts[fleet.processes[0]!.name]!
    strictEqual(Lease.held(account) > 0, true)
    fleet.crash(0)
    fleet.pass(Lease.lease + 1_500, 1)
    fleet.processes[1]!.ask()
    strictEqual(fleet.ledger.tokens, 100)
  })

  it("what the store may have heard of stays used, though its answer was lost: nobody asks for ever", () => {
    const fleet = busy({ capacity: 1, refillRate: 0.5 }, 2)
    const [, second] = fleet.processes
    const caller = second!.arrive(1, 200)
    second!.fate = "lost answer"
    second!.wake()
    second!.arrive(1, Number.POSITIVE_INFINITY)
    fleet.coolDown(0, 3_000, true)
    second!.fate = "ok"
    strictEqual(caller.standing, "taken")
    second!.refund()
    strictEqual(second!.quota.held, 0)
    const { asks } = fleet
    fleet.pass(3_000)
    strictEqual(fleet.asks - asks < 10, true)
  })

  it("what is idle is given back: another process may have all of it", () => {
    const fleet = busy({ capacity: 20, refillRate: 10 }, 2)
    fleet.isPrompt = true
    const [first, second] = fleet.processes
    for (let i = 0; i < 5; i++) first!.arrive(1, Number.POSITIVE_INFINITY)
    fleet.pass(1_000, 1)
    strictEqual(first!.quota.held, 0)
    for (let i = 0; i < 20; i++) second!.arrive(1, Number.POSITIVE_INFINITY)
    fleet.pass(20, 1)
    strictEqual(second!.callers.every(({ standing }) => standing === "taken"), true)
    const { asks } = fleet
    fleet.pass(60_000, 1)
    // and nobody asks for nothing
    strictEqual(fleet.asks - asks <= 6, true)
  })

  it("alone, each goes on with its share, at once", () => {
    const fleet = busy({ capacity: 40, refillRate: 40 }, 4)
    saturate(fleet, 2)
    const before = fleet.sent.length
    fleet.isReachable = false
    for (const process of fleet.processes) process.detach()
    saturate(fleet, 10)
    const alone = fleet.sent.length - before
    strictEqual(alone <= 40 + 400 && alone >= 380, true)
    fleet.isReachable = true
    for (const process of fleet.processes) process.rejoin()
    saturate(fleet, 5)
    // the store has seen none of it, and makes nothing more of it
    strictEqual(fleet.sent.length - before <= 40 + 600 + 1, true)
    fleet.checkRates()
  })

  it("a store that has forgotten the others makes no process take all of the rate while it is alone", () => {
    const fleet = busy({ capacity: 40, refillRate: 40 }, 4)
    saturate(fleet, 2)
    strictEqual(fleet.processes[0]!.quota.processes, 4)
    fleet.ledger = Lease.empty()
    fleet.processes[0]!.ask()
    strictEqual(fleet.processes[0]!.quota.processes, 4)
    // those that have not been heard of for that long are gone
    fleet.now += Lease.presence
    fleet.ledger = Lease.empty()
    fleet.processes[0]!.ask()
    strictEqual(fleet.processes[0]!.quota.processes, 1)
  })
})
