/** Windows at their edges. What they count in any history is in core.test.ts. */
import { describe, it } from "@effect/vitest"
import { deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { Tally } from "../../../src/policy/internal/breaker/tallyCore.js"
import * as Window from "../../../src/policy/internal/breaker/windowCore.js"

const consecutive: Window.Consecutive = { failures: 3, kind: "consecutive" }
const count: Window.CountWindow = { failureRate: 0.6, kind: "count", minimum: 5, size: 5, slowRate: 0.6 }
const time: Window.TimeWindow = { buckets: 3, failureRate: 0.6, kind: "time", minimum: 5, slowRate: 0.6, width: 100 }

const nothing: Window.Batch = {
  buckets: [],
  codes: [],
  failures: 0,
  older: 0,
  success: false,
  told: 0,
  troubled: false
}

const counted = (strategy: Window.Strategy, ...codes: ReadonlyArray<number>) => {
  const counts = Window.empty()
  for (const code of codes) Window.add(counts, strategy, code, 0)
  return counts
}

describe("a window", () => {
  it("of good outcomes is nothing but their number", () => {
    const counts = counted(count, ...Array.from({ length: 50 }, () => Window.good))
    deepStrictEqual(counts, { at: 50, failed: 0, failures: 0, ring: [], slow: 0, total: 5 })
    Window.add(counts, count, Window.failed, 0)
    strictEqual(counts.ring.length, count.size)
    deepStrictEqual(Window.codes(counts, count), [0, 0, 0, 0, 1])
  })

  it("does not go back when a clock does", () => {
    const counts = Window.empty()
    Window.add(counts, time, Window.failed, 1_000)
    Window.add(counts, time, Window.failed, 500)
    Window.rotate(counts, time, 0)
    deepStrictEqual([counts.at, counts.total], [10, 2])
    Window.rotate(counts, time, 1_299)
    strictEqual(counts.total, 2)
    Window.rotate(counts, time, 1_300)
    strictEqual(counts.total, 0)
  })

  it("is judged at its very threshold, and says which of the two rates it was", () => {
    const failures = counted(count, 1, 1, 1, 0, 0)
    deepStrictEqual([Window.tooMany(failures, count), Window.describe(failures, count)], [
      true,
      "failure rate 60% of 5 calls"
    ])
    const slows = counted(count, 2, 2, 2, 0, 1)
    deepStrictEqual([Window.tooMany(slows, count), Window.describe(slows, count)], [
      true,
      "slow call rate 60% of 5 calls"
    ])
    strictEqual(Window.tooMany(counted(count, 1, 1, 0, 2, 2), count), false)
    strictEqual(Window.tooMany(counted(count, 1, 1, 1, 1), count), false)
  })
})

describe("trouble that a process has reported", () => {
  it("of a row of failures weighs until a success ends the row", () => {
    const counts = Window.empty()
    strictEqual(Window.merge(counts, consecutive, { ...nothing, success: true }, 0), -1)
    const mark = Window.merge(counts, consecutive, { ...nothing, failures: 1 }, 0)
    strictEqual(Window.isCurrent(counts, consecutive, mark), true)
    Window.add(counts, consecutive, Window.failed, 0)
    strictEqual(Window.isCurrent(counts, consecutive, mark), true)
    Window.add(counts, consecutive, Window.good, 0)
    strictEqual(Window.isCurrent(counts, consecutive, mark), false)
    // and a row that ended in the report itself is one of the new row
    const next = Window.merge(counts, consecutive, { ...nothing, failures: 2, success: true }, 0)
    strictEqual(Window.isCurrent(counts, consecutive, next), true)
    strictEqual(counts.failures, 2)
  })

  it("of a number of calls weighs while the newest of it is one of them", () => {
    const counts = Window.empty()
    strictEqual(Window.merge(counts, count, { ...nothing, codes: [0, 0], older: 1 }, 0), -1)
    const mark = Window.merge(counts, count, { ...nothing, codes: [1, 2, 0] }, 0)
    for (let i = 0; i < 3; i++) {
      strictEqual(Window.isCurrent(counts, count, mark), true)
      Window.add(counts, count, Window.good, 0)
    }
    deepStrictEqual(Window.codes(counts, count), [2, 0, 0, 0, 0])
    strictEqual(Window.isCurrent(counts, count, mark), true)
    Window.add(counts, count, Window.good, 0)
    strictEqual(Window.isCurrent(counts, count, mark), false)
  })

  it("of a time weighs while its bucket is in the window, and what is too old already never does", () => {
    const counts = Window.empty()
    const merge = (buckets: ReadonlyArray<number>, now: number) =>
      Window.merge(counts, time, { ...nothing, buckets }, now)
    strictEqual(merge([0, 4, 0, 0], 1_000), -1)
    strictEqual(merge([300, 1, 1, 0], 1_000), -1)
    strictEqual(counts.total, 4)
    const mark = merge([250, 1, 1, 0, 100, 1, 0, 1, 0, 1, 0, 0], 1_050)
    deepStrictEqual([mark, counts.total, counts.failed, counts.slow], [9, 7, 1, 1])
    Window.rotate(counts, time, 1_199)
    strictEqual(Window.isCurrent(counts, time, mark), true)
    Window.rotate(counts, time, 1_200)
    strictEqual(Window.isCurrent(counts, time, mark), false)
  })
})

describe("what is to be reported", () => {
  it("of a time: the buckets that hold anything, each once, by their age", () => {
    const tally = new Tally(time)
    tally.addQuiet(5_000)
    tally.addQuiet(5_099)
    tally.add(Window.failed, 7_000, 5_230)
    tally.add(Window.slow | Window.failed, 500, 5_240)
    deepStrictEqual(tally.batch(5_260), {
      ...nothing,
      buckets: [210, 2, 0, 0, 10, 2, 2, 1],
      told: 6_970,
      troubled: true
    })
    // sent again a second later it tells of the same moments
    deepStrictEqual(Window.delayed(tally.batch(5_260), 1_000), {
      ...nothing,
      buckets: [1_210, 2, 0, 0, 1_010, 2, 2, 1],
      told: 5_970,
      troubled: true
    })
    deepStrictEqual(Window.delayed(tally.batch(5_260), 10_000).told, 0)
    deepStrictEqual([tally.total, tally.failed, tally.slow, tally.isEmpty], [4, 2, 1, false])
    // a bucket that has only begun is as young as can be
    deepStrictEqual(tally.batch(5_310).buckets, [60, 2, 2, 1])
    tally.clear()
    deepStrictEqual(tally.batch(5_310), nothing)
    strictEqual(tally.isEmpty, true)
  })

  it("of a number of calls: how many were good before the trouble, and each one since", () => {
    const tally = new Tally(count)
    for (let i = 0; i < 9; i++) tally.addQuiet(0)
    strictEqual(tally.troubled, false)
    tally.add(Window.failed, 0, 0)
    tally.add(Window.good, 0, 0)
    deepStrictEqual(tally.batch(0), { ...nothing, codes: [1, 0], older: 5, troubled: true })
    deepStrictEqual([tally.total, tally.failed], [7, 1])
    for (let i = 0; i < 9; i++) tally.add(i % 3, 0, 0)
    deepStrictEqual(tally.batch(0).codes, [1, 2, 0, 1, 2])
    tally.clear()
    deepStrictEqual(tally.batch(0), nothing)
  })

  it("of rows: whether one has ended, and how long the last one is", () => {
    const tally = new Tally(consecutive)
    tally.addQuiet(0)
    strictEqual(tally.isEmpty, true)
    tally.add(Window.failed, 0, 0)
    deepStrictEqual([tally.isEmpty, tally.success, tally.failures], [false, false, 1])
    tally.add(Window.good, 0, 0)
    deepStrictEqual([tally.isEmpty, tally.success, tally.failures, tally.troubled], [false, true, 0, false])
    tally.add(Window.failed, 0, 0)
    deepStrictEqual(tally.batch(0), { ...nothing, failures: 1, success: true, troubled: true })
    tally.clear()
    deepStrictEqual(tally.batch(0), nothing)
  })
})
