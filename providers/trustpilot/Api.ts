/**
 * Trustpilot's API, declared: from this come the typed client, the names of operations, and the emulator.
 *
 * @since 0.1.0
 */
import * as HttpApi from "@effect/platform/HttpApi"
import * as HttpApiEndpoint from "@effect/platform/HttpApiEndpoint"
import * as HttpApiGroup from "@effect/platform/HttpApiGroup"
import * as Schema from "effect/Schema"
import { Operation } from "holdfast"
import * as Schemas from "./Schemas.js"

const businessUnits = HttpApiGroup.make("businessUnits").add(
  HttpApiEndpoint.get("find", "/v1/business-units/find").setUrlParams(Schemas.FindParams)
    .addSuccess(Schemas.BusinessUnit)
)

const ofReview = "/v1/private/reviews/:reviewId"

const reviews = HttpApiGroup.make("reviews")
  .add(
    HttpApiEndpoint.get("list", "/v1/private/business-units/:businessUnitId/reviews").setPath(Schemas.byBusinessUnit)
      .setUrlParams(Schemas.ReviewListParams).addSuccess(Schemas.ReviewPage)
  )
  .add(HttpApiEndpoint.get("get", "/v1/reviews/:reviewId").setPath(Schemas.byReview).addSuccess(Schemas.Review))
  .add(
    HttpApiEndpoint.post("reply", `${ofReview}/reply`).setPath(Schemas.byReview)
      .setHeaders(Schemas.BusinessUserHeaders).setPayload(Schemas.ReplyInput).addSuccess(Schema.Void, { status: 201 })
  )
  .add(
    HttpApiEndpoint.del("deleteReply", `${ofReview}/reply`).setPath(Schemas.byReview)
      .setHeaders(Schemas.BusinessUserHeaders)
  )
  .add(
    HttpApiEndpoint.put("setTags", `${ofReview}/tags`).setPath(Schemas.byReview)
      .setHeaders(Schemas.BusinessUserHeaders).setPayload(Schemas.TagsInput)
      .addSuccess(Schema.Void, { status: 200 })
  )

const ofUnit = "/v1/private/business-units/:businessUnitId"

const invitations = HttpApiGroup.make("invitations")
  .add(
    HttpApiEndpoint.post("email", `${ofUnit}/email-invitations`).setPath(Schemas.byBusinessUnit)
      .setHeaders(Schemas.BusinessUserHeaders).setPayload(Schemas.EmailInvitationInput)
      .addSuccess(Schema.Void, { status: 202 })
  )
  .add(
    HttpApiEndpoint.post("link", `${ofUnit}/invitation-links`).setPath(Schemas.byBusinessUnit)
      .setHeaders(Schemas.BusinessUserHeaders).setPayload(Schemas.InvitationLinkInput)
      .addSuccess(Schemas.InvitationLink)
  )
  .add(
    HttpApiEndpoint.get("templates", `${ofUnit}/templates`).setPath(Schemas.byBusinessUnit)
      .setHeaders(Schemas.BusinessUserHeaders).addSuccess(Schemas.Templates)
  )
  .add(
    // what is gone stays gone: sent twice, it leaves the same
    HttpApiEndpoint.post("deleteData", `${ofUnit}/invitation-data/delete`).setPath(Schemas.byBusinessUnit)
      .setHeaders(Schemas.BusinessUserHeaders).setPayload(Schemas.InvitationDataDeletion)
      .addSuccess(Schema.Void, { status: 200 }).annotate(Operation.Idempotent, true)
  )

/**
 * The declaration of version 1. What a write is answered with is not documented: any 2xx is taken. Invitations are on a host of their own: `servers` of the definition.
 *
 * @since 0.1.0
 * @category api
 */
export const TrustpilotApi = HttpApi.make("trustpilot").add(businessUnits).add(reviews).add(invitations)

/**
 * @since 0.1.0
 * @category models
 */
export type TrustpilotApi = typeof TrustpilotApi

/**
 * The operations that want the API key; all others want a token.
 *
 * @internal
 */
export const open: ReadonlySet<string> = new Set(["businessUnits.find", "reviews.get"])
