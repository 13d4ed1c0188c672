/**
 * The envelopes of the DocuSign emulator.
 *
 * @since 0.1.0
 */
import type { Emulator } from "holdfast/testing"
import type * as Schemas from "../Schemas.js"
import { refusal } from "./Bodies.js"
import { envelopeOf, guid, page, type State, type Stored, timeOf } from "./Store.js"

type Input = typeof Schemas.EnvelopeInput.Type

type ListParams = typeof Schemas.EnvelopeListParams.Type

const day = 86_400_000

/** For how long a transaction is known. */
const transactionLife = 7 * day

const bytesOf = (base64: string): Uint8Array => {
  const text = base64.replaceAll(/\s/g, "")
  if (!/^[\w+/]+=*$/.test(text) || text.length % 4 !== 0) {
    throw refusal("UNABLE_TO_CONVERT_DOCUMENT", "System was unable to convert this document to a PDF.")
  }
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0))
}

const recipientsOf = (input: Input, status: string): typeof Schemas.Recipients.Type => {
  const signers = [
    ...(input.recipients?.signers ?? []).map(({ tabs: _, ...signer }) => ({ ...signer, status })),
    ...(input.templateRoles ?? []).map(({ roleName: _, ...role }, index) => ({
      ...role,
      recipientId: String(index + 1),
      status
    }))
  ]
  const carbonCopies = (input.recipients?.carbonCopies ?? []).map((copy) => ({ ...copy, status }))
  return { carbonCopies, currentRoutingOrder: 1, recipientCount: signers.length + carbonCopies.length, signers }
}

const put = (
  state: State,
  exchange: Emulator.Exchange,
  stored: Stored & { readonly envelope: Schemas.Envelope },
  kind: string
): void => {
  state.envelopes.set(stored.envelope.envelopeId, stored)
  exchange.changed({
    resource: "envelopes",
    kind,
    key: stored.envelope.transactionId ?? stored.envelope.envelopeId
  })
}

/**
 * A second one of the same transaction is another envelope: DocuSign is not known to refuse it.
 *
 * @since 0.1.0
 * @category handlers
 */
export const create = (
  state: State,
  exchange: Emulator.Exchange,
  account: string,
  input: Input
): typeof Schemas.EnvelopeSummary.Type => {
  if (input.templateId !== undefined && !state.templates.some(({ templateId }) => templateId === input.templateId)) {
    throw refusal("TEMPLATE_ID_INVALID", "Invalid template ID.")
  }
  const recipients = recipientsOf(input, input.status)
  if (input.status === "sent" && recipients.signers.length + recipients.carbonCopies.length === 0) {
    throw refusal("ENVELOPE_IS_INCOMPLETE", "The Envelope is not Complete. A Complete Envelope Requires Recipients.")
  }
  const at = timeOf(exchange.now)
  const envelopeId = guid(state.nextId())
  put(state, exchange, {
    account,
    customFields: { listCustomFields: [], textCustomFields: input.customFields?.textCustomFields ?? [] },
    documents: (input.documents ?? []).map(({ documentBase64, documentId }) => ({
      bytes: bytesOf(documentBase64),
      documentId
    })),
    envelope: {
      createdDateTime: at,
      emailSubject: input.emailSubject ?? "",
      envelopeId,
      lastModifiedDateTime: at,
      sender: { email: "sender@example.com", userId: guid(0), userName: "Ada Lovelace" },
      status: input.status,
      statusChangedDateTime: at,
      ...(input.status === "sent" ? { sentDateTime: at } : undefined),
      ...(input.transactionId === undefined ? undefined : { transactionId: input.transactionId })
    },
    recipients,
    times: { created: exchange.now, status: exchange.now }
  }, "created")
  return { envelopeId, status: input.status, statusDateTime: at, uri: `/envelopes/${envelopeId}` }
}

const shown = ({ customFields, envelope, recipients }: Stored, include: string | undefined): Schemas.Envelope => {
  const parts = include?.split(",") ?? []
  return {
    ...envelope,
    ...(parts.includes("recipients") ? { recipients } : undefined),
    ...(parts.includes("custom_fields") ? { customFields } : undefined)
  }
}

/**
 * @since 0.1.0
 * @category handlers
 */
export const get = (
  state: State,
  path: { readonly accountId: string; readonly envelopeId: string },
  include: string | undefined
): Schemas.Envelope => shown(envelopeOf(state, path), include)

/**
 * @since 0.1.0
 * @category handlers
 */
export const update = (
  state: State,
  exchange: Emulator.Exchange,
  path: { readonly accountId: string; readonly envelopeId: string },
  input: typeof Schemas.EnvelopeUpdate.Type
): typeof Schemas.EnvelopeUpdated.Type => {
  const stored = envelopeOf(state, path)
  const at = timeOf(exchange.now)
  const { status } = stored.envelope
  const now = exchange.now
  if (!("status" in input)) {
    const { emailSubject = stored.envelope.emailSubject ?? "" } = input
    put(
      state,
      exchange,
      { ...stored, envelope: { ...stored.envelope, emailSubject, lastModifiedDateTime: at } },
      "updated"
    )
    return { envelopeId: stored.envelope.envelopeId }
  }
  if (input.status === "sent" && status !== "created") {
    throw refusal("ENVELOPE_INVALID_STATUS", "Invalid envelope status. Only drafts can be sent.")
  }
  if (input.status === "voided" && status !== "sent" && status !== "delivered") {
    throw refusal(
      "ENVELOPE_CANNOT_VOID_INVALID_STATE",
      "Only envelopes in the 'Sent' or 'Delivered' states may be voided."
    )
  }
  put(state, exchange, {
    ...stored,
    envelope: {
      ...stored.envelope,
      lastModifiedDateTime: at,
      status: input.status,
      statusChangedDateTime: at,
      ...(input.status === "voided" ? { voidedDateTime: at, voidedReason: input.voidedReason } : { sentDateTime: at })
    },
    times: { ...stored.times, status: now }
  }, input.status)
  return { envelopeId: stored.envelope.envelopeId }
}

