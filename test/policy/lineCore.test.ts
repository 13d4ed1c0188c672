/**
 * The line of callers in front of a limit, without a clock: whatever comes in whatever order, the invariants hold.
 */
import { describe, it } from "@effect/vitest"
import { deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { FastCheck as fc } from "effect"
import { Line, Permit } from "../../src/policy/internal/limit/lineCore.js"
import { LocalQuota } from "../../src/policy/internal/limit/quotaCore.js"
import { holds } from "../campaign.js"

const capacity = 4
const refillRate = 5
const window = 2_000
const limit = 8
const maxQueue = 6
const maxWait = 1_500

/** A caller as a driver of the line sees it, with what a test wants to know of it. */
class Caller extends Permit {
  arrived = 0
  lined = false
  /** Let through by `serve`, and not gone yet. */
  woken = false
  sentAt = Number.NaN
  constructor(cost: number, readonly number: number) {
    super(cost)
    this.onSettled = undefined
  }
}

type Command =
  | { readonly type: "arrive"; readonly cost: number; readonly patience: number }
  | { readonly type: "wait"; readonly millis: number }
  | { readonly type: "wakeAll" }
  | { readonly type: "leave"; readonly who: number }
  | { readonly type: "suspend" }
  | { readonly type: "resume"; readonly who: number }
  | { readonly type: "coolDown"; readonly millis: number }
  | { readonly type: "learn"; readonly remaining: number; readonly resetAfter: number }

const command: fc.Arbitrary<Command> = fc.oneof(
  {
    arbitrary: fc.record({
      cost: fc.integer({ max: 3, min: 1 }),
      patience: fc.constantFrom(200, 1_000, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY),
      type: fc.constant("arrive" as const)
    }),
    weight: 8
  },
  { arbitrary: fc.record({ millis: fc.integer({ max: 700, min: 1 }), type: fc.constant("wait" as const) }), weight: 5 },
  { arbitrary: fc.record({ type: fc.constant("wakeAll" as const) }), weight: 4 },
  { arbitrary: fc.record({ type: fc.constant("leave" as const), who: fc.nat() }), weight: 2 },
  { arbitrary: fc.record({ type: fc.constant("suspend" as const) }), weight: 1 },
  { arbitrary: fc.record({ type: fc.constant("resume" as const), who: fc.nat() }), weight: 2 },
  {
    arbitrary: fc.record({ millis: fc.integer({ max: 1_200, min: 0 }), type: fc.constant("coolDown" as const) }),
    weight: 1
  },
  {
    arbitrary: fc.record({
      remaining: fc.integer({ max: 5, min: 1 }),
      resetAfter: fc.integer({ max: 1_500, min: 1 }),
      type: fc.constant("learn" as const)
    }),
    weight: 1
  }
)

/** Drives a line as a limiter does, on a clock that only moves when told, and looks at everything after every step. */
class World {
  readonly line = new Line(
    new LocalQuota({ bucket: { capacity, refillRate }, window: { limit, window } }, 0),
    { maxQueue, maxWait }
  )
  now = 0
  /** When the timer rings. */
  at = Number.POSITIVE_INFINITY
  held = Number.NEGATIVE_INFINITY
  readonly callers: Array<Caller> = []
  readonly suspended: Array<Caller> = []
  readonly sent: Array<Caller> = []
  /** The last one that was let through by its turn. */
  lastServed = 0

  look() {
    this.at = this.line.serve(this.now)
  }

  waitFor(caller: Caller) {
    caller.lined = true
    caller.onSettled = () => {
      if (caller.standing === "granted") {
        // R3: in order, but for those who came back to a place they had
        if (!this.suspendedOnce.has(caller)) {
          strictEqual(caller.place > this.lastServed, true)
          this.lastServed = caller.place
        }
        caller.woken = true
      }
    }
  }
  readonly suspendedOnce = new Set<Caller>()

  send(caller: Caller) {
    // R2: nobody goes during a cool-down
    strictEqual(this.now >= this.held, true)
    caller.sentAt = this.now
    caller.woken = false
    this.sent.push(caller)
  }

  /** R1, for both limits: by when callers went, not by when they were told to. */
  checkRates() {
    const taken = this.sent
    for (let to = 0; to < taken.length; to++) {
      let sum = 0
      for (let from = to; from >= 0; from--) {
        sum += taken[from]!.cost
        const time = taken[to]!.sentAt - taken[from]!.sentAt
        strictEqual(sum <= capacity + refillRate * time / 1_000 + 1e-6, true)
        if (time < window - 1e-6) strictEqual(sum <= limit, true)
      }
    }
  }

  run(command: Command) {
    switch (command.type) {
      case "arrive": {
        const caller = new Caller(command.cost, this.callers.length)
        this.callers.push(caller)
        caller.arrived = this.now
        if (this.line.take(caller, this.now)) return this.send(caller)
        const refusal = this.line.join(caller, this.now + command.patience, this.now)
        if (refusal === undefined) {
          this.waitFor(caller)
          this.look()
        } else {
          // R4: who is refused is refused for a reason
          if (refusal.reason === "queue") strictEqual(this.line.waiting >= maxQueue, true)
          else strictEqual(refusal.retryAfter > Math.min(maxWait, command.patience), true)
        }
        return
      }
      case "wait": {
        const until = this.now + command.millis
        while (this.at <= until) {
          strictEqual(this.at >= this.now, true)
          this.now = this.at
          this.look()
        }
        this.now = until
        return
      }
      case "wakeAll": {
        for (const caller of this.callers) {
          if (!caller.woken) continue
          if (this.line.confirm(caller, this.now)) this.send(caller)
          else {
            caller.woken = false
            this.suspendedOnce.add(caller)
            if (caller.standing === "waiting") this.waitFor(caller)
          }
        }
        return this.look()
      }
      case "leave": {
        const present = this.callers.filter(({ standing, woken }) => standing === "waiting" || woken)
        const caller = present[command.who % present.length]
        if (caller === undefined) return
        this.line.leave(caller, this.now)
        caller.woken = false
        strictEqual(caller.standing, "idle")
        return this.look()
      }
      case "suspend": {
        // the last one that went has to wait for something else after all
        const caller = this.sent[this.sent.length - 1]
        if (caller === undefined || caller.sentAt !== this.now || caller.takenAt !== this.now) return
        this.sent.pop()
        this.line.suspend(caller, this.now)
        this.suspended.push(caller)
        this.suspendedOnce.add(caller)
        return this.look()
      }
      case "resume": {
        const [caller] = this.suspended.splice(command.who % Math.max(1, this.suspended.length), 1)
        if (caller === undefined) return
        if (this.line.resume(caller, Number.POSITIVE_INFINITY, this.now)) this.send(caller)
        else if (caller.standing === "waiting") this.waitFor(caller)
        return this.look()
      }
      case "coolDown": {
        const before = this.line.coolDownLeft(this.now)
        strictEqual(this.line.coolDown(command.millis, this.now), command.millis > before)
        // R2: only ever longer
        strictEqual(this.line.coolDownLeft(this.now), Math.max(before, command.millis))
        this.held = Math.max(this.held, this.now + command.millis)
        return this.look()
      }
      case "learn": {
        this.line.quota.learn(command.remaining, command.resetAfter, this.now)
        this.line.review(this.now)
        return this.look()
      }
    }
  }

  check() {
    const waiting = this.callers.filter(({ standing }) => standing === "waiting")
    strictEqual(this.line.waiting, waiting.length)
    strictEqual(this.line.wanted, waiting.reduce((sum, { cost }) => sum + cost, 0))
    // R4: nobody waits longer than anybody may, and somebody will come back for those who wait
    for (const { patience } of waiting) strictEqual(patience >= this.now, true)
    strictEqual(this.at === Number.POSITIVE_INFINITY, waiting.length === 0)
  }
}

describe("a line of callers", () => {
  it("R1 to R4 hold at every step of any history", async () => {
    await holds(
      fc.property(fc.array(command, { maxLength: 120, size: "max" }), (commands) => {
        const world = new World()
        for (const command of commands) {
          world.run(command)
          world.check()
        }
        world.checkRates()
      }),
      1_500
    )
  })

  const steady = (config: Partial<{ readonly maxQueue: number; readonly maxWait: number }> = {}) =>
    new Line(new LocalQuota({ bucket: { capacity: 1, refillRate: 1_000 }, window: undefined }, 0), {
      maxQueue: 10_000,
      maxWait: 60_000,
      ...config
    })

  const arrive = (line: Line, now: number, cost = 1) => {
    const permit = new Permit(cost)
    if (!line.take(permit, now)) line.join(permit, Number.POSITIVE_INFINITY, now)
    return permit
  }

  it("trap 24: a look lets through all whose tokens are there, and touches nobody else", () => {
    const line = new Line(new LocalQuota({ bucket: { capacity: 50, refillRate: 1_000 }, window: undefined }, 0), {
      maxQueue: 10_000,
      maxWait: 60_000
    })
    let woken = 0
    const permits = Array.from({ length: 5_050 }, () => {
      const permit = arrive(line, 0)
      permit.onSettled = () => woken++
      return permit
    })
    strictEqual(line.waiting, 5_000)
    // the timer is 20 milliseconds late: 20 tokens are there
    strictEqual(line.serve(0), 1)
    strictEqual(line.serve(20), 21)
    strictEqual(woken, 20)
    deepStrictEqual(permits.slice(50, 71).map(({ standing }) => standing), [...Array(20).fill("granted"), "waiting"])
  })

  it("a large cost at the head is waited for: nobody passes, and nobody starves", () => {
    const line = new Line(new LocalQuota({ bucket: { capacity: 10, refillRate: 10 }, window: undefined }, 0), {
      maxQueue: 10,
      maxWait: 60_000
    })
    arrive(line, 0, 10)
    const large = arrive(line, 0, 8)
    const small = arrive(line, 0, 1)
    strictEqual(line.serve(0), 800)
    strictEqual(line.serve(799), 800)
    strictEqual(small.standing, "waiting")
    strictEqual(line.serve(800), 900)
    strictEqual(large.standing, "granted")
  })

  it("trap 15: who has its tokens when a cool-down begins goes back to its place, not to the end", () => {
    const line = steady()
    arrive(line, 0)
    const [first, second, third] = [arrive(line, 0), arrive(line, 0), arrive(line, 0)]
    line.serve(1)
    strictEqual(first.standing, "granted")
    line.coolDown(100, 1)
    strictEqual(line.confirm(first, 1), false)
    deepStrictEqual([first, second, third].map(({ standing }) => standing), Array(3).fill("waiting"))
    strictEqual(line.serve(1), 101)
    strictEqual(line.serve(101), 102)
    deepStrictEqual([first, second, third].map(({ standing }) => standing), ["granted", "waiting", "waiting"])
    strictEqual(line.confirm(first, 101), true)
  })

  it("a cool-down refuses those for whom it is too long, wherever they stand, and lets the others stay", () => {
    const line = steady({ maxWait: 50 })
    arrive(line, 0)
    const early = arrive(line, 0)
    early.deadline = 30
    const patient = arrive(line, 0)
    line.coolDown(40, 0)
    strictEqual(early.standing, "refused")
    deepStrictEqual(early.refusal, { reason: "wait", retryAfter: 40 })
    strictEqual(patient.standing, "waiting")
    line.coolDown(51, 0)
    strictEqual(patient.standing, "refused")
    strictEqual(line.serve(0), Number.POSITIVE_INFINITY)
  })

  it("is idle when nobody waits, nothing holds, and the limit is full again", () => {
    const line = steady()
    const permit = arrive(line, 0)
    strictEqual(line.isIdle(0), false)
    strictEqual(line.isIdle(1), true)
    line.coolDown(10, 1)
    strictEqual(line.isIdle(10), false)
    strictEqual(line.isIdle(11), true)
    arrive(line, 11)
    const waiting = arrive(line, 11)
    strictEqual(line.isIdle(1_000), false)
    line.leave(waiting, 1_000)
    line.leave(permit, 1_000)
    strictEqual(line.isIdle(1_000), true)
  })
})
