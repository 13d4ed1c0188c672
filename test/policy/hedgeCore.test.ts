import { describe, it } from "@effect/vitest"
import { deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { FastCheck as fc } from "effect"
import { type Ended, Race } from "../../src/policy/internal/hedgeCore.js"
import { holds } from "../campaign.js"

describe("hedge core", () => {
  it("decides once, by the first success, or by the first request when none succeeds and none is under way", async () => {
    const step = fc.oneof(
      fc.constant("start" as const),
      fc.record({ ended: fc.constantFrom<Ended>("success", "failure", "failure", "fatal"), which: fc.nat() })
    )
    await holds(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const race = new Race()
        race.start()
        const running = [0]
        let decided: number | undefined
        for (const step of steps) {
          if (step === "start") {
            const index = race.start()
            strictEqual(index, race.started - 1)
            running.push(index)
            continue
          }
          if (running.length === 0) continue
          const [index] = running.splice(step.which % running.length, 1) as [number]
          const decisive = race.end(index, step.ended)
          const expected = decided !== undefined || (step.ended === "failure" && running.length > 0)
            ? undefined
            : step.ended === "failure"
            ? 0
            : index
          strictEqual(decisive, expected)
          decided ??= decisive
          strictEqual(race.over, decided !== undefined)
          if (race.winner !== undefined) strictEqual(race.winner, decided)
        }
      }),
      500
    )
  })

  it("told by hand", () => {
    const race = new Race()
    deepStrictEqual([race.start(), race.start(), race.started, race.over], [0, 1, 2, false])
    strictEqual(race.end(1, "failure"), undefined)
    deepStrictEqual([race.over, race.winner], [false, undefined])
    strictEqual(race.start(), 2)
    strictEqual(race.end(2, "success"), 2)
    deepStrictEqual([race.over, race.winner], [true, 2])
    // the first, interrupted after that
    strictEqual(race.end(0, "fatal"), undefined)
    strictEqual(race.winner, 2)

    const lost = new Race()
    lost.start()
    lost.start()
    strictEqual(lost.end(0, "failure"), undefined)
    // the second was the last: the first one's end is the call's
    strictEqual(lost.end(1, "failure"), 0)
    deepStrictEqual([lost.over, lost.winner], [true, undefined])

    const broken = new Race()
    broken.start()
    broken.start()
    strictEqual(broken.end(1, "fatal"), 1)
    deepStrictEqual([broken.over, broken.winner], [true, undefined])
  })
})
