/** The steps of slots, and of the limit that finds itself, one by one. */
import { describe, it } from "@effect/vitest"
import { deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { AdaptiveLimit } from "../../src/policy/internal/bulkhead/adaptiveCore.js"
import { Claim, Slots } from "../../src/policy/internal/bulkhead/slotsCore.js"

const never = Number.POSITIVE_INFINITY

const arrive = (slots: Slots, now = 0) => {
  const claim = new Claim()
  const refusal = slots.take(claim) ? undefined : slots.join(claim, now)
  return { claim, refusal }
}

describe("slots, step by step", () => {
  it("who comes has one, or lines up, or is told that there is no room", () => {
    const slots = new Slots({ limit: 1, maxQueue: 2, maxWait: 100 })
    strictEqual(new Claim().standing, "idle")
    strictEqual(slots.limit, 1)
    const all = [0, 1, 2, 3].map((now) => arrive(slots, now))
    deepStrictEqual(all.map(({ claim, refusal }) => [claim.standing, refusal]), [
      ["held", undefined],
      ["waiting", undefined],
      ["waiting", undefined],
      ["idle", "queue"]
    ])
    deepStrictEqual([slots.held, slots.waiting], [1, 2])
    const none = new Slots({ limit: 1, maxQueue: 0, maxWait: 100 })
    arrive(none)
    strictEqual(arrive(none).refusal, "queue")
  })

  it("a slot that comes free is the first one's, who hears of it once", () => {
    const slots = new Slots({ limit: 1, maxQueue: 9, maxWait: never })
    const [a, b, c] = [arrive(slots), arrive(slots), arrive(slots)].map(({ claim }) => claim)
    let heard = 0
    b!.onSettled = () => heard++
    slots.leave(a!)
    deepStrictEqual([a!.standing, b!.standing, c!.standing, heard], ["idle", "held", "waiting", 1])
    strictEqual(b!.onSettled, undefined)
    strictEqual(slots.held, 1)
  })

  it("who leaves twice, or was never there, changes nothing", () => {
    const slots = new Slots({ limit: 1, maxQueue: 9, maxWait: never })
    const [a, b] = [arrive(slots).claim, arrive(slots).claim]
    slots.leave(new Claim())
    slots.leave(b)
    slots.leave(b)
    deepStrictEqual([slots.held, slots.waiting, b.standing], [1, 0, "idle"])
    slots.leave(a)
    slots.leave(a)
    strictEqual(slots.held, 0)
  })

  it("who has waited for as long as anybody may is refused, and the next one's time is told", () => {
    const slots = new Slots({ limit: 1, maxQueue: 9, maxWait: 100 })
    arrive(slots)
    const [a, b] = [arrive(slots, 0).claim, arrive(slots, 50).claim]
    strictEqual(slots.expire(99), 100)
    deepStrictEqual([a.standing, b.standing], ["waiting", "waiting"])
    strictEqual(slots.expire(100), 150)
    deepStrictEqual([a.standing, b.standing, slots.waiting], ["refused", "waiting", 1])
    strictEqual(slots.expire(150), never)
    strictEqual(b.standing, "refused")
  })

  it("who has to go back into line goes to its place", () => {
    const slots = new Slots({ limit: 1, maxQueue: 9, maxWait: never })
    arrive(slots)
    const [a, b, c] = [arrive(slots).claim, arrive(slots).claim, arrive(slots).claim]
    slots.leave(b!)
    slots.rejoin(b!)
    strictEqual(b.standing, "waiting")
    const order: Array<string> = []
    for (const [name, claim] of Object.entries({ a, b, c })) claim.onSettled = () => order.push(name)
    slots.reconfigure({ limit: 4, maxQueue: 9, maxWait: never })
    deepStrictEqual(order, ["a", "b", "c"])
    strictEqual(slots.held, 4)
  })
})

describe("a limit that finds itself, step by step", () => {
  const make = (initial: number, backoffRatio = 0.5) => new AdaptiveLimit({ backoffRatio, initial, max: 100, min: 1 })

  it("a loss takes its part, and one at least", () => {
    const half = make(10)
    strictEqual(half.record("loss", half.era, 10), true)
    strictEqual(half.limit, 5)
    const gentle = make(4, 0.99)
    strictEqual(gentle.record("loss", gentle.era, 4), true)
    strictEqual(gentle.limit, 3)
    const least = make(1)
    strictEqual(least.record("loss", least.era, 1), false)
    strictEqual(least.limit, 1)
  })

  it("a round of successes makes room for one more, where half was in use", () => {
    const limit = make(4)
    for (let calls = 0; calls < 3; calls++) strictEqual(limit.record("success", limit.era, 2), false)
    strictEqual(limit.record("success", limit.era, 2), true)
    strictEqual(limit.limit, 5)
    const idle = make(4)
    for (let calls = 0; calls < 40; calls++) idle.record("success", idle.era, 1)
    strictEqual(idle.limit, 4)
  })

  it("what began before the last cut says nothing", () => {
    const limit = make(10)
    const { era } = limit
    limit.record("loss", era, 10)
    strictEqual(limit.record("loss", era, 10), false)
    strictEqual(limit.record("success", era, 10), false)
    strictEqual(limit.limit, 5)
    limit.reset()
    strictEqual(limit.limit, 10)
    strictEqual(limit.record("loss", era + 1, 10), false)
  })
})
