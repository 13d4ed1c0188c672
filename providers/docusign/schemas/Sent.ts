/**
 * What DocuSign is sent.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { Field } from "holdfast"

const Flag = Schema.transform(Schema.Literal("false", "true"), Schema.Boolean, {
  decode: (text) => text === "true",
  encode: (flag) => flag ? "true" as const : "false" as const,
  strict: true
})

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
  Schema.Struct({ status: Schema.Literal("sent"), voidedReason: Field.may(Schema.Never) }),
  // with a status that is none it would pass for one of these, and change nothing
  Schema.Struct({
    emailBlurb: Field.may(Schema.String),
    emailSubject: Field.may(Schema.NonEmptyString.pipe(Schema.maxLength(100))),
    status: Field.may(Schema.Never),
    voidedReason: Field.may(Schema.Never)
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
