/** Every operation of Trustpilot, its answer checked. */
import { deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { Effect } from "effect"
import * as Kit from "./kit.js"

export const everything = Effect.fnUntraced(function*(trustpilot: Kit.Client) {
  const headers = { "x-business-user-id": Kit.manager }

  const { displayName, id, name } = yield* trustpilot.businessUnits.find({ urlParams: { name: "www.example.com" } })
  deepStrictEqual([displayName, id, name?.identifying], [
    "Analytical Engines",
    Kit.unit.businessUnitId,
    "example.com"
  ])

  const path = { businessUnitId: id }
  const page = yield* trustpilot.reviews.list({
    path,
    urlParams: {
      endDateTime: "2026-01-10T00:00:00",
      findReviewer: false,
      internalLocationId: "store-1",
      language: "de",
      orderBy: "createdat.asc",
      page: 1,
      perPage: 2,
      reported: false,
      responded: false,
      stars: [1, 2],
      startDateTime: "2026-01-01T06:00:00",
      username: "Ada"
    }
  })
  deepStrictEqual(page.reviews.map(({ createdAt, stars, title }) => [createdAt, stars, title]), [
    ["2026-01-01T06:00:00.000Z", 2, "Review 2"],
    ["2026-01-03T12:00:00.000Z", 1, "Review 11"]
  ])
  const byOrder = yield* trustpilot.reviews.list({
    path,
    urlParams: { referenceId: "order-2", referralEmail: "buyer-2@example.com" }
  })
  deepStrictEqual(byOrder.reviews.map(({ id, referenceId }) => [id, referenceId]), [
    [Kit.review(2).reviewId, "order-2"]
  ])

  const one = Kit.review(2)
  yield* trustpilot.reviews.reply({
    headers,
    path: one,
    payload: {
      authorBusinessUserId: Kit.manager,
      message: "Thank you, Ada.",
      submittedAt: "2026-02-01T12:00:00"
    }
  })
  const open = yield* trustpilot.reviews.get({ path: one })
  deepStrictEqual(open.companyReply, { createdAt: "2026-02-01T12:00:00.000Z", text: "Thank you, Ada." })
  strictEqual(open.businessUnit?.identifyingName, "example.com")
  yield* trustpilot.reviews.deleteReply({ headers, path: one })
  strictEqual((yield* trustpilot.reviews.get({ path: one })).companyReply, undefined)

  yield* trustpilot.reviews.setTags({ path: one, payload: { tags: [{ group: "generic", value: "late" }] } })
  const tagged = yield* trustpilot.reviews.list({ path, urlParams: { tagGroup: "generic", tagValue: "late" } })
  deepStrictEqual(tagged.reviews.map(({ id }) => id), [one.reviewId])

  const { templates } = yield* trustpilot.invitations.templates({ headers, path })
  const templateId = templates[0]?.id ?? ""
  yield* trustpilot.invitations.email({
    headers,
    path,
    payload: {
      consumerEmail: "grace@example.com",
      consumerName: "Grace Hopper",
      locale: "en-GB",
      locationId: "store-1",
      productReviewInvitation: {
        preferredSendTime: "2026-03-08T09:00:00",
        products: [{ brand: "Analytical", name: "Engine", productUrl: "https://example.com/engine", sku: "engine-1" }],
        templateId
      },
      referenceNumber: "order-61",
      replyTo: "shop@example.com",
      senderEmail: "noreply.invitations@example.com",
      senderName: "Analytical Engines",
      serviceReviewInvitation: {
        preferredSendTime: "2026-03-01T09:00:00",
        redirectUri: "https://example.com/thanks",
        tags: ["web"],
        templateId
      },
      type: "email"
    }
  })

  const link = yield* trustpilot.invitations.link({
    headers,
    path,
    payload: {
      email: "grace@example.com",
      locale: "en-GB",
      name: "Grace Hopper",
      redirectUri: "https://example.com/thanks",
      referenceId: "order-61",
      tags: ["web"]
    }
  })
  strictEqual(link.url?.startsWith("https://www.trustpilot.com/"), true)

  yield* trustpilot.invitations.deleteData({ headers, path, payload: { customerEmails: ["grace@example.com"] } })
  yield* trustpilot.invitations.deleteData({ path, payload: { deleteOlderThan: "2025-01-01T00:00:00" } })
})
