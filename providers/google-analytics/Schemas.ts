/**
 * What the Google Analytics Data API is sent, and what it answers.
 *
 * What is sent is strict: a request that Google is known to refuse fails before it leaves. What is read is tolerant:
 * unknown fields pass, an enum is read as a string, and what proto3 leaves out of its JSON (an empty list, a zero, an empty
 * text) is put back.
 *
 * Source: the discovery document of the Google Analytics Data API, v1beta, revision 20260909.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { Expression, Int64 } from "./Filters.js"

export {
  /**
   * @since 0.1.0
   * @category sent
   */
  Expression
}

/** A field that may be left out of what is sent. */
const may = <S extends Schema.Schema.All>(schema: S) => Schema.optionalWith(schema, { exact: true })

/** An absent field, read also where it is spelled `null`. */
const maybe = <A, I, R>(schema: Schema.Schema<A, I, R>) => Schema.optionalWith(schema, { exact: true, nullable: true })

const orElse = <A, I, R>(schema: Schema.Schema<A, I, R>, value: () => A) =>
  Schema.optionalWith(schema, { default: value, exact: true, nullable: true })

const list = <A, I, R>(schema: Schema.Schema<A, I, R>) => orElse(Schema.Array(schema), () => [])

const text = orElse(Schema.String, () => "")

const count = orElse(Schema.Number, () => 0)

// ---------------------------------------------------------------------------------------------------------------------
// sent
// ---------------------------------------------------------------------------------------------------------------------

/**
 * A property's number; in `metadata.get`, 0 stands for what all properties have.
 *
 * @since 0.1.0
 * @category sent
 */
export const PropertyId = Schema.String.pipe(
  Schema.pattern(/^\d+$/, {
    message: () => "the number of a property, as in \"123456789\" (not G-…, and not properties/…)"
  })
)

/**
 * `2026-01-31`, `today`, `yesterday` or `7daysAgo`, in the time zone of the property.
 *
 * @since 0.1.0
 * @category sent
 */
export const ReportDate = Schema.String.pipe(
  Schema.pattern(/^(\d{4}-\d{2}-\d{2}|today|yesterday|\d+daysAgo)$/, {
    message: () => "a date such as 2026-01-31, today, yesterday or 7daysAgo"
  })
)

/**
 * @since 0.1.0
 * @category sent
 */
export const DateRange = Schema.Struct({ startDate: ReportDate, endDate: ReportDate, name: may(Schema.String) })

const Dimension = Schema.Struct({ name: Schema.NonEmptyString, dimensionExpression: may(Schema.Unknown) })

const Metric = Schema.Struct({
  name: Schema.NonEmptyString,
  expression: may(Schema.String),
  invisible: may(Schema.Boolean)
})

const OrderBy = Schema.Struct({
  desc: may(Schema.Boolean),
  dimension: may(Schema.Struct({
    dimensionName: Schema.NonEmptyString,
    orderType: may(Schema.Literal("ALPHANUMERIC", "CASE_INSENSITIVE_ALPHANUMERIC", "NUMERIC"))
  })),
  metric: may(Schema.Struct({ metricName: Schema.NonEmptyString })),
  pivot: may(Schema.Unknown)
}).pipe(
  Schema.filter((order) =>
    ["dimension", "metric", "pivot"].filter((name) => name in order).length === 1 ||
    "exactly one of dimension, metric, pivot"
  )
)

const Aggregation = Schema.Literal("TOTAL", "MINIMUM", "MAXIMUM", "COUNT")

const limit = Int64.pipe(Schema.between(1, 250_000))

const offset = Int64.pipe(Schema.nonNegative())

const asked = {
  dimensions: may(Schema.Array(Dimension)),
  metrics: may(Schema.Array(Metric)),
  dimensionFilter: may(Expression),
  metricFilter: may(Expression),
  returnPropertyQuota: may(Schema.Boolean)
}

const report = {
  ...asked,
  currencyCode: may(Schema.String.pipe(Schema.pattern(/^[A-Z]{3}$/, { message: () => "a currency such as EUR" }))),
  cohortSpec: may(Schema.Unknown),
  comparisons: may(Schema.Array(Schema.Unknown)),
  keepEmptyRows: may(Schema.Boolean)
}

/** At most four, which are compared. */
const dateRanges = Schema.Array(DateRange).pipe(Schema.maxItems(4))

