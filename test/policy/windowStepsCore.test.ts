/** The steps of a sliding window, one by one. */
import { describe, it } from "@effect/vitest"
import { deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { grains, SlidingWindow } from "../../src/policy/internal/limit/slidingWindowCore.js"

const make = (limit = 10, window = 1000) => new SlidingWindow({ limit, window })

describe("a sliding window, step by step", () => {
  it("what is taken is back after a window, and not before", () => {
    const window = make()
    window.spend(4, 0)
    window.spend(6, 500)
    deepStrictEqual([window.available(999), window.available(1000), window.available(1499), window.available(1500)], [
      0,
      4,
      4,
      10
    ])
    strictEqual(window.isFull(1500), true)
  })

  it("how long is waited for, by what was taken when", () => {
    const window = make()
    window.spend(4, 0)
    window.spend(6, 500)
    strictEqual(window.waitFor(1, 0, 600), 400)
    strictEqual(window.waitFor(4, 0, 600), 400)
    strictEqual(window.waitFor(5, 0, 600), 900)
    strictEqual(window.waitFor(1, 4, 600), 900)
    // the eleventh follows the first by a window
    strictEqual(window.waitFor(1, 10, 600), 1400)
    strictEqual(make().waitFor(10, 0, 0), 0)
    strictEqual(make().waitFor(1, 10, 0), 1000)
    strictEqual(make().waitFor(1, 20, 0), 2000)
  })

  it("what is reserved counts, until it is used or not needed", () => {
    const window = make()
    window.reserve(10)
    strictEqual(window.available(0), 0)
    strictEqual(window.isFull(0), false)
    // nothing says when: it may be used at any time
    strictEqual(window.waitFor(1, 0, 0), 1000)
    window.cancel(4)
    strictEqual(window.available(0), 4)
    strictEqual(window.waitFor(4, 0, 0), 0)
    window.use(6, 0, 700)
    strictEqual(window.available(700), 4)
    strictEqual(window.available(1699), 4)
    strictEqual(window.available(1700), 10)
    strictEqual(window.isFull(1700), true)
  })

  it("what costs more than the limit uses up the windows that follow, and no more than it costs", () => {
    const window = make()
    window.spend(25, 0)
    deepStrictEqual([0, 1000, 2000, 2999, 3000].map((now) => window.available(now)), [-15, -5, 5, 5, 10])
    const exact = make()
    exact.spend(20, 0)
    strictEqual(exact.size, 2)
    deepStrictEqual([0, 1000, 2000].map((now) => exact.available(now)), [-10, 0, 10])
  })

  it("what was not used goes back into its group, and what has run out does not", () => {
    const window = make()
    window.spend(4, 0)
    window.spend(3, 500)
    window.refund(2, 0, 600)
    strictEqual(window.available(600), 5)
    strictEqual(window.available(1000), 7)
    window.refund(2, 0, 1100)
    strictEqual(window.available(1100), 7)
    window.refund(5, 500, 1100)
    strictEqual(window.available(1100), 10)
    // taken after all that is there: nothing of it is known
    window.refund(5, 1050, 1100)
    strictEqual(window.available(1100), 10)
    const large = make()
    large.spend(25, 0)
    large.refund(25, 0, 500)
    strictEqual(large.available(500), 10)
  })

  it("tokens close together are one group, as young as its last", () => {
    const window = make(1e6, grains)
    window.spend(1, 0)
    window.spend(1, 0.5)
    strictEqual(window.size, 1)
    // a grain later is another group
    window.spend(1, 1)
    strictEqual(window.size, 2)
    strictEqual(window.available(grains), 1e6 - 3)
    strictEqual(window.available(grains + 0.5), 1e6 - 1)
  })

  it("grows in order, also where its ring has turned", () => {
    const window = make(1000, 1000)
    for (let at = 0; at < 6; at++) window.spend(1, at * 100)
    strictEqual(window.available(1300), 998)
    for (let at = 14; at < 24; at++) window.spend(at, at * 100)
    for (let at = 14; at < 24; at++) {
      strictEqual(
        window.available(at * 100 + 999),
        1000 - Array.from({ length: 24 - at }, (_, i) => at + i).reduce((a, b) => a + b, 0)
      )
    }
    strictEqual(window.available(3300), 1000)
  })

  it("sums of fractions leave nothing behind", () => {
    const window = make(1, 1000)
    for (let at = 0; at < 10; at++) window.spend(0.1, at * 10)
    strictEqual(window.waitFor(0.1, 0, 100), 900)
    strictEqual(window.isFull(1090), true)
    strictEqual(window.available(1090), 1)
  })
})
