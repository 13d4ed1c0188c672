/**
 * The Google Analytics Data API, emulated: reports over visits in memory, quotas in tokens, exports of audiences, and Google's
 * error bodies.
 *
 * @since 0.1.0
 */
import type * as Effect from "effect/Effect"
import { Emulator, EmulatorServer, RpcErrors } from "holdfast/testing"
import * as Api from "./Api.js"
import { AudienceExports } from "./emulator/AudienceExports.js"
import * as Bodies from "./emulator/Bodies.js"
import * as Data from "./emulator/Data.js"
import { json } from "./emulator/Json.js"
import * as Reports from "./emulator/Reports.js"
import { type Limits, Tokens } from "./emulator/Tokens.js"
import { standard } from "./Quota.js"

export {
  /**
   * Google's bodies for errors that are injected by hand: `Faults.status(429, { body: Bodies.exhausted("tokensPerHour") })`.
   *
   * @since 0.1.0
   * @category bodies
   */
  Bodies
}

/**
 * @since 0.1.0
 * @category models
 */
export type Visit = Data.Visit

/**
 * What the emulated properties hold: all of them the same.
 *
 * @since 0.1.0
 * @category models
 */
export interface State {
  readonly visits: Array<Visit>
  readonly audienceExports: AudienceExports
  readonly tokens: Tokens
}

/**
 * @since 0.1.0
 * @category models
 */
export interface Options extends Emulator.Options {
  /** Default: a fortnight from three countries. */
  readonly visits?: ReadonlyArray<Visit> | undefined
  /** Numbers of the properties that there are. Default: any. */
  readonly properties?: ReadonlyArray<string> | undefined
  /** Tokens of a property. Default: those of a standard one. */
  readonly tokens?: Partial<Limits> | undefined
}

type Handlers = Emulator.Handlers<Api.GoogleAnalyticsApi>

const metadata = { currencyCode: "EUR", timeZone: "Etc/UTC" }

const dimensionMetadata = (apiName: string) => ({
  apiName,
  uiName: Data.dimensions[apiName] ?? apiName,
  description: "",
  deprecatedApiNames: []
})

const metricMetadata = (apiName: string) => ({
  ...dimensionMetadata(apiName),
  uiName: Data.metrics[apiName]?.[0] ?? apiName,
  type: Data.metrics[apiName]?.[1] ?? ""
})

