/**
 * The Google Analytics Data API, v1beta, declared.
 *
 * @since 0.1.0
 */
import * as HttpApi from "@effect/platform/HttpApi"
import * as HttpApiEndpoint from "@effect/platform/HttpApiEndpoint"
import * as HttpApiGroup from "@effect/platform/HttpApiGroup"
import * as Schema from "effect/Schema"
import { Operation } from "holdfast"
import * as Schemas from "./Schemas.js"

const property = Schema.Struct({ propertyId: Schemas.PropertyId })

const one = Schema.Struct({ propertyId: Schemas.PropertyId, audienceExportId: Schema.NonEmptyString })

const exports = "/v1beta/properties/:propertyId/audienceExports"

/** A batch counts for as many as there may be in it. */
const batchCost = 5

const reports = HttpApiGroup.make("reports")
  .add(
    HttpApiEndpoint.post("run", "/v1beta/properties/:propertyId::runReport").setPath(property)
      .setPayload(Schemas.RunReportInput).addSuccess(Schemas.Report).annotate(Operation.Safe, true)
  )
  .add(
    HttpApiEndpoint.post("batchRun", "/v1beta/properties/:propertyId::batchRunReports").setPath(property)
      .setPayload(Schemas.BatchRunReportsInput).addSuccess(Schemas.Reports).annotate(Operation.Safe, true)
      .annotate(Operation.Cost, batchCost)
  )
  .add(
    HttpApiEndpoint.post("runRealtime", "/v1beta/properties/:propertyId::runRealtimeReport").setPath(property)
      .setPayload(Schemas.RunRealtimeReportInput).addSuccess(Schemas.RealtimeReport).annotate(Operation.Safe, true)
  )
  .add(
    HttpApiEndpoint.post("runPivot", "/v1beta/properties/:propertyId::runPivotReport").setPath(property)
      .setPayload(Schemas.RunPivotReportInput).addSuccess(Schemas.PivotReport).annotate(Operation.Safe, true)
  )
  .add(
    HttpApiEndpoint.post("batchRunPivot", "/v1beta/properties/:propertyId::batchRunPivotReports").setPath(property)
      .setPayload(Schemas.BatchRunPivotReportsInput).addSuccess(Schemas.PivotReports).annotate(Operation.Safe, true)
      .annotate(Operation.Cost, batchCost)
  )
  .add(
    HttpApiEndpoint.post("checkCompatibility", "/v1beta/properties/:propertyId::checkCompatibility").setPath(property)
      .setPayload(Schemas.CheckCompatibilityInput).addSuccess(Schemas.Compatibility).annotate(Operation.Safe, true)
  )

const metadata = HttpApiGroup.make("metadata").add(
  HttpApiEndpoint.get("get", "/v1beta/properties/:propertyId/metadata").setPath(property).addSuccess(Schemas.Metadata)
)

const audienceExports = HttpApiGroup.make("audienceExports")
  .add(
    HttpApiEndpoint.post("create", exports).setPath(property).setPayload(Schemas.CreateAudienceExportInput)
      .addSuccess(Schemas.AudienceExportOperation)
  )
  .add(
    HttpApiEndpoint.get("list", exports).setPath(property).setUrlParams(Schemas.ListAudienceExportsParams)
      .addSuccess(Schemas.AudienceExportPage)
  )
  .add(HttpApiEndpoint.get("get", `${exports}/:audienceExportId`).setPath(one).addSuccess(Schemas.AudienceExport))
  .add(
    HttpApiEndpoint.post("query", `${exports}/:audienceExportId::query`).setPath(one)
      .setPayload(Schemas.QueryAudienceExportInput).addSuccess(Schemas.AudienceRows).annotate(Operation.Safe, true)
  )

/**
 * Reports, what can be asked for in them, and exports of audiences.
 *
 * @since 0.1.0
 * @category api
 */
export const GoogleAnalyticsApi = HttpApi.make("google-analytics").add(reports).add(metadata).add(audienceExports)

/**
 * @since 0.1.0
 * @category models
 */
export type GoogleAnalyticsApi = typeof GoogleAnalyticsApi
