import { describe, it } from "@effect/vitest"
import { deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { Duration, FastCheck as fc } from "effect"
import * as IntegrationError from "../../src/core/IntegrationError.js"
import * as Fifo from "../../src/policy/internal/fifo.js"
import * as Retry from "../../src/policy/internal/retryCore.js"
import * as Bucket from "../../src/policy/internal/tokenBucket.js"
import { runs } from "../campaign.js"

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
