/**
 * HubSpot's CRM API, declared: from this come the typed client, the names of operations, and the emulator.
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
 * `v3`, or a version named by its date, `2026-03`. HubSpot supports a dated version for 18 months; v3 and v4 are
 * announced to be unsupported from 2027 on.
 *
 * @since 0.1.0
 * @category models
 */
export type Version = "v3" | `${number}-${number}`

/** Where the version stands in a path is the only thing in which the versions differ. */
const pathsOf = (version: Version) =>
  version === "v3"
    ? {
      objects: "/crm/v3/objects",
      // the associations of version 3 are those of /crm/v4: the v3 ones know no labels
      associations: "/crm/v4/objects",
      owners: "/crm/v3/owners",
      account: "/account-info/v3/details"
    } as const
    : {
      objects: `/crm/objects/${version}`,
      associations: `/crm/objects/${version}`,
      owners: `/crm/owners/${version}`,
      account: `/account-info/${version}/details`
    } as const

/** The operations of one type of object. */
const objects = <const Type extends Schemas.ObjectType>(type: Type, base: `/${string}`) => {
  const root = `${base}/${type}` as const
  const one = Schema.Struct({ id: Schema.NonEmptyString })
  return HttpApiGroup.make(type)
    .add(HttpApiEndpoint.get("list", root).setUrlParams(Schemas.ListParams).addSuccess(Schemas.ObjectPage))
    .add(
      HttpApiEndpoint.get("get", `${root}/:id`).setPath(one).setUrlParams(Schemas.GetParams)
        .addSuccess(Schemas.CrmObject)
    )
    .add(
      HttpApiEndpoint.post("create", root).setPayload(Schemas.CreateInput)
        .addSuccess(Schemas.CrmObject, { status: 201 })
    )
    .add(
      // absolute values: sent twice, it leaves the same record
      HttpApiEndpoint.patch("update", `${root}/:id`).setPath(one).setUrlParams(Schemas.UpdateParams)
        .setPayload(Schemas.UpdateInput).addSuccess(Schemas.CrmObject).annotate(Operation.Idempotent, true)
    )
    .add(HttpApiEndpoint.del("archive", `${root}/:id`).setPath(one))
    .add(
      HttpApiEndpoint.post("search", `${root}/search`).setPayload(Schemas.SearchInput)
        .addSuccess(Schemas.SearchPage).annotate(Operation.Safe, true)
        // searches have a limit of their own, 5 a second: two tokens each keep them under it on the smallest plan
        .annotate(Operation.Cost, 2)
    )
    .add(
      HttpApiEndpoint.post("batchRead", `${root}/batch/read`).setPayload(Schemas.BatchReadInput)
        .addSuccess(Schemas.BatchResult).addSuccess(Schemas.BatchResult, { status: 207 })
        .annotate(Operation.Safe, true)
    )
    .add(
      HttpApiEndpoint.post("batchCreate", `${root}/batch/create`).setPayload(Schemas.BatchCreateInput)
        .addSuccess(Schemas.BatchResult, { status: 201 }).addSuccess(Schemas.BatchResult, { status: 207 })
    )
    .add(
      HttpApiEndpoint.post("batchUpdate", `${root}/batch/update`).setPayload(Schemas.BatchUpdateInput)
        .addSuccess(Schemas.BatchResult).addSuccess(Schemas.BatchResult, { status: 207 })
        .annotate(Operation.Idempotent, true)
    )
    .add(
      HttpApiEndpoint.post("batchUpsert", `${root}/batch/upsert`).setPayload(Schemas.BatchUpsertInput)
        .addSuccess(Schemas.BatchUpsertResult).addSuccess(Schemas.BatchUpsertResult, { status: 207 })
        .annotate(Operation.Idempotent, true)
    )
    .add(
      HttpApiEndpoint.post("batchArchive", `${root}/batch/archive`).setPayload(Schemas.BatchArchiveInput)
        .annotate(Operation.Idempotent, true)
    )
}

const associations = (base: `/${string}`) => {
  // custom objects too, by their type id ("2-3453932")
  const from = { fromType: Schema.NonEmptyString, fromId: Schema.NonEmptyString, toType: Schema.NonEmptyString }
  const pair = Schema.Struct({ ...from, toId: Schema.NonEmptyString })
  const labelled = `${base}/:fromType/:fromId/associations/:toType/:toId` as const
  return HttpApiGroup.make("associations")
    .add(
      HttpApiEndpoint.get("list", `${base}/:fromType/:fromId/associations/:toType`).setPath(Schema.Struct(from))
        .setUrlParams(Schemas.AssociationListParams).addSuccess(Schemas.AssociationPage)
    )
    .add(
      HttpApiEndpoint.put(
        "createDefault",
        `${base}/:fromType/:fromId/associations/default/:toType/:toId`
      ).setPath(pair).addSuccess(Schemas.DefaultAssociationResult)
    )
    .add(
      HttpApiEndpoint.put("create", labelled).setPath(pair).setPayload(Schema.Array(Schemas.AssociationTypeInput))
        .addSuccess(Schemas.LabelledAssociation, { status: 201 })
    )
    .add(HttpApiEndpoint.del("remove", labelled).setPath(pair))
}

/**
 * The declaration for one version of HubSpot's API. The types are the same for every version.
 *
 * @example
 * ```ts
 * import { Api } from "holdfast/providers/hubspot"
 *
 * const dated = Api.make({ version: "2026-03" })
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options: { readonly version: Version }) => {
  const paths = pathsOf(options.version)
  return HttpApi.make("hubspot")
    .add(objects("contacts", paths.objects))
    .add(objects("companies", paths.objects))
    .add(objects("deals", paths.objects))
    .add(associations(paths.associations))
    .add(
      HttpApiGroup.make("owners").add(
        HttpApiEndpoint.get("list", paths.owners).setUrlParams(Schemas.OwnerListParams).addSuccess(Schemas.OwnerPage)
      )
    )
    .add(
      HttpApiGroup.make("account").add(
        HttpApiEndpoint.get("details", paths.account).addSuccess(Schemas.AccountDetails)
      )
    )
}

/**
 * @since 0.1.0
 * @category models
 */
export type HubSpotApi = ReturnType<typeof make>

/**
 * Version 3 of the objects, and version 4 of the associations.
 *
 * @since 0.1.0
 * @category api
 */
export const HubSpotApi: HubSpotApi = make({ version: "v3" })
