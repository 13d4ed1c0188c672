import { describe, it } from "@effect/vitest"
import { assertNone, assertTrue, deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { DateTime, type Duration, Either, Option, Redacted, Schema } from "effect"
import { WebhookScheme } from "holdfast"
import { Schemas } from "holdfast/providers/tidio"
import { createHmac } from "node:crypto"

const scheme = WebhookScheme.tidio
const seconds = 1_800_000_000
const now = DateTime.unsafeMake(seconds * 1000)
const secret = "fake-webhook-secret"

const contact = {
  content: {
    distinct_id: "123456",
    email: null,
    first_name: "John",
    id: "147ae37d-43bc-42a6-bc7b-c10d1525a2f7",
    properties: [{ name: "shoe_size", value: "44 (EU)" }]
  },
  created_at: seconds,
  project_public_key: "fakepublickey",
  topic: "contact.updated",
  version: 1,
  webhook_id: "7307ac4d-2c74-4d32-b7f9-f7d037ed2ebb"
}

const body = JSON.stringify(contact)

const mac = (text: string, key = secret) => createHmac("sha256", key).update(text).digest("hex")

const request = (signature: string) => ({
  body: new TextEncoder().encode(body),
  headers: { "content-type": "application/json", "user-agent": "Tidio Webhook", "x-tidio-signature": signature },
  method: "POST",
  url: "https://app.example.com/hooks/tidio"
})

const verified = (
  signature: string,
  options: {
    readonly secrets?: ReadonlyArray<string>
    readonly later?: Duration.DurationInput
    readonly tolerance?: Duration.DurationInput
  } = {}
) =>
  Either.match(
    WebhookScheme.verify(request(signature), {
      now: DateTime.addDuration(now, options.later ?? 0),
      scheme,
      secrets: (options.secrets ?? [secret]).map((one) => Redacted.make(one)),
      ...(options.tolerance === undefined ? undefined : { tolerance: options.tolerance })
    }),
    { onLeft: ({ reason }) => reason, onRight: () => "accepted" }
  )

describe("Tidio's webhooks", () => {
  it("the time is behind the body, with an underscore", () => {
    strictEqual(verified(`t=${seconds},s=${mac(`${body}_${seconds}`)}`), "accepted")
    assertTrue(verified(`t=${seconds},s=${mac(`${seconds}.${body}`)}`) !== "accepted")
    assertTrue(verified(`t=${seconds},s=${mac(body)}`) !== "accepted")
    assertTrue(verified(`t=${seconds + 1},s=${mac(`${body}_${seconds}`)}`) !== "accepted")
  })

  it("while a secret is exchanged there is a signature of each: any of them will do", () => {
    const before = mac(`${body}_${seconds}`, "fake-former")
    const after = mac(`${body}_${seconds}`)
    const both = `t=${seconds},s=${before},s=${after}`
    strictEqual(verified(both), "accepted")
    strictEqual(verified(both, { secrets: ["fake-former"] }), "accepted")
    assertTrue(verified(both, { secrets: ["fake-other"] }) !== "accepted")
    strictEqual(verified(`t=${seconds},s=${before}`, { secrets: [secret, "fake-former"] }), "accepted")
  })

  it("is taken for five minutes; one that is repeated for hours under its first time wants more", () => {
    const signature = `t=${seconds},s=${mac(`${body}_${seconds}`)}`
    strictEqual(verified(signature, { later: "5 minutes" }), "accepted")
    strictEqual(verified(signature, { later: "301 seconds" }), "too-old")
    strictEqual(verified(signature, { later: "5 hours", tolerance: "6 hours" }), "accepted")
  })

  it("comes more than once under one webhook_id", () => {
    const events = Either.getOrThrow(WebhookScheme.events(request(""), scheme))
    deepStrictEqual(events.map(({ id }) => Option.getOrThrow(id)), [contact.webhook_id])
  })

  it("brings a contact, or what its topic is about", () => {
    const read = Schema.decodeUnknownOption(Schemas.ContactWebhook)
    const { content } = Option.getOrThrow(read(contact))
    deepStrictEqual([content.first_name, content.email, content.properties], [
      "John",
      undefined,
      [{ name: "shoe_size", value: "44 (EU)" }]
    ])
    const replied = { ...contact, content: { ticket_id: 10_000 }, topic: "ticket.contact_replied" }
    assertNone(read(replied))
    const any = Schema.decodeUnknownOption(Schemas.Webhook)
    deepStrictEqual(Option.getOrThrow(any(replied)).content, { ticket_id: 10_000 })
  })
})
