/**
 * What limits are made of: a bucket, a window, what the provider says, and all of them together.
 */
import { describe, it } from "@effect/vitest"
import { deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { FastCheck as fc } from "effect"
import * as Fifo from "../../src/policy/internal/fifo.js"
import { Keyed } from "../../src/policy/internal/keyed.js"
import { LearnedQuota } from "../../src/policy/internal/limit/learnedQuotaCore.js"
import { type Limit, LocalQuota } from "../../src/policy/internal/limit/quotaCore.js"
import { grains, SlidingWindow } from "../../src/policy/internal/limit/slidingWindowCore.js"
import { TokenBucket } from "../../src/policy/internal/limit/tokenBucketCore.js"
import { holds } from "../campaign.js"

interface Grant {
  readonly at: number
  readonly cost: number
}

type Step =
  | { readonly type: "take" | "reserve"; readonly cost: number }
  | { readonly type: "wait"; readonly millis: number }
  | { readonly type: "use" | "cancel" | "refund"; readonly which: number }

const steps = (longestWait: number, largestCost = 4): fc.Arbitrary<ReadonlyArray<Step>> =>
  fc.array(
    fc.oneof(
      {
        arbitrary: fc.record({
          cost: fc.integer({ max: largestCost, min: 1 }),
          type: fc.constantFrom("take" as const, "take" as const, "reserve" as const)
        }),
        weight: 5
      },
      {
        arbitrary: fc.record({ millis: fc.integer({ max: longestWait, min: 0 }), type: fc.constant("wait" as const) }),
        weight: 3
      },
      {
        arbitrary: fc.record({
          type: fc.constantFrom("use" as const, "use" as const, "cancel" as const, "refund" as const),
          which: fc.nat()
        }),
        weight: 2
      }
    ),
    { maxLength: 150, size: "max" }
  )

type Takes = Pick<LocalQuota, "cancel" | "refund" | "reserve" | "take" | "use">

const takingFrom = (limit: Limit): Takes => {
  const when = (spend: (cost: number, now: number) => void) => (cost: number, now: number) => {
    const wait = limit.waitFor(cost, 0, now)
    if (wait === 0) spend(cost, now)
    return wait
  }
  return {
    cancel: (cost, at, now) => limit.cancel(cost, at, now),
    refund: (cost, at, now) => limit.refund(cost, at, now),
    reserve: when((cost, now) => limit.reserve(cost, now)),
    take: when((cost, now) => limit.spend(cost, now)),
    use: (cost, at, now) => limit.use(cost, at, now)
  }
}

/** A history; `onUse` is told what has been used so far, and not refunded. */
const walk = (
  quota: Takes,
  steps: ReadonlyArray<Step>,
  onUse: (used: ReadonlyArray<Grant>, now: number) => void,
  onWait: (used: ReadonlyArray<Grant>, now: number, cost: number, wait: number) => void = () => {}
): void => {
  const used: Array<Grant> = []
  const reserved: Array<Grant> = []
  const pick = (from: Array<Grant>, which: number): Grant | undefined =>
    from.length === 0 ? undefined : from.splice(which % from.length, 1)[0]
  let now = 0
  for (const step of steps) {
    switch (step.type) {
      case "wait": {
        now += step.millis
        break
      }
      case "take":
      case "reserve": {
        const wait = quota[step.type](step.cost, now)
        if (wait > 0) onWait(used, now, step.cost, wait)
        else if (step.type === "reserve") reserved.push({ at: now, cost: step.cost })
        else {
          used.push({ at: now, cost: step.cost })
          onUse(used, now)
        }
        break
      }
      case "use": {
        const grant = pick(reserved, step.which)
        if (grant === undefined) break
        quota.use(grant.cost, grant.at, now)
        used.push({ at: now, cost: grant.cost })
        onUse(used, now)
        break
      }
      case "cancel": {
        const grant = pick(reserved, step.which)
        if (grant !== undefined) quota.cancel(grant.cost, grant.at, now)
        break
      }
      case "refund": {
        const grant = pick(used, step.which)
        if (grant !== undefined) quota.refund(grant.cost, grant.at, now)
      }
    }
  }
}

/** Of all windows that end with the last grant, the worst. */
const withinRate = (grants: ReadonlyArray<Grant>, capacity: number, refillRate: number): boolean => {
  const last = grants[grants.length - 1]
  let sum = 0
  for (let i = grants.length - 1; i >= 0; i--) {
    sum += grants[i]!.cost
    if (sum > capacity + refillRate * (last!.at - grants[i]!.at) / 1000 + 1e-6) return false
  }
  return true
}

const inWindow = (grants: ReadonlyArray<Grant>, window: number, now: number): number =>
  grants.reduce((sum, { at, cost }) => at > now - window ? sum + cost : sum, 0)

describe("token bucket", () => {
  it("R1: what is taken over any stretch of time stays within capacity + rate × time, whatever is given back", async () => {
    await holds(
      fc.property(
        steps(2_000),
        fc.integer({ max: 20, min: 4 }),
        fc.integer({ max: 50, min: 1 }),
        (steps, capacity, refillRate) => {
          const bucket = new TokenBucket({ capacity, refillRate }, 0)
          walk(takingFrom(bucket), steps, (used) => strictEqual(withinRate(used, capacity, refillRate), true))
        }
      ),
      500
    )
  })

  it("the wait that it names is enough, and nothing less is", async () => {
    await holds(
      fc.property(
        fc.integer({ max: 20, min: 1 }),
        fc.integer({ max: 20_000, min: 1 }),
        fc.integer({ max: 20, min: 1 }),
        fc.integer({ max: 500, min: 0 }),
        (capacity, refillRate, cost, ahead) => {
          const make = () => {
            const bucket = new TokenBucket({ capacity, refillRate }, 0)
            bucket.spend(capacity)
            return bucket
          }
          const wait = make().waitFor(cost, 0, 0)
          strictEqual(make().waitFor(cost, 0, wait), 0)
          strictEqual(make().waitFor(cost, 0, wait * 0.999) > 0, true)
          // those ahead take theirs first
          const inLine = make().waitFor(cost, ahead, 0)
          const bucket = make()
          for (let i = 0; i < ahead; i++) {
            const now = (i + 1) / refillRate * 1_000
            strictEqual(bucket.waitFor(1, 0, now), 0)
            bucket.spend(1)
          }
          strictEqual(Math.abs(inLine - (ahead + Math.min(cost, capacity)) / refillRate * 1_000) < 1e-6, true)
          strictEqual(bucket.waitFor(cost, 0, inLine), 0)
        }
      ),
      300
    )
  })

  it("an operation that costs more than it holds waits until it is full, and owes the rest", () => {
    const bucket = new TokenBucket({ capacity: 10, refillRate: 10 }, 0)
    strictEqual(bucket.waitFor(25, 0, 0), 0)
    bucket.spend(25)
    strictEqual(bucket.available(0), -15)
    strictEqual(bucket.waitFor(1, 0, 0), 1_600)
    strictEqual(bucket.waitFor(25, 0, 0), 2_500)
    strictEqual(bucket.waitFor(25, 0, 2_500), 0)
  })

  it("what is reserved takes up its place until it is used: tokens that are used late do not add to those that came in since", () => {
    const bucket = new TokenBucket({ capacity: 10, refillRate: 1_000 }, 0)
    bucket.reserve(10)
    strictEqual(bucket.available(500), 0)
    strictEqual(bucket.waitFor(1, 0, 500), 1)
    bucket.use(6, 0, 500)
    strictEqual(bucket.available(500), 0)
    strictEqual(bucket.available(600), 6)
    bucket.cancel(4, 0, 600)
    strictEqual(bucket.available(600), 10)
    strictEqual(bucket.isFull(600), true)
  })

  it("what was used after all is refunded, less what has come in since", () => {
    const bucket = new TokenBucket({ capacity: 10, refillRate: 10 }, 0)
    bucket.spend(10)
    bucket.refund(2, 0, 0)
    strictEqual(bucket.available(0), 2)
    bucket.refund(2, 0, 100)
    strictEqual(bucket.available(100), 4)
    bucket.refund(2, 0, 200)
    strictEqual(bucket.available(200), 5)
  })

  it("a smaller capacity takes effect at once, a larger one fills up", () => {
    const bucket = new TokenBucket({ capacity: 10, refillRate: 1 }, 0)
    bucket.reconfigure({ capacity: 4, refillRate: 2 }, 0)
    strictEqual(bucket.available(0), 4)
    bucket.reconfigure({ capacity: 10, refillRate: 2 }, 0)
    strictEqual(bucket.available(0), 4)
    strictEqual(bucket.available(1_000), 6)
  })
})

describe("sliding window", () => {
  it("never more than the limit in any window, and its waits are exact", async () => {
    await holds(
      fc.property(
        steps(400, 3),
        fc.integer({ max: 12, min: 3 }),
        fc.constantFrom(100, 1_000, 2_000),
        (steps, limit, window) => {
          const log = new SlidingWindow({ limit, window })
          walk(
            takingFrom(log),
            steps,
            (used, now) => strictEqual(inWindow(used, window, now) <= limit, true)
          )
          // without reservations: by a log that is kept the long way
          walk(
            takingFrom(new SlidingWindow({ limit, window })),
            steps.filter(({ type }) => type !== "reserve"),
            () => {},
            (used, now, cost, wait) => {
              strictEqual(inWindow(used, window, now + wait) + cost <= limit, true)
              strictEqual(inWindow(used, window, now + wait - 1) + cost > limit, true)
            }
          )
        }
      ),
      500
    )
  })

  it("what a caller in line is told is what it comes to, token by token", async () => {
    await holds(
      fc.property(
        fc.array(fc.integer({ max: 300, min: 0 }), { maxLength: 30 }),
        fc.integer({ max: 8, min: 1 }),
        fc.integer({ max: 40, min: 1 }),
        (gaps, limit, callers) => {
          const window = 1_000
          const log = new SlidingWindow({ limit, window })
          let now = 0
          for (const gap of gaps) {
            now += gap
            if (log.waitFor(1, 0, now) === 0) log.spend(1, now)
          }
          const told = Array.from({ length: callers }, (_, ahead) => now + log.waitFor(1, ahead, now))
          const came = told.map(() => {
            now += log.waitFor(1, 0, now)
            log.spend(1, now)
            return now
          })
          deepStrictEqual(told, came)
        }
      ),
      300
    )
  })

  it("trap 19: twice the limit never passes at a boundary, as it does with fixed windows", () => {
    const log = new SlidingWindow({ limit: 5, window: 1_000 })
    for (let i = 0; i < 5; i++) log.spend(1, 999)
    strictEqual(log.waitFor(1, 0, 1_000), 999)
    strictEqual(log.waitFor(1, 0, 1_998), 1)
    strictEqual(log.waitFor(1, 0, 1_999), 0)
    strictEqual(log.available(1_999), 5)
  })

  it("trap 20: a window of a fraction of a second, or of a millisecond, is as exact as any other", () => {
    for (const window of [0.5, 1 / 3, 7.25]) {
      const log = new SlidingWindow({ limit: 3, window })
      for (let i = 0; i < 3; i++) log.spend(1, 0)
      strictEqual(log.waitFor(1, 0, 0), window)
      strictEqual(log.waitFor(1, 0, window / 2), window / 2)
      strictEqual(log.waitFor(1, 0, window), 0)
    }
  })

  it("its memory is bounded, whatever the limit; what that costs is less than a 2048th of the window, and never the limit", () => {
    const window = 1_000
    const limit = 100_000
    const log = new SlidingWindow({ limit, window })
    const taken: Array<number> = []
    let now = 0
    for (let i = 0; i < 3 * limit; i++) {
      const wait = log.waitFor(1, 0, now)
      now += wait === 0 ? 0.007 : wait
      if (log.waitFor(1, 0, now) > 0) continue
      log.spend(1, now)
      taken.push(now)
      const before = taken[taken.length - 1 - limit]
      if (before !== undefined) {
        strictEqual(now - before >= window, true)
        strictEqual(now - before <= window + 2 * window / grains, true)
      }
      strictEqual(log.size <= grains + 1, true)
    }
    strictEqual(taken.length > 2 * limit, true)
  })

  it("an operation that costs more than the limit waits for an empty window, and uses up the ones that follow", () => {
    const log = new SlidingWindow({ limit: 4, window: 100 })
    log.spend(1, 0)
    strictEqual(log.waitFor(10, 0, 0), 100)
    log.spend(10, 100)
    strictEqual(log.waitFor(1, 0, 100), 300 - 100)
    strictEqual(log.waitFor(2, 0, 100), 300 - 100)
    strictEqual(log.waitFor(3, 0, 100), 400 - 100)
    strictEqual(log.waitFor(4, 0, 400), 0)
  })

  it("idle for longer than the window, it is as new", () => {
    const log = new SlidingWindow({ limit: 2, window: 1_000 })
    log.spend(2, 0)
    strictEqual(log.isFull(999), false)
    strictEqual(log.isFull(1_000), true)
    strictEqual(log.available(5_000), 2)
  })
})

describe("what the provider says is left", () => {
  it("is kept to until its reset, and then forgotten", () => {
    const learned = new LearnedQuota()
    strictEqual(learned.waitFor(1_000, 0, 0), 0)
    learned.learn(2, 10_000, 0)
    learned.spend(2)
    strictEqual(learned.waitFor(1, 0, 4_000), 6_000)
    strictEqual(learned.isFull(9_999), false)
    strictEqual(learned.waitFor(1, 0, 10_000), 0)
    strictEqual(learned.available(10_000), Number.POSITIVE_INFINITY)
  })

  it("answers that overtake each other within a window: the lower one counts", () => {
    const learned = new LearnedQuota()
    learned.learn(7, 10_000, 0)
    learned.learn(9, 9_900, 100)
    strictEqual(learned.available(100), 7)
    learned.learn(5, 9_800, 200)
    strictEqual(learned.available(200), 5)
  })

  it("an answer of another window counts as it is, higher or lower", () => {
    const learned = new LearnedQuota()
    learned.learn(1, 2_000, 0)
    learned.learn(50, 60_000, 1_000)
    strictEqual(learned.available(1_000), 50)
    learned.learn(3, 5_000, 1_500)
    strictEqual(learned.available(1_500), 3)
  })

  it("what is given back never goes above what the provider said last", () => {
    const learned = new LearnedQuota()
    learned.learn(10, 10_000, 0)
    learned.spend(1)
    learned.learn(4, 10_000, 0)
    learned.refund(1, 0, 0)
    strictEqual(learned.available(0), 4)
    learned.spend(2)
    learned.refund(1, 0, 0)
    strictEqual(learned.available(0), 3)
    learned.refund(5, 0, 20_000)
    strictEqual(learned.available(20_000), Number.POSITIVE_INFINITY)
  })
})

describe("a quota of several limits", () => {
  it("gives only what all of them give: bucket, window, and the provider's word, in any history", async () => {
    const limits = fc.record({
      capacity: fc.integer({ max: 10, min: 4 }),
      limit: fc.integer({ max: 12, min: 4 }),
      refillRate: fc.integer({ max: 20, min: 1 })
    })
    const said = fc.array(
      fc.record({
        before: fc.nat({ max: 100 }),
        remaining: fc.nat({ max: 6 }),
        resetAfter: fc.integer({ max: 3_000, min: 1 })
      }),
      { maxLength: 10 }
    )
    await holds(
      fc.property(steps(500), limits, said, (steps, { capacity, limit, refillRate }, said) => {
        const window = 2_000
        const quotaOf = () => new LocalQuota({ bucket: { capacity, refillRate }, window: { limit, window } }, 0)
        const quota = quotaOf()
        let uses = 0
        let left = Number.POSITIVE_INFINITY
        let reset = Number.NEGATIVE_INFINITY
        // reserved and refunded tokens are another matter: here is a count of what passes
        walk(quota, steps.filter(({ type }) => type === "take" || type === "wait"), (used, now) => {
          strictEqual(withinRate(used, capacity, refillRate), true)
          strictEqual(inWindow(used, window, now) <= limit, true)
          if (now < reset) {
            left -= used[used.length - 1]!.cost
            strictEqual(left >= 0, true)
          }
          uses++
          for (const answer of said.filter(({ before }) => before === uses)) {
            quota.learn(answer.remaining, answer.resetAfter, now)
            const same = Math.abs(now + answer.resetAfter - reset) <= 1_000 && now < reset
            left = same ? Math.min(left, answer.remaining) : answer.remaining
            if (!same) reset = now + answer.resetAfter
          }
        })
        walk(quotaOf(), steps, (used, now) => {
          strictEqual(withinRate(used, capacity, refillRate), true)
          strictEqual(inWindow(used, window, now) <= limit, true)
        })
      }),
      500
    )
  })

  it("what the provider says without a reset lowers the bucket for the moment, and never raises it", () => {
    const quota = new LocalQuota({ bucket: { capacity: 10, refillRate: 1 }, window: undefined }, 0)
    quota.learn(3, undefined, 0)
    strictEqual(quota.available(0), 3)
    quota.learn(500, undefined, 0)
    strictEqual(quota.available(0), 3)
    quota.learn(500, 60_000, 0)
    strictEqual(quota.available(2_000), 5)
  })

  it("a new configuration adds and takes away limits, and forgets nothing of those that stay", () => {
    const quota = new LocalQuota({ bucket: { capacity: 10, refillRate: 1 }, window: undefined }, 0)
    strictEqual(quota.take(8, 0), 0)
    quota.reconfigure({ bucket: { capacity: 20, refillRate: 1 }, window: { limit: 5, window: 1_000 } }, 0)
    strictEqual(quota.available(0), 2)
    strictEqual(quota.take(2, 0), 0)
    quota.reconfigure({ bucket: undefined, window: { limit: 6, window: 1_000 } }, 0)
    strictEqual(quota.available(0), 4)
    quota.reconfigure({ bucket: undefined, window: undefined }, 0)
    strictEqual(quota.available(0), Number.POSITIVE_INFINITY)
    strictEqual(quota.isFull(0), true)
  })
})

describe("fifo", () => {
  it("keeps order while members come and leave anywhere", () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof(
            fc.constant("push" as const),
            fc.constant("shift" as const),
            fc.constant("insert" as const),
            fc.nat()
          ),
          { maxLength: 100 }
        ),
        fc.nat(),
        (steps, seed) => {
          class Member extends Fifo.Link {
            constructor(readonly id: number) {
              super()
            }
          }
          const queue = new Fifo.Fifo<Member>()
          const model: Array<Member> = []
          const members: Array<Member> = []
          for (const step of steps) {
            const member = new Member(members.length)
            if (step === "push") {
              queue.push(member)
              members.push(member)
              model.push(member)
            } else if (step === "insert") {
              const at = (seed + members.length) % (model.length + 1)
              queue.insertAfter(model[at - 1], member)
              members.push(member)
              model.splice(at, 0, member)
            } else if (step === "shift") strictEqual(queue.shift(), model.shift())
            else if (members.length > 0) {
              const leaving = members[step % members.length]!
              const index = model.indexOf(leaving)
              strictEqual(queue.has(leaving), index >= 0)
              strictEqual(queue.remove(leaving), index >= 0)
              if (index >= 0) model.splice(index, 1)
            }
            deepStrictEqual(Array.from(queue, ({ id }) => id), model.map(({ id }) => id))
            strictEqual(queue.size, model.length)
            strictEqual(queue.head, model[0])
            strictEqual(queue.tail, model[model.length - 1])
          }
        }
      )
    )
  })
})

