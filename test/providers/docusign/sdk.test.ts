/** DocuSign's own SDK against the emulator, over a socket: what it expects of DocuSign, the emulator does. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { Emulator } from "holdfast/providers/docusign"
import { Faults } from "holdfast/testing"
import { asked, thrown } from "../promised.js"
import { sent } from "../sent.js"
import * as Kit from "./kit.js"
import { type Answer, clients } from "./sdk.js"

const { accountId } = Kit

const started = Effect.fnUntraced(function*(options: Emulator.Options = {}) {
  const { baseUrl, emulator } = yield* Emulator.serve(options)
  return { emulator, ...clients(baseUrl) }
})

/** The error of its HTTP client, with DocuSign's body as the data of the response. */
const refused = (promise: () => Promise<unknown>, status: number, errorCode: string) =>
  Effect.map(
    thrown(promise),
    (error) => {
      assert.nestedPropertyVal(error, "response.status", status)
      assert.nestedPropertyVal(error, "response.data.errorCode", errorCode)
      return error
    }
  )

const idOf = ({ envelopeId }: Answer) => String(envelopeId)

const pdf = "%PDF-1.7 order"

const unknown = "ffffffff-0000-4000-8000-000000000000"

/** Numbers and flags are texts in all its models. */
const order = (more: Readonly<Record<string, unknown>> = {}) => ({
  envelopeDefinition: {
    customFields: { textCustomFields: [{ name: "order", required: "false", show: "true", value: "A-1" }] },
    documents: [{ documentBase64: btoa(pdf), documentId: "1", fileExtension: "pdf", name: "Order" }],
    emailSubject: "Order A-1",
    recipients: {
      carbonCopies: [{ email: "grace@example.com", name: "Grace Hopper", recipientId: "2", routingOrder: "2" }],
      signers: [{
        clientUserId: "u-1",
        email: "ada@example.com",
        name: "Ada Lovelace",
        recipientId: "1",
        routingOrder: "1",
        tabs: { signHereTabs: [{ anchorString: "/sn1/", anchorXOffset: "20" }] }
      }]
    },
    status: "sent",
    ...more
  }
})

