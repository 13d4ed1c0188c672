/** The steps of a line of callers, and of a quota that was learned, one by one. */
import { describe, it } from "@effect/vitest"
import { deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { LearnedQuota } from "../../src/policy/internal/limit/learnedQuotaCore.js"
import { Line, Permit } from "../../src/policy/internal/limit/lineCore.js"
import { LocalQuota } from "../../src/policy/internal/limit/quotaCore.js"

const never = Number.POSITIVE_INFINITY

class Quota extends LocalQuota {
  times = 0
  override era() {
    return this.times
  }
}

/** Ten tokens a second, two at once. */
const make = (maxQueue = 10, maxWait = 1_000) => {
  const quota = new Quota({ bucket: { capacity: 2, refillRate: 10 }, window: undefined }, 0)
  return { line: new Line(quota, { maxQueue, maxWait }), quota }
}

const arrive = (line: Line, now = 0, cost = 1, deadline = never) => {
  const permit = new Permit(cost)
  if (!line.take(permit, now)) line.join(permit, deadline, now)
  return permit
}

describe("a line, step by step", () => {
  it("one that has not come is idle; who comes takes a place and what is there, or lines up, or is told why not", () => {
    const { line } = make(2, 400)
    strictEqual(new Permit(1).standing, "idle")
    const all = Array.from({ length: 5 }, () => arrive(line))
    deepStrictEqual(all.map(({ place, standing }) => [place, standing]), [
      [1, "taken"],
      [2, "taken"],
      [3, "waiting"],
      [4, "waiting"],
      [5, "refused"]
    ])
    deepStrictEqual(all[4]!.refusal, { reason: "queue", retryAfter: 300 })
    const { line: short } = make(10, 150)
    const three = [arrive(short), arrive(short), arrive(short), arrive(short)]
    deepStrictEqual(three[3]!.refusal, { reason: "wait", retryAfter: 200 })
    // with its tokens there, nobody passes those in line
    strictEqual(short.take(new Permit(1), 500), false)
  })

  it("a wait that is as long as it may be is waited for", () => {
    const { line } = make(10, 100)
    arrive(line, 0, 2)
    strictEqual(arrive(line).standing, "waiting")
    strictEqual(arrive(line, 0, 1, 250).standing, "refused")
    const { line: patient } = make()
    arrive(patient, 0, 2)
    strictEqual(arrive(patient, 0, 1, 100).standing, "waiting")
    strictEqual(arrive(patient, 0, 1, 199).standing, "refused")
  })

  it("what is suspended or left unused goes back, and only what was taken", () => {
    const { line, quota } = make()
    const [first, second] = [arrive(line), arrive(line)]
    const third = arrive(line)
    line.suspend(third, 0)
    strictEqual(third.standing, "waiting")
    line.suspend(first, 0)
    deepStrictEqual([first.standing, quota.available(0)], ["idle", 1])
    line.suspend(first, 0)
    line.leave(first, 0)
    strictEqual(quota.available(0), 1)
    strictEqual(line.serve(0), never)
    deepStrictEqual([third.standing, quota.available(0)], ["granted", 0])
    line.leave(third, 0)
    deepStrictEqual([third.standing, quota.available(0)], ["idle", 1])
    line.leave(second, 0)
    deepStrictEqual([second.standing, quota.available(0)], ["idle", 2])
  })

  it("who resumes goes before those who came later, and after those who came before", () => {
    const { line, quota } = make()
    const first = arrive(line)
    const second = arrive(line)
    line.suspend(second, 0)
    const later = arrive(line, 0, 2)
    strictEqual(line.resume(second, never, 0), true)
    strictEqual(second.standing, "taken")
    line.suspend(second, 0)
    line.suspend(first, 0)
    strictEqual(quota.available(0), 2)
    strictEqual(later.standing, "waiting")
    // the one at the head is older
    const { line: other } = make()
    const old = arrive(other, 0, 2)
    other.suspend(old, 0)
    const young = arrive(other)
    other.suspend(young, 0)
    arrive(other)
    strictEqual(other.resume(old, never, 0), false)
    strictEqual(other.quota.available(0), 1)
    strictEqual(other.resume(young, never, 0), false)
    strictEqual(young.standing, "waiting")
  })

  it("who cannot resume stands where it was, for as long as anybody may from then on", () => {
    const { line } = make()
    const [first, second] = [arrive(line), arrive(line)]
    line.suspend(first, 0)
    arrive(line)
    const waiting = [arrive(line), arrive(line)]
    strictEqual(line.resume(first, never, 50), false)
    deepStrictEqual([first.standing, first.patience], ["waiting", 1_000])
    strictEqual(line.serve(100), 200)
    deepStrictEqual([first.standing, waiting[0]!.standing], ["granted", "waiting"])
    strictEqual(second.standing, "taken")
  })

  it("a cool-down sends those who have not gone back to their places, and nobody waits longer than those behind", () => {
    const { line } = make()
    arrive(line, 0, 2)
    const first = arrive(line)
    const second = arrive(line, 50)
    line.serve(100)
    strictEqual(first.standing, "granted")
    line.coolDown(200, 100)
    first.patience = 5_000
    strictEqual(line.confirm(first, 100), false)
    deepStrictEqual([first.standing, first.patience, second.patience], ["waiting", 1_050, 1_050])
    // those before it in line go first, and have no more patience than it
    const third = arrive(line, 100)
    line.leave(third, 100)
    strictEqual(line.serve(100), 300)
    strictEqual(line.serve(300), never)
    deepStrictEqual([line.confirm(first, 300), first.standing, first.takenAt], [true, "taken", 300])
    strictEqual(second.standing, "granted")
  })

  it("nobody in line goes while a cool-down holds, whatever is there", () => {
    const { line } = make()
    arrive(line, 0, 2)
    const waiting = arrive(line)
    line.coolDown(500, 0)
    strictEqual(line.serve(400), 500)
    strictEqual(waiting.standing, "waiting")
    line.serve(500)
    strictEqual(waiting.standing, "granted")
  })

  it("who goes back into line stands between those who came before and those who came after", () => {
    const { line } = make(10, 2_000)
    const all = Array.from({ length: 5 }, () => arrive(line))
    const [first, second, third, fourth] = all as [Permit, Permit, Permit, Permit]
    line.suspend(first, 0)
    line.suspend(second, 0)
    line.serve(0)
    deepStrictEqual([third.standing, fourth.standing], ["granted", "granted"])
    line.coolDown(100, 30)
    line.confirm(third, 30)
    // nobody waits for longer than those behind
    fourth.patience = 1_500
    third.patience = 5_000
    line.confirm(fourth, 30)
    strictEqual(third.patience <= fourth.patience, true)
    line.resume(second, never, 30)
    line.resume(first, never, 30)
    const order: Array<Permit> = []
    for (const permit of all) permit.onSettled = () => order.push(permit)
    for (let at = 130; at < 1_000; at += 100) {
      line.serve(at)
      for (const permit of all) if (permit.standing === "granted") line.confirm(permit, at)
    }
    deepStrictEqual(order.map(({ place }) => place), [1, 2, 3, 4, 5])
  })

  it("whose tokens are lost stands in line again, and gives nothing back", () => {
    const { line, quota } = make()
    arrive(line, 0, 2)
    const first = arrive(line)
    line.serve(100)
    quota.times++
    strictEqual(line.confirm(first, 100), false)
    strictEqual(first.standing, "waiting")
    // still reserved, for all that the quota knows
    strictEqual(quota.available(300), 1)
    const { line: other, quota: others } = make()
    const [one, two] = [arrive(other), arrive(other)]
    others.times++
    other.leave(one, 0)
    other.suspend(two, 0)
    strictEqual(others.available(0), 0)
  })

  it("those for whom it is too long now are refused, by what stands before them", () => {
    const { line } = make(10, 1_000)
    arrive(line, 0, 2)
    const [first, second, third] = [arrive(line, 0, 1), arrive(line, 0, 1), arrive(line, 0, 1, 350)]
    strictEqual(third.standing, "waiting")
    line.coolDown(200, 0)
    strictEqual(third.standing, "waiting")
    line.quota.learn(0, undefined, 100)
    line.review(100)
    deepStrictEqual([first, second, third].map(({ standing }) => standing), ["waiting", "waiting", "refused"])
    strictEqual(line.wanted, 2)
  })
})

describe("a quota that was learned, step by step", () => {
  it("is there until its reset, and no longer", () => {
    const learned = new LearnedQuota()
    strictEqual(learned.isFull(0), true)
    learned.learn(3, 1_000, 0)
    deepStrictEqual([learned.waitFor(3, 0, 0), learned.waitFor(2, 1, 0), learned.waitFor(3, 1, 0)], [0, 0, 1_000])
    deepStrictEqual([learned.isFull(999), learned.isFull(1_000)], [false, true])
    learned.reserve(2)
    deepStrictEqual([learned.available(0), learned.waitFor(2, 0, 400)], [1, 600])
    learned.cancel(1, 0, 0)
    strictEqual(learned.available(0), 2)
    learned.refund(5, 0, 0)
    strictEqual(learned.available(0), 3)
    strictEqual(learned.available(1_000), never)
  })

  it("resets a second apart are those of one window, of which the first said holds; others are of another", () => {
    const learned = new LearnedQuota()
    learned.learn(3, 5_000, 0)
    learned.learn(5, 6_000, 0)
    deepStrictEqual([learned.available(0), learned.waitFor(9, 0, 0)], [3, 5_000])
    learned.learn(5, 6_001, 0)
    deepStrictEqual([learned.available(0), learned.waitFor(9, 0, 0)], [5, 6_001])
    learned.learn(7, 500, 6_001)
    strictEqual(learned.available(6_001), 7)
  })
})
