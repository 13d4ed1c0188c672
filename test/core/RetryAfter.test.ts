import { Headers } from "@effect/platform"
import { describe, it } from "@effect/vitest"
import { deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { Duration, FastCheck as fc, Option, Schema } from "effect"
import { Call, Classification, IntegrationError, Operation, RetryAfter } from "holdfast"
import { holds } from "../campaign.js"

const now = Date.UTC(2026, 10, 22, 12, 0, 0)
const epochSeconds = now / 1000
const year = 365 * 86_400_000

const millisOf = (duration: Duration.Duration | undefined) =>
  duration === undefined ? undefined : Duration.toMillis(duration)

type Fields = Record<string, string>

/** A POST that has been sent once. */
const call = () => {
  const call = new Call.Call(
    Operation.make({ integration: "shop", method: "POST", name: "items.create", template: "/items" }),
    {} as Call.Call["context"],
    undefined
  )
  call.attempts = 1
  return call
}

/** What an answer with these headers and this body is classified as. */
const classified = (status: number, headers: Fields, body?: unknown, classifier?: Classification.Classifier) =>
  Classification.fromResponse(
    call(),
    { body, headers: Headers.fromInput(headers), nowMillis: now, status },
    classifier
  )

const waitOf = (...args: Parameters<typeof classified>) => millisOf(classified(...args)?.retryAfter)

describe("RetryAfter", () => {
  describe("trap 13: what a header asks for, in every form", () => {
    const forms: ReadonlyArray<readonly [string, Fields, number | undefined]> = [
      ["delta-seconds", { "retry-after": "120" }, 120_000],
      ["a fraction of a second", { "retry-after": "0.25" }, 250],
      ["zero", { "retry-after": "0" }, 0],
      ["IMF-fixdate", { "retry-after": "Sun, 22 Nov 2026 12:00:30 GMT" }, 30_000],
      ["RFC 850, two-digit year", { "retry-after": "Sunday, 22-Nov-26 12:00:30 GMT" }, 30_000],
      ["RFC 850, more than 50 years ahead is long ago", { "retry-after": "Sunday, 22-Nov-77 12:00:30 GMT" }, 0],
      ["asctime", { "retry-after": "Sun Nov 22 12:00:30 2026" }, 30_000],
      ["a date in the past is at once", { "retry-after": "Sat, 21 Nov 2026 12:00:00 GMT" }, 0],
      ["a leap second", { "retry-after": "Sun, 22 Nov 2026 12:00:60 GMT" }, 60_000],
      ["the server's clock is the measure of its dates", {
        date: "Sun, 22 Nov 2026 12:59:30 GMT",
        "retry-after": "Sun, 22 Nov 2026 13:00:00 GMT"
      }, 30_000],
      [
        "a date that cannot be read is no clock",
        { date: "now", "retry-after": "Sun, 22 Nov 2026 12:00:30 GMT" },
        30_000
      ],
      ["retry-after-ms", { "retry-after-ms": "250" }, 250],
      ["retry-after-ms is more exact than retry-after", { "retry-after": "1", "retry-after-ms": "250.5" }, 250.5],
      ["retry-after-ms that cannot be read is passed over", { "retry-after": "1", "retry-after-ms": "soon" }, 1_000],
      ["x-amz-retry-after is in milliseconds", { "x-amz-retry-after": "1500" }, 1_500],
      ["ten years are cut at one", { "retry-after": String(10 * 365 * 86_400) }, year],
      ["a far date is cut at a year", { "retry-after": "Tue, 22 Nov 2099 12:00:30 GMT" }, year],
      ["negative", { "retry-after": "-5" }, undefined],
      ["words", { "retry-after": "soon" }, undefined],
      ["an exponent", { "retry-after": "1e3" }, undefined],
      ["NaN", { "retry-after": "NaN" }, undefined],
      ["Infinity", { "retry-after": "Infinity" }, undefined],
      ["an empty value", { "retry-after": "" }, undefined],
      ["a day that there is not", { "retry-after": "Mon, 30 Feb 2026 12:00:00 GMT" }, undefined],
      ["an hour that there is not", { "retry-after": "Sun, 22 Nov 2026 24:00:00 GMT" }, undefined],
      ["a minute that there is not", { "retry-after": "Sun, 22 Nov 2026 12:60:00 GMT" }, undefined],
      ["a second that there is not", { "retry-after": "Sun, 22 Nov 2026 12:00:61 GMT" }, undefined],
      ["a day before the first", { "retry-after": "Tue, 00 Dec 2026 12:00:00 GMT" }, undefined],
      ["a month that there is not", { "retry-after": "Sun, 22 Nox 2026 12:00:30 GMT" }, undefined],
      ["a leap day", { "retry-after": "Tue, 29 Feb 2028 12:00:00 GMT" }, year],
      ["RFC 850, 50 years ahead is not long ago", { "retry-after": "Sunday, 22-Nov-76 12:00:30 GMT" }, year],
      ["asctime with a day of one digit", {
        date: "Tue, 01 Dec 2026 12:00:00 GMT",
        "retry-after": "Tue Dec  1 12:00:30 2026"
      }, 30_000],
      ["more than a number holds", { "retry-after": String(2 ** 54) }, undefined],
      ["milliseconds more than a number holds", { "retry-after-ms": String(2 ** 54) }, undefined],
      ["with spaces about it", { "retry-after-ms": " 250 " }, 250],
      ["a date with spaces about it", {
        date: " Sun, 22 Nov 2026 12:59:30 GMT ",
        "retry-after": " Sun, 22 Nov 2026 13:00:00 GMT "
      }, 30_000],
      ["milliseconds that are empty", { "retry-after-ms": "" }, undefined],
      ["milliseconds in hexadecimal", { "retry-after-ms": "0x10" }, undefined],
      ["another zone than GMT", { "retry-after": "Sun, 22 Nov 2026 12:00:30 CET" }, undefined],
      ["none", {}, undefined]
    ]
    for (const [form, headers, millis] of forms) {
      it(`${form}: ${millis === undefined ? "nothing" : `${millis} ms`}`, () => {
        strictEqual(millisOf(RetryAfter.fromHeaders(Headers.fromInput(headers), now)), millis)
      })
    }
  })

  describe("reset headers, of a 429", () => {
    const forms: ReadonlyArray<readonly [string, Fields, number | undefined]> = [
      ["seconds until", { "x-ratelimit-remaining": "0", "x-ratelimit-reset": "60" }, 60_000],
      ["epoch seconds", { "x-ratelimit-remaining": "0", "x-ratelimit-reset": String(epochSeconds + 30) }, 30_000],
      ["epoch seconds with a fraction", {
        "x-ratelimit-remaining": "0",
        "x-ratelimit-reset": `${epochSeconds + 30}.5`
      }, 30_500],
      ["epoch milliseconds", { "x-ratelimit-remaining": "0", "x-ratelimit-reset": String(now + 2_500) }, 2_500],
      ["an epoch in the past is at once", {
        "x-ratelimit-remaining": "0",
        "x-ratelimit-reset": String(epochSeconds - 30)
      }, 0],
      ["an epoch by the server's clock", {
        date: "Sun, 22 Nov 2026 12:05:00 GMT",
        "x-ratelimit-remaining": "0",
        "x-ratelimit-reset": String(epochSeconds + 330)
      }, 30_000],
      ["an ISO instant", { "ratelimit-remaining": "0", "ratelimit-reset": "2026-11-22T13:00:00+00:30" }, 1_800_000],
      ["without x-", { "ratelimit-remaining": "0", "ratelimit-reset": "7" }, 7_000],
      ["x-rate-limit-reset", { "x-rate-limit-remaining": "0", "x-rate-limit-reset": "7" }, 7_000],
      ["reset-after is the more exact", {
        "x-ratelimit-remaining": "0",
        "x-ratelimit-reset": String(epochSeconds + 2),
        "x-ratelimit-reset-after": "1.337"
      }, 1_337],
      ["nothing said of what remains: the 429 said it", { "x-ratelimit-reset": "60" }, 60_000],
      [
        "some quota remains: another limit was hit",
        { "x-ratelimit-remaining": "12", "x-ratelimit-reset": "60" },
        undefined
      ],
      ["the RateLimit field", { ratelimit: "\"default\";r=0;t=30" }, 30_000],
      ["of two that are used up the longer", { ratelimit: "\"burst\";r=0;t=30, \"daily\";r=0;t=900" }, 900_000],
      ["only of what is used up", { ratelimit: "\"burst\";r=0;t=30, \"daily\";r=700;t=900" }, 30_000],
      ["a name that holds separators", { ratelimit: "\"a;r=9,\\\"b\";r=0;t=5;pk=:cGs=:" }, 5_000],
      ["the older RateLimit field", { ratelimit: "limit=100, remaining=0, reset=12" }, 12_000],
      ["the older RateLimit field with quota left", { ratelimit: "limit=100, remaining=3, reset=12" }, undefined],
      ["Retry-After goes before any reset", {
        "retry-after": "3",
        "x-ratelimit-remaining": "0",
        "x-ratelimit-reset": "60"
      }, 3_000],
      ["an epoch before 2024 is a number of seconds, and that one is absurd", {
        "x-ratelimit-reset": "1600000000"
      }, undefined],
      ["microseconds since the epoch", { "x-ratelimit-reset": String(now * 1_000) }, undefined],
      ["with spaces about it", { "x-ratelimit-reset": " 7 " }, 7_000],
      ["a year to the second", { "x-ratelimit-reset": String(365 * 86_400) }, year],
      ["a second more than a year", { "x-ratelimit-reset": String(365 * 86_400 + 1) }, undefined],
      ["the first second of 2024 is a point in time", { "x-ratelimit-reset": "1704067200" }, 0],
      ["the first second of 2100 is none", { "x-ratelimit-reset": "4102444800" }, undefined],
      ["an empty value", { "x-ratelimit-reset": "" }, undefined],
      ["one that cannot be read leaves the word to the next", {
        "ratelimit-reset": "soon",
        "x-ratelimit-reset": "7"
      }, 7_000],
      ["a RateLimit field that says nothing of a reset leaves the word to the others", {
        ratelimit: "\"default\";r=0",
        "x-ratelimit-reset": "7"
      }, 7_000],
      ["a RateLimit field that cannot be read", { ratelimit: "\"default\";r=none;t=5" }, undefined],
      ["words", { "x-ratelimit-reset": "tomorrow" }, undefined]
    ]
    for (const [form, headers, millis] of forms) {
      it(`${form}: ${millis === undefined ? "nothing" : `${millis} ms`}`, () => {
        strictEqual(waitOf(429, headers), millis)
      })
    }

    it("an answer that was not refused for its rate asks for nothing, whatever its headers count", () => {
      const headers = { "x-ratelimit-remaining": "0", "x-ratelimit-reset": "60" }
      for (const status of [400, 401, 404, 409, 422, 500, 502]) strictEqual(waitOf(status, headers), undefined)
      // a reset is no statement that the provider did not act: a POST is not sent again for it
      const unavailable = classified(503, headers)!
      strictEqual(unavailable.retryAfter, undefined)
      strictEqual(IntegrationError.surelyNotProcessed(unavailable), false)
      strictEqual(IntegrationError.surelyNotProcessed(classified(503, { "retry-after": "60" })!), true)
    })

    it("where the provider says that a 400 was for the rate, its reset counts", () => {
      const hourly: Classification.Classifier = ({ status }) => status === 400 ? { tag: "RateLimitError" } : undefined
      strictEqual(waitOf(400, { "x-ratelimit-reset": String(epochSeconds + 90) }, {}, hourly), 90_000)
    })
  })

  describe("hints in the body", () => {
    const rpc = (retryDelay: unknown) => ({
      error: {
        code: 429,
        details: [
          { "@type": "type.googleapis.com/google.rpc.ErrorInfo", reason: "RATE_LIMIT_EXCEEDED" },
          { "@type": "type.googleapis.com/google.rpc.RetryInfo", retryDelay }
        ],
        status: "RESOURCE_EXHAUSTED"
      }
    })

    it("google.rpc.RetryInfo, of a 429 and of a 503", () => {
      strictEqual(waitOf(429, {}, rpc("3.5s")), 3_500)
      strictEqual(waitOf(503, {}, rpc("0.000000001s")), 0.000001)
      strictEqual(waitOf(429, {}, rpc("2s").error), 2_000)
    })

    it("a header goes before it", () => {
      strictEqual(waitOf(429, { "retry-after": "9" }, rpc("3.5s")), 9_000)
    })

    it("a detail of another type is none, whatever it holds", () => {
      const other = { "@type": "type.googleapis.com/google.rpc.QuotaFailure", retryDelay: "3.5s" }
      strictEqual(waitOf(429, {}, { error: { details: [other] } }), undefined)
      strictEqual(waitOf(429, {}, { error: { details: [other, ...rpc("2s").error.details] } }), 2_000)
      // a number that reads like one is still no protobuf duration
      strictEqual(waitOf(429, {}, rpc({ toString: () => "3s" })), undefined)
    })

    it("what cannot be read is nothing", () => {
      for (const delay of ["3.5", "-1s", "soon", 3, null, {}]) strictEqual(waitOf(429, {}, rpc(delay)), undefined)
      for (const body of [undefined, null, "text", 7, [], { error: null }, { error: { details: [null, 1, "x"] } }]) {
        strictEqual(waitOf(429, {}, body), undefined)
      }
    })

    it("a hint of the provider's own counts when its classifier says so, and only then", () => {
      const body = { global: false, message: "You are being rate limited.", retry_after: 64.57 }
      strictEqual(waitOf(429, {}, body), undefined)
      const own: Classification.Classifier = ({ body, status }) =>
        status === 429
          ? { retryAfter: RetryAfter.fromSeconds((body as typeof body & { retry_after: unknown }).retry_after) }
          : undefined
      strictEqual(waitOf(429, { "retry-after": "1" }, body, own), 64_570)
      // and what it cannot read leaves the word to the header
      strictEqual(waitOf(429, { "retry-after": "1" }, { retry_after: "later" }, own), 1_000)
    })
  })

  it("a number of seconds from wherever a provider puts it", () => {
    const cases: ReadonlyArray<readonly [unknown, number | undefined]> = [
      [0, 0],
      [64.57, 64_570],
      ["64.57", 64_570],
      [" 5 ", 5_000],
      [-1, undefined],
      ["-1", undefined],
      ["", undefined],
      ["soon", undefined],
      ["0x10", undefined],
      [Number.NaN, undefined],
      [Number.POSITIVE_INFINITY, undefined],
      [2 ** 54, undefined],
      [10 * 365 * 86_400, year],
      [null, undefined],
      [true, undefined],
      [[5], undefined],
      [{ valueOf: () => 5 }, undefined],
      [undefined, undefined]
    ]
    for (const [value, millis] of cases) strictEqual(millisOf(RetryAfter.fromSeconds(value)), millis)
  })

  it("the limits of a RateLimit field", () => {
    deepStrictEqual(RetryAfter.parseRateLimit("\"burst\";r=0;t=30, daily;r=700;pk=:cGs=:, \"b;r=1,\";w=5"), [
      { remaining: 0, reset: 30 },
      { remaining: 700, reset: undefined }
    ])
    deepStrictEqual(RetryAfter.parseRateLimit("limit=100;w=60, remaining=3, reset=12"), [{ remaining: 3, reset: 12 }])
    for (const nothing of ["", ",", ";", "limit=100", "default", "\"r\";t=5", "x-remaining=0"]) {
      deepStrictEqual(RetryAfter.parseRateLimit(nothing), [])
    }
  })

  it("durations that are spelled out", () => {
    const cases: ReadonlyArray<readonly [string, number | undefined]> = [
      ["1s", 1_000],
      ["6m0s", 360_000],
      ["2m59.56s", 179_560],
      ["1h2m3s4ms", 3_723_004],
      ["250ms", 250],
      ["7m", 420_000],
      ["s", undefined],
      ["1d", undefined]
    ]
    for (const [text, millis] of cases) strictEqual(millisOf(RetryAfter.parseReset(text, now)), millis)
  })

  it("whatever the headers hold, a wait is a whole answer: within zero and a year, and storable", async () => {
    const names = [
      "date",
      "ratelimit",
      "ratelimit-remaining",
      "ratelimit-reset",
      "retry-after",
      "retry-after-ms",
      "x-amz-retry-after",
      "x-ratelimit-remaining",
      "x-ratelimit-reset",
      "x-ratelimit-reset-after"
    ]
    const value = fc.oneof(
      fc.string(),
      fc.integer().map(String),
      fc.double().map(String),
      fc.bigInt({ max: 10n ** 25n, min: 0n }).map(String),
      fc.date({ noInvalidDate: true }).map((date) => date.toUTCString()),
      fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
      fc.constantFrom("0", "\"a\";r=0;t=5", "limit=1, remaining=0, reset=5", "r=0", ";", "\"", "0;w=1", "1h", "5, 5")
    )
    const store = Schema.encodeOption(Schema.DurationFromMillis)
    await holds(
      fc.property(fc.dictionary(fc.constantFrom(...names), value), (fields) => {
        const duration = RetryAfter.fromResponse(
          { body: undefined, headers: Headers.fromInput(fields), nowMillis: now },
          { rateLimited: true }
        )
        if (duration === undefined) return
        const millis = Duration.toMillis(duration)
        strictEqual(millis >= 0 && millis <= year, true)
        strictEqual(Option.isSome(store(duration)), true)
      }),
      2_000
    )
  })

  it("any reset within a year of now is read back from each of its forms", async () => {
    await holds(
      fc.property(fc.integer({ max: 365 * 86_400, min: 0 }), (seconds) => {
        const at = now + seconds * 1000
        const forms = [
          String(seconds),
          String(at / 1000),
          String(at),
          new Date(at).toISOString(),
          new Date(at).toUTCString(),
          `${seconds}s`
        ]
        for (const form of forms) strictEqual(millisOf(RetryAfter.parseReset(form, now)), seconds * 1000)
      }),
      500
    )
  })
})
