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
import { Field } from "holdfast"
import { Expression, Int64 } from "./Filters.js"

export {
  /**
   * @since 0.1.0
   * @category sent
   */
  Expression
}

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
export const DateRange = Schema.Struct({ startDate: ReportDate, endDate: ReportDate, name: Field.may(Schema.String) })

const Dimension = Schema.Struct({ name: Schema.NonEmptyString, dimensionExpression: Field.may(Schema.Unknown) })

const Metric = Schema.Struct({
  name: Schema.NonEmptyString,
  expression: Field.may(Schema.String),
  invisible: Field.may(Schema.Boolean)
})

const OrderBy = Schema.Struct({
  desc: Field.may(Schema.Boolean),
  dimension: Field.may(Schema.Struct({
    dimensionName: Schema.NonEmptyString,
    orderType: Field.may(Schema.Literal("ALPHANUMERIC", "CASE_INSENSITIVE_ALPHANUMERIC", "NUMERIC"))
  })),
  metric: Field.may(Schema.Struct({ metricName: Schema.NonEmptyString })),
  pivot: Field.may(Schema.Unknown)
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
  dimensions: Field.may(Schema.Array(Dimension)),
  metrics: Field.may(Schema.Array(Metric)),
  dimensionFilter: Field.may(Expression),
  metricFilter: Field.may(Expression),
  returnPropertyQuota: Field.may(Schema.Boolean)
}

const report = {
  ...asked,
  currencyCode: Field.may(
    Schema.String.pipe(Schema.pattern(/^[A-Z]{3}$/, { message: () => "a currency such as EUR" }))
  ),
  cohortSpec: Field.may(Schema.Unknown),
  comparisons: Field.may(Schema.Array(Schema.Unknown)),
  keepEmptyRows: Field.may(Schema.Boolean)
}

/** At most four, which are compared. */
const dateRanges = Schema.Array(DateRange).pipe(Schema.maxItems(4))

/**
 * @since 0.1.0
 * @category sent
 */
export const RunReportInput = Schema.Struct({
  ...report,
  dateRanges: Field.may(dateRanges),
  metricAggregations: Field.may(Schema.Array(Aggregation)),
  orderBys: Field.may(Schema.Array(OrderBy)),
  limit: Field.may(limit),
  offset: Field.may(offset)
})

const Pivot = Schema.Struct({
  fieldNames: Schema.Array(Schema.NonEmptyString),
  orderBys: Field.may(Schema.Array(OrderBy)),
  limit,
  offset: Field.may(offset),
  metricAggregations: Field.may(Schema.Array(Aggregation))
})

/**
 * @since 0.1.0
 * @category sent
 */
export const RunPivotReportInput = Schema.Struct({
  ...report,
  dateRanges: Field.may(dateRanges),
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
  minuteRanges: Field.may(Schema.Array(Schema.Struct({
    name: Field.may(Schema.String),
    startMinutesAgo: Field.may(minutes),
    endMinutesAgo: Field.may(minutes)
  }))),
  metricAggregations: Field.may(Schema.Array(Aggregation)),
  orderBys: Field.may(Schema.Array(OrderBy)),
  limit: Field.may(limit)
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
  compatibilityFilter: Field.may(Schema.Literal("COMPATIBLE", "INCOMPATIBLE"))
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
export const QueryAudienceExportInput = Schema.Struct({ limit: Field.may(limit), offset: Field.may(offset) })

/**
 * @since 0.1.0
 * @category sent
 */
export const ListAudienceExportsParams = Schema.Struct({
  pageSize: Field.may(Schema.NumberFromString.pipe(Schema.int(), Schema.between(1, 1000))),
  pageToken: Field.may(Schema.String)
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
  tokensPerDay: Field.maybe(QuotaStatus),
  tokensPerHour: Field.maybe(QuotaStatus),
  tokensPerProjectPerHour: Field.maybe(QuotaStatus),
  concurrentRequests: Field.maybe(QuotaStatus),
  serverErrorsPerProjectPerHour: Field.maybe(QuotaStatus),
  potentiallyThresholdedRequestsPerHour: Field.maybe(QuotaStatus)
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
  currencyCode: Field.maybe(Schema.String),
  timeZone: Field.maybe(Schema.String),
  dataLossFromOtherRow: Field.maybe(Schema.Boolean),
  emptyReason: Field.maybe(Schema.String),
  subjectToThresholding: Field.maybe(Schema.Boolean)
})

const headers = {
  kind: Field.maybe(Schema.String),
  dimensionHeaders: list(Schema.Struct({ name: text })),
  metricHeaders: list(Schema.Struct({ name: text, type: text })),
  rows: list(Row),
  propertyQuota: Field.maybe(PropertyQuota)
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
export const Report = Schema.Struct({ ...RealtimeReport.fields, metadata: Field.maybe(ResponseMetaData) })

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
  metadata: Field.maybe(ResponseMetaData)
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
  category: Field.maybe(Schema.String),
  customDefinition: Field.maybe(Schema.Boolean),
  deprecatedApiNames: list(Schema.String)
}

const DimensionMetadata = Schema.Struct(described)

const MetricMetadata = Schema.Struct({ ...described, type: text, expression: Field.maybe(Schema.String) })

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
    Schema.Struct({ dimensionMetadata: Field.maybe(DimensionMetadata), compatibility: text })
  ),
  metricCompatibilities: list(Schema.Struct({ metricMetadata: Field.maybe(MetricMetadata), compatibility: text }))
})

/**
 * @since 0.1.0
 * @category read
 */
export const AudienceExport = Schema.Struct({
  name: text,
  audience: text,
  audienceDisplayName: Field.maybe(Schema.String),
  dimensions: list(Schema.Struct({ dimensionName: text })),
  /** `CREATING`, `ACTIVE` or `FAILED`. */
  state: text,
  beginCreatingTime: Field.maybe(Schema.String),
  creationQuotaTokensCharged: count,
  rowCount: count,
  percentageCompleted: Field.maybe(Schema.Number),
  errorMessage: Field.maybe(Schema.String)
})

/**
 * What goes on at Google after the answer. The export is in `response`, or its name in `name` (`audienceExportId`).
 *
 * @since 0.1.0
 * @category read
 */
export const AudienceExportOperation = Schema.Struct({
  name: Field.maybe(Schema.String),
  done: Field.maybe(Schema.Boolean),
  response: Field.maybe(AudienceExport)
})

/**
 * @since 0.1.0
 * @category read
 */
export const AudienceExportPage = Schema.Struct({
  audienceExports: list(AudienceExport),
  nextPageToken: Field.maybe(Schema.String)
})

/**
 * @since 0.1.0
 * @category read
 */
export const AudienceRows = Schema.Struct({
  audienceExport: Field.maybe(AudienceExport),
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
