/** What Trustpilot sends: several events in a request, and no signature. */
import { describe, it } from "@effect/vitest"
import { assertTrue, deepStrictEqual } from "@effect/vitest/utils"
import { DateTime, Either, Redacted, Schema } from "effect"
import { WebhookScheme } from "holdfast"
import { definition, Schemas } from "holdfast/providers/trustpilot"

const created = {
  eventData: {
    consumer: { id: "c", link: "https://www.trustpilot.com/users/c", name: "Ada L." },
    createdAt: "2026-01-31T12:00:00Z",
    id: "r",
    isVerified: true,
    language: "en",
    link: "https://www.trustpilot.com/reviews/r",
    locationId: null,
    referenceId: "order-1",
    stars: 5,
    tags: [{ group: "generic", value: "late" }],
    text: "It came.",
    title: "Good"
  },
  eventName: "service-review-created",
  version: "1"
}

const deleted = { eventData: { id: "r" }, eventName: "service-review-deleted", version: "1" }

describe("webhooks of Trustpilot", () => {
  it("come several in a request, and those that are new are read", () => {
    const { events } = Schema.decodeUnknownSync(Schemas.Webhook)({
      events: [created, deleted, { eventData: { id: "p" }, eventName: "of-the-future" }]
    })
    deepStrictEqual(events.map(({ eventData, eventName }) => [eventName, eventData.id, eventData.stars]), [
      ["service-review-created", "r", 5],
      ["service-review-deleted", "r", undefined],
      ["of-the-future", "p", undefined]
    ])
    deepStrictEqual(events[0].eventData.tags, [{ group: "generic", value: "late" }])
    assertTrue(Either.isLeft(Schema.decodeUnknownEither(Schemas.Webhook)({ events: [] })))
  })

  it("are not signed: who knows the path is let in, whatever the body says", () => {
    assertTrue(!("webhook" in definition))
    const verify = (path: string, body: unknown) =>
      WebhookScheme.verify(
        { body: new TextEncoder().encode(JSON.stringify(body)), headers: {}, method: "POST", url: path },
        {
          now: DateTime.unsafeMake(0),
          scheme: WebhookScheme.secretPath,
          secrets: [Redacted.make("trustpilot-fake-path-secret")]
        }
      )
    const url = "https://hooks.example.com/webhooks/trustpilot"
    for (const body of [{ events: [created] }, { events: [deleted] }]) {
      assertTrue(Either.isRight(verify(`${url}/trustpilot-fake-path-secret`, body)))
      assertTrue(Either.isLeft(verify(`${url}/trustpilot-fake-path-guess`, body)))
    }
  })
})
