/**
 * What SendGrid is sent and what it answers, but for mail (`Mail`).
 *
 * What is sent is strict: a request that SendGrid is known to refuse fails before it leaves. What is read is tolerant:
 * unknown fields pass, `null` stands for an absent field, and an enum is read as a string, so that SendGrid can grow.
 *
 * Source: SendGrid's OpenAPI documents (twilio/sendgrid-oai: contacts, lists, suppressions, scopes).
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { Field } from "holdfast"

const id = Schema.NonEmptyString

const whole = Schema.NumberFromString.pipe(Schema.int(), Schema.nonNegative())

/** SendGrid writes some numbers as texts. */
const count = Schema.Union(Schema.Number, Schema.NumberFromString)

/**
 * An address that can be one.
 *
 * @since 0.1.0
 * @category sent
 */
export const Address = Schema.String.pipe(
  Schema.pattern(/^[^\s@]+@[^\s@]+$/, { message: () => "an e-mail address" }),
  Schema.maxLength(320)
)

/**
 * Whose account is meant, where the key is the parent's: the user name of a subaccount.
 *
 * @since 0.1.0
 * @category sent
 */
export const Behalf = Schema.Struct({ "on-behalf-of": Field.may(Schema.NonEmptyString) })

// ---------------------------------------------------------------------------------------------------------------------
// contacts
// ---------------------------------------------------------------------------------------------------------------------

const address = {
  address_line_1: Field.may(Schema.String.pipe(Schema.maxLength(100))),
  address_line_2: Field.may(Schema.String.pipe(Schema.maxLength(100))),
  city: Field.may(Schema.String.pipe(Schema.maxLength(60))),
  country: Field.may(Schema.String.pipe(Schema.maxLength(50))),
  postal_code: Field.may(Schema.String),
  state_province_region: Field.may(Schema.String.pipe(Schema.maxLength(50)))
}

/**
 * A contact to write: known again by its address, telephone number, or an id of one's own.
 *
 * @since 0.1.0
 * @category sent
 */
export const ContactInput = Schema.Struct({
  email: Field.may(Address),
  phone_number_id: Field.may(id),
  external_id: Field.may(id),
  anonymous_id: Field.may(id),
  first_name: Field.may(Schema.String.pipe(Schema.maxLength(50))),
  last_name: Field.may(Schema.String.pipe(Schema.maxLength(50))),
  unique_name: Field.may(Schema.String.pipe(Schema.maxLength(50))),
  phone_number: Field.may(Schema.String),
  alternate_emails: Field.may(Schema.Array(Address)),
  /** By the id of the field, which is not its name. */
  custom_fields: Field.may(
    Schema.Record({ key: Schema.String, value: Schema.Union(Schema.String, Schema.JsonNumber) })
  ),
  ...address
}).pipe(
  Schema.filter((contact) =>
    contact.email !== undefined || contact.phone_number_id !== undefined || contact.external_id !== undefined ||
      contact.anonymous_id !== undefined
      ? undefined
      : "a contact is known by one of email, phone_number_id, external_id, anonymous_id"
  )
)

/**
 * Up to 30,000 contacts, or 6 MB.
 *
 * @since 0.1.0
 * @category sent
 */
export const UpsertInput = Schema.Struct({
  list_ids: Field.may(Schema.Array(id)),
  contacts: Schema.Array(ContactInput).pipe(Schema.minItems(1), Schema.maxItems(30_000))
})

/**
 * @since 0.1.0
 * @category sent
 */
export const EmailsInput = Schema.Struct({
  emails: Schema.Array(Address).pipe(Schema.minItems(1), Schema.maxItems(100))
})

/**
 * A query in SGQL, `email LIKE 'ada%'`. SendGrid gives the first 50.
 *
 * @since 0.1.0
 * @category sent
 */
export const SearchInput = Schema.Struct({ query: Schema.NonEmptyString })

