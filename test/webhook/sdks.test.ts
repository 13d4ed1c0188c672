/** Against the vendors' own verifiers: they sign and we verify, we sign and they verify. */
import { assert, describe, it } from "@effect/vitest"
import { Signature as HubSpotSignature } from "@hubspot/api-client/lib/src/utils/signature.js"
import * as octokit from "@octokit/webhooks-methods"
import { EventWebhook } from "@sendgrid/eventwebhook"
import * as bolt from "@slack/bolt"
import { Crisp } from "crisp-api"
import { DateTime, Either, Redacted } from "effect"
import { WebhookScheme } from "holdfast"
import { createSign, generateKeyPairSync } from "node:crypto"
import { IncomingMessage, ServerResponse } from "node:http"
import { Socket } from "node:net"
import "@shopify/shopify-api/adapters/node"
import { ApiVersion, shopifyApi } from "@shopify/shopify-api"
import * as standardwebhooks from "standardwebhooks"
import Stripe from "stripe"
import * as svix from "svix"
import * as twilio from "twilio/lib/webhooks/webhooks.js"
import * as kit from "./kit.js"

// the verifiers look at the clock by themselves
const now = DateTime.unsafeNow()
const seconds = Math.floor(DateTime.toEpochMillis(now) / 1000)

const secret = "fake-secret-of-this-side"
const body = "{\"id\": \"evt_1\",  \"name\": \"Zoë\"}"

const post = (
  headers: WebhookScheme.WebhookRequest["headers"],
  text = body,
  url = "https://app.example.com/webhooks?tenant=a%2Fb&x=1"
): WebhookScheme.WebhookRequest => ({ body: kit.bytes(text), headers, method: "POST", url })

const isAccepted = (scheme: WebhookScheme.Scheme, request: WebhookScheme.WebhookRequest, verifying = secret): boolean =>
  Either.isRight(WebhookScheme.verify(request, { now, scheme, secrets: [Redacted.make(verifying)] }))

const sign = (scheme: WebhookScheme.Scheme, request: WebhookScheme.WebhookRequest, signing = secret) =>
  Either.getOrThrow(WebhookScheme.sign(request, { now, scheme, secret: Redacted.make(signing) }))

/** Each is tried with the right request and with one whose body is another. */
const both = (check: (text: string) => boolean): void => {
  assert.isTrue(check(body), "the right one")
  assert.isFalse(check(`${body} `), "another body")
}