const dateOf = (name: string, text: string | undefined): number | undefined => {
  const time = text === undefined ? undefined : Date.parse(text)
  if (Number.isNaN(time)) {
    throw refusal(
      "INVALID_REQUEST_PARAMETER",
      `The request contained at least one invalid parameter. Query parameter '${name}' was not a valid date.`
    )
  }
  return time
}

const empty = { envelopes: [], envelopeTransactionStatuses: [] }

/**
 * @since 0.1.0
 * @category handlers
 */
export const list = (
  state: State,
  exchange: Emulator.Exchange,
  account: string,
  params: ListParams
): typeof Schemas.EnvelopePage.Type => {
  const mine = [...state.envelopes.values()].filter((stored) => stored.account === account)
  if (params.transaction_ids !== undefined) {
    const wanted = new Set(params.transaction_ids.split(","))
    return {
      ...empty,
      envelopeTransactionStatuses: mine.flatMap(({ envelope: { envelopeId, status = "", transactionId }, times }) =>
        transactionId !== undefined && wanted.has(transactionId) && exchange.now - times.created < transactionLife
          ? [{ envelopeId, status, transactionId }]
          : []
      )
    }
  }
  if (params.continuation_token !== undefined) {
    throw refusal("INVALID_REQUEST_PARAMETER", "This emulator gives no continuation tokens, and takes none.")
  }
  const from = dateOf("from_date", params.from_date) ?? 0
  const to = dateOf("to_date", params.to_date) ?? Number.POSITIVE_INFINITY
  const ids = params.envelope_ids?.toLowerCase().split(",")
  const statuses = params.status?.toLowerCase().split(",")
  const found = mine.filter(({ envelope, times }) => {
    const at = params.from_to_status === "changed" ? times.status : times.created
    return at >= from && at <= to && (ids?.includes(envelope.envelopeId) ?? true) &&
      (statuses?.includes(envelope.status ?? "") ?? true) &&
      (params.search_text === undefined || (envelope.emailSubject ?? "").includes(params.search_text))
  })
  const byTime = found.sort((
    one,
    other
  ) => (params.order_by === "last_modified"
    ? one.times.status - other.times.status
    : one.times.created - other.times.created)
  )
  const { items, places } = page(params.order === "desc" ? byTime.toReversed() : byTime, params, "/envelopes")
  return {
    ...empty,
    ...places,
    envelopes: items.map((stored) => shown(stored, params.include)),
    lastQueriedDateTime: timeOf(exchange.now)
  }
}

/**
 * Of several at once; one that is not there has an error of its own.
 *
 * @since 0.1.0
 * @category handlers
 */
export const statuses = (
  state: State,
  account: string,
  envelopeIds: ReadonlyArray<string>
): typeof Schemas.EnvelopePage.Type => ({
  ...empty,
  envelopes: envelopeIds.map((envelopeId): Schemas.Envelope => {
    const stored = state.envelopes.get(envelopeId.toLowerCase())
    return stored?.account === account ? stored.envelope : {
      envelopeId,
      errorDetails: { errorCode: "ENVELOPE_DOES_NOT_EXIST", message: "The envelope specified does not exist." }
    }
  }),
  resultSetSize: envelopeIds.length,
  totalSetSize: envelopeIds.length
})

const pdf = (text: string): Uint8Array => new TextEncoder().encode(`%PDF-1.7 ${text}`)

/**
 * The bytes that were sent in; `combined` and `archive` are all of them, one after the other.
 *
 * @since 0.1.0
 * @category handlers
 */
export const document = (
  state: State,
  path: { readonly accountId: string; readonly documentId: string; readonly envelopeId: string }
): Uint8Array => {
  const { documents, envelope } = envelopeOf(state, path)
  switch (path.documentId) {
    case "certificate":
      return pdf(`certificate of ${envelope.envelopeId}`)
    case "archive":
    case "combined":
      return Uint8Array.from(documents.flatMap(({ bytes }) => [...bytes]))
  }
  const found = documents.find(({ documentId }) => documentId === path.documentId)
  if (found === undefined) throw refusal("DOCUMENT_DOES_NOT_EXIST", "The document specified was not found.")
  return found.bytes
}

/**
 * @since 0.1.0
 * @category handlers
 */
export const view = (
  state: State,
  path: { readonly accountId: string; readonly envelopeId: string },
  input: typeof Schemas.RecipientViewInput.Type
): typeof Schemas.View.Type => {
  const { recipients } = envelopeOf(state, path)
  const signer = recipients.signers.find(({ clientUserId, email, name }) =>
    clientUserId === input.clientUserId && email === input.email && name === input.userName
  )
  if (signer === undefined) {
    throw refusal(
      "UNKNOWN_ENVELOPE_RECIPIENT",
      "The recipient you have identified is not a valid recipient of the specified envelope."
    )
  }
  return { url: `https://demo.docusign.net/Signing/MTRedeem/v1/${guid(state.nextId())}` }
}
