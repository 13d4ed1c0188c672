import { describe, it } from "@effect/vitest"
import { assertInclude, assertTrue, deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { Effect, TestClock } from "effect"
import type { IntegrationError } from "holdfast"
import { Emulator, GoogleAnalyticsQuota } from "holdfast/providers/google-analytics"
import { Faults } from "holdfast/testing"
import { fetched } from "../../fetched.js"
import * as Kit from "./kit.js"

const path = { propertyId: "1" }

const yesterday = [{ endDate: "yesterday", startDate: "yesterday" }]

const sessions = { dateRanges: yesterday, metrics: [{ name: "sessions" }] }

describe("traps of the Data API", () => {
  it.scoped("int64 fields are JSON strings: limit, offset, and the numbers of filters", () =>
    Effect.gen(function*() {
      const { analytics, emulator } = yield* Kit.inProcess()
      yield* analytics.reports.run({
        path,
        payload: {
          ...sessions,
          dimensions: [{ name: "country" }],
          limit: 250_000,
          metricFilter: {
            filter: {
              betweenFilter: { fromValue: { int64Value: 1 }, toValue: { doubleValue: 99.5 } },
              fieldName: "sessions"
            }
          },
          offset: 0
        }
      })
      const [entry] = yield* emulator.ledger
      deepStrictEqual(entry?.body, {
        ...sessions,
        dimensions: [{ name: "country" }],
        limit: "250000",
        metricFilter: {
          filter: {
            betweenFilter: { fromValue: { int64Value: "1" }, toValue: { doubleValue: 99.5 } },
            fieldName: "sessions"
          }
        },
        offset: "0"
      })
    }))

  it.scoped("the values of metrics are strings", () =>
    Effect.gen(function*() {
      const { analytics } = yield* Kit.inProcess({
        visits: [{ daysAgo: 1, dimensions: {}, metrics: { sessions: 7 } }]
      })
      const report = yield* analytics.reports.run({ path, payload: sessions })
      deepStrictEqual(report.rows, [{ dimensionValues: [], metricValues: [{ value: "7" }] }])
    }))

  it.scoped("proto3 leaves zeros out: a quota without remaining has none left", () =>
    Effect.gen(function*() {
      const body = { propertyQuota: { tokensPerDay: { consumed: 5, remaining: 9 }, tokensPerHour: { consumed: 5 } } }
      const { analytics } = yield* Kit.inProcess({ faults: Faults.script([Faults.status(200, { body })]) })
      const report = yield* analytics.reports.run({ path, payload: { ...sessions, returnPropertyQuota: true } })
      deepStrictEqual(GoogleAnalyticsQuota.tightest(report), { quota: "tokensPerHour", remaining: 0, share: 0 })
      strictEqual(GoogleAnalyticsQuota.tightest({}), undefined)
    }))

  it.scoped("the quota is in the body, and only where it is asked for; used up, it refuses every request", () =>
    Effect.gen(function*() {
      const { analytics, emulator } = yield* Kit.inProcess({ tokens: { tokensPerHour: 5 } })
      const run = analytics.reports.run({ path, payload: { ...sessions, returnPropertyQuota: true } })
      strictEqual((yield* analytics.reports.run({ path, payload: sessions })).propertyQuota, undefined)
      deepStrictEqual((yield* run).propertyQuota?.tokensPerHour, { consumed: 2, remaining: 1 })
      deepStrictEqual((yield* run).propertyQuota?.tokensPerHour, { consumed: 2, remaining: 0 })
      for (
        const call of [run, analytics.reports.runRealtime({ path, payload: { metrics: [{ name: "activeUsers" }] } })]
      ) {
        const error = yield* Effect.flip(call)
        deepStrictEqual([error._tag, error.retryable], ["RateLimitError", false])
        assertInclude(error.message, "per hour")
      }
      // another property has its own
      yield* analytics.reports.run({ path: { propertyId: "2" }, payload: sessions })
      yield* TestClock.adjust("1 hour")
      strictEqual((yield* run).propertyQuota?.tokensPerHour?.remaining, 3)
      assertTrue((yield* emulator.ledger).every(({ headers }) => !("retry-after" in headers)))
    }))

  it.scoped("dates are those of the property, and count back from its today", () =>
    Effect.gen(function*() {
      yield* TestClock.setTime(Date.UTC(2026, 0, 10, 12))
      const { analytics } = yield* Kit.inProcess({
        visits: [0, 1, 2, 3].map((daysAgo) => ({ daysAgo, dimensions: {}, metrics: { sessions: 1 } }))
      })
      const days = (startDate: string, endDate: string) =>
        Effect.map(
          analytics.reports.run({
            path,
            payload: {
              ...sessions,
              dateRanges: [{ endDate, startDate }],
              dimensions: [{ name: "date" }],
              orderBys: [{ dimension: { dimensionName: "date" } }]
            }
          }),
          ({ rows }) => rows.map(({ dimensionValues }) => dimensionValues[0]?.value)
        )
      deepStrictEqual(yield* days("2daysAgo", "today"), ["20260108", "20260109", "20260110"])
      deepStrictEqual(yield* days("2026-01-07", "yesterday"), ["20260107", "20260108", "20260109"])
      strictEqual((yield* Effect.flip(days("today", "yesterday")))._tag, "ValidationError")
    }))

  it.scoped("what Google would refuse is not sent", () =>
    Effect.gen(function*() {
      const { analytics, emulator } = yield* Kit.inProcess()
      const wrong: ReadonlyArray<Effect.Effect<unknown, IntegrationError.IntegrationError>> = [
        analytics.reports.run({ path: { propertyId: "properties/1" }, payload: sessions }),
        analytics.reports.run({ path: { propertyId: "G-ABC123" }, payload: sessions }),
        analytics.reports.run({ path, payload: { ...sessions, limit: 250_001 } }),
        analytics.reports.run({ path, payload: { ...sessions, offset: -1 } }),
        analytics.reports.run({
          path,
          payload: { ...sessions, dateRanges: [{ endDate: "now", startDate: "1 week" }] }
        }),
        analytics.reports.run({ path, payload: { ...sessions, dimensionFilter: {} } }),
        analytics.reports.run({ path, payload: { ...sessions, orderBys: [{ desc: true }] } }),
        analytics.reports.batchRun({
          path,
          payload: { requests: [sessions, sessions, sessions, sessions, sessions, sessions] }
        }),
        analytics.audienceExports.create({
          path,
          payload: { audience: "audiences/1", dimensions: [{ dimensionName: "deviceId" }] }
        })
      ]
      for (const call of wrong) {
        const error = yield* Effect.flip(call)
        strictEqual(error._tag, "ValidationError")
        assertInclude(error.message, "nothing was sent")
      }
      deepStrictEqual(yield* emulator.ledger, [])
    }))

  it.scoped("an export is made after the answer: it cannot be read at once", () =>
    Effect.gen(function*() {
      const { analytics } = yield* Kit.inProcess()
      yield* analytics.audienceExports.create({
        path,
        payload: { audience: "properties/1/audiences/2", dimensions: [{ dimensionName: "deviceId" }] }
      })
      const one = { ...path, audienceExportId: "1" }
      const error = yield* Effect.flip(analytics.audienceExports.query({ path: one, payload: {} }))
      deepStrictEqual([error._tag, error.code], ["ValidationError", "FAILED_PRECONDITION"])
      strictEqual((yield* analytics.audienceExports.get({ path: one })).state, "ACTIVE")
      strictEqual((yield* analytics.audienceExports.query({ path: one, payload: {} })).rowCount, 5)
    }))

  it.scoped("the emulator refuses what Google refuses: names, properties, pivots", () =>
    Effect.gen(function*() {
      const { analytics } = yield* Kit.inProcess({ properties: ["1"] })
      const run = (payload: Parameters<typeof analytics.reports.run>[0]["payload"]) =>
        Effect.flip(analytics.reports.run({ path, payload }))
      assertInclude(
        (yield* run({ ...sessions, dimensions: [{ name: "planet" }] })).message,
        "planet is not a dimension"
      )
      assertInclude((yield* run({ ...sessions, metrics: [{ name: "mood" }] })).message, "mood is not a metric")
      assertInclude((yield* run({ dateRanges: yesterday })).message, "a dimension or a metric")
      assertInclude((yield* run({ metrics: sessions.metrics })).message, "dateRanges is needed")
      const filter = { fieldName: "city", stringFilter: { matchType: "FULL_REGEXP", value: "(" } } as const
      assertInclude((yield* run({ ...sessions, dimensionFilter: { filter } })).message, "regular expression")
      const realtime = yield* Effect.flip(
        analytics.reports.runRealtime({ path, payload: { metrics: [{ name: "sessions" }] } })
      )
      assertInclude(realtime.message, "sessions is not a metric of realtime reports")
      const other = yield* Effect.flip(analytics.reports.run({ path: { propertyId: "2" }, payload: sessions }))
      strictEqual(other._tag, "AuthorizationError")
      const pivot = yield* Effect.flip(analytics.reports.runPivot({
        path,
        payload: {
          ...sessions,
          dimensions: [{ name: "country" }, { name: "city" }],
          pivots: [{ fieldNames: ["country"], limit: 1 }]
        }
      }))
      assertInclude(pivot.message, "city is in no pivot")
      assertTrue((yield* analytics.metadata.get({ path: { propertyId: "0" } })).metrics.length > 0)
    }))

  it.scoped("every way in which a filter compares", () =>
    Effect.gen(function*() {
      const { analytics } = yield* Kit.inProcess({
        visits: ["Berlin", "Bern", "", "Paris"].map((city, index) => ({
          daysAgo: 1,
          dimensions: { city },
          metrics: { sessions: index + 1 }
        }))
      })
      type Filter = NonNullable<
        NonNullable<Parameters<typeof analytics.reports.run>[0]["payload"]["dimensionFilter"]>["filter"]
      >
      const matching = (field: "dimensionFilter" | "metricFilter", filter: Omit<Filter, "fieldName">) =>
        Effect.map(
          analytics.reports.run({
            path,
            payload: {
              ...sessions,
              dimensions: [{ name: "city" }],
              orderBys: [{ metric: { metricName: "sessions" } }],
              [field]: { filter: { fieldName: field === "metricFilter" ? "sessions" : "city", ...filter } }
            }
          }),
          ({ rows }) => rows.map(({ dimensionValues }) => dimensionValues[0]?.value)
        )
      const text = (
        matchType: NonNullable<Filter["stringFilter"]>["matchType"] & string,
        value: string,
        caseSensitive = false
      ) => matching("dimensionFilter", { stringFilter: { caseSensitive, matchType, value } })
      deepStrictEqual(yield* text("EXACT", "berlin"), ["Berlin"])
      deepStrictEqual(yield* text("EXACT", "berlin", true), [])
      deepStrictEqual(yield* text("BEGINS_WITH", "ber"), ["Berlin", "Bern"])
      deepStrictEqual(yield* text("ENDS_WITH", "n"), ["Berlin", "Bern"])
      deepStrictEqual(yield* text("CONTAINS", "ari"), ["Paris"])
      deepStrictEqual(yield* text("FULL_REGEXP", "b.+n"), ["Berlin", "Bern"])
      deepStrictEqual(yield* text("PARTIAL_REGEXP", "^P", true), ["Paris"])
      deepStrictEqual(yield* matching("dimensionFilter", { emptyFilter: {} }), [""])
      deepStrictEqual(yield* matching("dimensionFilter", { inListFilter: { values: ["bern", "paris"] } }), [
        "Bern",
        "Paris"
      ])
      const number = (operation: NonNullable<Filter["numericFilter"]>["operation"]) =>
        matching("metricFilter", { numericFilter: { operation, value: { int64Value: 2 } } })
      deepStrictEqual(yield* number("EQUAL"), ["Bern"])
      deepStrictEqual(yield* number("LESS_THAN"), ["Berlin"])
      deepStrictEqual(yield* number("LESS_THAN_OR_EQUAL"), ["Berlin", "Bern"])
      deepStrictEqual(yield* number("GREATER_THAN"), ["", "Paris"])
      deepStrictEqual(yield* number("GREATER_THAN_OR_EQUAL"), ["Bern", "", "Paris"])
      deepStrictEqual(
        yield* matching("metricFilter", {
          betweenFilter: { fromValue: { int64Value: 2 }, toValue: { doubleValue: 3 } }
        }),
        ["Bern", ""]
      )
    }))

  it.scoped("over a socket it is the same", () =>
    Effect.gen(function*() {
      const { baseUrl } = yield* Emulator.serve()
      const answer = yield* Effect.promise(() =>
        fetched(`${baseUrl}/v1beta/properties/1:runReport`, {
          body: JSON.stringify({ ...sessions, limit: 5, offset: "0" }),
          headers: { authorization: "Bearer ya29.fake", "content-type": "application/json" },
          method: "POST"
        })
      )
      const body: unknown = yield* Effect.promise(() => answer.json())
      deepStrictEqual([answer.status, Object.keys(body as object).includes("rows")], [200, true])
      const refused = yield* Effect.promise(() => fetched(`${baseUrl}/v1beta/properties/1/metadata`))
      strictEqual(refused.status, 401)
      yield* Effect.promise(() => refused.text())
    }))
})
