import { describe, it } from "@effect/vitest"
import { deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { FastCheck as fc } from "effect"
import * as Breaker from "../../src/policy/internal/circuitBreakerCore.js"
import * as Fifo from "../../src/policy/internal/fifo.js"
import * as Bucket from "../../src/policy/internal/tokenBucket.js"
import { runs } from "../campaign.js"

// small numbers, so that a short history reaches every transition many times
const config: Breaker.Config = {
  failureThreshold: 2,
  halfOpenMaxConcurrent: 2,
  maxResetTimeout: 3_000,
  probeLease: 1_500,
  resetBackoff: 2,
  resetTimeout: 1_000,
  successThreshold: 2
}

/**
 * The breaker as one would explain it: no generations, no leases kept up to date, every decision worked out from the
 * whole history.
 */
class BreakerModel {
  state: Breaker.State = "closed"
  era = 0
  failures = 0
  openedAt = 0
  openFor = 0
  openings = 0
  closedAt = 0
  successes = 0
  calls: Array<{ readonly era: number; readonly kind: "call" | "probe"; readonly at: number; done: boolean }> = []

  open(now: number) {
    this.openings++
    this.openFor = Math.min(config.resetTimeout * config.resetBackoff ** (this.openings - 1), config.maxResetTimeout)
    this.openedAt = now
    this.state = "open"
    this.era++
  }

  admit(now: number): boolean {
    if (this.state === "closed") {
      this.calls.push({ at: now, done: false, era: this.era, kind: "call" })
      return true
    }
    if (this.state === "open") {
      if (now - this.openedAt < this.openFor) return false
      this.state = "half-open"
      this.successes = 0
    }
    const live =
      this.calls.filter((call) =>
        call.kind === "probe" && call.era === this.era && !call.done && now - call.at < config.probeLease
      ).length
    if (live >= config.halfOpenMaxConcurrent) return false
    this.calls.push({ at: now, done: false, era: this.era, kind: "probe" })
    return true
  }

  settle(index: number, outcome: Breaker.Outcome, now: number) {
    const call = this.calls[index]!
    if (call.done) return
    call.done = true
    if (call.era !== this.era) return
    if (call.kind === "call") {
      if (outcome === "success") this.failures = 0
      if (outcome !== "failure") return
      if (++this.failures < config.failureThreshold) return
      if (now - this.closedAt >= this.openFor) this.openings = 0
      this.failures = 0
      this.open(now)
    } else {
      if (now - call.at >= config.probeLease || outcome === "ignored") return
      if (outcome === "failure") return this.open(now)
      if (++this.successes < config.successThreshold) return
      this.state = "closed"
      this.closedAt = now
      this.failures = 0
      this.era++
    }
  }
}

const event = fc.oneof(
  { arbitrary: fc.record({ type: fc.constant("admit" as const) }), weight: 4 },
  {
    arbitrary: fc.record({
      call: fc.nat(),
      outcome: fc.constantFrom<Breaker.Outcome>("success", "success", "failure", "failure", "ignored"),
      type: fc.constant("settle" as const)
    }),
    weight: 5
  },
  {
    arbitrary: fc.record({
      millis: fc.constantFrom(1, 500, 999, 1_000, 1_500, 2_000, 3_000),
      type: fc.constant("wait" as const)
    }),
    weight: 2
  }
)

describe("circuit breaker core", () => {
  it("behaves as the reference model under any interleaving of calls, results, and time", () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 150, size: "max" }), (events) => {
        const record = Breaker.initial(0)
        const model = new BreakerModel()
        const tickets: Array<{ readonly generation: number; readonly ticket: number; done: boolean }> = []
        let now = 0
        for (const event of events) {
          if (event.type === "wait") now += event.millis
          else if (event.type === "admit") {
            const ticket = Breaker.admit(record, config, now)
            strictEqual(ticket !== Breaker.rejected, model.admit(now))
            if (ticket !== Breaker.rejected) tickets.push({ done: false, generation: record.generation, ticket })
          } else if (tickets.length > 0) {
            // mostly the latest calls, at times one from long ago
            const index = event.call % 4 === 0
              ? event.call % tickets.length
              : tickets.length - 1 - event.call % Math.min(3, tickets.length)
            const ticket = tickets[index]!
            if (!ticket.done) {
              ticket.done = true
              if (ticket.ticket === Breaker.admitted) {
                Breaker.recordClosed(record, config, ticket.generation, event.outcome, now)
              } else Breaker.recordProbe(record, config, ticket.generation, ticket.ticket, event.outcome, now)
              model.settle(index, event.outcome, now)
            }
          }
          strictEqual(record.state, model.state)
          strictEqual(record.openings, model.openings)
          // B1: never more live probes than allowed
          strictEqual(record.probes.size <= config.halfOpenMaxConcurrent, true)
        }
      }),
      { numRuns: runs(1_000) }
    )
  })

  it("half-open is always left: a probe that never comes back loses its place at the end of its lease", () => {
    const record = Breaker.initial(0)
    for (let i = 0; i < 2; i++) Breaker.recordClosed(record, config, 1, "failure", 0)
    strictEqual(Breaker.admit(record, config, 1_000) > 0, true)
    strictEqual(Breaker.admit(record, config, 1_000) > 0, true)
    strictEqual(Breaker.admit(record, config, 2_499), Breaker.rejected)
    strictEqual(Breaker.retryAfter(record, 2_499), 1)
    strictEqual(Breaker.admit(record, config, 2_500) > 0, true)
  })

  it("a break time that overflows is cut at the longest", () => {
    const record = { ...Breaker.initial(0), closedSince: Number.MAX_SAFE_INTEGER, openFor: 3_000, openings: 5_000 }
    for (let i = 0; i < 2; i++) Breaker.recordClosed(record, config, 1, "failure", 0)
    strictEqual(record.openFor, config.maxResetTimeout)
  })
})

