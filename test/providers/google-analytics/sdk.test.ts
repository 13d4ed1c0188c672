/** Google's own client of the Data API against the emulator, over a socket: what it expects of Google, the emulator does. */
import { assert, describe, it } from "@effect/vitest"
import { BetaAnalyticsDataClient, protos } from "@google-analytics/data"
import { Effect } from "effect"
import { OAuth2Client } from "google-auth-library"
import { Emulator } from "holdfast/providers/google-analytics"
import { Faults } from "holdfast/testing"
import { alt, named, ofToken, refused, rest } from "../google.js"
import { asked, thrown } from "../promised.js"
import { sent } from "../sent.js"
import * as Kit from "./kit.js"

const { lastWeek, pivoted } = Kit

const data = protos.google.analytics.data.v1beta

type Rows = Array<protos.google.analytics.data.v1beta.IRow> | null

const property = "properties/123456789"

const started = Effect.fnUntraced(function*(options: Emulator.Options = {}) {
  const { emulator, port } = yield* Emulator.serve(options)
  return { client: new BetaAnalyticsDataClient(rest(port, ofToken("ya29.fake"))), emulator, port }
})

const cells = (rows: Rows | undefined) =>
  rows?.map((row) => [...row.dimensionValues ?? [], ...row.metricValues ?? []].map(({ value }) => value))

const values: [string, ...Array<string>] = ["Germany", "japan"]
const inTwo = { filter: { fieldName: "country", inListFilter: { values } } }
const notParis = {
  notExpression: { filter: { fieldName: "city", stringFilter: { matchType: "EXACT" as const, value: "Paris" } } }
}

const report = {
  currencyCode: "EUR",
  dateRanges: lastWeek,
  dimensionFilter: { andGroup: { expressions: [inTwo, notParis] } },
  dimensions: [{ name: "country" }],
  limit: 1,
  metricFilter: {
    filter: { fieldName: "sessions", numericFilter: { operation: "GREATER_THAN" as const, value: { int64Value: 10 } } }
  },
  metrics: [{ name: "sessions" }, { name: "totalRevenue" }],
  offset: 1,
  orderBys: [
    { desc: true, metric: { metricName: "sessions" } },
    { dimension: { dimensionName: "country", orderType: "ALPHANUMERIC" as const } }
  ],
  returnPropertyQuota: true
}

const { MAXIMUM, MINIMUM, TOTAL } = data.MetricAggregation

const theirReport = { ...report, metricAggregations: [TOTAL, MAXIMUM, MINIMUM], property }

const audienceExport = { audience: `${property}/audiences/7`, dimensions: [{ dimensionName: "deviceId" }] }

