import { assert, describe, it } from "@effect/vitest"
import { FastCheck as fc } from "effect"
import * as core from "../../../src/webhook/internal/inboxCore.js"
import { holds } from "../../campaign.js"

const event = fc.record({
  entity: fc.option(fc.constantFrom("a", "b", "c"), { nil: undefined }),
  time: fc.option(fc.integer({ max: 5, min: 0 }), { nil: undefined })
})

describe("the order of a batch", () => {
  it("keeps every event, and puts those of one entity in the order of their times", () =>
    holds(
      fc.property(fc.array(event), (batch) => {
        const ordered = core.inOrder(batch)
        assert.sameMembers([...ordered], batch)
        for (const entity of ["a", "b", "c"]) {
          const mine = ordered.filter((one) => one.entity === entity && one.time !== undefined)
          for (const [n, one] of mine.entries()) {
            const before = mine[n - 1]
            if (before === undefined) continue
            assert.isAtMost(before.time!, one.time!)
            // of the same time, those that came first stay first
            if (before.time === one.time) assert.isBelow(batch.indexOf(before), batch.indexOf(one))
          }
        }
        for (const [place, one] of batch.entries()) {
          if (one.entity === undefined || one.time === undefined) assert.strictEqual(ordered[place], one)
          else assert.strictEqual(ordered[place]?.entity, one.entity)
        }
      }),
      200
    ))
})

describe("how far an entity has come", () => {
  it("never goes back, and what is handled by it is in the order of time, whatever the order in which it came", () =>
    holds(
      fc.property(fc.array(fc.integer({ max: 20, min: 0 })), (times) => {
        let mark: number | undefined
        const handled: Array<number> = []
        for (const time of times) {
          if (core.isStale(time, mark)) continue
          handled.push(time)
          const next = core.advanced(mark, time)
          assert.isAtLeast(next, mark ?? -1)
          mark = next
        }
        assert.deepStrictEqual(handled, [...handled].sort((a, b) => a - b))
        // the newest is never left out
        if (times.length > 0) assert.strictEqual(handled.at(-1), Math.max(...times))
      }),
      200
    ))
})

describe("what is kept of what strangers send", () => {
  it("is never more than the burst and the rate allow", () =>
    holds(
      fc.property(fc.array(fc.integer({ max: 2000, min: 0 })), (pauses) => {
        const limits = { burst: 5, perSecond: 2 }
        let allowance: core.Allowance = { at: 0, tokens: limits.burst }
        let now = 0
        let taken = 0
        for (const pause of pauses) {
          now += pause
          const left = core.take(allowance, now, limits)
          if (left === undefined) continue
          allowance = left
          taken++
        }
        assert.isAtMost(taken, limits.burst + now / 1000 * limits.perSecond + 1e-6)
      }),
      200
    ))
})
