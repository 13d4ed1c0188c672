/**
 * What DocuSign is sent, and what it answers.
 *
 * DocuSign writes numbers and truths as texts: what is sent here as a number is `"1"` on the wire, and what is read may be
 * either. What is sent is strict: a request that DocuSign is known to refuse fails before it leaves. What is read is tolerant:
 * unknown fields pass, `null` stands for an absent field, and an enum is read as a string.
 *
 * Source: DocuSign's Swagger document of the eSignature REST API, version 2.1.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { Field } from "holdfast"

const orEmpty = <A, I, R>(schema: Schema.Schema<A, I, R>) =>
  Schema.optionalWith(Schema.Array(schema), { default: () => [], nullable: true })

const maybeText = Field.maybe(Schema.String)

/** A number, whichever way it is written. */
const Count = Schema.Union(Schema.NumberFromString, Schema.Number)

const Flag = Schema.transform(Schema.Literal("false", "true"), Schema.Boolean, {
  decode: (text) => text === "true",
  encode: (flag) => flag ? "true" as const : "false" as const,
  strict: true
})

// ---------------------------------------------------------------------------------------------------------------------
// sent
// ---------------------------------------------------------------------------------------------------------------------

const guid = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i

/**
 * The id of an account, a GUID: "API Account ID" in the settings, and not the number beside it.
 *
 * @since 0.1.0
 * @category sent
 */
export const AccountId = Schema.String.pipe(
  Schema.pattern(guid, { message: () => "the id of an account, a GUID (API Account ID, not the account's number)" })
)

const EnvelopeId = Schema.String.pipe(Schema.pattern(guid, { message: () => "the id of an envelope, a GUID" }))

/** @internal */
export const ofAccount = Schema.Struct({ accountId: AccountId })

/** @internal */
export const ofEnvelope = Schema.Struct({ accountId: AccountId, envelopeId: EnvelopeId })

/** @internal */
export const ofDocument = Schema.Struct({
  accountId: AccountId,
  /** The id of a document, or `combined` (all in one PDF), `archive` (a ZIP), `certificate`. */
  documentId: Schema.NonEmptyString,
  envelopeId: EnvelopeId
})

const DocumentId = Schema.String.pipe(
  Schema.pattern(/^[1-9]\d{0,9}$/, { message: () => "the id of a document, a positive number as a text" })
)

const EmailAddress = Schema.String.pipe(
  Schema.maxLength(100),
  Schema.pattern(/^[^\s@]+@[^\s@]+$/, { message: () => "an e-mail address" })
)

const Name = Schema.NonEmptyString.pipe(Schema.maxLength(100))

/**
 * @since 0.1.0
 * @category sent
 */
export const DocumentInput = Schema.Struct({
  /** The document, in base64. */
  documentBase64: Schema.NonEmptyString,
  documentId: DocumentId,
  /** `pdf`, `docx` … Default `pdf`. */
  fileExtension: Field.may(Schema.NonEmptyString),
  name: Schema.NonEmptyString
})

const recipient = {
  email: EmailAddress,
  name: Name,
  recipientId: Schema.NonEmptyString,
  /** The order in which recipients are asked. */
  routingOrder: Field.may(Schema.NumberFromString.pipe(Schema.int(), Schema.positive()))
}

/**
 * With a `clientUserId` the signer signs in a page of yours (`views.recipient`), and gets no e-mail.
 *
 * @since 0.1.0
 * @category sent
 */
export const SignerInput = Schema.Struct({
  ...recipient,
  clientUserId: Field.may(Schema.NonEmptyString.pipe(Schema.maxLength(100))),
  /** Where they sign: `{ signHereTabs: [{ anchorString: "/sn1/" }] }`. */
  tabs: Field.may(Schema.Record({ key: Schema.String, value: Schema.Array(Schema.Unknown) }))
})

const TextCustomField = Schema.Struct({
  name: Schema.NonEmptyString,
  required: Field.may(Flag),
  show: Field.may(Flag),
  value: Field.may(Schema.String)
})