describe("@google-analytics/data", () => {
  it.scopedLive("runs reports, alone and in batches", () =>
    Effect.gen(function*() {
      const { client } = yield* started()
      const [found] = yield* asked(() => client.runReport(theirReport))
      assert.deepStrictEqual(cells(found.rows), [["Germany", "112", "147"]])
      assert.deepStrictEqual(cells(found.totals), [["RESERVED_TOTAL", "364", "504"]])
      assert.deepStrictEqual(cells(found.maximums), [["RESERVED_MAX", "252", "357"]])
      assert.deepStrictEqual(cells(found.minimums), [["RESERVED_MIN", "112", "147"]])
      assert.deepStrictEqual(found.metricHeaders?.map(({ name, type }) => [name, type]), [
        ["sessions", "TYPE_INTEGER"],
        ["totalRevenue", "TYPE_CURRENCY"]
      ])
      assert.deepStrictEqual([found.rowCount, found.kind, found.metadata?.timeZone], [
        2,
        "analyticsData#runReport",
        "Etc/UTC"
      ])
      const { consumed, remaining } = found.propertyQuota?.tokensPerHour ?? {}
      assert.deepStrictEqual([consumed, remaining], [4, 39_996])

      const one = { dateRanges: lastWeek, metrics: [{ name: "activeUsers" }] }
      const [batch] = yield* asked(() => client.batchRunReports({ property, requests: [one, one] }))
      assert.deepStrictEqual(batch.reports?.map(({ rows }) => cells(rows)), [[["504"]], [["504"]]])

      const [realtime] = yield* asked(() =>
        client.runRealtimeReport({
          dimensions: [{ name: "country" }],
          metrics: [{ name: "activeUsers" }],
          minuteRanges: [{ endMinutesAgo: 0, startMinutesAgo: 15 }],
          property
        })
      )
      assert.deepStrictEqual(cells(realtime.rows), [["France", "20"], ["Germany", "10"]])

      const [pivot] = yield* asked(() => client.runPivotReport({ ...pivoted, property }))
      assert.deepStrictEqual(pivot.pivotHeaders?.map(({ rowCount }) => rowCount), [3, 2])
      assert.deepStrictEqual(cells(pivot.rows), [["France", "mobile", "104"], ["France", "desktop", "78"]])
      const [pivots] = yield* asked(() => client.batchRunPivotReports({ property, requests: [pivoted] }))
      assert.deepStrictEqual(pivots.pivotReports?.map(({ rows }) => rows?.length), [2])
    }))

  it.scopedLive("knows what can be asked for, and what goes together", () =>
    Effect.gen(function*() {
      const { client } = yield* started()
      const [metadata] = yield* asked(() => client.getMetadata({ name: "properties/0/metadata" }))
      assert.strictEqual(metadata.name, "properties/0/metadata")
      const revenue = metadata.metrics?.find(({ apiName }) => apiName === "totalRevenue")
      assert.deepStrictEqual([revenue?.uiName, revenue?.type], ["Total revenue", "TYPE_CURRENCY"])
      const [compatible] = yield* asked(() =>
        client.checkCompatibility({
          compatibilityFilter: "COMPATIBLE",
          dimensions: [{ name: "country" }],
          metrics: [{ name: "sessions" }],
          property
        })
      )
      assert.deepStrictEqual(
        compatible.dimensionCompatibilities?.find((one) => one.dimensionMetadata?.apiName === "city")?.compatibility,
        "COMPATIBLE"
      )
      const [none] = yield* asked(() => client.checkCompatibility({ compatibilityFilter: "INCOMPATIBLE", property }))
      assert.deepStrictEqual([none.dimensionCompatibilities, none.metricCompatibilities], [[], []])
    }))

  it.scopedLive("makes exports of audiences, lists them to the end, and reads one", () =>
    Effect.gen(function*() {
      const { client, emulator } = yield* started()
      const parent = property
      const [operation] = yield* asked(() => client.createAudienceExport({ audienceExport, parent }))
      const { response } = operation.latestResponse
      // its polling has no rule for HTTP: what there is of the export is in the operation
      const made = data.AudienceExport.decode(Buffer.from(response?.value ?? ""))
      assert.strictEqual(response?.type_url, "type.googleapis.com/google.analytics.data.v1beta.AudienceExport")
      assert.deepStrictEqual([made.name, made.state, made.creationQuotaTokensCharged], [
        `${property}/audienceExports/1`,
        data.AudienceExport.State.CREATING,
        12
      ])
      yield* refused(() => client.queryAudienceExport({ name: made.name }), "FAILED_PRECONDITION")
      const [ready] = yield* asked(() => client.getAudienceExport({ name: made.name }))
      assert.deepStrictEqual([ready.state, ready.rowCount, ready.percentageCompleted], ["ACTIVE", 5, 100])
      assert.strictEqual(Number(ready.beginCreatingTime?.seconds), Number(made.beginCreatingTime?.seconds))
      const [people] = yield* asked(() => client.queryAudienceExport({ limit: 2, name: made.name, offset: 4 }))
      assert.deepStrictEqual(people.audienceRows?.map((row) => row.dimensionValues?.[0]?.value), ["deviceId-5"])
      assert.deepStrictEqual([people.rowCount, people.audienceExport?.state], [5, "ACTIVE"])

      yield* asked(async () => {
        for (let more = 0; more < 4; more++) await client.createAudienceExport({ audienceExport, parent })
      })
      const before = (yield* emulator.ledger).length
      const names = yield* asked(async () => {
        const all: Array<unknown> = []
        const pages = client.listAudienceExportsAsync({ pageSize: 2, parent }, { autoPaginate: false })
        for await (const one of pages) all.push(one.name)
        return all
      })
      assert.deepStrictEqual(names, [1, 2, 3, 4, 5].map((one) => `${property}/audienceExports/${one}`))
      assert.deepStrictEqual((yield* emulator.ledger).slice(before).map(({ query }) => query.pageToken), [
        undefined,
        "2",
        "4"
      ])
    }))

  it.scopedLive("reads the errors of google.rpc, with their details", () =>
    Effect.gen(function*() {
      const { client, emulator, port } = yield* started({ properties: ["123456789"], tokens: { tokensPerHour: 1 } })
      const one = { dateRanges: lastWeek, metrics: [{ name: "sessions" }], property }
      const wrong = yield* refused(() => client.runReport({ ...one, metrics: [{ name: "moods" }] }), "INVALID_ARGUMENT")
      assert.strictEqual(wrong.message, "moods is not a metric of reports")
      // the tokens of the hour are gone with the one before
      const exhausted = yield* refused(() => client.runReport(one), "RESOURCE_EXHAUSTED")
      assert.include(exhausted.message, "tokens per hour")
      yield* refused(() => client.runReport({ ...one, property: "properties/1" }), "PERMISSION_DENIED")
      yield* refused(() => client.getAudienceExport({ name: `${property}/audienceExports/9` }), "NOT_FOUND")
      const unfit = yield* refused(
        () => client.runReport({ ...one, dateRanges: [{ endDate: "soon", startDate: "today" }] }),
        "INVALID_ARGUMENT"
      )
      assert.nestedPropertyVal(unfit, "statusDetails[0].fieldViolations[0].field", "dateRanges.0.endDate")
      yield* emulator.setFaults(Faults.always(Faults.status(429, { body: Emulator.Bodies.exhausted("tokensPerDay") })))
      yield* refused(() => client.runReport(one), "RESOURCE_EXHAUSTED")
      // as it comes, with the status of HTTP in the place of the code
      const bare = new BetaAnalyticsDataClient(
        rest(port, new OAuth2Client({ credentials: { access_token: "ya29.fake" } }))
      )
      assert.deepInclude(yield* thrown(() => bare.runReport(one)), { code: 429, status: 429 })
      const closed = yield* started({ authorize: () => false })
      yield* refused(() => closed.client.runReport(one), "UNAUTHENTICATED")
    }))

  it.scopedLive("sends what our client sends, but for numbers in the place of names", () =>
    Effect.gen(function*() {
      const { client, emulator } = yield* started()
      const name = `${property}/audienceExports/1`
      const one = { dateRanges: lastWeek, metrics: [{ name: "activeUsers" }] }
      const realtime = { metrics: [{ name: "activeUsers" }], minuteRanges: [{ endMinutesAgo: 0, startMinutesAgo: 15 }] }
      const compatibility = { compatibilityFilter: "COMPATIBLE" as const, metrics: [{ name: "sessions" }] }
      yield* asked(async () => {
        await client.runReport(theirReport)
        await client.batchRunReports({ property, requests: [one, one] })
        await client.runRealtimeReport({ ...realtime, property })
        await client.runPivotReport({ ...pivoted, property })
        await client.batchRunPivotReports({ property, requests: [pivoted] })
        await client.checkCompatibility({ ...compatibility, property })
        await client.getMetadata({ name: `${property}/metadata` })
        await client.createAudienceExport({ audienceExport, parent: property })
        await client.getAudienceExport({ name })
        await client.queryAudienceExport({ limit: 2, name, offset: 4 })
        await client.listAudienceExports({ pageSize: 10, parent: property }, { autoPaginate: false })
      })

      const ours = yield* Kit.inProcess()
      const { audienceExports, metadata, reports } = ours.analytics
      const path = { propertyId: "123456789" }
      const [pivot, second] = pivoted.pivots
      const pivots = [pivot!, second!] as const
      const dimensions = [{ dimensionName: "deviceId" }] as const
      yield* reports.run({ path, payload: { ...report, metricAggregations: ["TOTAL", "MAXIMUM", "MINIMUM"] } })
      yield* reports.batchRun({ path, payload: { requests: [one, one] } })
      yield* reports.runRealtime({ path, payload: realtime })
      yield* reports.runPivot({ path, payload: { ...pivoted, pivots } })
      yield* reports.batchRunPivot({ path, payload: { requests: [{ ...pivoted, pivots }] } })
      yield* reports.checkCompatibility({ path, payload: compatibility })
      yield* metadata.get({ path })
      yield* audienceExports.create({ path, payload: { ...audienceExport, dimensions } })
      yield* audienceExports.get({ path: { ...path, audienceExportId: "1" } })
      yield* audienceExports.query({ path: { ...path, audienceExportId: "1" }, payload: { limit: 2, offset: 4 } })
      yield* audienceExports.list({ path, urlParams: { pageSize: 10 } })

      const enums = {
        compatibilityFilter: data.Compatibility,
        matchType: data.Filter.StringFilter.MatchType,
        metricAggregations: data.MetricAggregation,
        operation: data.Filter.NumericFilter.Operation,
        orderType: data.OrderBy.DimensionOrderBy.OrderType
      }
      assert.deepStrictEqual(
        (yield* sent(emulator)).map(({ body, ...request }) => ({ ...request, body: named(body, enums) })),
        (yield* sent(ours.emulator)).map(({ query, ...request }) => ({ ...request, query: { ...query, ...alt } }))
      )
    }))
})
