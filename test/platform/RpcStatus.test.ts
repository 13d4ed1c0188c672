import { Headers } from "@effect/platform"
import { describe, it } from "@effect/vitest"
import { assertTrue, deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { Duration } from "effect"
import { RpcStatus } from "holdfast"

const detail = (type: string, fields: object) => ({ "@type": `type.googleapis.com/google.rpc.${type}`, ...fields })

const classify = (status: number, body: unknown) =>
  RpcStatus.classify({ body, headers: Headers.empty, nowMillis: 0, status })

describe("RpcStatus", () => {
  it("reads all that an error of today's says", () => {
    const body = {
      error: {
        code: 429,
        details: [
          detail("ErrorInfo", {
            domain: "googleapis.com",
            metadata: { quota_limit: "PerMinute" },
            reason: "RATE_LIMIT_EXCEEDED"
          }),
          detail("RetryInfo", { retryDelay: "3.5s" }),
          detail("QuotaFailure", { violations: [{ description: "too many", subject: "projects/1" }] }),
          detail("BadRequest", { fieldViolations: [{ description: "is wrong", field: "limit" }] }),
          { "@type": "type.googleapis.com/google.rpc.OfTheFuture" },
          "no object"
        ],
        message: "Quota exceeded",
        status: "RESOURCE_EXHAUSTED"
      }
    }
    deepStrictEqual(RpcStatus.read(body), {
      code: 429,
      fields: [{ message: "is wrong", path: "limit" }],
      message: "Quota exceeded",
      metadata: { quota_limit: "PerMinute" },
      quotas: [{ description: "too many", subject: "projects/1" }],
      reason: "RATE_LIMIT_EXCEEDED",
      retryDelay: Duration.millis(3500),
      status: "RESOURCE_EXHAUSTED"
    })
    // a method that streams
    deepStrictEqual(RpcStatus.read([body]), RpcStatus.read(body))
    deepStrictEqual(classify(429, body), {
      code: "RESOURCE_EXHAUSTED",
      issues: [{ message: "is wrong", path: "limit" }],
      message: "Quota exceeded: too many (RATE_LIMIT_EXCEEDED)",
      retryAfter: Duration.millis(3500),
      tag: "RateLimitError"
    })
  })

  it("what is none is left to the status", () => {
    for (const body of [undefined, "", "<html>", [], [1], {}, { error: "invalid_grant" }, { error: null }]) {
      strictEqual(RpcStatus.read(body), undefined)
      strictEqual(classify(503, body), undefined)
    }
    strictEqual(classify(200, { error: { status: "INTERNAL" } }), undefined)
  })

  it("what is half there is read as far as it goes", () => {
    deepStrictEqual(classify(404, { error: { details: "none", errors: {}, message: 7 } }), {
      code: undefined,
      issues: [],
      message: undefined
    })
    const status = RpcStatus.read({ error: { details: [detail("RetryInfo", { retryDelay: "soon" })] } })
    strictEqual(status?.retryDelay, undefined)
  })

  it("goes by the canonical code", () => {
    const tags = [
      ["ABORTED", "ConflictError", undefined],
      ["ALREADY_EXISTS", "ConflictError", undefined],
      ["CANCELLED", "ServerError", true],
      ["DATA_LOSS", "ServerError", false],
      ["DEADLINE_EXCEEDED", "ServerError", undefined],
      ["FAILED_PRECONDITION", "ValidationError", undefined],
      ["INTERNAL", "ServerError", undefined],
      ["INVALID_ARGUMENT", "ValidationError", undefined],
      ["NOT_FOUND", "NotFoundError", undefined],
      ["OUT_OF_RANGE", "ValidationError", undefined],
      ["PERMISSION_DENIED", "AuthorizationError", undefined],
      ["RESOURCE_EXHAUSTED", "RateLimitError", undefined],
      ["UNAUTHENTICATED", "AuthenticationError", undefined],
      ["UNAVAILABLE", "ServerError", undefined],
      ["UNIMPLEMENTED", "ServerError", false],
      ["UNKNOWN", "ServerError", undefined],
      ["OF_THE_FUTURE", undefined, undefined],
      ["constructor", undefined, undefined]
    ] as const
    for (const [status, tag, retryable] of tags) {
      const read = classify(400, { error: { status } })
      deepStrictEqual([read?.code, read?.tag, read?.retryable], [status, tag, retryable])
    }
  })

  it("a reason goes before the code: a bad key, the 403s of older APIs", () => {
    const key = { error: { details: [detail("ErrorInfo", { reason: "API_KEY_INVALID" })], status: "INVALID_ARGUMENT" } }
    strictEqual(classify(400, key)?.tag, "AuthenticationError")
    const old = (reason: string) => classify(403, { error: { code: 403, errors: [{ reason }], message: "no" } })
    deepStrictEqual([old("userRateLimitExceeded")?.tag, old("userRateLimitExceeded")?.code], [
      "RateLimitError",
      "userRateLimitExceeded"
    ])
    deepStrictEqual([old("rateLimitExceeded")?.tag, old("quotaExceeded")?.tag], ["RateLimitError", "RateLimitError"])
    deepStrictEqual([old("dailyLimitExceeded")?.tag, old("dailyLimitExceeded")?.retryable], ["RateLimitError", false])
    strictEqual(old("accessNotConfigured")?.tag, "AuthorizationError")
    assertTrue(old("accessNotConfigured")?.message?.includes("accessNotConfigured") === true)
    // nobody has said what it is: the status decides
    strictEqual(old("ofTheFuture")?.tag, undefined)
  })

  it("reads a google.protobuf.Duration, and nothing else", () => {
    deepStrictEqual(RpcStatus.parseDuration("0s"), Duration.zero)
    deepStrictEqual(RpcStatus.parseDuration("1.000000500s"), Duration.millis(1000.0005))
    for (const none of ["", "s", "-1s", "1", "1 s", "1m", "1e3s", 1, null, undefined]) {
      strictEqual(RpcStatus.parseDuration(none), undefined)
    }
  })
})