/**
 * An envelope; the documents and signers are its own, or a template's. A `transactionId` finds it again for seven days
 * (`createGuarded`).
 *
 * @since 0.1.0
 * @category sent
 */
export const EnvelopeInput = Schema.Struct({
  brandId: Field.may(Schema.NonEmptyString),
  compositeTemplates: Field.may(Schema.Array(Schema.Unknown)),
  customFields: Field.may(Schema.Struct({ textCustomFields: Field.may(Schema.Array(TextCustomField)) })),
  documents: Field.may(Schema.Array(DocumentInput).pipe(Schema.minItems(1))),
  emailBlurb: Field.may(Schema.String.pipe(Schema.maxLength(10_000))),
  emailSubject: Field.may(Schema.NonEmptyString.pipe(Schema.maxLength(100))),
  /** Webhooks of this envelope alone. */
  eventNotification: Field.may(Schema.Unknown),
  notification: Field.may(Schema.Unknown),
  recipients: Field.may(Schema.Struct({
    carbonCopies: Field.may(Schema.Array(Schema.Struct(recipient))),
    signers: Field.may(Schema.Array(SignerInput))
  })),
  /** `created` is a draft. */
  status: Schema.Literal("created", "sent"),
  templateId: Field.may(Schema.NonEmptyString),
  templateRoles: Field.may(
    Schema.Array(Schema.Struct({
      clientUserId: Field.may(Schema.NonEmptyString),
      email: EmailAddress,
      name: Name,
      roleName: Schema.NonEmptyString
    }))
  ),
  transactionId: Field.may(Schema.NonEmptyString)
}).pipe(
  Schema.filter((envelope) =>
    envelope.status === "created" || envelope.documents !== undefined || envelope.templateId !== undefined ||
    envelope.compositeTemplates !== undefined || "an envelope that is sent has documents, or a template"
  )
)

const commas = Schema.String.pipe(
  Schema.pattern(/^[^,\s]+(,[^,\s]+)*$/, { message: () => "one or more, joined by commas" })
)

const page = {
  count: Field.may(Schema.NumberFromString.pipe(Schema.int(), Schema.between(1, 1000))),
  /** From 0 on. */
  start_position: Field.may(Schema.NumberFromString.pipe(Schema.int(), Schema.nonNegative()))
}

/**
 * Query of `envelopes.list`. One of `from_date`, `envelope_ids`, `transaction_ids` and `continuation_token` has to be there.
 *
 * @since 0.1.0
 * @category sent
 */
export const EnvelopeListParams = Schema.Struct({
  ...page,
  continuation_token: Field.may(Schema.NonEmptyString),
  envelope_ids: Field.may(commas),
  folder_ids: Field.may(commas),
  /** ISO 8601. */
  from_date: Field.may(Schema.NonEmptyString),
  /** `changed`: by when the status changed. */
  from_to_status: Field.may(Schema.NonEmptyString),
  include: Field.may(commas),
  last_queried_date: Field.may(Schema.NonEmptyString),
  order: Field.may(Schema.Literal("asc", "desc")),
  order_by: Field.may(Schema.NonEmptyString),
  query_budget: Field.may(Schema.NumberFromString.pipe(Schema.int(), Schema.positive())),
  search_text: Field.may(Schema.NonEmptyString),
  status: Field.may(commas),
  to_date: Field.may(Schema.NonEmptyString),
  transaction_ids: Field.may(commas)
}).pipe(
  Schema.filter((params) =>
    "from_date" in params || "envelope_ids" in params || "transaction_ids" in params ||
    "continuation_token" in params ||
    "one of from_date, envelope_ids, transaction_ids is needed"
  )
)

/**
 * @since 0.1.0
 * @category sent
 */
export const EnvelopeGetParams = Schema.Struct({ include: Field.may(commas) })

/**
 * `sent` sends a draft, `voided` takes back what is not completed.
 *
 * @since 0.1.0
 * @category sent
 */
