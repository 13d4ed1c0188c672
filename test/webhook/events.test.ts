/** Questions whether somebody is there, and which event is which. */
import { assert, describe, it } from "@effect/vitest"
import { Either, Option } from "effect"
import { WebhookScheme } from "holdfast"
import * as kit from "./kit.js"

const request = (
  body: string,
  headers: WebhookScheme.WebhookRequest["headers"] = { "content-type": "application/json" },
  method = "POST"
): WebhookScheme.WebhookRequest => ({ body: kit.bytes(body), headers, method, url: "https://app.example.com/hooks" })

const form = (fields: Record<string, string>) =>
  request(new URLSearchParams(fields).toString(), { "content-type": "application/x-www-form-urlencoded" })

const events = (scheme: WebhookScheme.Scheme, request: WebhookScheme.WebhookRequest) =>
  Either.getOrThrow(WebhookScheme.events(request, scheme)).map(({ body, id }) => ({
    body: Buffer.from(body).toString(),
    id: Option.getOrNull(id)
  }))

const ids = (scheme: WebhookScheme.Scheme, request: WebhookScheme.WebhookRequest) =>
  events(scheme, request).map(({ id }) => id)

const json = (value: unknown) => request(JSON.stringify(value))

describe("events", () => {
  it("an id that the provider gives", () => {
    const github = request("{}", { "X-GitHub-Delivery": "72d3162e" })
    assert.deepStrictEqual(ids(WebhookScheme.gitHub, github), ["72d3162e"])
    assert.deepStrictEqual(ids(WebhookScheme.shopify, request("{}", { "X-Shopify-Webhook-Id": "b54557e4" })), [
      "b54557e4"
    ])
    assert.deepStrictEqual(ids(WebhookScheme.standardWebhooks, request("{}", { "svix-id": "msg_1" })), ["msg_1"])
    assert.deepStrictEqual(ids(WebhookScheme.stripe, json({ id: "evt_1" })), ["evt_1"])
    assert.deepStrictEqual(ids(WebhookScheme.intercom, json({ id: "notif_1" })), ["notif_1"])
    assert.deepStrictEqual(ids(WebhookScheme.slack, json({ event_id: "Ev1" })), ["Ev1"])
    assert.deepStrictEqual(ids(WebhookScheme.tidio, json({ webhook_id: "w1" })), ["w1"])
    const token = form({ MessageSid: "SM1", MessageStatus: "sent" })
    assert.deepStrictEqual(
      ids(WebhookScheme.twilio, { ...token, headers: { ...token.headers, "I-Twilio-Idempotency-Token": "t" } }),
      ["t"]
    )
  })

  it("an id of several fields: the same when it comes again, another for another event", () => {
    const calendly = { created_at: "2026-11-26T08:00:00Z", event: "invitee.created", payload: { uri: "u" } }
    const docusign = {
      data: { envelopeId: "e", recipientId: "1" },
      event: "recipient-sent",
      generatedDateTime: "2026-11-26T08:00:00Z",
      retryCount: 0
    }
    const crisp = {
      data: { fingerprint: 1, session_id: "s" },
      event: "message:send",
      timestamp: 1,
      website_id: "w"
    }
    const calCom = { createdAt: "2026-11-26T08:00:00Z", payload: { uid: "u" }, triggerEvent: "BOOKING_CREATED" }
    const tries: ReadonlyArray<readonly [WebhookScheme.Scheme, again: readonly [object, object], other: object]> = [
      [WebhookScheme.calendly, [calendly, { ...calendly, more: 1 }], { ...calendly, event: "invitee.canceled" }],
      [WebhookScheme.calCom, [calCom, { ...calCom, more: 1 }], { ...calCom, payload: { uid: "v" } }],
      [WebhookScheme.docuSign, [docusign, { ...docusign, retryCount: 3 }], {
        ...docusign,
        event: "recipient-completed"
      }],
      [WebhookScheme.crisp, [crisp, { ...crisp, timestamp: 2 }], { ...crisp, data: { ...crisp.data, fingerprint: 2 } }],
      // a message is sent once, and edited as often as somebody likes
      [WebhookScheme.crisp, [{ ...crisp, event: "message:updated" }, { ...crisp, event: "message:updated", more: 1 }], {
        ...crisp,
        event: "message:updated",
        timestamp: 2
      }]
    ]
    for (const [scheme, [first, second], other] of tries) {
      assert.deepStrictEqual(ids(scheme, json(first)), ids(scheme, json(second)), scheme.id)
      assert.notDeepEqual(ids(scheme, json(first)), ids(scheme, json(other)), scheme.id)
    }
    const mailchimp = (fields: Record<string, string>) => ids(WebhookScheme.mailchimp, form(fields))
    const fields = { "data[email]": "ada@example.com", fired_at: "2026-11-26 08:00:00", type: "subscribe" }
    assert.deepStrictEqual(mailchimp(fields), mailchimp({ ...fields, "data[reason]": "manual" }))
    assert.notDeepEqual(mailchimp(fields), mailchimp({ ...fields, type: "unsubscribe" }))
    assert.notDeepEqual(
      ids(WebhookScheme.twilio, form({ MessageSid: "SM1", MessageStatus: "sent" })),
      ids(WebhookScheme.twilio, form({ MessageSid: "SM1", MessageStatus: "delivered" }))
    )
  })

  it("fields do not run into each other", () => {
    const calCom = (triggerEvent: string, uid: string) =>
      ids(WebhookScheme.calCom, json({ createdAt: "t", payload: { uid }, triggerEvent }))
    assert.notDeepEqual(calCom("a\",\"b", "c"), calCom("a", "b\",\"c"))
  })

  it("none where a repeat cannot be told from a second event", () => {
    assert.deepStrictEqual(ids(WebhookScheme.acuity, form({ action: "changed", id: "1" })), [null])
  })

  it("the body's digest where there is nothing better, also where the body is no JSON", () => {
    for (const { id, ...scheme } of WebhookScheme.all) {
      if (["acuity", "hubspot", "mandrill", "sendgrid"].includes(id)) continue
      for (const text of ["{}", "not JSON", "", "[1]", "null", "{\"__proto__\":{\"id\":\"x\"}}"]) {
        const [found, ...more] = ids({ ...scheme, id }, request(text))
        assert.match(String(found), /^sha256:[0-9a-f]{64}$/, id)
        assert.isEmpty(more)
      }
      assert.notDeepEqual(ids({ ...scheme, id }, request("{}")), ids({ ...scheme, id }, request("{} ")))
    }
  })

  it("HubSpot's batch is split, each event in its own bytes, and attempts of one have one id", () => {
    const text = "{\"portalId\": 1, \"eventId\":100, \"subscriptionType\":\"contact.creation\",\"occurredAt\":1," +
      "\"objectId\":90071992547409931,\"note\":\"a, ] } \\\" [ { \\\\\", \"list\":[1,[2]]"
    const batch = (attempt: number) =>
      request(`\n[ ${text},"attemptNumber":${attempt}} , ${text.replace("100", "101")}}\r\n]\n`)
    const [first, second, ...more] = events(WebhookScheme.hubSpot, batch(0))
    assert.isEmpty(more)
    assert.strictEqual(first?.body, `${text},"attemptNumber":0}`)
    assert.strictEqual(second?.body, `${text.replace("100", "101")}}`)
    assert.notStrictEqual(first?.id, second?.id)
    assert.deepStrictEqual(ids(WebhookScheme.hubSpot, batch(3)), [first?.id, second?.id])
  })

  it("an event of a batch that is not as the others are is an event, and the others stay as they are", () => {
    const sendgrid = "[{\"sg_event_id\":\"a\"},null,{\"odd\":1},\"text, with a comma\",{\"sg_event_id\":\"b\"}]\r\n"
    const found = events(WebhookScheme.sendGrid, request(sendgrid))
    assert.deepStrictEqual(found.map(({ body }) => body), [
      "{\"sg_event_id\":\"a\"}",
      "null",
      "{\"odd\":1}",
      "\"text, with a comma\"",
      "{\"sg_event_id\":\"b\"}"
    ])
    assert.deepStrictEqual([found[0]?.id, found[4]?.id], ["a", "b"])
    for (const { id } of found.slice(1, 4)) assert.match(String(id), /^sha256:/)
    assert.strictEqual(new Set(found.map(({ id }) => id)).size, 5)
  })

  it("an empty batch has no events, and what is no batch is refused", () => {
    for (const scheme of [WebhookScheme.hubSpot, WebhookScheme.sendGrid]) {
      assert.deepStrictEqual(ids(scheme, request(" [ ] ")), [])
      for (const text of ["{}", "", "[", "[1,]", "null", "\"[1]\""]) {
        const error = Either.getOrThrow(Either.flip(WebhookScheme.events(request(text), scheme)))
        assert.strictEqual(error.reason, "request-malformed")
        assert.strictEqual(error.scheme, scheme.id)
      }
    }
    assert.isTrue(Either.isLeft(WebhookScheme.events(form({ other: "1" }), WebhookScheme.mandrill)))
    assert.isTrue(Either.isLeft(WebhookScheme.events(request("[{}]"), WebhookScheme.mandrill)))
  })

  it("Mandrill's batch is in a field of a form", () => {
    const batch = form({ mandrill_events: "[{\"event\":\"send\", \"name\":\"Zoë & 1+1\"},{\"event\":\"open\"}]" })
    const found = events(WebhookScheme.mandrill, batch)
    assert.deepStrictEqual(found.map(({ body }) => body), [
      "{\"event\":\"send\", \"name\":\"Zoë & 1+1\"}",
      "{\"event\":\"open\"}"
    ])
    assert.deepStrictEqual(ids(WebhookScheme.mandrill, batch), found.map(({ id }) => id))
  })
})

