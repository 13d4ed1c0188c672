import { describe, it } from "@effect/vitest"
import { deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { FastCheck as fc } from "effect"
import { Budget } from "../../src/policy/internal/budgetCore.js"
import * as Retry from "../../src/policy/internal/retryCore.js"
import { holds } from "../campaign.js"

const config: Retry.Config = {
  initialDelay: 100,
  jitter: "full",
  maxAttempts: 3,
  maxDelay: 10_000,
  maxRetryAfter: 60_000,
  multiplier: 2,
  onRetryAfter: "giveUp"
}

const share = fc.double({ max: 1, maxExcluded: true, min: 0, noNaN: true })

describe("retry core: pauses", () => {
  it("trap 31: every kind of jitter keeps its bounds, at any attempt, and is finite at the five thousandth", async () => {
    await holds(
      fc.property(
        fc.oneof(fc.integer({ max: 5_000, min: 1 }), fc.integer({ max: 1_100, min: 1_000 })),
        share,
        fc.double({ max: 10_000, min: 0, noNaN: true }),
        fc.constantFrom<Retry.Jitter>("full", "equal", "decorrelated", "none", 0.1, 1),
        fc.integer({ max: 5_000, min: 0 }),
        (attempt, random, previous, jitter, initialDelay) => {
          const delay = Retry.backoff({ ...config, initialDelay, jitter }, attempt, previous, random)
          const raw = Math.min(config.maxDelay, initialDelay === 0 ? 0 : initialDelay * 2 ** (attempt - 1))
          strictEqual(Number.isFinite(delay) && delay >= 0 && delay <= config.maxDelay, true)
          if (jitter === "none") strictEqual(delay, raw)
          if (jitter === "full") strictEqual(delay, raw * random)
          if (jitter === "equal") strictEqual(delay >= raw / 2 && delay <= raw, true)
          if (jitter === "decorrelated") strictEqual(delay >= initialDelay, true)
          if (typeof jitter === "number") strictEqual(Math.abs(delay - raw) <= raw * jitter + 1e-6, true)
        }
      ),
      10_000
    )
  })

  it("without jitter: doubled each time, up to the longest", () => {
    const exact = { ...config, jitter: "none" } as const
    deepStrictEqual(
      [1, 2, 3, 7, 8, 1_024, 1_025].map((attempt) => Retry.backoff(exact, attempt, 0, 0.5)),
      [100, 200, 400, 6_400, 10_000, 10_000, 10_000]
    )
  })

  it("a share to either side is centred on the delay, and the longest still holds", () => {
    const near = { ...config, jitter: 0.25 } as const
    deepStrictEqual([0, 0.5, 1 - 2 ** -53].map((random) => Math.round(Retry.backoff(near, 1, 0, random))), [
      75,
      100,
      125
    ])
    strictEqual(Retry.backoff(near, 20, 0, 0.9), 10_000)
    strictEqual(Retry.backoff(near, 20, 0, 0), 7_500)
  })

  it("equal jitter is the upper half", () => {
    const equal = { ...config, jitter: "equal" } as const
    deepStrictEqual([0, 0.5].map((random) => Retry.backoff(equal, 2, 0, random)), [100, 150])
  })

  it("decorrelated jitter goes from the first delay to three times the pause before, and never below", () => {
    const decorrelated = { ...config, jitter: "decorrelated" } as const
    deepStrictEqual([0, 0.5].map((random) => Retry.backoff(decorrelated, 5, 200, random)), [100, 350])
    strictEqual(Retry.backoff(decorrelated, 5, 10, 0.9), 100)
    strictEqual(Retry.backoff(decorrelated, 5, 9_000, 0.9), 10_000)
  })

  it("decorrelated jitter stays finite and within its bounds over thousands of pauses in a row", async () => {
    await holds(
      fc.property(fc.array(share, { maxLength: 3_000, size: "max" }), (randoms) => {
        let previous = config.initialDelay
        for (const random of randoms) {
          previous = Retry.backoff({ ...config, jitter: "decorrelated" }, 1, previous, random)
          strictEqual(previous >= config.initialDelay && previous <= config.maxDelay, true)
        }
      }),
      20
    )
  })
})

describe("retry core: what the server asks for", () => {
  const pause = (onRetryAfter: Retry.OnRetryAfter, asked: number | undefined, computed: number | undefined = 12) =>
    Retry.pauseOf({ maxRetryAfter: 60_000, onRetryAfter }, asked, computed)

  it("trap 14: at most `maxRetryAfter` it is waited for as it is; beyond, the policy that was chosen decides", () => {
    for (const policy of ["giveUp", "cap", "wait"] as const) {
      strictEqual(pause(policy, undefined), 12)
      strictEqual(pause(policy, 0), 0)
      strictEqual(pause(policy, 7_000), 7_000)
      strictEqual(pause(policy, 60_000), 60_000)
    }
    strictEqual(pause("giveUp", 60_001), "retry-after")
    strictEqual(pause("cap", 60_001), 60_000)
    strictEqual(pause("wait", 60_001), 60_001)
  })

  it("where the schedule has ended there is no other attempt, whatever was asked", () => {
    for (const policy of ["giveUp", "cap", "wait"] as const) {
      strictEqual(Retry.pauseOf({ maxRetryAfter: 60_000, onRetryAfter: policy }, 5, undefined), "schedule")
    }
  })
})

describe("retry core: refusals", () => {
  const failed: Retry.Failed = {
    attempt: 1,
    bodyIsReplayable: true,
    idempotent: true,
    retryable: true,
    untouched: false
  }

  it("in this order: not retryable, may have been processed, body consumed, attempts", () => {
    const all = { attempt: 3, bodyIsReplayable: false, idempotent: false, retryable: false, untouched: false }
    strictEqual(Retry.refuses(all, 3), "not-retryable")
    strictEqual(Retry.refuses({ ...all, retryable: true }, 3), "may-have-been-processed")
    strictEqual(Retry.refuses({ ...all, idempotent: true, retryable: true }, 3), "body-consumed")
    strictEqual(Retry.refuses({ ...failed, attempt: 3 }, 3), "attempts")
    strictEqual(Retry.refuses({ ...failed, attempt: 2 }, 3), undefined)
  })

  it("trap 10: what is not idempotent is tried again only when the provider surely did not act", () => {
    fc.assert(
      fc.property(
        fc.record({
          attempt: fc.integer({ max: 5, min: 1 }),
          bodyIsReplayable: fc.boolean(),
          idempotent: fc.boolean(),
          retryable: fc.boolean(),
          untouched: fc.boolean()
        }),
        (failed) => {
          const again = Retry.refuses(failed, 4) === undefined
          strictEqual(
            again,
            failed.retryable && (failed.idempotent || failed.untouched) && failed.bodyIsReplayable && failed.attempt < 4
          )
        }
      )
    )
  })
})

describe("retry core: budget", () => {
  const step = fc.oneof(
    { arbitrary: fc.constant("call" as const), weight: 4 },
    { arbitrary: fc.constant("retry" as const), weight: 4 },
    { arbitrary: fc.integer({ max: 5_000, min: 0 }), weight: 1 }
  )

  it("trap 8: over any stretch, retries stay within the reserve, the ratio of the calls, and the rate", async () => {
    await holds(
      fc.property(
        fc.array(step, { maxLength: 300, size: "max" }),
        fc.double({ max: 1, min: 0, noNaN: true }),
        fc.integer({ max: 20, min: 0 }),
        (steps, ratio, minPerSecond) => {
          const budget = new Budget(ratio, minPerSecond, 0)
          const capacity = Math.max(1, 10 * minPerSecond)
          let now = 0
          // from each moment on: calls made and retries granted since
          const since: Array<{ at: number; calls: number; granted: number }> = []
          for (const step of steps) {
            if (typeof step === "number") {
              now += step
              continue
            }
            since.push({ at: now, calls: 0, granted: 0 })
            if (step === "call") budget.deposit()
            const granted = step === "retry" && budget.withdraw(now)
            for (const stretch of since) {
              if (step === "call") stretch.calls++
              if (granted) stretch.granted++
              const most = capacity + ratio * stretch.calls + minPerSecond * (now - stretch.at) / 1000
              strictEqual(stretch.granted <= most + 1e-6, true)
            }
          }
        }
      ),
      300
    )
  })

  it("gives what it promises: the reserve at once, then a fifth of the calls, and ten a second", () => {
    const budget = new Budget(0.2, 10, 0)
    let granted = 0
    for (let i = 0; i < 1_000; i++) {
      budget.deposit()
      if (budget.withdraw(0)) granted++
    }
    strictEqual(granted >= 299 && granted <= 300, true)
    strictEqual(budget.withdraw(1), false)
    strictEqual(Array.from({ length: 20 }, () => budget.withdraw(1_001)).filter(Boolean).length, 10)
  })

  it("a quiet time fills it no further than its reserve", () => {
    const budget = new Budget(0, 2, 0)
    const take = (now: number) => Array.from({ length: 100 }, () => budget.withdraw(now)).filter(Boolean).length
    strictEqual(take(0), 20)
    strictEqual(take(1_000_000), 20)
    for (let i = 0; i < 50; i++) budget.deposit()
    strictEqual(take(1_000_000), 0)
  })

  it("a clock that stands still or steps back gives nothing", () => {
    const budget = new Budget(0, 1, 10_000)
    for (let i = 0; i < 10; i++) budget.withdraw(10_000)
    strictEqual(budget.withdraw(10_000), false)
    strictEqual(budget.withdraw(5_000), false)
    strictEqual(budget.withdraw(10_999), false)
    strictEqual(budget.withdraw(11_000), true)
  })

  it("new numbers hold from then on, and what was spent stays spent", () => {
    const budget = new Budget(0, 10, 0)
    for (let i = 0; i < 95; i++) budget.withdraw(0)
    budget.configure(1, 1)
    const take = () => Array.from({ length: 100 }, () => budget.withdraw(0)).filter(Boolean).length
    strictEqual(take(), 5)
    for (let i = 0; i < 3; i++) budget.deposit()
    strictEqual(take(), 3)
    budget.configure(1, 100)
    strictEqual(take(), 0)
    // a smaller bucket holds less
    const shrunk = new Budget(0, 10, 0)
    shrunk.configure(0, 1)
    strictEqual(Array.from({ length: 100 }, () => shrunk.withdraw(0)).filter(Boolean).length, 10)
  })

  it("a ratio of nothing and a rate of nothing allow one retry", () => {
    const budget = new Budget(0, 0, 0)
    strictEqual(budget.withdraw(0), true)
    strictEqual(budget.withdraw(1_000_000), false)
  })

  // resilience.md 3.3 case 14: a trace of responses and what the quota is after each, in the manner of the AWS SDKs
  it("trace: each retry costs one, each call pays a share in, and at nothing the next retry is refused", () => {
    const budget = new Budget(0.5, 0, 0)
    const trace: ReadonlyArray<readonly ["call" | "retry", boolean]> = [
      ["call", true], // 1, the reserve is full
      ["retry", true], // 0
      ["retry", false],
      ["call", true], // 0.5
      ["retry", false],
      ["call", true], // 1
      ["call", true], // 1, and no more
      ["retry", true], // 0
      ["retry", false]
    ]
    for (const [what, granted] of trace) {
      if (what === "call") budget.deposit()
      else strictEqual(budget.withdraw(0), granted)
    }
  })
})