/**
 * Which contacts to export: those of lists or segments, or all.
 *
 * @since 0.1.0
 * @category sent
 */
export const ExportInput = Schema.Struct({
  list_ids: Field.may(Schema.Array(id)),
  segment_ids: Field.may(Schema.Array(id)),
  file_type: Field.may(Schema.Literal("csv", "json")),
  /** In MB. */
  max_file_size: Field.may(Schema.Int.pipe(Schema.positive()))
})

/**
 * @since 0.1.0
 * @category sent
 */
export const DeleteParams = Schema.Struct({ ids: Field.names })

/**
 * A contact. Times are ISO 8601; addresses are in lower case.
 *
 * @since 0.1.0
 * @category read
 */
export const Contact = Schema.Struct({
  id: Schema.String,
  email: Field.maybe(Schema.String),
  phone_number_id: Field.maybe(Schema.String),
  external_id: Field.maybe(Schema.String),
  anonymous_id: Field.maybe(Schema.String),
  first_name: Field.maybe(Schema.String),
  last_name: Field.maybe(Schema.String),
  unique_name: Field.maybe(Schema.String),
  phone_number: Field.maybe(Schema.String),
  alternate_emails: Field.maybe(Schema.Array(Schema.String)),
  address_line_1: Field.maybe(Schema.String),
  address_line_2: Field.maybe(Schema.String),
  city: Field.maybe(Schema.String),
  country: Field.maybe(Schema.String),
  postal_code: Field.maybe(Schema.String),
  state_province_region: Field.maybe(Schema.String),
  list_ids: Field.maybe(Schema.Array(Schema.String)),
  segment_ids: Field.maybe(Schema.Array(Schema.String)),
  custom_fields: Field.maybe(Schema.Record({ key: Schema.String, value: Schema.Unknown })),
  created_at: Field.maybe(Schema.String),
  updated_at: Field.maybe(Schema.String)
})

/**
 * @since 0.1.0
 * @category read
 */
export interface Contact extends Schema.Schema.Type<typeof Contact> {}

/**
 * SendGrid will do it: `contacts.job` says when.
 *
 * @since 0.1.0
 * @category read
 */
export const Job = Schema.Struct({ job_id: Schema.String })

/**
 * How far a job is.
 *
 * @since 0.1.0
 * @category read
 */
export const JobStatus = Schema.Struct({
  id: Schema.String,
  /** `pending`, `completed`, `errored` (in part) or `failed`. */
  status: Schema.String,
  job_type: Field.maybe(Schema.String),
  results: Field.maybe(Schema.Struct({
    requested_count: Field.maybe(count),
    created_count: Field.maybe(count),
    updated_count: Field.maybe(count),
    deleted_count: Field.maybe(count),
    errored_count: Field.maybe(count),
    /** What was wrong with which. */
    errors_url: Field.maybe(Schema.String)
  })),
  started_at: Field.maybe(Schema.String),
  finished_at: Field.maybe(Schema.String)
})

/**
 * By address: the contact, or why there is none.
 *
 * @since 0.1.0
 * @category read
 */
export const ContactsByEmail = Schema.Struct({
  result: Schema.Record({
    key: Schema.String,
    value: Schema.Struct({ contact: Field.maybe(Contact), error: Field.maybe(Schema.String) })
  })
})

/**
 * At most 50 contacts, of `contact_count`.
 *
 * @since 0.1.0
 * @category read
 */
export const ContactsFound = Schema.Struct({
  result: Schema.Array(Contact),
  contact_count: Field.maybe(count)
})

/**
 * @since 0.1.0
 * @category read
 */
export const ExportStarted = Schema.Struct({ id: Schema.String })

/**
 * An export; its `urls` are there once it is `ready`.
 *
 * @since 0.1.0
 * @category read
 */
