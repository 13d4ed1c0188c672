/** For each scheme a request, its secrets, and where in it the signature is. */
import { DateTime, Either, Redacted } from "effect"
import { WebhookScheme } from "holdfast"
import { generateKeyPairSync } from "node:crypto"

export const now = DateTime.unsafeMake("2026-11-26T08:00:00Z")

export const bytes = (text: string): Uint8Array => Buffer.from(text, "utf8")

const pair = (): readonly [verifying: string, signing: string] => {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" })
  return [
    publicKey.export({ format: "der", type: "spki" }).toString("base64"),
    privateKey.export({ format: "der", type: "pkcs8" }).toString("base64")
  ]
}

const ed25519 = (): readonly [verifying: string, signing: string] => {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519")
  return [
    `whpk_${publicKey.export({ format: "der", type: "spki" }).subarray(-32).toString("base64")}`,
    `whsk_${privateKey.export({ format: "der", type: "pkcs8" }).subarray(-32).toString("base64")}`
  ]
}

const shared = (text: string): readonly [verifying: string, signing: string] => [text, text]

export interface Case {
  readonly name: string
  readonly scheme: WebhookScheme.Scheme
  readonly request: WebhookScheme.WebhookRequest
  readonly secret: readonly [verifying: string, signing: string]
  /** Of others: none of them has signed. */
  readonly strangers: ReadonlyArray<readonly [verifying: string, signing: string]>
  /** Where the signature is, and what stands before it there. */
  readonly header: string
  readonly pattern: RegExp
  /** The header as it would be of a version that nobody knows yet. */
  readonly unknownVersion?: (value: string) => string
  /** Where it is written when it was signed. */
  readonly timestamp?: { readonly header: string; readonly pattern: RegExp; readonly unit: number }
  /** Several signatures in one request. */
  readonly several?: (
    request: WebhookScheme.WebhookRequest,
    signatures: ReadonlyArray<string>
  ) => WebhookScheme.WebhookRequest
}

const json = "{\"id\": \"evt_1\",  \"amount\": 1.0, \"name\": \"Zoë\"}\n"
const url = "https://app.example.com/webhooks?tenant=a%2Fb&x=1"

const post = (body: string, contentType = "application/json"): WebhookScheme.WebhookRequest => ({
  body: bytes(body),
  headers: { "content-type": contentType, "user-agent": "fake" },
  method: "POST",
  url
})

const form = (body: string) => post(body, "application/x-www-form-urlencoded; charset=utf-8")

export const header = (request: WebhookScheme.WebhookRequest, name: string): string => {
  const value = request.headers[name]
  return typeof value === "string" ? value : ""
}

export const withHeader = (
  request: WebhookScheme.WebhookRequest,
  name: string,
  value: string | ReadonlyArray<string> | undefined
): WebhookScheme.WebhookRequest => ({ ...request, headers: { ...request.headers, [name]: value } })

const listed = (name: string, label: string, between = ",") => ({
  pattern: new RegExp(`^(t=\\d+,${label}=)(.*)$`),
  several: (request: WebhookScheme.WebhookRequest, signatures: ReadonlyArray<string>) =>
    withHeader(
      request,
      name,
      [header(request, name).split(",")[0], ...signatures.map((text) => `${label}=${text}`)].join(between)
    ),
  timestamp: { header: name, pattern: /^(t=)([^,]*)(.*)$/s, unit: 1000 },
  unknownVersion: (value: string) => value.replace(`,${label}=`, ",v9=")
})

const stamped = (name: string, unit: number) => ({ header: name, pattern: /^()(.*)()$/s, unit })

const texts = {
  secret: shared("fake-secret-of-this-side"),
  strangers: [shared("fake-secret-of-another"), shared("fake-secret-of-a-third"), shared("f")]
}

const base64 = (text: string) => shared(`whsec_${Buffer.from(text).toString("base64")}`)

const whole = /^()(.*)$/s