/**
 * @since 0.1.0
 * @category sent
 */
export const RunReportInput = Schema.Struct({
  ...report,
  dateRanges: may(dateRanges),
  metricAggregations: may(Schema.Array(Aggregation)),
  orderBys: may(Schema.Array(OrderBy)),
  limit: may(limit),
  offset: may(offset)
})

const Pivot = Schema.Struct({
  fieldNames: Schema.Array(Schema.NonEmptyString),
  orderBys: may(Schema.Array(OrderBy)),
  limit,
  offset: may(offset),
  metricAggregations: may(Schema.Array(Aggregation))
})

/**
 * @since 0.1.0
 * @category sent
 */
export const RunPivotReportInput = Schema.Struct({
  ...report,
  dateRanges: may(dateRanges),
  pivots: Schema.NonEmptyArray(Pivot)
})

const batch = <A, I, R>(schema: Schema.Schema<A, I, R>) =>
  Schema.Struct({ requests: Schema.NonEmptyArray(schema).pipe(Schema.maxItems(5)) })

/**
 * One to five reports.
 *
 * @since 0.1.0
 * @category sent
 */
export const BatchRunReportsInput = batch(RunReportInput)

/**
 * @since 0.1.0
 * @category sent
 */
export const BatchRunPivotReportsInput = batch(RunPivotReportInput)

/** Google keeps the last 30 minutes, and 60 for Analytics 360. */
const minutes = Schema.Int.pipe(Schema.between(0, 59))

/**
 * @since 0.1.0
 * @category sent
 */
export const RunRealtimeReportInput = Schema.Struct({
  ...asked,
  minuteRanges: may(Schema.Array(Schema.Struct({
    name: may(Schema.String),
    startMinutesAgo: may(minutes),
    endMinutesAgo: may(minutes)
  }))),
  metricAggregations: may(Schema.Array(Aggregation)),
  orderBys: may(Schema.Array(OrderBy)),
  limit: may(limit)
})

/**
 * @since 0.1.0
 * @category sent
 */
export const CheckCompatibilityInput = Schema.Struct({
  dimensions: asked.dimensions,
  metrics: asked.metrics,
  dimensionFilter: asked.dimensionFilter,
  metricFilter: asked.metricFilter,
  compatibilityFilter: may(Schema.Literal("COMPATIBLE", "INCOMPATIBLE"))
})

const AudienceDimension = Schema.Struct({ dimensionName: Schema.String })

/**
 * @since 0.1.0
 * @category sent
 */
export const CreateAudienceExportInput = Schema.Struct({
  audience: Schema.String.pipe(
    Schema.pattern(/^properties\/\d+\/audiences\/\d+$/, { message: () => "as in properties/123/audiences/456" })
  ),
  dimensions: Schema.NonEmptyArray(AudienceDimension)
})

/**
 * @since 0.1.0
 * @category sent
 */
export const QueryAudienceExportInput = Schema.Struct({ limit: may(limit), offset: may(offset) })

/**
 * @since 0.1.0
 * @category sent
 */
export const ListAudienceExportsParams = Schema.Struct({
  pageSize: may(Schema.NumberFromString.pipe(Schema.int(), Schema.between(1, 1000))),
  pageToken: may(Schema.String)
})

// ---------------------------------------------------------------------------------------------------------------------
// read
// ---------------------------------------------------------------------------------------------------------------------

const QuotaStatus = Schema.Struct({ consumed: count, remaining: count })

/**
 * What is left of a property's quotas, where `returnPropertyQuota` asks for it.
 *
 * @since 0.1.0
 * @category read
 */
export const PropertyQuota = Schema.Struct({
  tokensPerDay: maybe(QuotaStatus),
  tokensPerHour: maybe(QuotaStatus),
  tokensPerProjectPerHour: maybe(QuotaStatus),
  concurrentRequests: maybe(QuotaStatus),
  serverErrorsPerProjectPerHour: maybe(QuotaStatus),
  potentiallyThresholdedRequestsPerHour: maybe(QuotaStatus)
})

const Value = Schema.Struct({ value: text })

/**
 * The values of metrics are texts, numbers too.
 *
 * @since 0.1.0
 * @category read
 */
export const Row = Schema.Struct({ dimensionValues: list(Value), metricValues: list(Value) })