export const Export = Schema.Struct({
  id: Schema.String,
  /** `pending`, `ready` or `failure`. */
  status: Schema.String,
  urls: Field.maybe(Schema.Array(Schema.String)),
  message: Field.maybe(Schema.String),
  contact_count: Field.maybe(count),
  created_at: Field.maybe(Schema.String),
  completed_at: Field.maybe(Schema.String),
  expires_at: Field.maybe(Schema.String)
})

// ---------------------------------------------------------------------------------------------------------------------
// lists
// ---------------------------------------------------------------------------------------------------------------------

/**
 * Query of `lists.list`; a page has up to 1,000.
 *
 * @since 0.1.0
 * @category sent
 */
export const ListParams = Schema.Struct({
  page_size: Field.may(Schema.NumberFromString.pipe(Schema.int(), Schema.between(1, 1000))),
  page_token: Field.may(Schema.String)
})

/**
 * @since 0.1.0
 * @category sent
 */
export const ListInput = Schema.Struct({ name: Schema.String.pipe(Schema.minLength(1), Schema.maxLength(100)) })

/**
 * @since 0.1.0
 * @category read
 */
export const List = Schema.Struct({ id: Schema.String, name: Schema.String, contact_count: Field.maybe(count) })

/**
 * A page of lists. `_metadata.next` is the URL of the next one, absent on the last.
 *
 * @since 0.1.0
 * @category read
 */
export const ListPage = Schema.Struct({
  result: Schema.Array(List),
  _metadata: Field.maybe(Schema.Struct({
    self: Field.maybe(Schema.String),
    next: Field.maybe(Schema.String),
    prev: Field.maybe(Schema.String),
    count: Field.maybe(count)
  }))
})

// ---------------------------------------------------------------------------------------------------------------------
// suppressions
// ---------------------------------------------------------------------------------------------------------------------

/**
 * The lists of addresses that get no mail.
 *
 * @since 0.1.0
 * @category sent
 */
export const SuppressionKind = Schema.Literal("bounces", "blocks", "spam_reports", "invalid_emails", "unsubscribes")

/**
 * Query of `suppressions.list`. Times are epoch seconds; `limit` is 1 to 500.
 *
 * @since 0.1.0
 * @category sent
 */
export const SuppressionParams = Schema.Struct({
  start_time: Field.may(whole),
  end_time: Field.may(whole),
  limit: Field.may(Schema.NumberFromString.pipe(Schema.int(), Schema.between(1, 500))),
  offset: Field.may(whole)
})

/**
 * An address that gets no mail, since `created` (epoch seconds).
 *
 * @since 0.1.0
 * @category read
 */
export const Suppression = Schema.Struct({
  email: Schema.String,
  created: count,
  reason: Field.maybe(Schema.String),
  status: Field.maybe(Schema.String),
  ip: Field.maybe(Schema.String)
})

/**
 * @since 0.1.0
 * @category sent
 */
export const GroupInput = Schema.Struct({
  name: Schema.String.pipe(Schema.minLength(1), Schema.maxLength(30)),
  description: Schema.String.pipe(Schema.minLength(1), Schema.maxLength(100)),
  is_default: Field.may(Schema.Boolean)
})

/**
 * A group of mails that can be unsubscribed from alone.
 *
 * @since 0.1.0
 * @category read
 */
export const Group = Schema.Struct({
  id: Schema.Int,
  name: Schema.String,
  description: Field.maybe(Schema.String),
  is_default: Field.maybe(Schema.Boolean),
  unsubscribes: Field.maybe(count)
})

/**
 * @since 0.1.0
 * @category sent
 */
export const GroupSuppressionsInput = Schema.Struct({
  recipient_emails: Schema.Array(Address).pipe(Schema.minItems(1))
})

/**
 * @since 0.1.0
 * @category read
 */
export const GroupSuppressions = Schema.Struct({ recipient_emails: Schema.Array(Schema.String) })

/**
 * What the key may do.
 *
 * @since 0.1.0
 * @category read
 */
export const Scopes = Schema.Struct({ scopes: Schema.Array(Schema.String) })