export const cases: ReadonlyArray<Case> = [
  {
    ...texts,
    header: "x-acuity-signature",
    name: "acuity",
    pattern: whole,
    request: form("action=changed&id=42&calendarID=7"),
    scheme: WebhookScheme.acuity
  },
  {
    ...texts,
    header: "x-cal-signature-256",
    name: "cal-com",
    pattern: whole,
    request: post(json),
    scheme: WebhookScheme.calCom
  },
  {
    ...texts,
    ...listed("calendly-webhook-signature", "v1"),
    header: "calendly-webhook-signature",
    name: "calendly",
    request: post(json),
    scheme: WebhookScheme.calendly
  },
  {
    ...texts,
    header: "x-crisp-signature",
    name: "crisp",
    pattern: whole,
    request: post(json),
    scheme: WebhookScheme.crisp,
    timestamp: stamped("x-crisp-request-timestamp", 1000)
  },
  {
    ...texts,
    header: "x-docusign-signature-1",
    name: "docusign",
    pattern: whole,
    request: post(json),
    scheme: WebhookScheme.docuSign,
    several: (request, signatures) =>
      signatures.reduce(
        (request, text, index) => withHeader(request, `x-docusign-signature-${index + 1}`, text),
        request
      )
  },
  {
    ...texts,
    header: "x-hub-signature-256",
    name: "github",
    pattern: /^(sha256=)(.*)$/s,
    request: post(json),
    scheme: WebhookScheme.gitHub,
    unknownVersion: (value) => value.replace("sha256=", "sha512=")
  },
  {
    ...texts,
    header: "x-hubspot-signature-v3",
    name: "hubspot",
    pattern: whole,
    request: post(`[${json}]`),
    scheme: WebhookScheme.hubSpot,
    timestamp: stamped("x-hubspot-request-timestamp", 1)
  },
  {
    ...texts,
    header: "x-hub-signature",
    name: "intercom",
    pattern: /^(sha1=)(.*)$/s,
    request: post(json),
    scheme: WebhookScheme.intercom,
    unknownVersion: (value) => value.replace("sha1=", "sha256=")
  },
  {
    ...texts,
    ...listed("x-mailchimp-signature", "v1"),
    header: "x-mailchimp-signature",
    name: "mailchimp",
    request: form("type=subscribe&fired_at=2026-11-26+08%3A00%3A00&data%5Bid%5D=8a25ff1d98"),
    scheme: WebhookScheme.mailchimp
  },
  {
    ...texts,
    header: "x-mandrill-signature",
    name: "mandrill",
    pattern: whole,
    request: form("other=%26&mandrill_events=%5B%7B%22event%22%3A%22send%22%2C%22_id%22%3A%22Zo%C3%AB%22%7D%5D"),
    scheme: WebhookScheme.mandrill
  },
  {
    header: "x-twilio-email-event-webhook-signature",
    name: "sendgrid",
    pattern: whole,
    request: post("[{\"sg_event_id\":\"fake\",  \"email\":\"ada@example.com\"}]\r\n"),
    scheme: WebhookScheme.sendGrid,
    secret: pair(),
    strangers: [pair(), pair(), pair()],
    timestamp: stamped("x-twilio-email-event-webhook-timestamp", 1000)
  },
  {
    ...texts,
    header: "x-shopify-hmac-sha256",
    name: "shopify",
    pattern: whole,
    request: post(json),
    scheme: WebhookScheme.shopify
  },
  {
    ...texts,
    header: "x-slack-signature",
    name: "slack",
    pattern: /^(v0=)(.*)$/s,
    request: post(json),
    scheme: WebhookScheme.slack,
    timestamp: stamped("x-slack-request-timestamp", 1000),
    unknownVersion: (value) => value.replace("v0=", "v9=")
  },
  {
    header: "webhook-signature",
    name: "standard-webhooks v1",
    pattern: /^(v1,)(.*)$/s,
    request: post(json),
    scheme: WebhookScheme.standardWebhooks,
    secret: base64("fake secret of this side"),
    several: (request, signatures) =>
      withHeader(request, "webhook-signature", signatures.map((text) => `v1,${text}`).join(" ")),
    strangers: [base64("fake secret of another side"), base64("fake secret of a third"), base64("f")],
    timestamp: stamped("webhook-timestamp", 1000),
    unknownVersion: (value) => value.replace("v1,", "v2,")
  },
  {
    header: "webhook-signature",
    name: "standard-webhooks v1a",
    pattern: /^(v1a,)(.*)$/s,
    request: post(json),
    scheme: WebhookScheme.standardWebhooks,
    secret: ed25519(),
    several: (request, signatures) =>
      withHeader(request, "webhook-signature", signatures.map((text) => `v1a,${text}`).join(" ")),
    strangers: [ed25519(), base64("fake secret of a third"), ed25519()],
    timestamp: stamped("webhook-timestamp", 1000),
    unknownVersion: (value) => value.replace("v1a,", "v1b,")
  },
  {
    ...texts,
    ...listed("stripe-signature", "v1"),
    header: "stripe-signature",
    name: "stripe",
    request: post(json),
    scheme: WebhookScheme.stripe
  },
  {
    ...texts,
    ...listed("x-tidio-signature", "s"),
    header: "x-tidio-signature",
    name: "tidio",
    request: post(json),
    scheme: WebhookScheme.tidio
  },
  {
    ...texts,
    header: "x-twilio-signature",
    name: "twilio, a form",
    pattern: whole,
    request: form("MessageSid=SM1&Body=Zo%C3%AB+%26&From=%2B1555&Media=b&Media=a&MessageStatus=sent"),
    scheme: WebhookScheme.twilio
  },
  {
    ...texts,
    header: "x-twilio-signature",
    name: "twilio, JSON",
    pattern: whole,
    request: post(json),
    scheme: WebhookScheme.twilio
  },
  {
    ...texts,
    header: "x-signature",
    name: "hmac",
    pattern: whole,
    request: post(json),
    scheme: WebhookScheme.hmac()
  },
  {
    ...texts,
    header: "x-stamped",
    name: "hmac, with a timestamp",
    pattern: /^(sha512=)(.*)$/s,
    request: post(json),
    scheme: WebhookScheme.hmac({
      algorithm: "hmac-sha512",
      encoding: "base64url",
      header: "X-Stamped",
      id: "stamped",
      prefix: "sha512=",
      timestamp: { header: "X-Stamp", unit: "milliseconds" }
    }),
    timestamp: stamped("x-stamp", 1),
    unknownVersion: (value) => value.replace("sha512=", "sha1=")
  }
]

