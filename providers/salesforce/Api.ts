/**
 * Salesforce's REST API, declared: from this come the typed client, the names of operations, and the emulator.
 *
 * @since 0.1.0
 */
import * as HttpApi from "@effect/platform/HttpApi"
import * as HttpApiEndpoint from "@effect/platform/HttpApiEndpoint"
import * as HttpApiGroup from "@effect/platform/HttpApiGroup"
import * as Schema from "effect/Schema"
import { Operation } from "holdfast"
import * as Schemas from "./Schemas.js"

/**
 * `v67.0` is Summer '26. There are three a year; each is supported for three years at least.
 *
 * @since 0.1.0
 * @category models
 */
export type Version = `v${number}.0`

const soql = (base: `/${string}`) =>
  HttpApiGroup.make("soql")
    .add(
      HttpApiEndpoint.get("query", `${base}/query`).setUrlParams(Schemas.QueryParams).setHeaders(Schemas.QueryHeaders)
        .addSuccess(Schemas.QueryPage)
    )
    .add(
      // deleted and archived ones too
      HttpApiEndpoint.get("queryAll", `${base}/queryAll`).setUrlParams(Schemas.QueryParams)
        .setHeaders(Schemas.QueryHeaders).addSuccess(Schemas.QueryPage)
    )
    .add(
      HttpApiEndpoint.get("more", `${base}/query/:locator`)
        .setPath(Schema.Struct({ locator: Schema.NonEmptyString })).addSuccess(Schemas.QueryPage)
    )

const records = (base: `/${string}`) => {
  const type = Schema.Struct({ type: Schemas.ObjectType })
  const one = Schema.Struct({ type: Schemas.ObjectType, id: Schemas.RecordId })
  const external = Schema.Struct({ type: Schemas.ObjectType, field: Schemas.FieldName, value: Schema.NonEmptyString })
  return HttpApiGroup.make("records")
    .add(
      HttpApiEndpoint.post("create", `${base}/sobjects/:type`).setPath(type).setPayload(Schemas.Fields)
        .addSuccess(Schemas.CreateResult, { status: 201 })
    )
    .add(
      HttpApiEndpoint.get("get", `${base}/sobjects/:type/:id`).setPath(one).setUrlParams(Schemas.GetParams)
        .addSuccess(Schemas.Record)
    )
    .add(
      // absolute values: sent twice, it leaves the same record
      HttpApiEndpoint.patch("update", `${base}/sobjects/:type/:id`).setPath(one).setPayload(Schemas.Fields)
        .annotate(Operation.Idempotent, true)
    )
    .add(HttpApiEndpoint.del("delete", `${base}/sobjects/:type/:id`).setPath(one))
    .add(
      HttpApiEndpoint.patch("upsert", `${base}/sobjects/:type/:field/:value`).setPath(external)
        .setUrlParams(Schemas.UpsertParams).setPayload(Schemas.Fields)
        .addSuccess(Schemas.UpsertResult)
        .addSuccess(Schemas.UpsertCreated, { status: 201 })
        .addSuccess(Schemas.UpsertNothing, { status: 204 })
        .annotate(Operation.Idempotent, true)
    )
    .add(
      HttpApiEndpoint.get("describe", `${base}/sobjects/:type/describe`).setPath(type).addSuccess(Schemas.Description)
    )
    .add(
      HttpApiEndpoint.get("updated", `${base}/sobjects/:type/updated`).setPath(type)
        .setUrlParams(Schemas.ChangesParams).addSuccess(Schemas.Updated)
    )
    .add(
      HttpApiEndpoint.get("deleted", `${base}/sobjects/:type/deleted`).setPath(type)
        .setUrlParams(Schemas.ChangesParams).addSuccess(Schemas.Deleted)
    )
}

const collections = (base: `/${string}`) => {
  const root = `${base}/composite/sobjects` as const
  return HttpApiGroup.make("collections")
    .add(
      HttpApiEndpoint.post("create", root).setPayload(Schemas.CollectionCreate).addSuccess(Schemas.CollectionResult)
    )
    .add(
      HttpApiEndpoint.post("get", `${root}/:type`).setPath(Schema.Struct({ type: Schemas.ObjectType }))
        .setPayload(Schemas.CollectionGet).addSuccess(Schemas.CollectionRecords).annotate(Operation.Safe, true)
    )
    .add(
      HttpApiEndpoint.patch("update", root).setPayload(Schemas.CollectionUpdate).addSuccess(Schemas.CollectionResult)
        .annotate(Operation.Idempotent, true)
    )
    .add(
      HttpApiEndpoint.patch("upsert", `${root}/:type/:field`)
        .setPath(Schema.Struct({ type: Schemas.ObjectType, field: Schemas.FieldName }))
        .setPayload(Schemas.CollectionUpsert).addSuccess(Schemas.CollectionResult).annotate(Operation.Idempotent, true)
    )
    .add(
      HttpApiEndpoint.del("delete", root).setUrlParams(Schemas.CollectionDeleteParams)
        .addSuccess(Schemas.CollectionResult)
    )
}

/**
 * The declaration for one version of Salesforce's API. The types are the same for every version.
 *
 * @example
 * ```ts
 * import { Api } from "holdfast/providers/salesforce"
 *
 * const preview = Api.make({ version: "v68.0" })
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options: { readonly version: Version }) => {
  const base = `/services/data/${options.version}` as const
  return HttpApi.make("salesforce")
    .add(soql(base))
    .add(records(base))
    .add(collections(base))
    .add(
      HttpApiGroup.make("composite")
        .add(
          HttpApiEndpoint.post("run", `${base}/composite`).setPayload(Schemas.CompositeInput)
            .addSuccess(Schemas.CompositeResult)
        )
        .add(
          HttpApiEndpoint.post("batch", `${base}/composite/batch`).setPayload(Schemas.BatchInput)
            .addSuccess(Schemas.BatchResult)
        )
    )
    .add(
      HttpApiGroup.make("org")
        .add(HttpApiEndpoint.get("limits", `${base}/limits`).addSuccess(Schemas.Limits))
        .add(HttpApiEndpoint.get("resources", base).addSuccess(Schemas.Resources))
    )
}

/**
 * @since 0.1.0
 * @category models
 */
export type SalesforceApi = ReturnType<typeof make>

/**
 * Version 67, Summer '26.
 *
 * @since 0.1.0
 * @category api
 */
export const SalesforceApi: SalesforceApi = make({ version: "v67.0" })