const handlers = (options: Options) => (state: State): Handlers => {
  const checkProperty = (propertyId: string): void => {
    if (options.properties !== undefined && !options.properties.includes(propertyId)) {
      throw new Emulator.EmulatorError({ status: 403, message: `no access to properties/${propertyId}` })
    }
  }
  /** The emulator's own price of a report: one token, and one for each column. */
  const charged = <A extends object>(
    propertyId: string,
    input: Pick<Reports.Question, "dimensions" | "metrics"> & { readonly returnPropertyQuota?: boolean },
    now: number,
    run: () => A
  ) => {
    checkProperty(propertyId)
    const cost = 1 + (input.dimensions?.length ?? 0) + (input.metrics?.length ?? 0)
    state.tokens.take(propertyId, cost, now)
    const answer = run()
    return input.returnPropertyQuota === true
      ? { ...answer, propertyQuota: state.tokens.view(propertyId, cost, now) }
      : answer
  }
  type Run = Parameters<Handlers["reports"]["run"]>[0]["payload"]
  type Pivot = Parameters<Handlers["reports"]["runPivot"]>[0]["payload"]
  const run = (propertyId: string, input: Run, now: number) =>
    charged(propertyId, input, now, () => ({
      kind: "analyticsData#runReport",
      ...Reports.report(
        { ...input, ranges: Reports.rangesOf(input, now), realtime: false },
        input,
        state.visits,
        now
      ),
      metadata
    }))
  const runPivot = (propertyId: string, input: Pivot, now: number) =>
    charged(propertyId, input, now, () => ({
      kind: "analyticsData#runPivotReport",
      ...Reports.pivotReport(
        { ...input, ranges: Reports.rangesOf(input, now), realtime: false },
        input.pivots,
        state.visits,
        now
      ),
      metadata
    }))
  return {
    reports: {
      run: ({ path, payload }, { now }) => Emulator.step(() => run(path.propertyId, payload, now)),
      batchRun: ({ path, payload }, { now }) =>
        Emulator.step(() => ({ reports: payload.requests.map((one) => run(path.propertyId, one, now)) })),
      runRealtime: ({ path, payload }, { now }) =>
        Emulator.step(() =>
          charged(path.propertyId, payload, now, () => {
            const ranges = (payload.minuteRanges ?? [{}]).map((range, index) => ({
              name: range.name ?? `date_range_${index}`,
              includes: ({ daysAgo, minutesAgo = 0 }: Visit) =>
                daysAgo === 0 && minutesAgo <= (range.startMinutesAgo ?? 29) && minutesAgo >= (range.endMinutesAgo ?? 0)
            }))
            return {
              kind: "analyticsData#runRealtimeReport",
              ...Reports.report({ ...payload, ranges, realtime: true }, payload, state.visits, now)
            }
          })
        ),
      runPivot: ({ path, payload }, { now }) => Emulator.step(() => runPivot(path.propertyId, payload, now)),
      batchRunPivot: ({ path, payload }, { now }) =>
        Emulator.step(() => ({ pivotReports: payload.requests.map((one) => runPivot(path.propertyId, one, now)) })),
      checkCompatibility: ({ path, payload }) =>
        Emulator.step(() => {
          checkProperty(path.propertyId)
          for (const { name } of payload.dimensions ?? []) Data.checkName("dimension", name, false)
          for (const { name } of payload.metrics ?? []) Data.checkName("metric", name, false)
          // all that the emulator knows goes together
          const none = payload.compatibilityFilter === "INCOMPATIBLE"
          const compatibility = "COMPATIBLE"
          return {
            dimensionCompatibilities: none
              ? []
              : Object.keys(Data.dimensions).map((one) => ({
                dimensionMetadata: dimensionMetadata(one),
                compatibility
              })),
            metricCompatibilities: none
              ? []
              : Object.keys(Data.metrics).map((one) => ({ metricMetadata: metricMetadata(one), compatibility }))
          }
        })
    },
    metadata: {
      get: ({ path }) =>
        Emulator.step(() => {
          if (path.propertyId !== "0") checkProperty(path.propertyId)
          return {
            name: `properties/${path.propertyId}/metadata`,
            dimensions: Object.keys(Data.dimensions).map(dimensionMetadata),
            metrics: Object.keys(Data.metrics).map(metricMetadata),
            comparisons: []
          }
        })
    },
    audienceExports: {
      create: ({ path, payload }, exchange) =>
        Emulator.step(() => {
          checkProperty(path.propertyId)
          const made = state.audienceExports.create(path.propertyId, payload, exchange.now)
          exchange.changed({ resource: "audienceExports", kind: "created", key: made.name })
          return { response: { "@type": "type.googleapis.com/google.analytics.data.v1beta.AudienceExport", ...made } }
        }),
      list: ({ path, urlParams }) =>
        Emulator.step(() => {
          checkProperty(path.propertyId)
          return state.audienceExports.list(path.propertyId, urlParams.pageToken, urlParams.pageSize ?? 200)
        }),
      get: ({ path }) => Emulator.step(() => state.audienceExports.get(path.propertyId, path.audienceExportId)),
      query: ({ path, payload }) =>
        Emulator.step(() => state.audienceExports.query(path.propertyId, path.audienceExportId, payload))
    }
  }
}

/**
 * Starts a Data API in memory. It wants a bearer token, any one unless `authorize` says otherwise.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Emulator } from "holdfast/providers/google-analytics"
 *
 * const program = Effect.gen(function*() {
 *   const analytics = yield* Emulator.make({
 *     tokens: { tokensPerHour: 100 },
 *     visits: [{ daysAgo: 1, dimensions: { country: "Germany" }, metrics: { sessions: 7 } }]
 *   })
 *   // … run the program under test against it …
 *   return yield* analytics.ledger
 * })
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options: Options = {}): Effect.Effect<Emulator.Emulator<State>> =>
  Emulator.make({
    ...json,
    integration: { id: "google-analytics", version: "v1beta", api: Api.GoogleAnalyticsApi },
    state: (): State => ({
      visits: [...options.visits ?? Data.sample],
      audienceExports: new AudienceExports(),
      tokens: new Tokens({ ...standard, ...options.tokens })
    }),
    handlers: handlers(options),
    error: RpcErrors.error,
    authorize: Emulator.anyBearer,
    snapshot: ({ audienceExports, visits }) => ({ visits, audienceExports: audienceExports.all })
  }, options)

/**
 * The same on a free port of 127.0.0.1 (or on `port`), for as long as the scope lasts. Point `GOOGLE_ANALYTICS_BASE_URL` or
 * `GoogleAnalytics.layer({ baseUrl })` at it.
 *
 * @since 0.1.0
 * @category constructors
 */
export const serve: EmulatorServer.Serve<Options, State> = EmulatorServer.serving(make)