export const EnvelopeUpdate = Schema.Union(
  Schema.Struct({ status: Schema.Literal("voided"), voidedReason: Schema.NonEmptyString.pipe(Schema.maxLength(200)) }),
  Schema.Struct({ status: Schema.Literal("sent") }),
  Schema.Struct({
    emailBlurb: Field.may(Schema.String),
    emailSubject: Field.may(Schema.NonEmptyString.pipe(Schema.maxLength(100)))
  })
)

/**
 * @since 0.1.0
 * @category sent
 */
export const EnvelopeUpdateParams = Schema.Struct({
  /** Asks again whoever has not answered. */
  resend_envelope: Field.may(Schema.BooleanFromString)
})

/**
 * @since 0.1.0
 * @category sent
 */
export const RecipientsParams = Schema.Struct({ include_tabs: Field.may(Schema.BooleanFromString) })

/**
 * @since 0.1.0
 * @category sent
 */
export const StatusParams = Schema.Struct({ envelope_ids: Schema.Literal("request_body") })

/**
 * @since 0.1.0
 * @category sent
 */
export const StatusInput = Schema.Struct({ envelopeIds: Schema.Array(EnvelopeId).pipe(Schema.minItems(1)) })

/**
 * Who signs, as the envelope has it, and where they go when they are done.
 *
 * @since 0.1.0
 * @category sent
 */
export const RecipientViewInput = Schema.Struct({
  /** How you know who they are: `none`, `email`, `password` … */
  authenticationMethod: Schema.NonEmptyString,
  clientUserId: Schema.NonEmptyString,
  email: EmailAddress,
  recipientId: Field.may(Schema.NonEmptyString),
  returnUrl: Schema.String.pipe(
    Schema.filter((text) => URL.canParse(text) || "a whole URL, as in https://example.com/signed")
  ),
  userName: Name
})

/**
 * @since 0.1.0
 * @category sent
 */
export const TemplateListParams = Schema.Struct({ ...page, search_text: Field.may(Schema.NonEmptyString) })

/**
 * Where DocuSign sends the events of the account.
 *
 * @since 0.1.0
 * @category sent
 */
