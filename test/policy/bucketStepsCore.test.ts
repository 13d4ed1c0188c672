/** The steps of a token bucket, and of limits that must agree, one by one. */
import { describe, it } from "@effect/vitest"
import { deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { LocalQuota } from "../../src/policy/internal/limit/quotaCore.js"
import { TokenBucket } from "../../src/policy/internal/limit/tokenBucketCore.js"

/** Ten tokens at once, one in a hundred milliseconds. */
const make = () => new TokenBucket({ capacity: 10, refillRate: 10 }, 0)

describe("a token bucket, step by step", () => {
  it("fills up by the time that has gone by, and not by time that goes back", () => {
    const bucket = make()
    bucket.spend(10)
    deepStrictEqual([0, 100, 50, 150, 5000].map((now) => bucket.available(now)), [0, 1, 1, 1.5, 10])
    strictEqual(bucket.waitFor(1, 0, 5000), 0)
  })

  it("what is reserved takes up its place, until it is used or not needed", () => {
    const bucket = make()
    bucket.reserve(4)
    strictEqual(bucket.available(1000), 6)
    strictEqual(bucket.isFull(1000), false)
    bucket.use(3, 0, 1000)
    strictEqual(bucket.available(1200), 8)
    bucket.cancel(1, 0, 1200)
    strictEqual(bucket.available(1200), 9)
    strictEqual(bucket.isFull(1250), false)
    strictEqual(bucket.isFull(1300), true)
    const empty = new TokenBucket({ capacity: 1, refillRate: 1 }, 0)
    empty.reserve(1)
    empty.use(1, 0, 0)
    empty.reconfigure({ capacity: 0, refillRate: 1 }, 0)
    strictEqual(empty.isFull(0), true)
    empty.reserve(1)
    empty.atMost(1, 0)
    strictEqual(empty.isFull(0), false)
  })

  it("what was taken and not used goes back, less what has come in since", () => {
    const bucket = make()
    bucket.spend(10)
    strictEqual(bucket.available(1000), 10)
    bucket.spend(6)
    // two of the four have come in again
    bucket.refund(4, 1000, 1200)
    strictEqual(bucket.available(1200), 8)
    bucket.refund(2, 1000, 1200)
    strictEqual(bucket.available(1200), 8)
    const held = make()
    held.reserve(5)
    held.spend(3)
    held.refund(3, 0, 0)
    strictEqual(held.available(0), 5)
    held.refund(3, 0, 0)
    strictEqual(held.available(0), 5)
  })

  it("what somebody else has taken is not there, and what is reserved here is of what is left", () => {
    const bucket = make()
    bucket.reserve(2)
    bucket.atMost(5, 0)
    strictEqual(bucket.available(0), 3)
    bucket.atMost(9, 0)
    strictEqual(bucket.available(0), 3)
  })

  it("another capacity has room for what is reserved, and no more", () => {
    const bucket = make()
    bucket.reserve(2)
    bucket.reconfigure({ capacity: 6, refillRate: 10 }, 0)
    strictEqual(bucket.available(0), 4)
    bucket.reconfigure({ capacity: 1, refillRate: 10 }, 0)
    strictEqual(bucket.available(0), 0)
    bucket.reconfigure({ capacity: 10, refillRate: 10 }, 0)
    strictEqual(bucket.available(100), 1)
  })
})

describe("limits that must agree, step by step", () => {
  const bucket = { capacity: 10, refillRate: 10 }
  const window = { limit: 5, window: 1000 }

  it("without any, what was learned still holds", () => {
    const quota = new LocalQuota({ bucket: undefined, window: undefined }, 0)
    strictEqual(quota.available(0), Number.POSITIVE_INFINITY)
    strictEqual(quota.era(), 0)
    quota.learn(3, 1000, 0)
    strictEqual(quota.available(0), 3)
    // of a moment without a bucket there is nothing to remember
    quota.learn(1, undefined, 0)
    strictEqual(quota.available(0), 3)
  })

  it("what was reserved and is used is used in all of them", () => {
    const quota = new LocalQuota({ bucket, window }, 0)
    strictEqual(quota.reserve(4, 0), 0)
    quota.use(4, 0, 500)
    // the window counts it from then on
    deepStrictEqual([quota.available(1499), quota.available(1500)], [1, 5])
  })

  it("another configuration keeps what was taken, where the kind of limit stays", () => {
    const quota = new LocalQuota({ bucket, window: undefined }, 0)
    quota.take(4, 0)
    quota.reconfigure({ bucket: { capacity: 8, refillRate: 1 }, window: undefined }, 0)
    deepStrictEqual([quota.available(0), quota.available(1000), quota.available(9000)], [6, 7, 8])
    quota.reconfigure({ bucket: { capacity: 8, refillRate: 1 }, window }, 9000)
    quota.take(5, 9000)
    quota.reconfigure({ bucket: undefined, window: { limit: 7, window: 1000 } }, 9000)
    strictEqual(quota.available(9000), 2)
    quota.reconfigure({ bucket, window: undefined }, 9000)
    strictEqual(quota.available(9000), 10)
  })
})
