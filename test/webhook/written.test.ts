/** The providers that have no verifier on npm: what they sign, written out as their documentation has it. */
import { assert, it } from "@effect/vitest"
import { DateTime, Either, Redacted } from "effect"
import { WebhookScheme } from "holdfast"
import { createHmac } from "node:crypto"
import * as kit from "./kit.js"

const secret = "fake-secret-of-this-side"
const body = "{\"id\": \"evt_1\",  \"name\": \"Zoë\"}"
const url = "https://app.example.com/webhooks"
const seconds = DateTime.toEpochMillis(kit.now) / 1000

const mac = (digest: "sha1" | "sha256", encoding: "hex" | "base64", text: string): string =>
  createHmac(digest, secret).update(text, "utf8").digest(encoding)

const json = { "content-type": "application/json" }
const form = { "content-type": "application/x-www-form-urlencoded" }
const events = "[{\"event\":\"send\",\"_id\":\"Zoë & 1+1\"}]"

const written: ReadonlyArray<
  readonly [WebhookScheme.Scheme, headers: Readonly<Record<string, string>>, body: string]
> = [
  [
    WebhookScheme.acuity,
    { ...form, "x-acuity-signature": mac("sha256", "base64", "action=changed&id=1") },
    "action=changed&id=1"
  ],
  [WebhookScheme.calCom, { ...json, "x-cal-signature-256": mac("sha256", "hex", body) }, body],
  [
    WebhookScheme.calendly,
    { ...json, "calendly-webhook-signature": `t=${seconds},v1=${mac("sha256", "hex", `${seconds}.${body}`)}` },
    body
  ],
  [
    WebhookScheme.docuSign,
    {
      ...json,
      "x-authorization-digest": "HMACSHA256",
      "x-docusign-signature-1": "AAAA",
      "x-docusign-signature-2": mac("sha256", "base64", body)
    },
    body
  ],
  [WebhookScheme.intercom, { ...json, "x-hub-signature": `sha1=${mac("sha1", "hex", body)}` }, body],
  [
    WebhookScheme.mailchimp,
    { ...form, "x-mailchimp-signature": `t=${seconds},v1=${mac("sha256", "hex", `${seconds}.type=profile`)}` },
    "type=profile"
  ],
  [
    WebhookScheme.mandrill,
    { ...form, "x-mandrill-signature": mac("sha1", "base64", `${url}mandrill_events${events}`) },
    new URLSearchParams({ mandrill_events: events }).toString()
  ],
  [
    WebhookScheme.slack,
    {
      ...json,
      "x-slack-request-timestamp": String(seconds),
      "x-slack-signature": `v0=${mac("sha256", "hex", `v0:${seconds}:${body}`)}`
    },
    body
  ],
  [WebhookScheme.shopify, { ...json, "x-shopify-hmac-sha256": mac("sha256", "base64", body) }, body],
  [
    WebhookScheme.tidio,
    { ...json, "x-tidio-signature": `t=${seconds},s=00,s=${mac("sha256", "hex", `${body}_${seconds}`)}` },
    body
  ]
]

it.each(written.map((one) => [one[0].id, ...one] as const))("%s", (_, scheme, headers, text) => {
  const request = { body: kit.bytes(text), headers, method: "POST", url }
  const verify = (request: WebhookScheme.WebhookRequest) =>
    WebhookScheme.verify(request, { now: kit.now, scheme, secrets: [Redacted.make(secret)] })
  assert.isTrue(Either.isRight(verify(request)))
  assert.isTrue(Either.isLeft(verify({ ...request, body: kit.bytes(`${text}0`) })))
})