describe("Standard Webhooks", () => {
  const key = `whsec_${Buffer.from("fake-secret-of-this-side").toString("base64")}`

  it("the published vector", () => {
    const at = DateTime.unsafeMake(1_614_265_330_000)
    const vector = {
      id: "msg_p5jXN8AQM9LWM0D4loKWxJek",
      request: post({}, "{\"test\": 2432232314}"),
      secret: Redacted.make("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
      signature: "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    }
    const scheme = WebhookScheme.standardWebhooks
    const signed = Either.getOrThrow(
      WebhookScheme.sign(vector.request, { id: vector.id, now: at, scheme, secret: vector.secret })
    )
    assert.strictEqual(signed.headers["webhook-signature"], vector.signature)
    assert.isTrue(Either.isRight(WebhookScheme.verify(signed, { now: at, scheme, secrets: [vector.secret] })))
  })

  it.each([
    ["standardwebhooks", "webhook", new standardwebhooks.Webhook(key)],
    ["svix", "svix", new svix.Webhook(key)]
  ])("%s", (_, prefix, sdk) => {
    const scheme = WebhookScheme.standardWebhooks
    const signature = sdk.sign("msg_1", new Date(seconds * 1000), body)
    const headers = {
      [`${prefix}-id`]: "msg_1",
      [`${prefix}-signature`]: `v1a,AAAA ${signature}`,
      [`${prefix}-timestamp`]: String(seconds)
    }
    both((text) => isAccepted(scheme, post(headers, text), key))
    const signed = sign(scheme, post({}), key)
    const names = (name: string) => name.replace("webhook-", `${prefix}-`)
    const sent = Object.fromEntries(
      Object.keys(signed.headers).map((name) => [names(name), kit.header(signed, name)])
    )
    assert.deepStrictEqual(sdk.verify(body, sent), JSON.parse(body))
    assert.throws(() => sdk.verify(`${body} `, sent))
  })
})

it("stripe", () => {
  const { webhooks } = new Stripe("sk_test_fake")
  const header = webhooks.generateTestHeaderString({ payload: body, secret, timestamp: seconds })
  both((text) => isAccepted(WebhookScheme.stripe, post({ "stripe-signature": header }, text)))
  const signed = kit.header(sign(WebhookScheme.stripe, post({})), "stripe-signature")
  assert.strictEqual(webhooks.constructEvent(body, signed, secret).id, "evt_1")
  assert.throws(() => webhooks.constructEvent(`${body} `, signed, secret))
})

it("@octokit/webhooks-methods", async () => {
  const header = await octokit.sign(secret, body)
  both((text) => isAccepted(WebhookScheme.gitHub, post({ "x-hub-signature-256": header }, text)))
  const signed = kit.header(sign(WebhookScheme.gitHub, post({})), "x-hub-signature-256")
  assert.isTrue(await octokit.verify(secret, body, signed))
  assert.isFalse(await octokit.verify(secret, `${body} `, signed))
})

describe("twilio", () => {
  const url = "https://app.example.com/sms?tenant=a%2Fb&x=1&name=O'Brien"
  const fields = { Body: "Zoë & Ada + 1", From: "+1555", Media: ["b", "a", "b"], MessageSid: "SM1" }
  const form = new URLSearchParams(
    Object.entries(fields).flatMap(([name, value]) => [value].flat().map((one): [string, string] => [name, one]))
  ).toString()
  const type = { "content-type": "application/x-www-form-urlencoded" }
  const scheme = WebhookScheme.twilio

  it("a form, at a URL that it may have written in another way", () => {
    const variants = [
      url,
      url.replace(".com/", ".com:443/"),
      new URL(url).href,
      url.replace("O'Brien", "O%27Brien")
    ]
    for (const signedUrl of variants) {
      const header = twilio.getExpectedTwilioSignature(secret, signedUrl, fields)
      const request = post({ ...type, "x-twilio-signature": header }, form, url)
      assert.isTrue(isAccepted(scheme, request), signedUrl)
      assert.isTrue(twilio.validateRequest(secret, header, url, fields))
      assert.isFalse(isAccepted(scheme, { ...request, body: kit.bytes(form.replace("555", "556")) }))
    }
    const header = kit.header(sign(scheme, post(type, form, url)), "x-twilio-signature")
    assert.isTrue(twilio.validateRequest(secret, header, url, fields))
    assert.isFalse(twilio.validateRequest(secret, header, url, { ...fields, From: "+1556" }))
  })

  it("JSON, whose hash is in the URL", () => {
    const json = { "content-type": "application/json" }
    const bound = `${url}&bodySHA256=${twilio.getExpectedBodyHash(body)}`
    const header = twilio.getExpectedTwilioSignature(secret, bound, {})
    both((text) => isAccepted(scheme, post({ ...json, "x-twilio-signature": header }, text, bound)))
    const signed = sign(scheme, post(json, body, url))
    both((text) => twilio.validateRequestWithBody(secret, kit.header(signed, "x-twilio-signature"), signed.url, text))
  })

  it("a GET, whose fields are in the URL", () => {
    const header = twilio.getExpectedTwilioSignature(secret, url, {})
    const request = { ...post({ "x-twilio-signature": header }, "", url), method: "GET" }
    assert.isTrue(isAccepted(scheme, request))
    assert.isFalse(isAccepted(scheme, { ...request, url: url.replace("x=1", "x=2") }))
  })
})

it("@sendgrid/eventwebhook", () => {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" })
  const verifying = publicKey.export({ format: "der", type: "spki" }).toString("base64")
  const pem = privateKey.export({ format: "pem", type: "pkcs8" }).toString()
  const sdk = new EventWebhook()
  const sdkKey = sdk.convertPublicKeyToECDSA(verifying)
  const scheme = WebhookScheme.sendGrid
  const signed = sign(scheme, post({}), pem)
  const stamp = kit.header(signed, "x-twilio-email-event-webhook-timestamp")
  const signature = kit.header(signed, "x-twilio-email-event-webhook-signature")
  both((text) => sdk.verifySignature(sdkKey, text, signature, stamp))
  // its SDK does not sign
  const header = createSign("sha256").update(`${seconds}${body}`).sign(privateKey, "base64")
  const headers = {
    "x-twilio-email-event-webhook-signature": header,
    "x-twilio-email-event-webhook-timestamp": String(seconds)
  }
  assert.isTrue(sdk.verifySignature(sdkKey, body, header, String(seconds)))
  both((text) => isAccepted(scheme, post(headers, text), verifying))
})

it("@slack/bolt", () => {
  const { isValidSlackRequest } = bolt
  const signed = sign(WebhookScheme.slack, post({}))
  both((text) =>
    isValidSlackRequest({
      body: text,
      headers: {
        "x-slack-request-timestamp": Number(kit.header(signed, "x-slack-request-timestamp")),
        "x-slack-signature": kit.header(signed, "x-slack-signature")
      },
      signingSecret: secret
    })
  )
})

it("@hubspot/api-client", () => {
  const url = "https://app.example.com/hubspot?x=1&name=Ada%20L"
  const scheme = WebhookScheme.hubSpot
  const millis = DateTime.toEpochMillis(now)
  const of = (text: string, timestamp: number) => ({ clientSecret: secret, requestBody: text, timestamp, url })
  const header = HubSpotSignature.getSignature("POST", "v3", { ...of(body, millis), signature: "" })
  const headers = { "x-hubspot-request-timestamp": String(millis), "x-hubspot-signature-v3": header }
  both((text) => isAccepted(scheme, post(headers, text, url)))
  const signed = sign(scheme, post({}, body, url))
  both((text) =>
    HubSpotSignature.isValid({
      ...of(text, Number(kit.header(signed, "x-hubspot-request-timestamp"))),
      method: "POST",
      signature: kit.header(signed, "x-hubspot-signature-v3"),
      signatureVersion: "v3"
    })
  )
})

it("crisp-api", () => {
  const crisp = new Crisp()
  const compact = JSON.stringify(JSON.parse(body))
  const signed = sign(WebhookScheme.crisp, post({}, compact))
  const check = (data: object) =>
    crisp.verifyWidget(
      secret,
      data,
      Number(kit.header(signed, "x-crisp-request-timestamp")),
      kit.header(signed, "x-crisp-signature")
    )
  assert.isTrue(check(JSON.parse(body)))
  assert.isFalse(check({ ...JSON.parse(body), more: 1 }))
})

it("@shopify/shopify-api", async () => {
  const shopify = shopifyApi({
    apiKey: "fake",
    apiSecretKey: secret,
    apiVersion: ApiVersion.October25,
    hostName: "app.example.com",
    isEmbeddedApp: false,
    logger: { log: () => undefined }
  })
  const signed = sign(WebhookScheme.shopify, post({}))
  const check = async (text: string) => {
    const rawRequest = new IncomingMessage(new Socket())
    Object.assign(rawRequest.headers, {
      "x-shopify-api-version": "2025-10",
      "x-shopify-hmac-sha256": kit.header(signed, "x-shopify-hmac-sha256"),
      "x-shopify-shop-domain": "fake.myshopify.com",
      "x-shopify-topic": "orders/create",
      "x-shopify-webhook-id": "fake"
    })
    const { valid } = await shopify.webhooks.validate({
      rawBody: text,
      rawRequest,
      rawResponse: new ServerResponse(rawRequest)
    })
    return valid
  }
  assert.isTrue(await check(body))
  assert.isFalse(await check(`${body} `))
})