describe("things by key", () => {
  const hour = 3_600_000

  const keyed = (busy: ReadonlySet<string> = new Set()) => {
    const forgotten: Array<string> = []
    const things = new Keyed<{ readonly key: string }>(
      (key) => ({ key }),
      ({ key }, unusedFor) => unusedFor >= hour && !busy.has(key),
      ({ key }) => forgotten.push(key)
    )
    return { forgotten, things }
  }

  it("the same key is the same thing while it is used, and a new one after an hour without use", () => {
    const { forgotten, things } = keyed()
    const first = things.get("a", 0)
    strictEqual(things.get("a", hour - 1), first)
    strictEqual(things.peek("a", 2 * hour - 2), first)
    strictEqual(things.peek("a", 2 * hour - 1), undefined)
    strictEqual(things.get("a", 2 * hour - 1) === first, false)
    deepStrictEqual(forgotten, ["a"])
  })

  it("trap 22: keys that nobody uses any more are forgotten without a timer, while others are added", () => {
    const { forgotten, things } = keyed()
    // a thousand new keys an hour, for two days
    for (let i = 0; i < 48_000; i++) things.get(`key ${i}`, i * hour / 1_000)
    strictEqual(things.size <= 3_000, true)
    strictEqual(forgotten.length + things.size, 48_000)
    strictEqual(things.all(48 * hour).length <= 1_000, true)
  })

  it("what is busy or held is never forgotten", () => {
    const { things } = keyed(new Set(["busy"]))
    const busy = things.get("busy", 0)
    const held = things.hold("held", 0)
    for (let i = 0; i < 100; i++) things.get(`key ${i}`, i * hour)
    strictEqual(things.peek("busy", 100 * hour), busy)
    strictEqual(things.peek("held", 100 * hour), held)
    things.release("held", 100 * hour)
    strictEqual(things.peek("held", 101 * hour - 1), held)
    strictEqual(things.peek("held", 101 * hour), undefined)
  })
})
