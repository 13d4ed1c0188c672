/**
 * What Google Analytics is sent, strictly.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { Field } from "holdfast"
import { Expression, Int64 } from "../Filters.js"

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
