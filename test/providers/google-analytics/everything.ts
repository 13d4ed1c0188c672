/** Every operation of the Data API, its answer checked. */
import { assertTrue, deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { type Context, Effect } from "effect"
import { type GoogleAnalytics, GoogleAnalyticsQuota, Schemas } from "holdfast/providers/google-analytics"
import { lastWeek, pivoted } from "./kit.js"

export type Client = Context.Tag.Service<typeof GoogleAnalytics>

const path = { propertyId: "123456789" }

const cells = (rows: ReadonlyArray<typeof Schemas.Row.Type>) =>
  rows.map((row) => [...row.dimensionValues, ...row.metricValues].map(({ value }) => value))

export const everything = Effect.fnUntraced(function*(analytics: Client) {
  const report = yield* analytics.reports.run({
    path,
    payload: {
      currencyCode: "EUR",
      dateRanges: lastWeek,
      dimensionFilter: {
        andGroup: {
          expressions: [
            { filter: { fieldName: "country", inListFilter: { values: ["Germany", "japan"] } } },
            { notExpression: { filter: { fieldName: "city", stringFilter: { value: "Paris" } } } }
          ]
        }
      },
      dimensions: [{ name: "country" }],
      keepEmptyRows: false,
      limit: 1,
      metricAggregations: ["TOTAL", "MAXIMUM", "MINIMUM"],
      metricFilter: {
        filter: { fieldName: "sessions", numericFilter: { operation: "GREATER_THAN", value: { int64Value: 10 } } }
      },
      metrics: [{ name: "sessions" }, { name: "totalRevenue" }],
      offset: 1,
      orderBys: [{ desc: true, metric: { metricName: "sessions" } }],
      returnPropertyQuota: true
    }
  })
  // 10 + 1 … 10 + 7 users in Germany, with two sessions more a day than users
  deepStrictEqual(cells(report.rows), [["Germany", "112", "147"]])
  deepStrictEqual(cells(report.totals), [["RESERVED_TOTAL", "364", "504"]])
  deepStrictEqual(cells(report.maximums), [["RESERVED_MAX", "252", "357"]])
  deepStrictEqual(cells(report.minimums), [["RESERVED_MIN", "112", "147"]])
  strictEqual(report.rowCount, 2)
  deepStrictEqual(report.metricHeaders.map(({ type }) => type), ["TYPE_INTEGER", "TYPE_CURRENCY"])
  deepStrictEqual(report.propertyQuota?.tokensPerHour, { consumed: 4, remaining: 39_996 })
  deepStrictEqual(GoogleAnalyticsQuota.tightest(report)?.quota, "tokensPerProjectPerHour")

  const compared = yield* analytics.reports.run({
    path,
    payload: {
      dateRanges: [...lastWeek, { endDate: "8daysAgo", name: "before", startDate: "14daysAgo" }],
      dimensions: [{ name: "deviceCategory" }],
      metrics: [{ name: "activeUsers" }],
      orderBys: [{ dimension: { dimensionName: "dateRange" } }, { dimension: { dimensionName: "deviceCategory" } }]
    }
  })
  deepStrictEqual(compared.dimensionHeaders.map(({ name }) => name), ["deviceCategory", "dateRange"])
  deepStrictEqual(cells(compared.rows).map((row) => row.slice(0, 2)), [
    ["desktop", "before"],
    ["mobile", "before"],
    ["desktop", "date_range_0"],
    ["mobile", "date_range_0"]
  ])

  const one = { dateRanges: lastWeek, metrics: [{ name: "activeUsers" }] }
  const batch = yield* analytics.reports.batchRun({ path, payload: { requests: [one, one] } })
  deepStrictEqual(batch.reports.map(({ rows }) => cells(rows)), [[["504"]], [["504"]]])

  const realtime = yield* analytics.reports.runRealtime({
    path,
    payload: {
      dimensions: [{ name: "country" }],
      metrics: [{ name: "activeUsers" }],
      minuteRanges: [{ endMinutesAgo: 0, startMinutesAgo: 15 }]
    }
  })
  deepStrictEqual(cells(realtime.rows), [["France", "20"], ["Germany", "10"]])

  const pivot = yield* analytics.reports.runPivot({ path, payload: pivoted })
  deepStrictEqual(pivot.pivotHeaders.map(({ rowCount }) => rowCount), [3, 2])
  deepStrictEqual(cells(pivot.rows), [["France", "mobile", "104"], ["France", "desktop", "78"]])
  const pivots = yield* analytics.reports.batchRunPivot({ path, payload: { requests: [pivoted] } })
  deepStrictEqual(pivots.pivotReports.map(({ rows }) => rows.length), [2])

  const compatible = yield* analytics.reports.checkCompatibility({
    path,
    payload: { compatibilityFilter: "COMPATIBLE", dimensions: [{ name: "country" }], metrics: [{ name: "sessions" }] }
  })
  assertTrue(compatible.metricCompatibilities.every(({ compatibility }) => compatibility === "COMPATIBLE"))
  assertTrue(compatible.dimensionCompatibilities.some(({ dimensionMetadata }) => dimensionMetadata?.apiName === "city"))

  const metadata = yield* analytics.metadata.get({ path: { propertyId: "0" } })
  strictEqual(metadata.name, "properties/0/metadata")
  assertTrue(metadata.metrics.some(({ apiName, type }) => apiName === "totalRevenue" && type === "TYPE_CURRENCY"))

  const made = yield* analytics.audienceExports.create({
    path,
    payload: {
      audience: "properties/123456789/audiences/7",
      dimensions: [{ dimensionName: "deviceId" }, { dimensionName: "isAdsPersonalizationAllowed" }]
    }
  })
  const audienceExportId = Schemas.audienceExportId(made) ?? ""
  strictEqual(audienceExportId, "1")
  const ready = yield* analytics.audienceExports.get({ path: { ...path, audienceExportId } })
  deepStrictEqual([ready.state, ready.rowCount], ["ACTIVE", 5])
  const people = yield* analytics.audienceExports.query({
    path: { ...path, audienceExportId },
    payload: { limit: 2, offset: 4 }
  })
  deepStrictEqual(people.audienceRows.map(({ dimensionValues }) => dimensionValues[0]?.value), ["deviceId-5"])
  const listed = yield* analytics.audienceExports.list({ path, urlParams: { pageSize: 10 } })
  deepStrictEqual(listed.audienceExports.map(({ name }) => name), ["properties/123456789/audienceExports/1"])
})
