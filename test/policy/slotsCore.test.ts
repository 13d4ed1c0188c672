/**
 * Slots, and the limit that finds itself, without a clock: whatever comes in whatever order, the invariants hold.
 */
import { describe, it } from "@effect/vitest"
import { deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { FastCheck as fc } from "effect"
import { AdaptiveLimit } from "../../src/policy/internal/bulkhead/adaptiveCore.js"
import { Claim, Slots } from "../../src/policy/internal/bulkhead/slotsCore.js"
import { holds } from "../campaign.js"

type Command =
  | { readonly type: "arrive" | "wait" | "reconfigure"; readonly n: number }
  | { readonly type: "end" | "passOn" | "giveUp"; readonly who: number }
  | { readonly type: "rejoin" }

const command: fc.Arbitrary<Command> = fc.oneof(
  { arbitrary: fc.record({ n: fc.constant(1), type: fc.constant("arrive" as const) }), weight: 8 },
  { arbitrary: fc.record({ n: fc.integer({ max: 400, min: 1 }), type: fc.constant("wait" as const) }), weight: 3 },
  { arbitrary: fc.record({ n: fc.integer({ max: 4, min: 1 }), type: fc.constant("reconfigure" as const) }), weight: 1 },
  { arbitrary: fc.record({ type: fc.constant("end" as const), who: fc.nat() }), weight: 6 },
  { arbitrary: fc.record({ type: fc.constant("giveUp" as const), who: fc.nat() }), weight: 2 },
  { arbitrary: fc.record({ type: fc.constant("passOn" as const), who: fc.nat() }), weight: 1 },
  { arbitrary: fc.record({ type: fc.constant("rejoin" as const) }), weight: 1 }
)

const maxQueue = 5
const maxWait = 1_000

const config = (limit: number) => ({ limit, maxQueue, maxWait })

describe("slots", () => {
  it("never more than there are, in order, nobody waits for a slot that is free or for too long, in any history", async () => {
    await holds(
      fc.property(fc.array(command, { maxLength: 150, size: "max" }), (commands) => {
        let limit = 2
        const slots = new Slots(config(limit))
        const claims: Array<Claim> = []
        const passedOn: Array<Claim> = []
        let now = 0
        let lastServed = 0
        const watch = (claim: Claim) => {
          claim.onSettled = () => {
            if (claim.standing !== "held") return
            strictEqual(claim.place > lastServed || passedOn.includes(claim), true)
            lastServed = Math.max(lastServed, claim.place)
          }
        }
        const some = (standing: Claim["standing"], which: number): Claim | undefined => {
          const found = claims.filter((claim) => claim.standing === standing)
          return found[which % Math.max(1, found.length)]
        }
        for (const command of commands) {
          const before = slots.held
          switch (command.type) {
            case "wait": {
              // as a driver would: there on time for everybody whose patience ends
              for (let at = slots.expire(now); at <= now + command.n; at = slots.expire(at)) now = at
              now += command.n
              slots.expire(now)
              break
            }
            case "arrive": {
              const claim = new Claim()
              claims.push(claim)
              if (slots.take(claim)) break
              const refusal = slots.join(claim, now)
              if (refusal === undefined) watch(claim)
              else strictEqual(slots.waiting >= maxQueue, true)
              break
            }
            case "reconfigure": {
              limit = command.n
              slots.reconfigure(config(limit))
              break
            }
            case "end": {
              const claim = some("held", command.who)
              if (claim !== undefined) slots.leave(claim)
              break
            }
            case "giveUp": {
              const claim = some("waiting", command.who)
              if (claim !== undefined) slots.leave(claim)
              break
            }
            case "passOn": {
              const claim = some("held", command.who)
              // only who has waited passes a slot on
              if (claim === undefined || claim.place === 0) break
              slots.leave(claim)
              passedOn.push(claim)
              break
            }
            case "rejoin": {
              const claim = passedOn.find(({ standing }) => standing === "idle")
              if (claim === undefined || slots.take(claim)) break
              slots.rejoin(claim)
              watch(claim)
              slots.expire(now)
            }
          }
          strictEqual(slots.held, claims.filter(({ standing }) => standing === "held").length)
          strictEqual(slots.waiting, claims.filter(({ standing }) => standing === "waiting").length)
          // a smaller number is waited for: until then nobody comes in
          strictEqual(slots.held <= Math.max(limit, before), true)
          strictEqual(slots.waiting === 0 || slots.held >= limit, true)
          for (const claim of claims) if (claim.standing === "waiting") strictEqual(claim.patience > now, true)
        }
      }),
      1_500
    )
  })

  it("two that race for one slot: afterwards there is exactly one, in every order", () => {
    const orders: ReadonlyArray<ReadonlyArray<"a takes" | "a leaves" | "b takes" | "b leaves">> = [
      ["a takes", "a leaves", "b takes", "b leaves"],
      ["a takes", "b takes", "a leaves", "b leaves"],
      ["a takes", "b takes", "b leaves", "a leaves"],
      ["b takes", "b leaves", "a takes", "a leaves"],
      ["b takes", "a takes", "a leaves", "b leaves"],
      ["b takes", "a takes", "b leaves", "a leaves"]
    ]
    for (const order of orders) {
      const slots = new Slots(config(1))
      const claims = { a: new Claim(), b: new Claim() }
      for (const step of order) {
        const claim = claims[step[0] as "a" | "b"]
        if (step.endsWith("leaves")) slots.leave(claim)
        else if (!slots.take(claim)) slots.join(claim, 0)
        strictEqual(slots.held <= 1, true)
      }
      deepStrictEqual([slots.held, slots.waiting], [0, 0])
      strictEqual(slots.take(new Claim()), true)
    }
  })

  it("trap 24: a slot that comes free wakes the first in line and nobody else", () => {
    const slots = new Slots({ limit: 10, maxQueue: 2_000, maxWait: Number.POSITIVE_INFINITY })
    let woken = 0
    const claims = Array.from({ length: 2_010 }, () => {
      const claim = new Claim()
      if (!slots.take(claim)) slots.join(claim, 0)
      claim.onSettled = () => woken++
      return claim
    })
    for (let i = 0; i < 2_000; i++) {
      slots.leave(claims[i]!)
      strictEqual(woken, i + 1)
      strictEqual(claims[i + 10]!.standing, "held")
    }
  })
})

describe("adaptive limit", () => {
  const bounds = { backoffRatio: 0.9, initial: 10, max: 20, min: 2 }

  it("stays within its bounds, and a crowd of losses is one, in any history", async () => {
    await holds(
      fc.property(
        fc.array(
          fc.record({
            age: fc.nat({ max: 3 }),
            outcome: fc.constantFrom("loss" as const, "success" as const, "success" as const, "ignored" as const),
            underWay: fc.nat({ max: 25 })
          }),
          { maxLength: 300, size: "max" }
        ),
        (calls) => {
          const adaptive = new AdaptiveLimit(bounds)
          for (const { age, outcome, underWay } of calls) {
            const { era, limit } = adaptive
            const changed = adaptive.record(outcome, era - age, underWay)
            strictEqual(changed, adaptive.limit !== limit)
            strictEqual(Number.isInteger(adaptive.limit) && adaptive.limit >= 2 && adaptive.limit <= 20, true)
            if (age > 0 || outcome === "ignored") {
              strictEqual(adaptive.limit, limit)
              strictEqual(adaptive.era, era)
            } else if (outcome === "loss") {
              strictEqual(adaptive.limit, Math.max(2, Math.min(Math.floor(limit * 0.9), limit - 1)))
              strictEqual(adaptive.era, era + 1)
            } else strictEqual(adaptive.limit === limit || adaptive.limit === limit + 1, true)
          }
        }
      ),
      1_000
    )
  })

  it("grows by one for each round of successes, and not at all while less than half of it is in use", () => {
    const adaptive = new AdaptiveLimit(bounds)
    for (let i = 0; i < 1_000; i++) adaptive.record("success", adaptive.era, 4)
    strictEqual(adaptive.limit, 10)
    let successes = 0
    const grown: Array<number> = []
    while (adaptive.limit < 15) {
      successes++
      if (adaptive.record("success", adaptive.era, adaptive.limit)) grown.push(successes)
    }
    // 10, 11, 12, 13, 14
    deepStrictEqual(
      grown.map((at, i) => at - (grown[i - 1] ?? 0)).map((n, i) => Math.abs(n - (10 + i)) <= 1),
      Array(5).fill(true)
    )
  })

  it("finds what a provider bears, keeps close to it, and follows it", () => {
    const adaptive = new AdaptiveLimit({ ...bounds, initial: 100, max: 200 })
    const after = (rounds: number, bearable: number) => {
      let lowest = Number.POSITIVE_INFINITY
      let highest = 0
      for (let round = 0; round < rounds; round++) {
        // a crowd of as many calls as are allowed: those above what is borne are lost
        const { era, limit } = adaptive
        for (let call = 0; call < limit; call++) adaptive.record(call < bearable ? "success" : "loss", era, limit)
        if (round < rounds / 2) continue
        lowest = Math.min(lowest, adaptive.limit)
        highest = Math.max(highest, adaptive.limit)
      }
      return [lowest, highest]
    }
    const within = ([lowest, highest]: ReadonlyArray<number>, bearable: number) =>
      lowest! >= Math.floor(bearable * 0.85) && highest! <= bearable + 2
    for (const bearable of [40, 120, 15]) strictEqual(within(after(400, bearable), bearable), true)
  })

  it("a reset goes back to where it began, and what was under way then counts no more", () => {
    const adaptive = new AdaptiveLimit(bounds)
    const { era } = adaptive
    adaptive.record("loss", era, 10)
    strictEqual(adaptive.limit, 9)
    adaptive.reset()
    strictEqual(adaptive.limit, 10)
    adaptive.record("loss", era + 1, 10)
    strictEqual(adaptive.limit, 10)
  })

  it("other bounds keep what was found out, as far as they allow", () => {
    const adaptive = new AdaptiveLimit(bounds)
    adaptive.reconfigure({ ...bounds, max: 6 })
    strictEqual(adaptive.limit, 6)
    adaptive.reconfigure({ ...bounds, max: 50 })
    strictEqual(adaptive.limit, 6)
    adaptive.reconfigure({ ...bounds, max: 50, min: 8 })
    strictEqual(adaptive.limit, 8)
  })
})
