/**
 * What DocuSign answers.
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

/** The same for what is true or not. */
const Truth = Schema.Union(
  Schema.transform(Schema.String, Schema.Boolean, {
    decode: (text) => text.toLowerCase() === "true",
    encode: String,
    strict: true
  }),
  Schema.Boolean
)

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

const CustomField = Schema.Struct({
  fieldId: maybeText,
  name: maybeText,
  required: Field.maybe(Truth),
  show: Field.maybe(Truth),
  value: maybeText
})

/**
 * What is known of an envelope beside what is signed: by name, an order's number.
 *
 * @since 0.1.0
 * @category read
 */
export const CustomFields = Schema.Struct({
  listCustomFields: orEmpty(CustomField),
  textCustomFields: orEmpty(CustomField)
})

/**
 * Times are ISO 8601, with seven digits of a second. `recipients` and `customFields` are there where `include` names them,
 * `recipients` and `custom_fields`.
 *
 * @since 0.1.0
 * @category read
 */
export const Envelope = Schema.Struct({
  completedDateTime: maybeText,
  createdDateTime: maybeText,
  customFields: Field.maybe(CustomFields),
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