describe("challenges", () => {
  const challenge = (scheme: WebhookScheme.Scheme, request: WebhookScheme.WebhookRequest) =>
    Option.getOrNull(WebhookScheme.challenge(request, scheme))

  it("Slack's is given back as a text, when it has been verified", () => {
    const asked = json({ challenge: "<script>3eZbrw1a</script>", token: "fake", type: "url_verification" })
    const found = challenge(WebhookScheme.slack, asked)
    assert.isTrue(found?.signed)
    assert.deepStrictEqual(found?.answer, {
      body: "<script>3eZbrw1a</script>",
      headers: { "content-type": "text/plain; charset=utf-8", "x-content-type-options": "nosniff" },
      status: 200
    })
    assert.isNull(challenge(WebhookScheme.slack, json({ challenge: "x", type: "event_callback" })))
    assert.isNull(challenge(WebhookScheme.slack, json({ type: "url_verification" })))
  })

  it("Intercom's ping", () => {
    assert.isTrue(challenge(WebhookScheme.intercom, json({ topic: "ping" }))?.signed)
    assert.isNull(challenge(WebhookScheme.intercom, json({ topic: "contact.created" })))
  })

  it("Mailchimp and Mandrill look whether somebody is there before there is a secret; a secret path is asked for its secret", () => {
    for (const method of ["GET", "HEAD", "get"]) {
      for (const scheme of [WebhookScheme.mailchimp, WebhookScheme.mandrill, WebhookScheme.secretPath]) {
        const found = challenge(scheme, request("", {}, method))
        assert.strictEqual(found?.answer.status, 200)
        assert.strictEqual(found?.answer.body, "")
        assert.strictEqual(found?.signed, scheme.id === "secret-path")
      }
    }
    assert.isFalse(challenge(WebhookScheme.mandrill, form({ mandrill_events: "[]" }))?.signed)
    assert.isNull(challenge(WebhookScheme.mandrill, form({ mandrill_events: "[{}]" })))
    assert.isNull(challenge(WebhookScheme.mailchimp, form({ type: "subscribe" })))
  })

  it("nobody else has any, whatever the method", () => {
    const asking = ["intercom", "mailchimp", "mandrill", "secret-path", "slack"]
    for (const scheme of WebhookScheme.all.filter(({ id }) => !asking.includes(id))) {
      for (const method of ["GET", "HEAD", "POST"]) assert.isNull(challenge(scheme, request("{}", {}, method)))
    }
  })
})