export const signAt = (
  of: Pick<Case, "scheme" | "secret">,
  request: WebhookScheme.WebhookRequest,
  at: DateTime.Utc = now
): WebhookScheme.WebhookRequest =>
  Either.getOrThrow(WebhookScheme.sign(request, { now: at, scheme: of.scheme, secret: Redacted.make(of.secret[1]) }))

export const verify = (
  of: Pick<Case, "scheme" | "secret">,
  request: WebhookScheme.WebhookRequest,
  secrets: ReadonlyArray<string> = [of.secret[0]]
) => WebhookScheme.verify(request, { now, scheme: of.scheme, secrets: secrets.map((text) => Redacted.make(text)) })

/** The signature alone. */
export const signatureOf = ({ header: name, pattern }: Case, request: WebhookScheme.WebhookRequest): string =>
  pattern.exec(header(request, name))?.[2] ?? ""

export const withSignature = (
  { header: name, pattern }: Case,
  request: WebhookScheme.WebhookRequest,
  signature: string
): WebhookScheme.WebhookRequest =>
  withHeader(request, name, header(request, name).replace(pattern, (_, before: string) => `${before}${signature}`))

export const withTimestamp = (
  { timestamp }: Case,
  request: WebhookScheme.WebhookRequest,
  change: (text: string) => string
): WebhookScheme.WebhookRequest =>
  timestamp === undefined ? request : withHeader(
    request,
    timestamp.header,
    header(request, timestamp.header).replace(
      timestamp.pattern,
      (_, before: string, text: string, after: string) => `${before}${change(text)}${after}`
    )
  )
