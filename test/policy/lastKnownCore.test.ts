import { describe, it } from "@effect/vitest"
import { deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { FastCheck as fc } from "effect"
import { LastKnown } from "../../src/policy/internal/lastKnownCore.js"
import { holds } from "../campaign.js"

describe("last known core", () => {
  it("behaves as a list of what was written, cut by number and age", async () => {
    const key = fc.constantFrom("a", "b", "c", "d", "e")
    const step = fc.oneof(
      fc.record({ ago: fc.nat(50), key, type: fc.constant("put" as const) }),
      fc.record({ key, type: fc.constant("get" as const) }),
      fc.record({ millis: fc.nat(60), type: fc.constant("wait" as const) }),
      fc.record({ key, type: fc.constant("delete" as const) })
    )
    await holds(
      fc.property(fc.array(step, { maxLength: 80 }), fc.integer({ max: 5, min: 1 }), (steps, capacity) => {
        const known = new LastKnown<number>(capacity, 100)
        let model: Array<{ readonly key: string; readonly at: number; readonly value: number }> = []
        const without = (key: string) => model.filter((entry) => entry.key !== key)
        let now = 1_000
        let next = 0
        for (const step of steps) {
          if (step.type === "wait") now += step.millis
          else if (step.type === "delete") {
            known.delete(step.key)
            model = without(step.key)
          } else if (step.type === "put") {
            const at = now - step.ago
            known.put(step.key, next, at, now)
            if (!model.some((entry) => entry.key === step.key && entry.at > at)) {
              model = [...without(step.key), { at, key: step.key, value: next }]
              while (model.length > capacity || (model[0] !== undefined && now - model[0].at > 100)) model.shift()
            }
            next++
          } else {
            const entry = model.find((entry) => entry.key === step.key)
            if (entry !== undefined && now - entry.at > 100) model = without(step.key)
            const expected = entry === undefined || now - entry.at > 100 ? undefined : entry.value
            strictEqual(known.get(step.key, now)?.value, expected)
          }
          strictEqual(known.size, model.length)
          strictEqual(known.size <= capacity, true)
        }
      }),
      500
    )
  })

  it("the one that was written longest ago goes first, and writing it again keeps it", () => {
    const known = new LastKnown<number>(2, 100)
    known.put("a", 1, 0, 0)
    known.put("b", 2, 0, 0)
    known.put("a", 3, 0, 0)
    known.put("c", 4, 0, 0)
    deepStrictEqual([known.get("a", 0)?.value, known.get("b", 0), known.get("c", 0)?.value, known.size], [
      3,
      undefined,
      4,
      2
    ])
  })

  it("its age is allowed to the last millisecond; what is older goes with the next write, or when it is asked for", () => {
    const known = new LastKnown<number>(10, 100)
    known.put("a", 1, 0, 0)
    deepStrictEqual(known.get("a", 100), { at: 0, value: 1 })
    known.put("b", 2, 100, 100)
    strictEqual(known.size, 2)
    known.put("c", 3, 101, 101)
    deepStrictEqual([known.size, known.get("a", 101)], [2, undefined])
    strictEqual(known.get("b", 201), undefined)
    strictEqual(known.size, 1)
  })

  it("a value that arrives too late is not kept, one of the same moment is", () => {
    const known = new LastKnown<number>(10, 100)
    known.put("a", 1, 5, 5)
    known.put("a", 2, 4, 6)
    strictEqual(known.get("a", 6)?.value, 1)
    known.put("a", 3, 5, 6)
    strictEqual(known.get("a", 6)?.value, 3)
    // too old already when it arrives
    known.put("b", 4, 0, 200)
    strictEqual(known.get("b", 200), undefined)
  })
})
