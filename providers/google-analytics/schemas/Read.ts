/**
 * What Google Analytics answers, read tolerantly.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { Field } from "holdfast"

const orElse = <A, I, R>(schema: Schema.Schema<A, I, R>, value: () => A) =>
  Schema.optionalWith(schema, { default: value, exact: true, nullable: true })

const list = <A, I, R>(schema: Schema.Schema<A, I, R>) => orElse(Schema.Array(schema), () => [])

const text = orElse(Schema.String, () => "")

const count = orElse(Schema.Number, () => 0)

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
  metrics: list(MetricMetadata),
  /** Those that somebody has saved in the property. */
  comparisons: list(Schema.Struct({ apiName: text, uiName: text, description: text }))
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
  response: Field.maybe(Schema.Struct({
    /** That it is an export: what Google answers could be of any type. */
    "@type": Field.maybe(Schema.String),
    ...AudienceExport.fields
  }))
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