const ResponseMetaData = Schema.Struct({
  currencyCode: maybe(Schema.String),
  timeZone: maybe(Schema.String),
  dataLossFromOtherRow: maybe(Schema.Boolean),
  emptyReason: maybe(Schema.String),
  subjectToThresholding: maybe(Schema.Boolean)
})

const headers = {
  kind: maybe(Schema.String),
  dimensionHeaders: list(Schema.Struct({ name: text })),
  metricHeaders: list(Schema.Struct({ name: text, type: text })),
  rows: list(Row),
  propertyQuota: maybe(PropertyQuota)
}

/**
 * @since 0.1.0
 * @category read
 */
export const RealtimeReport = Schema.Struct({
  ...headers,
  totals: list(Row),
  maximums: list(Row),
  minimums: list(Row),
  rowCount: count
})

/**
 * @since 0.1.0
 * @category read
 */
export const Report = Schema.Struct({ ...RealtimeReport.fields, metadata: maybe(ResponseMetaData) })

/**
 * @since 0.1.0
 * @category read
 */
export const PivotReport = Schema.Struct({
  ...headers,
  pivotHeaders: list(Schema.Struct({
    pivotDimensionHeaders: list(Schema.Struct({ dimensionValues: list(Value) })),
    rowCount: count
  })),
  aggregates: list(Row),
  metadata: maybe(ResponseMetaData)
})

/**
 * @since 0.1.0
 * @category read
 */
export const Reports = Schema.Struct({ reports: list(Report) })

/**
 * @since 0.1.0
 * @category read
 */
export const PivotReports = Schema.Struct({ pivotReports: list(PivotReport) })

const described = {
  apiName: text,
  uiName: text,
  description: text,
  category: maybe(Schema.String),
  customDefinition: maybe(Schema.Boolean),
  deprecatedApiNames: list(Schema.String)
}

const DimensionMetadata = Schema.Struct(described)

const MetricMetadata = Schema.Struct({ ...described, type: text, expression: maybe(Schema.String) })

/**
 * @since 0.1.0
 * @category read
 */
export const Metadata = Schema.Struct({
  name: text,
  dimensions: list(DimensionMetadata),
  metrics: list(MetricMetadata)
})

/**
 * @since 0.1.0
 * @category read
 */
export const Compatibility = Schema.Struct({
  dimensionCompatibilities: list(
    Schema.Struct({ dimensionMetadata: maybe(DimensionMetadata), compatibility: text })
  ),
  metricCompatibilities: list(Schema.Struct({ metricMetadata: maybe(MetricMetadata), compatibility: text }))
})

/**
 * @since 0.1.0
 * @category read
 */
export const AudienceExport = Schema.Struct({
  name: text,
  audience: text,
  audienceDisplayName: maybe(Schema.String),
  dimensions: list(Schema.Struct({ dimensionName: text })),
  /** `CREATING`, `ACTIVE` or `FAILED`. */
  state: text,
  beginCreatingTime: maybe(Schema.String),
  creationQuotaTokensCharged: count,
  rowCount: count,
  percentageCompleted: maybe(Schema.Number),
  errorMessage: maybe(Schema.String)
})

/**
 * What goes on at Google after the answer. The export is in `response`, or its name in `name` (`audienceExportId`).
 *
 * @since 0.1.0
 * @category read
 */
export const AudienceExportOperation = Schema.Struct({
  name: maybe(Schema.String),
  done: maybe(Schema.Boolean),
  response: maybe(AudienceExport)
})

/**
 * @since 0.1.0
 * @category read
 */
export const AudienceExportPage = Schema.Struct({
  audienceExports: list(AudienceExport),
  nextPageToken: maybe(Schema.String)
})

/**
 * @since 0.1.0
 * @category read
 */
export const AudienceRows = Schema.Struct({
  audienceExport: maybe(AudienceExport),
  audienceRows: list(Schema.Struct({ dimensionValues: list(Value) })),
  rowCount: count
})

/**
 * The number in the name of an export, `properties/1/audienceExports/2`, of whatever has one; for the paths of the other
 * operations.
 *
 * @since 0.1.0
 * @category accessors
 */
export const audienceExportId = (
  of: { readonly name?: string; readonly response?: { readonly name: string } }
): string | undefined => /\/audienceExports\/([^/]+)/.exec(of.response?.name ?? of.name ?? "")?.[1]
