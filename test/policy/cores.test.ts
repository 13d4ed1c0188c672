import { describe, it } from "@effect/vitest"
import { strictEqual } from "@effect/vitest/utils"
import { Duration, FastCheck as fc } from "effect"
import * as IntegrationError from "../../src/core/IntegrationError.js"
import * as Breaker from "../../src/policy/internal/circuitBreakerCore.js"
import * as Retry from "../../src/policy/internal/retryCore.js"
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

describe("retry core", () => {
  const retry: Retry.Config = {
    initialDelay: 100,
    jitter: "full",
    maxAttempts: 3,
    maxDelay: 10_000,
    maxRetryAfter: 60_000,
    multiplier: 2
  }

  it("every kind of jitter keeps its bounds, at any attempt, and is finite at the thousandth", () => {
    fc.assert(
      fc.property(
        fc.integer({ max: 5_000, min: 1 }),
        fc.double({ max: 1, maxExcluded: true, min: 0, noNaN: true }),
        fc.double({ max: 10_000, min: 0, noNaN: true }),
        fc.constantFrom<Retry.Jitter>("full", "equal", "decorrelated", "none", 0.1, 1),
        fc.integer({ max: 5_000, min: 0 }),
        (attempt, random, previous, jitter, initialDelay) => {
          const config = { ...retry, initialDelay, jitter }
          const delay = Retry.backoff(config, attempt, previous, random)
          const raw = Math.min(config.maxDelay, initialDelay === 0 ? 0 : initialDelay * 2 ** (attempt - 1))
          strictEqual(Number.isFinite(delay) && delay >= 0 && delay <= config.maxDelay, true)
          if (jitter === "none") strictEqual(delay, raw)
          if (jitter === "full") strictEqual(delay <= raw, true)
          if (jitter === "equal") strictEqual(delay >= raw / 2 && delay <= raw, true)
          if (jitter === "decorrelated") strictEqual(delay >= initialDelay, true)
          if (typeof jitter === "number") strictEqual(delay >= raw * (1 - jitter) - 1e-6, true)
        }
      ),
      { numRuns: runs(10_000) }
    )
  })

  it("a server-asked wait is not spread and not shortened", () => {
    const error = new IntegrationError.RateLimitError({
      integration: "x",
      message: "",
      operation: "y",
      retryAfter: Duration.seconds(7)
    })
    strictEqual(Retry.delayOf(error, 60_000, 12), 7_000)
    strictEqual(Retry.delayOf(error, 6_999, 12), "retry-after")
  })

  it("refuses in this order: not retryable, may have been processed, body consumed, attempts", () => {
    const fields = { integration: "x", message: "", operation: "y" }
    const lost = new IntegrationError.NetworkError({ ...fields, phase: "response" })
    const input = { attempt: 3, bodyIsReplayable: false, error: lost, idempotent: false, maxAttempts: 3 }
    strictEqual(Retry.refuses({ ...input, error: new IntegrationError.NotFoundError(fields) }), "not retryable")
    strictEqual(Retry.refuses(input), "may have been processed")
    strictEqual(Retry.refuses({ ...input, idempotent: true }), "body was consumed")
    strictEqual(Retry.refuses({ ...input, bodyIsReplayable: true, idempotent: true }), "attempts")
    strictEqual(Retry.refuses({ ...input, attempt: 2, bodyIsReplayable: true, idempotent: true }), undefined)
  })

  it("the budget allows retries in proportion to calls, with a floor per second", () => {
    const budget = new Retry.Budget(0.2, 10, 0)
    let granted = 0
    for (let i = 0; i < 1_000; i++) {
      budget.deposit()
      if (budget.withdraw(0)) granted++
    }
    // the reserve of ten seconds, and a fifth of the calls
    strictEqual(granted >= 300 - 2 && granted <= 300, true)
    strictEqual(budget.withdraw(1), false)
    strictEqual(Array.from({ length: 20 }, () => budget.withdraw(1_001)).filter(Boolean).length, 10)
  })
})
