import { describe, it } from "@effect/vitest"
import { assertNone, assertTrue, deepStrictEqual, notDeepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { DateTime, Either, Option, Redacted, Schema } from "effect"
import { WebhookScheme } from "holdfast"
import { Schemas } from "holdfast/providers/hubspot"
import { createHash, createHmac } from "node:crypto"

const secret = "fake-client-secret"

const now = 1_800_000_000_000

const created = {
  appId: 1,
  attemptNumber: 0,
  changeSource: "CRM",
  eventId: 100,
  objectId: 101,
  occurredAt: now,
  portalId: 4242,
  subscriptionId: 7,
  subscriptionType: "contact.creation"
}

const request = (
  body: string,
  headers: Readonly<Record<string, string>> = {},
  url = "https://app.example.com/hooks/hubspot?of=a%20b"
): WebhookScheme.WebhookRequest => ({ body: new TextEncoder().encode(body), headers, method: "POST", url })

const verified = (given: WebhookScheme.WebhookRequest, later = 0) =>
  Either.isRight(
    WebhookScheme.verify(given, {
      now: DateTime.unsafeMake(now + later),
      scheme: WebhookScheme.hubSpot,
      secrets: [Redacted.make(secret)]
    })
  )

const ids = (events: ReadonlyArray<object>) =>
  Either.getOrThrow(WebhookScheme.events(request(JSON.stringify(events)), WebhookScheme.hubSpot)).map(({ id }) =>
    Option.getOrThrow(id)
  )

describe("HubSpot's webhooks", () => {
  const body = JSON.stringify([created])
  const signed = (text: string) => ({
    "x-hubspot-request-timestamp": String(now),
    "x-hubspot-signature-v3": createHmac("sha256", secret).update(text).digest("base64")
  })

  it("are signed over method, URL, body and milliseconds, for five minutes", () => {
    const url = "https://app.example.com/hooks/hubspot?of=a%20b"
    const good = request(body, signed(`POST${url}${body}${now}`))
    assertTrue(verified(good))
    assertTrue(verified(good, 300_000))
    assertTrue(!verified(good, 300_001))
    assertTrue(!verified(request(body, signed(`POST${url}${body}${now / 1000}`))))
  })

  it("are signed over the URL with some of its escapes read, and not others", () => {
    const url = "https://app.example.com/hooks%2Fhubspot?at=12%3A30&of=a%20b"
    const read = "https://app.example.com/hooks/hubspot?at=12:30&of=a%20b"
    assertTrue(verified(request(body, signed(`POST${read}${body}${now}`), url)))
    assertTrue(!verified(request(body, signed(`POST${decodeURIComponent(url)}${body}${now}`), url)))
  })

  it("are not taken by the signatures of earlier versions", () => {
    const former = createHash("sha256").update(secret + body).digest("hex")
    assertTrue(!verified(request(body, { "x-hubspot-signature": former, "x-hubspot-signature-version": "v1" })))
  })

  it("are known again by several fields: eventId alone is not unique, and each attempt has a number of its own", () => {
    const [first] = ids([created])
    deepStrictEqual(ids([{ ...created, attemptNumber: 3 }]), [first])
    for (const other of [{ subscriptionId: 8 }, { occurredAt: now + 1 }, { subscriptionType: "contact.deletion" }]) {
      notDeepStrictEqual(ids([{ ...created, ...other }]), [first])
    }
    // by the other name of the type too
    const { subscriptionType, ...rest } = created
    const named = { ...rest, eventType: subscriptionType }
    deepStrictEqual(ids([named]), ids([{ ...named, attemptNumber: 3 }]))
    notDeepStrictEqual(ids([named]), ids([{ ...named, eventType: "contact.deletion" }]))
  })

  it("bring records, merges and associations, and kinds that are new", () => {
    const read = Schema.decodeUnknownOption(Schemas.WebhookEvent)
    strictEqual(Option.getOrThrow(read(created)).objectId, 101)
    const merge = { mergedObjectIds: [101, 102], newObjectId: 103, subscriptionType: "contact.merge" }
    deepStrictEqual(Option.getOrThrow(read({ ...created, ...merge })).mergedObjectIds, [101, 102])
    const link = { associationRemoved: false, fromObjectId: 1, objectId: null, toObjectId: 2 }
    strictEqual(Option.getOrThrow(read({ ...created, ...link, associationType: "OF_THE_FUTURE" })).toObjectId, 2)
    const generic = { fieldOfTheFuture: {}, objectTypeId: "0-1", subscriptionType: "object.creation" }
    strictEqual(Option.getOrThrow(read({ ...created, ...generic })).objectTypeId, "0-1")
    assertNone(read({ subscriptionType: "contact.creation" }))
  })
})
