import { assert, describe, it } from "@effect/vitest"
import { Duration } from "effect"
import { IntegrationError, LeaseWorker, Operation, Outbox } from "holdfast"
import * as core from "../../../src/delivery/internal/outboxCore.js"

const policy: core.Policy = {
  initialDelay: 1000,
  maxAttempts: 3,
  maxDelay: 10_000,
  multiplier: 4,
  retryable: core.defaultRetryable
}

const operation = Operation.make({ integration: "shop", method: "POST", name: "orders.submit", template: "/orders" })
const put = Operation.make({ integration: "shop", method: "PUT", name: "orders.change", template: "/orders" })

const common = { integration: "shop", message: "no", operation: "orders.submit" }
const after = (millis: number) => ({ retryAfter: Duration.millis(millis) })

const judge = (error: IntegrationError.IntegrationError, attempts = 0, random = 1, of = operation) =>
  core.judge(error, of, attempts, policy, random)

describe("what becomes of a message whose delivery failed", () => {
  const refusals = [
    new IntegrationError.CircuitBreakerOpenError({ ...common, ...after(7000) }),
    new IntegrationError.BulkheadFullError({ ...common, ...after(7000) }),
    new IntegrationError.UnavailableError({ ...common, ...after(7000) }),
    new IntegrationError.RateLimitError({ ...common, ...after(7000) }),
    new IntegrationError.RateLimitError({ ...common, ...after(7000), origin: "local", retryable: false })
  ]

  it.each(refusals)("$_tag: given back for as long as is asked for, however often", (error) => {
    for (const attempts of [0, 2, 100]) assert.deepStrictEqual(judge(error, attempts), { _tag: "release", after: 7000 })
  })

  it("a refusal that asks for nothing waits as a failure would, and never not at all", () => {
    assert.deepStrictEqual(judge(new IntegrationError.UnavailableError(common)), { _tag: "release", after: 1000 })
    assert.deepStrictEqual(
      judge(new IntegrationError.UnavailableError({ ...common, ...after(0) })),
      { _tag: "release", after: 1 }
    )
    assert.deepStrictEqual(
      judge(new IntegrationError.UnavailableError({ ...common, retryAfter: Duration.infinity })),
      { _tag: "release", after: Number.MAX_SAFE_INTEGER }
    )
  })

  it("pauses grow up to their cap, half of them by chance, and what is asked for goes beyond", () => {
    const error = new IntegrationError.ServerError(common)
    assert.deepStrictEqual(judge(error, 0, 0), { _tag: "retry", after: 500 })
    assert.deepStrictEqual(judge(error, 0, 0.5), { _tag: "retry", after: 750 })
    assert.deepStrictEqual(judge(error, 1, 1), { _tag: "retry", after: 4000 })
    assert.deepStrictEqual(LeaseWorker.backoff(policy, 1000, 1), 10_000)
    assert.deepStrictEqual(LeaseWorker.backoff({ ...policy, initialDelay: 0 }, 2000, 1), 0)
    const asks = new IntegrationError.ServerError({ ...common, ...after(60_000) })
    assert.deepStrictEqual(judge(asks), { _tag: "retry", after: 60_000 })
    assert.deepStrictEqual(
      judge(new IntegrationError.ServerError({ ...common, ...after(10) })),
      { _tag: "retry", after: 1000 }
    )
  })

  it("is given up after the last attempt", () => {
    const error = new IntegrationError.ServerError(common)
    assert.strictEqual(judge(error, 1)._tag, "retry")
    assert.strictEqual(judge(error, 2)._tag, "giveUp")
  })

  it.each(
    [
      ["retry", new IntegrationError.NetworkError({ ...common, phase: "response" })],
      [
        "retry",
        new IntegrationError.TimeoutError({ ...common, after: Duration.zero, retryable: false, scope: "total" })
      ],
      ["retry", new IntegrationError.AuthenticationError(common)],
      ["retry", new IntegrationError.ValidationError(common)],
      ["retry", new IntegrationError.ConflictError({ ...common, retryable: true })],
      ["giveUp", new IntegrationError.ValidationError({ ...common, status: 400 })],
      ["giveUp", new IntegrationError.ServerError({ ...common, retryable: false })],
      ["giveUp", new IntegrationError.AuthorizationError(common)],
      ["giveUp", new IntegrationError.NotFoundError(common)],
      ["giveUp", new IntegrationError.ConflictError(common)],
      ["giveUp", new IntegrationError.ResponseDecodeError(common)]
    ] as const
  )("%s: %s", (verdict, error) => assert.strictEqual(judge(error)._tag, verdict))

  it("an answer that cannot be read is asked for again where that does no harm", () => {
    assert.strictEqual(judge(new IntegrationError.ResponseDecodeError(common), 0, 1, put)._tag, "retry")
  })

  it("is as the public predicate says", () => {
    assert.strictEqual(Outbox.defaultRetryable, core.defaultRetryable)
  })
})
