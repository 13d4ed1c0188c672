/** One process's side of a limit that is shared: its own reckoning, step by step. `leaseCore.test.ts` runs several of them. */
import { describe, it } from "@effect/vitest"
import { deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import type * as Lease from "../../src/policy/internal/limit/leaseCore.js"
import { LeasedQuota } from "../../src/policy/internal/limit/leasedQuotaCore.js"
import type { Config } from "../../src/policy/internal/limit/tokenBucketCore.js"

const never = Number.POSITIVE_INFINITY
const ten: Config = { capacity: 10, refillRate: 10 }

const near = (actual: number, expected: number) =>
  strictEqual(Math.abs(actual - expected) < 1e-6, true, `${actual} instead of ${expected}`)

/** A quota, whoever waits for its tokens, and the store, which says what a test makes it say. */
class Setting {
  wanted = 0
  headCost = 0
  heldUntil = Number.NEGATIVE_INFINITY
  readonly quota: LeasedQuota

  constructor(bucket: Config | "none" = ten) {
    const config = { bucket: bucket === "none" ? undefined : bucket, window: undefined }
    this.quota = new LeasedQuota({ config, demand: this, node: "p" })
  }

  coolDownLeft(now: number) {
    return Math.max(0, this.heldUntil - now)
  }

  line(wanted: number, headCost = Math.min(1, wanted)) {
    this.wanted = wanted
    this.headCost = headCost
    return this
  }

  /** A round trip of so many milliseconds, which ends at `now`. */
  hears(now: number, answer: Partial<Lease.Answer> = {}, trip = 0) {
    const asked = this.quota.ask(now - trip)
    this.quota.answered(asked, {
      balance: 0,
      contenders: 1,
      coolDown: 0,
      era: asked.request.era,
      granted: asked.request.granted,
      isNext: false,
      lease: 2_000,
      processes: 1,
      ...answer
    }, now)
    return asked.request
  }
}

/** A process that was given so many at 1,000, while one of its own waited; the store has `balance` left. */
const holding = (granted: number, balance = 10, bucket?: Config) => {
  const setting = new Setting(bucket)
  setting.line(1).hears(1_000, { balance, granted })
  return setting.line(0)
}

describe("what a process says of itself", () => {
  it("at first, that it is there, and what must be left should the store have forgotten", () => {
    const { quota } = new Setting()
    strictEqual(quota.nextAsk(3), 3)
    const { at, request } = quota.ask(3)
    strictEqual(at, 3)
    deepStrictEqual(request, {
      age: 1e9,
      debt: 0,
      era: 1,
      granted: 0,
      initial: 10,
      need: 0,
      node: "p",
      returned: 0,
      spent: 0,
      want: 0
    })
  })

  it("of a limit that has no bucket, nothing but that", () => {
    const setting = new Setting("none")
    deepStrictEqual(
      [setting.line(4).quota.ask(0).request.want, setting.quota.ask(0).request.initial],
      [0, 0]
    )
    setting.hears(5)
    strictEqual(setting.quota.nextAsk(10), never)
    strictEqual(setting.quota.take(5, 10), 0)
    strictEqual(setting.quota.reserve(5, 10), 0)
    setting.quota.use(5, 10, 10)
    setting.quota.refund(5, 10, 10)
    strictEqual(setting.quota.reserve(5, 10), 0)
    setting.quota.cancel(5, 10, 10)
    strictEqual(setting.quota.reserve(5, 10), 0)
    strictEqual(setting.quota.held, 0)
    strictEqual(setting.quota.isFull(10), true)
    const { returned, spent } = setting.hears(15)
    deepStrictEqual([returned, spent], [0, 0])
  })

  it("what those in line want, and what the first of them cannot do without", () => {
    const setting = new Setting()
    setting.hears(0)
    const { need, want } = setting.line(7, 3).quota.ask(0).request
    deepStrictEqual([need, want], [3, 7])
    // one that costs more than there can be needs all there is
    deepStrictEqual([setting.line(40, 25).quota.ask(0).request.need, setting.wanted], [10, 40])
  })

  it("what it will want soon: as much as in the last quarter of a second, or in four round trips", () => {
    const setting = holding(4)
    strictEqual(setting.quota.take(3, 1_000), 0)
    // the trip of zero counts as one of a millisecond
    strictEqual(setting.quota.ask(1_000).request.want, 3)
    // the more of it is later, the less
    strictEqual(setting.quota.ask(1_150).request.want, 2)
    strictEqual(setting.quota.ask(1_199).request.want, Math.ceil(3 * Math.exp(-199 / 250)))
    const slow = holding(4)
    for (let i = 1; i <= 60; i++) slow.hears(1_000, { balance: 10, granted: 4 }, 250)
    slow.quota.take(3, 1_000)
    strictEqual(slow.quota.ask(1_000).request.want, 12)
  })

  it("what it used, in whole tokens: the rest of one is held, as the store sees it", () => {
    const setting = holding(4)
    strictEqual(setting.quota.take(1.5, 1_000), 0)
    const { need, spent } = setting.line(1).quota.ask(1_000).request
    deepStrictEqual([spent, need], [1, 2])
  })

  it("what is reserved is held too", () => {
    const setting = holding(4)
    strictEqual(setting.quota.reserve(2, 1_000), 0)
    const { need, spent, want } = setting.line(1).quota.ask(1_000).request
    deepStrictEqual([spent, need, want], [0, 3, 5])
  })

  it("how long it has used none", () => {
    const setting = holding(4)
    setting.quota.take(1, 1_100)
    strictEqual(setting.quota.ask(1_103.7).request.age, 3)
    setting.quota.reserve(1, 1_200)
    setting.quota.use(1, 1_200, 1_204)
    strictEqual(setting.quota.ask(1_209).request.age, 5)
  })

  it("what the store has left, as far as it knows, and never more than there can be", () => {
    const setting = holding(1, 4)
    strictEqual(setting.quota.ask(1_250).request.initial, 6)
    strictEqual(setting.quota.ask(9_000).request.initial, 10)
  })

  it("what it gives back because it was idle, those last whose turn comes last", () => {
    const setting = holding(4, 0)
    const { returned } = setting.quota.ask(1_199).request
    strictEqual(returned, 0)
    strictEqual(setting.quota.held, 4)
    deepStrictEqual([setting.quota.ask(1_200).request.returned, setting.quota.held], [4, 0])
    strictEqual(setting.quota.available(1_200), 0)
  })

  it("half a token stays", () => {
    const setting = holding(4)
    setting.quota.take(0.5, 1_000)
    strictEqual(setting.quota.ask(1_300).request.returned, 3)
    near(setting.quota.held, 0.5)
  })

  it("what it holds during a cool-down", () => {
    const setting = holding(4)
    setting.heldUntil = 2_000
    strictEqual(setting.quota.nextAsk(1_010), 1_010)
    deepStrictEqual([setting.line(3).quota.ask(1_010).request.want, setting.quota.held], [0, 0])
    setting.quota.lost(1_010)
    strictEqual(setting.quota.nextAsk(1_500), never)
  })

  it("a single one too, when it is idle or held by a cool-down", () => {
    const idle = holding(1)
    strictEqual(idle.quota.nextAsk(1_050), 1_200)
    strictEqual(idle.quota.ask(1_200).request.returned, 1)
    const cooled = holding(1)
    cooled.heldUntil = 2_000
    strictEqual(cooled.quota.nextAsk(1_010), 1_010)
  })

  it("what helps nobody, since it is less than the first in line needs", () => {
    const setting = new Setting()
    setting.line(5, 5).hears(0, { balance: 0, granted: 2 })
    strictEqual(setting.quota.held, 2)
    strictEqual(setting.quota.ask(10).request.returned, 2)
  })

  it("but not what would do for the first in line", () => {
    const setting = new Setting()
    setting.line(5, 5).hears(0, { balance: 0, granted: 2 })
    strictEqual(setting.line(5, 2).quota.ask(10).request.returned, 0)
  })

  it("nor where the last answer gave what was needed: the rest is on its way", () => {
    const setting = new Setting()
    setting.line(5, 5).hears(0, { balance: 0, granted: 5 })
    setting.quota.take(1, 0)
    strictEqual(setting.quota.ask(10).request.returned, 0)
    strictEqual(setting.quota.held, 4)
  })

  it("what it was short of, of all that it used and gave back", () => {
    const setting = holding(6, 0)
    setting.quota.take(2, 1_000)
    setting.hears(1_300, { granted: 6 })
    // four came back, two were used: of nine that were ever given it now has three
    setting.line(4, 4).hears(1_310, { balance: 0, granted: 9 })
    strictEqual(setting.quota.held, 3)
    strictEqual(setting.quota.ask(1_320).request.returned, 7)
  })

  it("that it is owed nothing for one that costs more than there can be", () => {
    const setting = holding(10)
    strictEqual(setting.quota.take(25, 1_000), 0)
    const { granted, spent } = setting.quota.ask(1_000).request
    deepStrictEqual([spent, granted, setting.quota.held], [25, 25, 0])
    const again = holding(10)
    again.hears(1_300, { granted: 10 })
    again.line(25, 25).hears(1_400, { balance: 0, granted: 20 })
    strictEqual(again.quota.take(25, 1_400), 0)
    strictEqual(again.quota.ask(1_400).request.granted, 35)
  })

  it("at its end, all that it used, and gives the rest back, whoever waits", () => {
    const setting = holding(6)
    setting.quota.take(2, 1_050)
    const { need, returned, spent, want } = setting.line(9, 4).quota.end(1_060)
    deepStrictEqual([need, want, returned, spent, setting.quota.held], [0, 0, 4, 2, 0])
  })
})

describe("the tokens of a process", () => {
  it("are there in turn: those that were given ahead of being earned come in at the rate", () => {
    const { quota } = holding(3, -2)
    strictEqual(quota.held, 3)
    strictEqual(quota.available(1_000), 1)
    strictEqual(quota.available(1_100), 2)
    strictEqual(quota.available(1_500), 3)
    strictEqual(quota.waitFor(1, 0, 1_000), 0)
    near(quota.waitFor(2, 0, 1_000), 100)
    near(quota.waitFor(1, 2, 1_000), 200)
    near(quota.waitFor(1, 2, 1_050), 150)
    strictEqual(quota.waitFor(1, 2, 1_200), 0)
    near(quota.take(2, 1_000), 100)
    strictEqual(quota.held, 3)
  })

  it("after those that it holds: a round trip, and the turn of what is missing among all who want some", () => {
    const setting = new Setting()
    setting.line(1).hears(1_000, { balance: -2, contenders: 3, granted: 3 }, 101)
    // the mean of round trips starts at one and moves by a quarter
    const trip = 1 + 100 / 4
    near(setting.quota.waitFor(1, 3, 1_000), trip + (3 + 2) * 100)
    near(setting.quota.waitFor(1, 4, 1_000), trip + (6 + 2) * 100)
    near(setting.quota.waitFor(1, 4, 1_400), trip + (6 - 2) * 100)
    // what is under way is nearer
    setting.quota.ask(1_400)
    near(setting.quota.waitFor(1, 4, 1_410), trip - 10 + (6 - 2.1) * 100)
    // an answer that is overdue is looked for soon
    near(setting.quota.waitFor(1, 4, 1_500), 5 + (6 - 3) * 100)
  })

  it("that were given with several answers are used in the order of their turns", () => {
    const setting = holding(2, 0)
    setting.line(3).hears(1_050, { balance: -1, granted: 4 })
    strictEqual(setting.quota.held, 4)
    // two are there, the third is, the fourth comes in when the balance has grown to nought
    strictEqual(setting.quota.available(1_050), 3)
    strictEqual(setting.quota.take(1, 1_050), 0)
    strictEqual(setting.quota.take(1.5, 1_050), 0)
    near(setting.quota.take(1, 1_050), 100)
    strictEqual(setting.quota.take(0.5, 1_050), 0)
    near(setting.quota.held, 1)
    strictEqual(setting.quota.take(1, 1_150), 0)
    strictEqual(setting.quota.held, 0)
  })

  it("what is reserved is held for its caller, and comes back where it is not used", () => {
    const { quota } = holding(3, 0)
    near(quota.reserve(4, 1_000), 100 + 1)
    strictEqual(quota.reserve(2, 1_000), 0)
    strictEqual(quota.held, 1)
    quota.cancel(2, 1_000, 1_010)
    deepStrictEqual([quota.held, quota.available(1_010)], [3, 3])
    quota.reserve(2, 1_010)
    quota.use(2, 1_010, 1_020)
    deepStrictEqual([quota.held, quota.ask(1_020).request.spent], [1, 2])
  })

  it("what comes back is neither what others have reserved, nor what went back to the store", () => {
    const { quota } = holding(6, 0)
    quota.reserve(1, 1_000)
    quota.reserve(2, 1_000)
    quota.cancel(1, 1_000, 1_010)
    strictEqual(quota.held, 4)
    strictEqual(quota.ask(1_300).request.returned, 4)
    quota.cancel(2, 1_000, 1_310)
    strictEqual(quota.held, 2)
  })

  it("an answer that knows of fewer takes nothing away", () => {
    const setting = holding(3)
    setting.hears(1_010, { granted: 1 })
    deepStrictEqual([setting.quota.held, setting.quota.available(1_010)], [3, 3])
  })

  it("what was used, and the store has not heard of, comes back", () => {
    const setting = holding(3)
    setting.quota.take(2, 1_000)
    setting.quota.refund(2, 1_000, 1_000)
    deepStrictEqual([setting.quota.held, setting.quota.available(1_000)], [3, 3])
    setting.quota.take(2, 1_000)
    setting.hears(1_010, { granted: 3 })
    setting.quota.take(1, 1_010)
    // of the three that were used the store knows of two
    setting.quota.refund(2, 1_010, 1_010)
    strictEqual(setting.quota.held, 1)
    strictEqual(setting.quota.ask(1_020).request.spent, 2)
  })

  it("nor what the store may have heard of", () => {
    const setting = holding(3)
    setting.quota.take(2, 1_000)
    setting.quota.ask(1_010)
    setting.quota.refund(2, 1_000, 1_011)
    strictEqual(setting.quota.held, 1)
    setting.quota.lost(1_020)
    setting.quota.refund(2, 1_000, 1_021)
    strictEqual(setting.quota.held, 1)
  })

  it("are lost when they were not renewed in time, with all that was reserved", () => {
    const { quota } = holding(3)
    const era = quota.era(2_999)
    quota.reserve(1, 2_999)
    strictEqual(quota.held, 2)
    strictEqual(quota.era(3_000) === era, false)
    deepStrictEqual([quota.held, quota.available(3_000)], [0, 0])
    const { era: told, granted, spent } = quota.ask(3_000).request
    deepStrictEqual([told, granted, spent], [2, 0, 0])
  })

  it("are lost when the store says so", () => {
    const setting = holding(3)
    setting.hears(1_010, { era: 4, granted: 9 })
    strictEqual(setting.quota.held, 0)
    deepStrictEqual([setting.quota.ask(1_020).request.era, setting.quota.ask(1_020).request.granted], [4, 0])
  })

  it("an answer to what was said in an earlier era gives nothing", () => {
    const setting = holding(3)
    const asked = setting.quota.ask(2_990)
    setting.quota.answered(asked, {
      balance: 0,
      contenders: 1,
      coolDown: 0,
      era: 1,
      granted: 8,
      isNext: false,
      lease: 2_000,
      processes: 1
    }, 3_000)
    strictEqual(setting.quota.held, 0)
  })

  it("an answer that comes twice, or after it was given up, gives nothing", () => {
    const setting = new Setting()
    const asked = setting.line(1).quota.ask(0)
    const answer = {
      balance: 0,
      contenders: 1,
      coolDown: 0,
      era: 1,
      granted: 3,
      isNext: false,
      lease: 2_000,
      processes: 1
    }
    setting.quota.lost(5)
    setting.quota.answered(asked, answer, 10)
    strictEqual(setting.quota.held, 0)
    const again = setting.quota.ask(60)
    setting.quota.answered(again, answer, 70)
    setting.quota.answered(again, { ...answer, granted: 9 }, 80)
    strictEqual(setting.quota.held, 3)
  })
})

describe("what the provider says of its quota", () => {
  it("holds until its reset, and is spent, reserved and given back with the tokens", () => {
    const { quota } = holding(8)
    quota.learn(3, 400, 1_000)
    strictEqual(quota.available(1_000), 3)
    strictEqual(quota.waitFor(4, 0, 1_000), 400)
    strictEqual(quota.take(1, 1_000), 0)
    strictEqual(quota.reserve(1, 1_000), 0)
    strictEqual(quota.available(1_000), 1)
    quota.cancel(1, 1_000, 1_000)
    strictEqual(quota.available(1_000), 2)
    quota.refund(1, 1_000, 1_000)
    strictEqual(quota.available(1_000), 3)
    strictEqual(quota.isFull(1_000), false)
    strictEqual(quota.available(1_400), 8)
  })

  it("without a reset it is a matter of the bucket", () => {
    const { quota } = holding(8)
    quota.learn(0, undefined, 1_000)
    strictEqual(quota.waitFor(1, 0, 1_000), 0)
    strictEqual(quota.available(1_000), 8)
  })

  it("is all there is without a bucket, and alone the lower of both", () => {
    const { quota } = new Setting("none")
    quota.learn(2, 500, 0)
    deepStrictEqual([quota.available(0), quota.waitFor(3, 0, 0), quota.waitFor(2, 0, 0)], [2, 500, 0])
    const alone = holding(8)
    alone.quota.detach(1_000)
    strictEqual(alone.quota.available(1_000), 8)
    alone.quota.learn(2, 500, 1_000)
    deepStrictEqual([alone.quota.available(1_000), alone.quota.waitFor(3, 0, 1_000)], [2, 500])
    near(alone.quota.waitFor(10, 0, 1_450), 50)
  })
})

describe("when a process asks", () => {
  it("not while a request is under way, and not for a moment after one that was lost", () => {
    const setting = holding(0)
    setting.line(1)
    setting.quota.ask(1_010)
    strictEqual(setting.quota.nextAsk(1_020), never)
    setting.quota.lost(1_030)
    strictEqual(setting.quota.nextAsk(1_031), 1_080)
    near(setting.quota.waitFor(1, 0, 1_040), 40 + 1)
  })

  it("at once for somebody in line; or, where it has enough for the first, at half of its lease", () => {
    const setting = holding(2, 4)
    strictEqual(setting.line(5, 3).quota.nextAsk(1_010), 1_010)
    strictEqual(setting.line(5, 2).quota.nextAsk(1_010), 2_000)
    // one that costs more than there can be is content with all there is
    const all = holding(10, 0)
    strictEqual(all.line(25, 25).quota.nextAsk(1_010), 2_000)
  })

  it("ahead, when it has less than half of what it will want, and the store has some left", () => {
    const rich: Config = { capacity: 100, refillRate: 100 }
    const setting = holding(8, 90, rich)
    setting.quota.take(5, 1_010)
    // it holds three of the five that it will want
    strictEqual(setting.quota.nextAsk(1_010), 1_210)
    setting.quota.take(1, 1_010)
    strictEqual(setting.quota.nextAsk(1_010), 1_010)
    const poor = holding(8, -1, rich)
    poor.quota.take(6, 1_010)
    strictEqual(poor.quota.nextAsk(1_010), 1_210)
    // half is enough, and so is a store that has just nothing left
    const half = holding(9, 0, rich)
    half.quota.take(6, 1_010)
    strictEqual(half.quota.nextAsk(1_010), 1_210)
    half.quota.take(0.5, 1_010)
    strictEqual(half.quota.nextAsk(1_010), 1_010)
    // what is reserved counts
    const reserved = holding(8, 90, rich)
    reserved.quota.take(4, 1_010)
    reserved.quota.reserve(2, 1_010)
    strictEqual(reserved.quota.nextAsk(1_010), 1_210)
  })

  it("not ahead for less than two", () => {
    const setting = holding(2, 90, { capacity: 100, refillRate: 100 })
    setting.quota.take(1.9, 1_010)
    // what it used is told within a fifth of a second
    strictEqual(setting.quota.nextAsk(1_010), 1_210)
    const two = holding(2, 90, { capacity: 100, refillRate: 100 })
    two.quota.take(2, 1_010)
    strictEqual(two.quota.nextAsk(1_010), 1_010)
  })

  it("not for more than its share: half of the rate's second among those who want some", () => {
    const setting = new Setting({ capacity: 100, refillRate: 100 })
    setting.line(1).hears(1_000, { balance: 60, contenders: 5, granted: 26 })
    setting.line(0).quota.take(20, 1_010)
    // six are more than half of ten
    strictEqual(setting.quota.nextAsk(1_010), 1_210)
  })

  it("to give back what it has not used for a fifth of a second", () => {
    const setting = holding(3)
    strictEqual(setting.quota.nextAsk(1_050), 1_200)
    setting.quota.take(1, 1_100)
    strictEqual(setting.quota.nextAsk(1_100), 1_300)
  })

  it("to tell of what it used, the sooner the faster the bucket fills", () => {
    const setting = holding(1, 0, { capacity: 10, refillRate: 100 })
    setting.quota.take(1, 1_100)
    strictEqual(setting.quota.nextAsk(1_100), 1_150)
    const fast = holding(1, 0, { capacity: 1, refillRate: 1_000 })
    fast.quota.take(1, 1_100)
    strictEqual(fast.quota.nextAsk(1_100), 1_105)
    const slow = holding(1, 0, { capacity: 10, refillRate: 1 })
    slow.quota.take(1, 1_100)
    strictEqual(slow.quota.nextAsk(1_100), 1_300)
    // half of one is not told
    const half = holding(1, 0, { capacity: 10, refillRate: 100 })
    half.quota.take(0.75, 1_100)
    strictEqual(half.quota.nextAsk(1_100), never)
  })

  it("to renew what is reserved", () => {
    const setting = holding(1)
    setting.quota.reserve(1, 1_000)
    strictEqual(setting.quota.nextAsk(1_010), 2_000)
  })

  it("never, where it has nothing and nobody wants any", () => {
    const setting = new Setting()
    setting.hears(0, { balance: 10, lease: 0 })
    strictEqual(setting.quota.nextAsk(5), never)
    // and nothing that it does not hold can be lost
    const era = setting.quota.era(0)
    strictEqual(setting.quota.era(1e9), era)
  })

  it("later where there was no room: after the turns of all who want some, or of its own when it is next", () => {
    const at = (answer: Partial<Lease.Answer>, refillRate = 10) => {
      const setting = new Setting({ capacity: 10, refillRate })
      setting.line(2, 2).hears(1_000, { balance: 0, ...answer })
      return setting.quota.nextAsk(1_000)
    }
    strictEqual(at({}), 1_050)
    strictEqual(at({ contenders: 3 }), 1_150)
    strictEqual(at({ contenders: 3, isNext: true }), 1_050)
    strictEqual(at({ contenders: 0 }), 1_050)
    strictEqual(at({ contenders: 99 }), 1_500)
    strictEqual(at({}, 1_000), 1_005)
    strictEqual(at({ granted: 2 }), 2_000)
    // it has what it needs, and what it may hold
    const setting = holding(2, 0)
    setting.line(1).hears(1_010, { balance: 0, granted: 2 })
    near(setting.quota.waitFor(1, 2, 1_010), 1 + 100)
    setting.line(3).hears(1_010, { balance: 0, granted: 2 })
    near(setting.quota.waitFor(1, 2, 1_010), 50 + 1 + 100)
  })

  it("at once again where part of what it needs was given", () => {
    const setting = new Setting()
    setting.line(5, 5).hears(1_000, { granted: 2 })
    strictEqual(setting.quota.nextAsk(1_000), 1_000)
  })
})

describe("a process that is idle", () => {
  it("has nothing that anybody must hear of", () => {
    const setting = new Setting()
    strictEqual(setting.quota.isFull(0), true)
    const asked = setting.quota.ask(0)
    strictEqual(setting.quota.isFull(0), false)
    setting.quota.lost(0)
    strictEqual(setting.quota.isFull(0), true)
    strictEqual(asked.at, 0)
  })

  it("is not one that holds some, has some reserved, or used some that the store has not heard of", () => {
    const setting = holding(2)
    strictEqual(setting.quota.isFull(1_000), false)
    setting.quota.reserve(2, 1_000)
    strictEqual(setting.quota.held, 0)
    strictEqual(setting.quota.isFull(1_000), false)
    setting.quota.use(2, 1_000, 1_000)
    strictEqual(setting.quota.isFull(1_000), false)
    setting.hears(1_010, { granted: 2, lease: 0 })
    strictEqual(setting.quota.isFull(1_010), true)
  })

  it("is one whose lease has ended", () => {
    strictEqual(holding(2).quota.isFull(3_000), true)
  })

  it("alone, is one whose share is full", () => {
    const { quota } = holding(10)
    quota.detach(1_000)
    strictEqual(quota.isFull(1_000), true)
    quota.take(1, 1_000)
    strictEqual(quota.isFull(1_050), false)
    strictEqual(quota.isFull(1_100), true)
  })
})

describe("a process that is alone", () => {
  const four = (granted = 3) => {
    const setting = new Setting({ capacity: 40, refillRate: 40 })
    setting.line(1).hears(1_000, { balance: 0, granted, processes: 4 })
    setting.line(0)
    return setting
  }

  it("goes on with what it holds, at the pace of its share", () => {
    const { quota } = four()
    strictEqual(quota.attached, true)
    quota.detach(1_000)
    strictEqual(quota.attached, false)
    strictEqual(quota.held, 0)
    strictEqual(quota.available(1_000), 3)
    strictEqual(quota.take(3, 1_000), 0)
    near(quota.waitFor(1, 0, 1_000), 100)
    near(quota.waitFor(1, 1, 1_000), 200)
    strictEqual(quota.nextAsk(1_000), never)
    strictEqual(quota.available(9_000), 10)
  })

  it("never starts with more than its share, nor with what is not there yet", () => {
    const rich = four(30)
    rich.quota.detach(1_000)
    strictEqual(rich.quota.available(1_000), 10)
    const early = new Setting({ capacity: 40, refillRate: 40 })
    early.line(1).hears(1_000, { balance: -2, granted: 3, processes: 4 })
    early.quota.detach(1_000)
    strictEqual(early.quota.available(1_000), 1)
  })

  it("has at least one token, however many there are", () => {
    const setting = new Setting({ capacity: 2, refillRate: 2 })
    setting.hears(0, { processes: 8 })
    setting.quota.detach(0)
    strictEqual(setting.quota.available(60_000), 1)
    near(setting.quota.take(1, 60_000), 0)
    near(setting.quota.take(1, 60_000), 4_000)
  })

  it("keeps its own count of what is reserved, and gives back what was not used", () => {
    const { quota } = four()
    quota.detach(1_000)
    const era = quota.era(1_000)
    strictEqual(quota.reserve(2, 1_000), 0)
    strictEqual(quota.available(1_000), 1)
    quota.cancel(2, 1_000, 1_000)
    strictEqual(quota.available(1_000), 3)
    quota.reserve(2, 1_000)
    quota.use(2, 1_000, 1_000)
    strictEqual(quota.isFull(9_000), true)
    quota.take(10, 9_000)
    strictEqual(quota.available(9_000), 0)
    quota.refund(4, 9_000, 9_000)
    strictEqual(quota.available(9_000), 4)
    strictEqual(quota.era(9_000), era)
  })

  it("stays so when it is cut off twice", () => {
    const { quota } = four()
    quota.detach(1_000)
    quota.take(3, 1_000)
    const era = quota.era(1_000)
    quota.detach(1_000)
    deepStrictEqual([quota.available(1_000), quota.era(1_000)], [0, era])
  })

  it("gives up what was under way", () => {
    const { quota } = four()
    const asked = quota.ask(1_000)
    quota.detach(1_000)
    quota.answered(asked, {
      balance: 0,
      contenders: 1,
      coolDown: 0,
      era: 1,
      granted: 9,
      isNext: false,
      lease: 2_000,
      processes: 1
    }, 1_000)
    strictEqual(quota.attached, false)
  })

  it("owes what it used and has not come in again, in whole tokens, when it comes back", () => {
    const setting = four(30)
    setting.quota.detach(1_000)
    strictEqual(setting.quota.ask(1_000).request.debt, 0)
    setting.quota.take(3, 1_000)
    strictEqual(setting.quota.ask(1_000).request.debt, 3)
    // a share brings in ten a second
    strictEqual(setting.quota.ask(1_050).request.debt, 3)
    strictEqual(setting.quota.ask(1_100).request.debt, 2)
    strictEqual(setting.quota.ask(5_000).request.debt, 0)
    setting.quota.reserve(4, 5_000)
    strictEqual(setting.quota.ask(5_000).request.debt, 3)
    setting.quota.use(4, 5_000, 5_000)
    strictEqual(setting.quota.ask(5_000).request.debt, 4)
    const { debt, era } = setting.hears(5_000, { balance: 20, granted: 0, processes: 4 })
    deepStrictEqual([debt, era, setting.quota.attached], [4, 2, true])
    strictEqual(setting.quota.ask(5_010).request.debt, 0)
  })

  it("does not owe what it did not use of its share, which it did not have from the start", () => {
    const setting = four(3)
    setting.quota.detach(1_000)
    setting.quota.take(1, 1_000)
    strictEqual(setting.quota.ask(1_000).request.debt, 1)
  })

  it("is in another era when it comes back: nothing that was reserved meanwhile counts", () => {
    const setting = four()
    const before = setting.quota.era(1_000)
    setting.quota.detach(1_000)
    const alone = setting.quota.era(1_000)
    setting.quota.reserve(1, 1_000)
    setting.hears(1_100, { balance: 9, granted: 2 })
    const after = setting.quota.era(1_100)
    strictEqual(new Set([before, alone, after]).size, 3)
    strictEqual(setting.quota.held, 2)
  })
})

describe("how many processes there are", () => {
  it("is what the store says, but fewer only when more have not been heard of for a minute", () => {
    const setting = new Setting()
    setting.hears(0, { processes: 4 })
    strictEqual(setting.quota.processes, 4)
    setting.hears(59_999, { processes: 2 })
    strictEqual(setting.quota.processes, 4)
    setting.hears(60_000, { processes: 2 })
    strictEqual(setting.quota.processes, 2)
    setting.hears(60_001, { processes: 3 })
    strictEqual(setting.quota.processes, 3)
    setting.hears(120_000, { processes: 3 })
    setting.hears(125_000, { processes: 1 })
    strictEqual(setting.quota.processes, 3)
  })
})

describe("a limit that is changed", () => {
  it("keeps what is held while it stays a bucket", () => {
    const setting = holding(4)
    const era = setting.quota.era(1_000)
    setting.quota.reconfigure({ bucket: { capacity: 3, refillRate: 5 }, window: undefined }, 1_000)
    deepStrictEqual([setting.quota.era(1_000), setting.quota.held], [era, 4])
    near(setting.quota.waitFor(3, 2, 1_000), 1)
  })

  it("loses it when there is no bucket any more, and begins anew when there is one again", () => {
    const setting = holding(4)
    const era = setting.quota.era(1_000)
    setting.quota.reconfigure({ bucket: undefined, window: undefined }, 1_000)
    strictEqual(setting.quota.held, 0)
    const without = setting.quota.era(1_000)
    strictEqual(without === era, false)
    strictEqual(setting.hears(1_010).era, 2)
    setting.quota.reconfigure({ bucket: ten, window: undefined }, 1_020)
    strictEqual(setting.quota.era(1_020) === without, false)
    // nothing is known of what the store has
    strictEqual(setting.quota.ask(1_020).request.initial, 10)
  })

  it("alone, its share changes with it", () => {
    const setting = new Setting({ capacity: 40, refillRate: 40 })
    setting.line(1).hears(1_000, { granted: 10, processes: 4 })
    setting.quota.detach(1_000)
    setting.quota.reconfigure({ bucket: { capacity: 8, refillRate: 4 }, window: undefined }, 1_000)
    strictEqual(setting.quota.available(1_000), 2)
    setting.quota.take(2, 1_000)
    near(setting.quota.waitFor(1, 0, 1_000), 1_000)
  })

  it("to a bucket while it is alone: its share fills from nothing", () => {
    const { quota } = new Setting("none")
    quota.detach(0)
    strictEqual(quota.take(1_000, 0), 0)
    quota.reconfigure({ bucket: ten, window: undefined }, 0)
    strictEqual(quota.available(0), 0)
    strictEqual(quota.available(500), 5)
  })
})
