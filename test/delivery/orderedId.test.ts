import * as fc from "effect/FastCheck"
import { describe, expect, it } from "vitest"
import * as orderedId from "../../src/delivery/internal/orderedId.js"

describe("ordered ids", () => {
  it("only grow, whatever the clock does, and are never given twice", () => {
    fc.assert(fc.property(fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 1, maxLength: 200 }), (times) => {
      const next = orderedId.make()
      const ids = times.map(next)
      expect(ids).toEqual(ids.slice().sort())
      expect(new Set(ids).size).toBe(ids.length)
      for (const id of ids) expect(id).toMatch(/^[0-9A-HJKMNP-TV-Z]{26}$/)
    }))
  })

  it("go on counting when the random part is at its highest", () => {
    const next = orderedId.make((bytes) => void bytes.fill(255))
    const ids = [next(1), next(1), next(2)]
    expect(ids).toEqual(ids.slice().sort())
  })

  it("of different processes sort by time", () => {
    const one = orderedId.make()
    const two = orderedId.make()
    expect([one(2), two(1)].sort()[0]?.slice(0, 10)).toBe("0000000001")
  })
})
