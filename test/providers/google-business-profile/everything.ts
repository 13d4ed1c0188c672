/** Every operation of Business Profile, its answer checked. */
import { deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { Effect } from "effect"
import { starsOf } from "holdfast/providers/google-business-profile"
import type * as Kit from "./kit.js"

export const everything = Effect.fnUntraced(function*(google: Kit.Client) {
  const { accounts } = yield* google.accounts.list({ urlParams: { filter: "type=LOCATION_GROUP", pageSize: 20 } })
  const [account] = accounts
  deepStrictEqual(account, { accountName: "Analytical Cafes", name: "accounts/100001", type: "LOCATION_GROUP" })
  const accountId = account?.name ?? ""

  const { locations, totalSize } = yield* google.locations.list({
    path: { accountId },
    urlParams: { filter: "title=\"Analytical Cafe\"", orderBy: "title", pageSize: 2, readMask: ["name", "title"] }
  })
  // of what the mask names, and nothing else
  deepStrictEqual([locations[0], locations.length, totalSize], [
    { name: "locations/200001", title: "Analytical Cafe" },
    2,
    3
  ])

  const path = { accountId, locationId: locations[0]?.name ?? "" }
  const latest = yield* google.reviews.list({ path, urlParams: { orderBy: "updateTime desc", pageSize: 2 } })
  deepStrictEqual(latest.reviews.map(({ comment, reviewId }) => [reviewId, comment]), [
    ["r-60", undefined],
    ["r-59", "Coffee number 59"]
  ])
  deepStrictEqual([latest.totalReviewCount, latest.averageRating], [60, 10 / 3])
  const worst = yield* google.reviews.list({ path, urlParams: { orderBy: "rating", pageSize: 1 } })
  strictEqual(worst.reviews[0]?.starRating, "ONE")

  const reviewId = latest.reviews[1]?.name ?? ""
  const one = yield* google.reviews.get({ path: { ...path, reviewId } })
  deepStrictEqual([one.name, starsOf(one)], ["accounts/100001/locations/200001/reviews/r-59", 4])

  const batch = yield* google.reviews.batchGet({
    path: { accountId },
    payload: {
      ignoreRatingOnlyReviews: true,
      locationNames: ["accounts/100001/locations/200001", "accounts/100001/locations/200002"],
      orderBy: "rating",
      pageSize: 1
    }
  })
  deepStrictEqual(batch.locationReviews.map(({ name, review }) => [name, review?.starRating]), [
    ["accounts/100001/locations/200002", "TWO"]
  ])

  const reply = yield* google.reviews.reply({ path: { ...path, reviewId }, payload: { comment: "Thank you" } })
  strictEqual(reply.comment, "Thank you")
  strictEqual((yield* google.reviews.get({ path: { ...path, reviewId } })).reviewReply?.comment, "Thank you")
  yield* google.reviews.deleteReply({ path: { ...path, reviewId } })
  strictEqual((yield* google.reviews.get({ path: { ...path, reviewId } })).reviewReply, undefined)

  const setting = yield* google.notifications.update({
    path: { accountId },
    payload: { notificationTypes: ["NEW_REVIEW", "UPDATED_REVIEW"], pubsubTopic: "projects/p/topics/reviews" },
    urlParams: { updateMask: ["notificationTypes", "pubsubTopic"] }
  })
  deepStrictEqual(setting, {
    name: "accounts/100001/notificationSetting",
    notificationTypes: ["NEW_REVIEW", "UPDATED_REVIEW"],
    pubsubTopic: "projects/p/topics/reviews"
  })
  deepStrictEqual(yield* google.notifications.get({ path: { accountId } }), setting)
})