export const ConnectInput = Schema.Struct({
  allUsers: Field.may(Flag),
  allowEnvelopePublish: Field.may(Flag),
  /** `custom` for JSON. */
  configurationType: Field.may(Schema.NonEmptyString),
  /** `restv2.1`, JSON. */
  deliveryMode: Field.may(Schema.NonEmptyString),
  eventData: Field.may(Schema.Struct({
    format: Field.may(Schema.Literal("json")),
    includeData: Field.may(Schema.Array(Schema.NonEmptyString)),
    version: Schema.Literal("restv2.1")
  })),
  events: Field.may(Schema.Array(Schema.NonEmptyString)),
  /** Without it the events are not signed. */
  includeHMAC: Field.may(Flag),
  name: Schema.NonEmptyString,
  urlToPublishTo: Schema.String.pipe(
    Schema.pattern(/^https:\/\//, { message: () => "a URL of https" })
  )
})

// ---------------------------------------------------------------------------------------------------------------------
// read
// ---------------------------------------------------------------------------------------------------------------------

/**
 * What is wrong with one of several.
 *
 * @since 0.1.0
 * @category read
 */
export const ErrorDetails = Schema.Struct({ errorCode: maybeText, message: maybeText })

/**
 * @since 0.1.0
 * @category read
 */
export const EnvelopeSummary = Schema.Struct({
  envelopeId: Schema.String,
  errorDetails: Field.maybe(ErrorDetails),
  status: maybeText,
  statusDateTime: maybeText,
  uri: maybeText
})

/**
 * @since 0.1.0
 * @category read
 */
export const Recipient = Schema.Struct({
  clientUserId: maybeText,
  declinedReason: maybeText,
  deliveredDateTime: maybeText,
  email: maybeText,
  name: maybeText,
  recipientId: maybeText,
  routingOrder: Field.maybe(Count),
  sentDateTime: maybeText,
  signedDateTime: maybeText,
  status: maybeText
})

/**
 * @since 0.1.0
 * @category read
 */
export interface Recipient extends Schema.Schema.Type<typeof Recipient> {}

/**
 * @since 0.1.0
 * @category read
 */
export const Recipients = Schema.Struct({
  carbonCopies: orEmpty(Recipient),
  currentRoutingOrder: Field.maybe(Count),
  recipientCount: Field.maybe(Count),
  signers: orEmpty(Recipient)
})

/**
 * Times are ISO 8601, with seven digits of a second.
 *
 * @since 0.1.0
 * @category read
 */
export const Envelope = Schema.Struct({
  completedDateTime: maybeText,
  createdDateTime: maybeText,
  declinedDateTime: maybeText,
  deliveredDateTime: maybeText,
  emailSubject: maybeText,
  envelopeId: Schema.String,
  errorDetails: Field.maybe(ErrorDetails),
  expireDateTime: maybeText,
  lastModifiedDateTime: maybeText,
  recipients: Field.maybe(Recipients),
  sender: Field.maybe(Schema.Struct({ email: maybeText, userId: maybeText, userName: maybeText })),
  sentDateTime: maybeText,
  /** `created`, `sent`, `delivered`, `signed`, `completed`, `declined`, `voided`, `deleted`, `processing`, `timedout`. */
  status: maybeText,
  statusChangedDateTime: maybeText,
  transactionId: maybeText,
  voidedDateTime: maybeText,
  voidedReason: maybeText
})

/**
 * @since 0.1.0
 * @category read
 */
export interface Envelope extends Schema.Schema.Type<typeof Envelope> {}

/**
 * What became of a transaction.
 *
 * @since 0.1.0
 * @category read
 */
export const TransactionStatus = Schema.Struct({
  envelopeId: maybeText,
  errorDetails: Field.maybe(ErrorDetails),
  status: maybeText,
  transactionId: maybeText
})

/**
 * @since 0.1.0
 * @category read
 */
export interface TransactionStatus extends Schema.Schema.Type<typeof TransactionStatus> {}

const places = {
  endPosition: Field.maybe(Count),
  nextUri: maybeText,
  previousUri: maybeText,
  resultSetSize: Field.maybe(Count),
  startPosition: Field.maybe(Count),
  totalSetSize: Field.maybe(Count)
}

/**
 * @since 0.1.0
 * @category read
 */
export const EnvelopePage = Schema.Struct({
  ...places,
  continuationToken: maybeText,
  envelopes: orEmpty(Envelope),
  envelopeTransactionStatuses: orEmpty(TransactionStatus),
  lastQueriedDateTime: maybeText
})

/**
 * @since 0.1.0
 * @category read
 */
export const EnvelopeUpdated = Schema.Struct({ envelopeId: maybeText, errorDetails: Field.maybe(ErrorDetails) })

/**
 * @since 0.1.0
 * @category read
 */
export const View = Schema.Struct({ url: Schema.String })

/**
 * @since 0.1.0
 * @category read
 */
export const Template = Schema.Struct({
  created: maybeText,
  description: maybeText,
  emailSubject: maybeText,
  lastModified: maybeText,
  name: maybeText,
  templateId: Schema.String
})

/**
 * @since 0.1.0
 * @category read
 */
export interface Template extends Schema.Schema.Type<typeof Template> {}

/**
 * @since 0.1.0
 * @category read
 */
export const TemplatePage = Schema.Struct({ ...places, envelopeTemplates: orEmpty(Template) })

/**
 * @since 0.1.0
 * @category read
 */
export const Account = Schema.Struct({
  accountIdGuid: maybeText,
  accountName: maybeText,
  planName: maybeText
})

/**
 * @since 0.1.0
 * @category read
 */
export const ConnectConfiguration = Schema.Struct({
  connectId: Field.maybe(Schema.Union(Schema.String, Schema.Number)),
  name: maybeText,
  urlToPublishTo: maybeText
})
