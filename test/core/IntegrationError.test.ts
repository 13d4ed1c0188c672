import { Headers, HttpClientError, HttpClientRequest } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { assertInclude, deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { Arbitrary, Duration, FastCheck as fc, Schema } from "effect"
import { Call, Classification, IntegrationError, Operation, RetryAfter } from "holdfast"
import { inspect } from "node:util"

const call = () =>
  new Call.Call(
    Operation.make({ integration: "shop", method: "GET", name: "items.get", template: "/items/:id" }),
    { correlationId: "c-1" },
    undefined
  )

const respond = (
  status: number,
  body?: unknown,
  headers: Record<string, string> = {},
  classifier?: Classification.Classifier
) =>
  Classification.fromResponse(
    call(),
    { body, headers: Headers.fromInput(headers), nowMillis: Date.UTC(2026, 0, 1), status },
    classifier
  )

describe("IntegrationError", () => {
  it("every member survives a trip through JSON", () => {
    const encode = Schema.encodeSync(IntegrationError.IntegrationError)
    const decode = Schema.decodeUnknownSync(IntegrationError.IntegrationError)
    const fields = {
      attempts: 2,
      cause: new Error("inner"),
      code: "X1",
      correlationId: "c",
      deadLetterId: "d",
      deadLettered: true,
      details: { a: [1, null, "b"] },
      integration: "shop",
      message: "it broke",
      operation: "items.get",
      retryAfter: Duration.millis(1500),
      status: 500
    }
    const members: ReadonlyArray<IntegrationError.IntegrationError> = [
      new IntegrationError.NetworkError({ ...fields, phase: "connect" }),
      new IntegrationError.TimeoutError({ ...fields, after: Duration.seconds(3), scope: "total" }),
      new IntegrationError.RateLimitError({ ...fields, origin: "local" }),
      new IntegrationError.ServerError(fields),
      new IntegrationError.AuthenticationError(fields),
      new IntegrationError.AuthorizationError(fields),
      new IntegrationError.NotFoundError(fields),
      new IntegrationError.ConflictError({ ...fields, retryable: true }),
      new IntegrationError.ValidationError({
        ...fields,
        issues: [new IntegrationError.ValidationIssue({ message: "is missing", path: "payload.email" })]
      }),
      new IntegrationError.ResponseDecodeError(fields),
      new IntegrationError.CircuitBreakerOpenError(fields),
      new IntegrationError.BulkheadFullError(fields),
      new IntegrationError.UnavailableError(fields)
    ]
    strictEqual(members.length, 13)
    for (const member of members) {
      const back = decode(JSON.parse(JSON.stringify(encode(member))))
      strictEqual(back.constructor, member.constructor)
      const plain = (error: IntegrationError.IntegrationError) => ({ ...error, cause: String(error.cause) })
      deepStrictEqual(plain(back), plain(member))
      strictEqual(back.message, member.message)
    }
  })

  it("any error that the Schema can make is encoded and decoded without loss", () => {
    const roundTrip = Schema.parseJson(IntegrationError.IntegrationError)
    fc.assert(
      fc.property(Arbitrary.make(IntegrationError.ServerError), (error) => {
        const text = Schema.encodeSync(roundTrip)(
          IntegrationError.amend(error, { retryAfter: Duration.millis(5) })
        )
        strictEqual(Schema.decodeSync(roundTrip)(text).message, error.message)
      }),
      { numRuns: 50 }
    )
  })

  it("amend keeps class, stack and fields", () => {
    const error = new IntegrationError.ServerError({ integration: "a", message: "m", operation: "b", status: 503 })
    const amended = IntegrationError.amend(error, { deadLettered: true })
    strictEqual(amended instanceof IntegrationError.ServerError, true)
    deepStrictEqual([amended.status, amended.message, amended.deadLettered, amended.stack], [
      503,
      "m",
      true,
      error.stack
    ])
  })

  it("a refusal made without its constructor is what the constructor would have made, less the stack", () => {
    const classes = [
      IntegrationError.CircuitBreakerOpenError,
      IntegrationError.BulkheadFullError,
      IntegrationError.UnavailableError,
      IntegrationError.RateLimitError
    ] as const
    const refused = call()
    refused.attempts = 2
    for (const Class of classes) {
      const fields = {
        attempts: 2,
        correlationId: "c-1",
        integration: "shop",
        message: "nothing was sent",
        operation: "items.get",
        retryAfter: Duration.millis(1500),
        retryable: false,
        ...(Class === IntegrationError.RateLimitError ? { origin: "local" as const } : undefined)
      }
      const made = new Class(fields)
      const refusal = IntegrationError.refusal<IntegrationError.Refusal>(Class, refused, "nothing was sent", {
        retryAfter: Duration.millis(1500)
      })
      deepStrictEqual({ ...refusal }, { ...made, message: made.message })
      strictEqual(refusal.message, made.message)
      strictEqual(refusal.name, made.name)
      strictEqual(refusal.constructor, made.constructor)
      strictEqual(refusal instanceof Class && refusal instanceof Error, true)
      strictEqual(IntegrationError.isIntegrationError(refusal), true)
      const encode = Schema.encodeSync(IntegrationError.IntegrationError)
      deepStrictEqual(encode(refusal), encode(made))
      deepStrictEqual(JSON.parse(JSON.stringify(refusal)), JSON.parse(JSON.stringify(made)))
      const caused = new Class({ ...fields, cause: "why" })
      strictEqual(JSON.parse(JSON.stringify(caused)).cause, "why")
      strictEqual(refusal.stack, `${made._tag}: nothing was sent`)
      // who prints it, as the assertions of a spec do, takes it for an error
      strictEqual(Object.prototype.toString.call(refusal), "[object Error]")
      assertInclude(inspect(refusal), `${made._tag} [Error]: nothing was sent`)
      assert.throws(() => assert.strictEqual<unknown>(refusal, "sent"), /expected .*nothing was sent.* to equal 'sent'/)
      const amend = (error: IntegrationError.Refusal) => ({ ...IntegrationError.amend(error, { deadLettered: true }) })
      deepStrictEqual(amend(refusal), amend(made))
    }
    const bare = IntegrationError.refusal(IntegrationError.BulkheadFullError, refused, "full", { retryable: true })
    strictEqual(bare.retryable, true)
    strictEqual("retryAfter" in bare, false)
  })

  it("which errors leave no doubt that nothing was processed", () => {
    const fields = { integration: "a", message: "", operation: "b" }
    const sure = IntegrationError.surelyNotProcessed
    strictEqual(sure(new IntegrationError.NetworkError({ ...fields, phase: "connect" })), true)
    strictEqual(sure(new IntegrationError.NetworkError({ ...fields, phase: "response" })), false)
    strictEqual(
      sure(new IntegrationError.TimeoutError({ ...fields, after: Duration.seconds(1), scope: "attempt" })),
      false
    )
    strictEqual(sure(new IntegrationError.ServerError({ ...fields, status: 503 })), false)
    strictEqual(
      sure(new IntegrationError.ServerError({ ...fields, retryAfter: Duration.seconds(1), status: 503 })),
      true
    )
    strictEqual(
      sure(new IntegrationError.ServerError({ ...fields, retryAfter: Duration.seconds(1), status: 500 })),
      false
    )
    strictEqual(sure(new IntegrationError.ConflictError({ ...fields, retryable: true, status: 423 })), true)
  })
})

describe("classification", () => {
  const table: ReadonlyArray<readonly [number, IntegrationError.Tag, boolean]> = [
    [400, "ValidationError", false],
    [401, "AuthenticationError", false],
    [403, "AuthorizationError", false],
    [404, "NotFoundError", false],
    [408, "ServerError", true],
    [409, "ConflictError", false],
    [410, "NotFoundError", false],
    [412, "ConflictError", false],
    [413, "ValidationError", false],
    [415, "ValidationError", false],
    [418, "ValidationError", false],
    [422, "ValidationError", false],
    [423, "ConflictError", false],
    [425, "ServerError", true],
    [429, "RateLimitError", true],
    [500, "ServerError", true],
    [501, "ServerError", false],
    [502, "ServerError", true],
    [503, "ServerError", true],
    [504, "ServerError", true],
    [505, "ServerError", false],
    [599, "ServerError", true],
    [302, "ResponseDecodeError", false]
  ]
  for (const [status, tag, retryable] of table) {
    it(`${status} is a ${tag}, ${retryable ? "" : "not "}retryable`, () => {
      const error = respond(status)
      deepStrictEqual([error?._tag, error?.retryable, error?.status], [tag, retryable, status])
      deepStrictEqual([error?.integration, error?.operation, error?.correlationId], ["shop", "items.get", "c-1"])
    })
  }

  it("2xx is no error", () => strictEqual(respond(204), undefined))

  it("the provider's sentence and code are found in the usual places", () => {
    strictEqual(respond(400, { message: "no such field" })?.message, "HTTP 400: no such field")
    strictEqual(respond(400, { error: { code: "E7", message: "nope" } })?.message, "HTTP 400: nope")
    strictEqual(respond(400, { error: { code: "E7", message: "nope" } })?.code, "E7")
    strictEqual(respond(400, { error: "invalid_grant", error_description: "expired" })?.message, "HTTP 400: expired")
    strictEqual(respond(400, "<html>")?.message, "HTTP 400: no message in the response")
    strictEqual(respond(400, { detail: "d", title: "t" })?.message, "HTTP 400: d")
  })

  it("the provider's own reading goes before the status, for a 200 too", () => {
    const quota: Classification.Classifier = (response) =>
      (response.body as { status?: string } | undefined)?.status === "OVER_QUERY_LIMIT"
        ? { code: "OVER_QUERY_LIMIT", retryAfter: Duration.seconds(2), tag: "RateLimitError" }
        : undefined
    const error = respond(200, { status: "OVER_QUERY_LIMIT" }, {}, quota)
    deepStrictEqual([error?._tag, error?.code, error?.retryAfter], [
      "RateLimitError",
      "OVER_QUERY_LIMIT",
      Duration.seconds(2)
    ])
    strictEqual(respond(200, { status: "OK" }, {}, quota), undefined)
  })

  it("a redirect is not followed, and says where it pointed", () => {
    strictEqual(
      respond(302, undefined, { location: "https://evil.example/" })?.message,
      "HTTP 302: redirect to https://evil.example/ is not followed"
    )
  })

  const transport = (cause: unknown) =>
    Classification.fromHttpClientError(
      call(),
      new HttpClientError.RequestError({
        cause,
        reason: "Transport",
        request: HttpClientRequest.get("https://x.example").pipe(HttpClientRequest.bearerToken("very-secret"))
      })
    )

  const coded = (code: string, more: object = {}) => Object.assign(new Error(`${code} happened`), { code }, more)

  const phases: ReadonlyArray<readonly [string, unknown, "connect" | "response"]> = [
    ["refused", coded("ECONNREFUSED"), "connect"],
    ["DNS", coded("ENOTFOUND", { syscall: "getaddrinfo" }), "connect"],
    ["a connect that timed out (undici)", coded("UND_ERR_CONNECT_TIMEOUT"), "connect"],
    ["a connect that timed out (kernel)", coded("ETIMEDOUT", { syscall: "connect" }), "connect"],
    ["TLS", coded("ERR_TLS_CERT_ALTNAME_INVALID"), "connect"],
    ["refused beneath fetch", new TypeError("fetch failed", { cause: coded("ECONNREFUSED") }), "connect"],
    ["all addresses refused", Object.assign(new AggregateError([coded("ECONNREFUSED")]), {}), "connect"],
    ["reset", coded("ECONNRESET"), "response"],
    ["closed", coded("UND_ERR_SOCKET"), "response"],
    ["a read that timed out", coded("ETIMEDOUT", { syscall: "read" }), "response"],
    ["nothing known", undefined, "response"]
  ]
  for (const [what, cause, phase] of phases) {
    it(`${what}: NetworkError in phase ${phase}`, () => {
      const error = transport(cause)
      strictEqual(error._tag === "NetworkError" && error.phase, phase)
    })
  }

  it("the request, and with it the credential, is never part of an error", () => {
    const error = transport(coded("ECONNRESET"))
    const encoded = JSON.stringify(Schema.encodeSync(IntegrationError.IntegrationError)(error))
    strictEqual(encoded.includes("very-secret"), false)
    strictEqual(JSON.stringify(error).includes("very-secret"), false)
  })
})

describe("Retry-After", () => {
  const now = Date.UTC(2026, 10, 22, 12, 0, 0)
  const cases: ReadonlyArray<readonly [string, number | undefined]> = [
    ["120", 120_000],
    [" 120 ", 120_000],
    ["0", 0],
    ["1.25", 1_250],
    ["Sun, 22 Nov 2026 12:00:30 GMT", 30_000],
    ["Sunday, 22-Nov-26 12:00:30 GMT", 30_000],
    ["Sun Nov 22 12:00:30 2026", 30_000],
    ["Sun Nov  1 12:00:30 2026", 0],
    ["Sat, 21 Nov 2026 12:00:30 GMT", 0],
    ["Monday, 01-Jan-96 00:00:00 GMT", 0],
    ["Sat, 31 Dec 2026 23:59:60 GMT", Date.UTC(2027, 0, 1) - now],
    ["-1", undefined],
    ["1e3", undefined],
    ["soon", undefined],
    ["", undefined],
    ["2026-11-22T12:00:30Z", undefined],
    ["99999999999999999999", undefined]
  ]
  for (const [value, millis] of cases) {
    it(`"${value}" is ${millis === undefined ? "not understood" : `${millis} ms`}`, () => {
      const parsed = RetryAfter.parse(value, now)
      strictEqual(parsed === undefined ? undefined : Duration.toMillis(parsed), millis)
    })
  }

  it("any date in any of the three forms is read back", () => {
    const days = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"]
    const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    const two = (n: number) => String(n).padStart(2, "0")
    fc.assert(
      fc.property(fc.date({ max: new Date(Date.UTC(2070, 0, 1)), min: new Date(Date.UTC(1980, 0, 1)) }), (date) => {
        const at = Math.floor(date.getTime() / 1000) * 1000
        const day = days[date.getUTCDay()]!
        const month = months[date.getUTCMonth()]!
        const time = `${two(date.getUTCHours())}:${two(date.getUTCMinutes())}:${two(date.getUTCSeconds())}`
        const dom = date.getUTCDate()
        const year = date.getUTCFullYear()
        strictEqual(RetryAfter.parseHttpDate(new Date(at).toUTCString(), now), at)
        strictEqual(
          RetryAfter.parseHttpDate(`${day}, ${two(dom)}-${month}-${two(year % 100)} ${time} GMT`, now),
          at
        )
        strictEqual(
          RetryAfter.parseHttpDate(`${day.slice(0, 3)} ${month} ${String(dom).padStart(2)} ${time} ${year}`, now),
          at
        )
      })
    )
  })
})