describe("docusign-esign", () => {
  it.scopedLive("drafts, changes, sends and voids an envelope", () =>
    Effect.gen(function*() {
      const { emulator, envelopes } = yield* started()
      const draft = yield* asked(() => envelopes.createEnvelope(accountId, order({ status: "created" })))
      assert.deepInclude(draft, { status: "created", uri: `/envelopes/${idOf(draft)}` })
      assert.isString(draft.statusDateTime)
      const update = (envelope: Readonly<Record<string, string>>) =>
        asked(() => envelopes.update(accountId, idOf(draft), { envelope }))
      yield* update({ emailSubject: "Your order A-1" })
      assert.propertyVal(yield* update({ status: "sent" }), "envelopeId", draft.envelopeId)
      const again = { envelope: {}, resendEnvelope: "true" }
      yield* asked(() => envelopes.update(accountId, idOf(draft), again))
      const sent = yield* asked(() => envelopes.getEnvelope(accountId, idOf(draft), { include: "recipients" }))
      assert.deepInclude(sent, { emailSubject: "Your order A-1", status: "sent", voidedReason: undefined })
      assert.nestedPropertyVal(sent, "recipients.signers[0].email", "ada@example.com")
      yield* update({ status: "voided", voidedReason: "a mistake" })
      const voided = yield* asked(() => envelopes.getEnvelope(accountId, idOf(draft), {}))
      assert.deepInclude(voided, { status: "voided", voidedReason: "a mistake" })
      assert.deepStrictEqual((yield* emulator.ledger).map(({ operation, status }) => [operation, status]), [
        ["envelopes.create", 201],
        ["envelopes.update", 200],
        ["envelopes.update", 200],
        ["envelopes.update", 200],
        ["envelopes.get", 200],
        ["envelopes.update", 200],
        ["envelopes.get", 200]
      ])
    }))

  it.scopedLive("reads recipients, and gets the view of one", () =>
    Effect.gen(function*() {
      const { envelopes } = yield* started()
      const made = yield* asked(() => envelopes.createEnvelope(accountId, order()))
      const recipients = yield* asked(() => envelopes.listRecipients(accountId, idOf(made), { includeTabs: "false" }))
      assert.deepInclude(recipients, { currentRoutingOrder: "1", recipientCount: "2" })
      assert.nestedPropertyVal(recipients, "signers[0].routingOrder", "1")
      assert.nestedPropertyVal(recipients, "signers[0].status", "sent")
      assert.nestedPropertyVal(recipients, "carbonCopies[0].name", "Grace Hopper")
      const recipientViewRequest = {
        authenticationMethod: "none",
        clientUserId: "u-1",
        email: "ada@example.com",
        returnUrl: "https://app.example.com/signed",
        userName: "Ada Lovelace"
      }
      const { url } = yield* asked(() => envelopes.createRecipientView(accountId, idOf(made), { recipientViewRequest }))
      assert.isTrue(URL.canParse(String(url)))
      const stranger = { ...recipientViewRequest, userName: "Somebody" }
      yield* refused(
        () => envelopes.createRecipientView(accountId, idOf(made), { recipientViewRequest: stranger }),
        400,
        "UNKNOWN_ENVELOPE_RECIPIENT"
      )
    }))

  it.scopedLive("downloads documents, byte by byte", () =>
    Effect.gen(function*() {
      const { envelopes } = yield* started()
      const bytes = Uint8Array.from([...new TextEncoder().encode("%PDF-1.7 "), 0, 127, 128, 254, 255])
      const documents = [
        { documentBase64: btoa(String.fromCharCode(...bytes)), documentId: "1", name: "One" },
        { documentBase64: btoa(pdf), documentId: "2", name: "Two" }
      ]
      const made = yield* asked(() => envelopes.createEnvelope(accountId, order({ documents })))
      const get = (documentId: string) => asked(() => envelopes.getDocument(accountId, idOf(made), documentId, {}))
      assert.deepStrictEqual([...yield* get("1")], [...bytes])
      assert.deepStrictEqual(new TextDecoder().decode(yield* get("2")), pdf)
      assert.lengthOf(yield* get("combined"), bytes.length + pdf.length)
      assert.match(new TextDecoder().decode(yield* get("certificate")), /^%PDF/)
      // what it asked for was a stream, and so is the body of the error
      const missing = yield* Effect.flip(Effect.tryPromise({
        try: () => envelopes.getDocument(accountId, idOf(made), "3", {}),
        catch: (error): object => Object(error)
      }))
      assert.nestedPropertyVal(missing, "response.status", 400)
    }))

  it.scopedLive("lists envelopes to the end, and finds them by id and by transaction", () =>
    Effect.gen(function*() {
      const { emulator, envelopes } = yield* started()
      const ids: Array<string> = []
      for (let index = 0; index < 7; index++) {
        const made = yield* asked(() => envelopes.createEnvelope(accountId, order({ transactionId: `order-${index}` })))
        ids.push(idOf(made))
      }
      const before = (yield* emulator.ledger).length
      const found: Array<unknown> = []
      // it has no pager of its own: nextUri says that there is more, endPosition where
      for (let start = 0, more = true; more;) {
        const page = yield* asked(() =>
          envelopes.listStatusChanges(accountId, {
            count: "3",
            fromDate: "1970-01-01T00:00:00Z",
            order: "asc",
            startPosition: String(start)
          })
        )
        assert.deepInclude(page, { startPosition: String(start), totalSetSize: "7" })
        for (const envelope of Array.isArray(page.envelopes) ? page.envelopes : []) {
          found.push(Object(envelope).envelopeId)
        }
        start = Number(page.endPosition) + 1
        more = page.nextUri !== undefined
      }
      assert.deepStrictEqual(found, ids)
      assert.lengthOf((yield* emulator.ledger).slice(before), 3)

      const statuses = yield* asked(() =>
        envelopes.listStatus(accountId, {
          envelopeIds: "request_body",
          envelopeIdsRequest: { envelopeIds: [ids[0], unknown] }
        })
      )
      assert.nestedPropertyVal(statuses, "envelopes[0].status", "sent")
      // its model of an envelope has no errorDetails: it shows that there is no status, and not why
      assert.nestedPropertyVal(statuses, "envelopes[1].envelopeId", unknown)
      assert.nestedPropertyVal(statuses, "envelopes[1].status", undefined)
      const byTransaction = yield* asked(() => envelopes.listStatusChanges(accountId, { transactionIds: "order-3" }))
      assert.nestedPropertyVal(byTransaction, "envelopeTransactionStatuses[0].envelopeId", ids[3])
      assert.nestedPropertyVal(byTransaction, "envelopeTransactionStatuses[0].transactionId", "order-3")
    }))

  it.scopedLive("reads the account and templates, sends from one, and sets up Connect", () =>
    Effect.gen(function*() {
      const { accounts, connect, emulator, envelopes, templates } = yield* started()
      const account = yield* asked(() => accounts.getAccountInformation(accountId, {}))
      assert.deepInclude(account, { accountIdGuid: accountId, accountName: "Analytical Engines" })
      const found = yield* asked(() => templates.listTemplates(accountId, { searchText: "Order" }))
      assert.deepInclude(found, { endPosition: "0", resultSetSize: "1", totalSetSize: "1" })
      const templateId = "11111111-0000-4000-8000-000000000001"
      assert.nestedPropertyVal(found, "envelopeTemplates[0].templateId", templateId)
      assert.nestedPropertyVal(found, "envelopeTemplates[0].name", "Order")
      const templateRoles = [{ email: "ada@example.com", name: "Ada Lovelace", roleName: "Buyer" }]
      const made = yield* asked(() =>
        envelopes.createEnvelope(accountId, { envelopeDefinition: { status: "sent", templateId, templateRoles } })
      )
      const recipients = yield* asked(() => envelopes.listRecipients(accountId, idOf(made), {}))
      assert.nestedPropertyVal(recipients, "signers[0].name", "Ada Lovelace")
      const configuration = yield* asked(() =>
        connect.createConfiguration(accountId, {
          connectCustomConfiguration: {
            allUsers: "true",
            configurationType: "custom",
            deliveryMode: "SIM",
            eventData: { format: "json", includeData: ["recipients"], version: "restv2.1" },
            events: ["envelope-completed"],
            includeHMAC: "true",
            name: "orders",
            urlToPublishTo: "https://app.example.com/webhooks/docusign"
          }
        })
      )
      assert.deepInclude(configuration, { name: "orders" })
      assert.isString(configuration.connectId)
      assert.lengthOf((yield* emulator.state).connects, 1)
    }))

  it.scopedLive("is refused in DocuSign's words", () =>
    Effect.gen(function*() {
      const { accounts, emulator, envelopes } = yield* started()
      yield* refused(() => envelopes.getEnvelope(accountId, unknown, {}), 400, "ENVELOPE_DOES_NOT_EXIST")
      yield* refused(
        () => envelopes.createEnvelope(accountId, order({ recipients: {} })),
        400,
        "ENVELOPE_IS_INCOMPLETE"
      )
      yield* refused(
        () => envelopes.createEnvelope(accountId, order({ status: "done" })),
        400,
        "INVALID_REQUEST_PARAMETER"
      )
      yield* refused(() => envelopes.listStatusChanges(accountId, {}), 400, "INVALID_REQUEST_PARAMETER")
      const draft = yield* asked(() => envelopes.createEnvelope(accountId, order({ status: "created" })))
      const voided = { envelope: { status: "voided", voidedReason: "a mistake" } }
      yield* refused(
        () => envelopes.update(accountId, idOf(draft), voided),
        400,
        "ENVELOPE_CANNOT_VOID_INVALID_STATE"
      )
      yield* emulator.setFaults(Faults.always(Faults.status(500)))
      yield* refused(() => accounts.getAccountInformation(accountId, {}), 500, "UNSPECIFIED_ERROR")
      const closed = yield* started({ authorize: () => false })
      yield* refused(
        () => closed.accounts.getAccountInformation(accountId, {}),
        401,
        "AUTHORIZATION_INVALID_TOKEN"
      )
    }))

  it.scopedLive("is told of its limit with 400, or with 429, and by headers until when", () =>
    Effect.gen(function*() {
      for (const limitStatus of [400, 429] as const) {
        const { accounts } = yield* started({ limitStatus, rateLimit: Emulator.limits({ perHour: 1 }) })
        yield* asked(() => accounts.getAccountInformation(accountId, {}))
        const limited = yield* refused(
          () => accounts.getAccountInformation(accountId, {}),
          limitStatus,
          "HOURLY_APIINVOCATION_LIMIT_EXCEEDED"
        )
        assert.nestedPropertyVal(limited, "response.headers.x-ratelimit-remaining", "0")
      }
    }))

  it.scopedLive("sends what our client sends", () =>
    Effect.gen(function*() {
      const theirs = yield* started()
      const transactionId = "order-A-1"
      const recipientViewRequest = {
        authenticationMethod: "none",
        clientUserId: "u-1",
        email: "ada@example.com",
        returnUrl: "https://app.example.com/signed",
        userName: "Ada Lovelace"
      }
      const signers = [{
        clientUserId: "u-1",
        email: "ada@example.com",
        name: "Ada Lovelace",
        recipientId: "1",
        routingOrder: 1
      }]
      const made = yield* asked(async () => {
        await theirs.accounts.getAccountInformation(accountId, {})
        await theirs.templates.listTemplates(accountId, { count: "5", searchText: "Order" })
        const recipients = { signers: signers.map((signer) => ({ ...signer, routingOrder: "1" })) }
        const envelopeDefinition = { ...Kit.order(transactionId), recipients }
        const envelope = await theirs.envelopes.createEnvelope(accountId, { envelopeDefinition })
        const id = idOf(envelope)
        await theirs.envelopes.getEnvelope(accountId, id, { include: "recipients" })
        await theirs.envelopes.listRecipients(accountId, id, { includeTabs: "false" })
        await theirs.envelopes.listStatusChanges(accountId, { count: "5", fromDate: "1970-01-01T00:00:00Z" })
        await theirs.envelopes.listStatus(accountId, {
          envelopeIds: "request_body",
          envelopeIdsRequest: { envelopeIds: [id] }
        })
        await theirs.envelopes.getDocument(accountId, id, "1", {})
        await theirs.envelopes.createRecipientView(accountId, id, { recipientViewRequest })
        await theirs.envelopes.update(accountId, id, { envelope: { status: "voided", voidedReason: "a mistake" } })
        return id
      })

      const ours = yield* Kit.inProcess()
      const { docusign } = ours
      const path = { accountId }
      const one = { accountId, envelopeId: made }
      yield* docusign.accounts.get({ path })
      yield* docusign.templates.list({ path, urlParams: { count: 5, search_text: "Order" } })
      yield* docusign.envelopes.create({ path, payload: { ...Kit.order(transactionId), recipients: { signers } } })
      yield* docusign.envelopes.get({ path: one, urlParams: { include: "recipients" } })
      yield* docusign.recipients.list({ path: one, urlParams: { include_tabs: false } })
      yield* docusign.envelopes.list({ path, urlParams: { count: 5, from_date: "1970-01-01T00:00:00Z" } })
      yield* docusign.envelopes.statuses({
        path,
        payload: { envelopeIds: [made] },
        urlParams: { envelope_ids: "request_body" }
      })
      yield* docusign.documents.get({ path: { ...one, documentId: "1" } })
      yield* docusign.views.recipient({ path: one, payload: recipientViewRequest })
      yield* docusign.envelopes.update({
        path: one,
        payload: { status: "voided", voidedReason: "a mistake" },
        urlParams: {}
      })
      assert.deepStrictEqual(yield* sent(theirs.emulator), yield* sent(ours.emulator))
    }))
})
