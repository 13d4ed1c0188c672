/** Every operation of DocuSign, its answer checked. */
import { deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { Effect } from "effect"
import * as Kit from "./kit.js"

export const everything = Effect.fnUntraced(function*(docusign: Kit.Client) {
  const { account: path } = Kit
  strictEqual((yield* docusign.accounts.get({ path })).accountName, "Analytical Engines")
  const templates = yield* docusign.templates.list({ path, urlParams: { count: 10, search_text: "Order" } })
  deepStrictEqual([templates.totalSetSize, templates.endPosition], [1, 0])

  const { envelopes } = docusign
  const draft = yield* envelopes.create({
    path,
    payload: {
      customFields: { textCustomFields: [{ name: "order", required: false, show: true, value: "A-1" }] },
      documents: [{ documentBase64: btoa("%PDF-1.7 order"), documentId: "1", name: "Order" }],
      emailSubject: "Order A-1",
      recipients: {
        carbonCopies: [{ email: "grace@example.com", name: "Grace Hopper", recipientId: "2", routingOrder: 2 }],
        signers: [{
          clientUserId: "u-1",
          email: "ada@example.com",
          name: "Ada Lovelace",
          recipientId: "1",
          routingOrder: 1,
          tabs: { signHereTabs: [{ anchorString: "/sn1/" }] }
        }]
      },
      status: "created",
      transactionId: "order-A-1"
    }
  })
  strictEqual(draft.status, "created")
  const one = { ...path, envelopeId: draft.envelopeId }
  yield* envelopes.update({ path: one, payload: { emailSubject: "Your order A-1" }, urlParams: {} })
  yield* envelopes.update({ path: one, payload: { status: "sent" }, urlParams: { resend_envelope: true } })
  const whole = yield* envelopes.get({ path: one, urlParams: { include: "recipients" } })
  deepStrictEqual([whole.status, whole.emailSubject, whole.recipients?.recipientCount], ["sent", "Your order A-1", 2])
  const { carbonCopies, signers } = yield* docusign.recipients.list({ path: one, urlParams: { include_tabs: false } })
  deepStrictEqual([signers[0]?.routingOrder, carbonCopies[0]?.name], [1, "Grace Hopper"])

  const fromTemplate = yield* envelopes.create({
    path,
    payload: {
      status: "sent",
      templateId: "11111111-0000-4000-8000-000000000001",
      templateRoles: [{ email: "ada@example.com", name: "Ada Lovelace", roleName: "Buyer" }]
    }
  })
  const found = yield* envelopes.list({
    path,
    urlParams: {
      count: 1,
      from_date: "1970-01-01T00:00:00Z",
      from_to_status: "changed",
      include: "recipients",
      order: "asc",
      order_by: "last_modified",
      start_position: 1,
      status: "sent,delivered"
    }
  })
  deepStrictEqual(
    [found.envelopes.map(({ envelopeId }) => envelopeId), found.resultSetSize, found.totalSetSize, found.startPosition],
    [[fromTemplate.envelopeId], 1, 2, 1]
  )
  const unknown = "ffffffff-0000-4000-8000-000000000000"
  const statuses = yield* envelopes.statuses({
    path,
    payload: { envelopeIds: [draft.envelopeId, unknown] },
    urlParams: { envelope_ids: "request_body" }
  })
  deepStrictEqual(statuses.envelopes.map(({ errorDetails, status }) => status ?? errorDetails?.errorCode), [
    "sent",
    "ENVELOPE_DOES_NOT_EXIST"
  ])

  const [pdf, response] = yield* docusign.documents.get({ path: { ...one, documentId: "1" }, withResponse: true })
  deepStrictEqual([new TextDecoder().decode(pdf), response.headers["content-type"]], [
    "%PDF-1.7 order",
    "application/pdf"
  ])
  const { url } = yield* docusign.views.recipient({
    path: one,
    payload: {
      authenticationMethod: "none",
      clientUserId: "u-1",
      email: "ada@example.com",
      returnUrl: "https://app.example.com/signed",
      userName: "Ada Lovelace"
    }
  })
  strictEqual(URL.canParse(url), true)
  yield* envelopes.update({ path: one, payload: { status: "voided", voidedReason: "a mistake" }, urlParams: {} })

  const connect = yield* docusign.connect.create({
    path,
    payload: {
      allUsers: true,
      configurationType: "custom",
      eventData: { format: "json", includeData: ["recipients"], version: "restv2.1" },
      events: ["envelope-completed"],
      includeHMAC: true,
      name: "orders",
      urlToPublishTo: "https://app.example.com/webhooks/docusign"
    }
  })
  strictEqual(connect.name, "orders")
})