describe("token bucket core", () => {
  it("R1: grants over any window stay within capacity + rate × window", () => {
    const step = fc.oneof(
      fc.record({ cost: fc.integer({ max: 4, min: 1 }), type: fc.constant("take" as const) }),
      fc.record({ millis: fc.integer({ max: 2_000, min: 0 }), type: fc.constant("wait" as const) }),
      fc.record({ millis: fc.integer({ max: 2_000, min: 0 }), type: fc.constant("coolDown" as const) })
    )
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 150 }),
        fc.integer({ max: 20, min: 4 }),
        fc.integer({ max: 50, min: 1 }),
        (steps, capacity, refillRate) => {
          const config = { capacity, refillRate }
          const bucket = Bucket.initial(config, 0)
          const grants: Array<{ readonly at: number; readonly cost: number }> = []
          let now = 0
          let held = 0
          for (const step of steps) {
            if (step.type === "wait") now += step.millis
            else if (step.type === "coolDown") {
              const before = bucket.cooldownUntil
              Bucket.coolDown(bucket, step.millis, now)
              held = Math.max(held, now + step.millis)
              // R2: a cool-down only extends
              strictEqual(bucket.cooldownUntil >= before, true)
            } else {
              const wait = Bucket.take(bucket, config, step.cost, now)
              if (wait === 0) {
                strictEqual(now >= held, true)
                grants.push({ at: now, cost: step.cost })
              } else {
                // the wait that it names is enough, and nothing less is
                const copy = { ...bucket }
                strictEqual(Bucket.take(copy, config, step.cost, now + wait + 0.001), 0)
                if (wait > 1) strictEqual(Bucket.take({ ...bucket }, config, step.cost, now + wait - 1) > 0, true)
              }
            }
          }
          for (let from = 0; from < grants.length; from++) {
            let sum = 0
            for (let to = from; to < grants.length; to++) {
              sum += grants[to]!.cost
              const window = (grants[to]!.at - grants[from]!.at) / 1000
              strictEqual(sum <= capacity + refillRate * window + 1e-6, true)
            }
          }
        }
      ),
      { numRuns: runs(500) }
    )
  })
})

describe("fifo", () => {
  it("keeps order while members leave from anywhere", () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.constant("push"), fc.constant("shift"), fc.nat()), { maxLength: 100 }),
        (steps) => {
          const queue = new Fifo.Fifo<number>()
          const model: Array<number> = []
          const nodes: Array<Fifo.Node<number>> = []
          let next = 0
          for (const step of steps) {
            if (step === "push") {
              nodes.push(queue.push(next))
              model.push(next++)
            } else if (step === "shift") strictEqual(queue.shift(), model.shift())
            else if (nodes.length > 0) {
              const node = nodes[Number(step) % nodes.length]!
              const index = model.indexOf(node.value)
              strictEqual(queue.remove(node), index >= 0)
              if (index >= 0) model.splice(index, 1)
            }
            deepStrictEqual(Array.from(queue), model)
            strictEqual(queue.size, model.length)
            strictEqual(queue.head, model[0])
          }
        }
      )
    )
  })
})
