/**
 * The Business Profile APIs, declared: those of accounts, of locations, of reviews and of notifications.
 *
 * @since 0.1.0
 */
import * as HttpApi from "@effect/platform/HttpApi"
import * as HttpApiEndpoint from "@effect/platform/HttpApiEndpoint"
import * as HttpApiGroup from "@effect/platform/HttpApiGroup"
import * as Schema from "effect/Schema"
import { Operation } from "holdfast"
import * as Schemas from "./Schemas.js"

const account = { accountId: Schemas.Id("accounts") }
const location = { ...account, locationId: Schemas.Id("locations") }
const review = Schema.Struct({ ...location, reviewId: Schemas.Id("reviews") })

const accounts = HttpApiGroup.make("accounts").add(
  HttpApiEndpoint.get("list", "/v1/accounts").setUrlParams(Schemas.AccountListParams).addSuccess(Schemas.AccountPage)
)

const locations = HttpApiGroup.make("locations").add(
  HttpApiEndpoint.get("list", "/v1/accounts/:accountId/locations").setPath(Schema.Struct(account))
    .setUrlParams(Schemas.LocationListParams).addSuccess(Schemas.LocationPage)
)

const all = "/v4/accounts/:accountId/locations/:locationId/reviews"

/** A tenth of the requests that there may be in a minute are edits: what keeps the one limit keeps the other. */
const editCost = 30

const reviews = HttpApiGroup.make("reviews")
  .add(
    HttpApiEndpoint.get("list", all).setPath(Schema.Struct(location)).setUrlParams(Schemas.ReviewListParams)
      .addSuccess(Schemas.ReviewPage)
  )
  .add(HttpApiEndpoint.get("get", `${all}/:reviewId`).setPath(review).addSuccess(Schemas.Review))
  .add(
    HttpApiEndpoint.post("batchGet", "/v4/accounts/:accountId/locations::batchGetReviews")
      .setPath(Schema.Struct(account)).setPayload(Schemas.BatchGetReviewsInput)
      .addSuccess(Schemas.LocationReviewPage).annotate(Operation.Safe, true)
  )
  .add(
    HttpApiEndpoint.put("reply", `${all}/:reviewId/reply`).setPath(review).setPayload(Schemas.ReplyInput)
      .addSuccess(Schemas.Reply).annotate(Operation.Cost, editCost)
  )
  .add(
    HttpApiEndpoint.del("deleteReply", `${all}/:reviewId/reply`).setPath(review).addSuccess(Schema.Struct({}))
      .annotate(Operation.Cost, editCost)
  )

const setting = "/v1/accounts/:accountId/notificationSetting"

const notifications = HttpApiGroup.make("notifications")
  .add(
    HttpApiEndpoint.get("get", setting).setPath(Schema.Struct(account)).addSuccess(Schemas.NotificationSetting)
  )
  .add(
    HttpApiEndpoint.patch("update", setting).setPath(Schema.Struct(account))
      .setUrlParams(Schemas.NotificationSettingParams).setPayload(Schemas.NotificationSettingInput)
      .addSuccess(Schemas.NotificationSetting).annotate(Operation.Idempotent, true)
  )

/**
 * The declaration. Each group is on a host of its own: `servers` of the definition.
 *
 * @since 0.1.0
 * @category api
 */
export const GoogleBusinessProfileApi = HttpApi.make("google-business-profile")
  .add(accounts)
  .add(locations)
  .add(reviews)
  .add(notifications)

/**
 * @since 0.1.0
 * @category models
 */
export type GoogleBusinessProfileApi = typeof GoogleBusinessProfileApi

/**
 * The operations that Google counts as edits of a profile.
 *
 * @internal
 */
export const edits: ReadonlySet<string> = new Set(["reviews.reply", "reviews.deleteReply"])
