/**
 * What Intercom is sent, and what it answers.
 *
 * What is sent is strict: a request that Intercom is known to refuse fails before it leaves. What is read is tolerant: unknown
 * fields pass, `null` stands for an absent field, and an enum is read as a string, so that Intercom can grow.
 *
 * Source: Intercom's OpenAPI documents of the versions 2.14 to 2.16.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { Field } from "holdfast"
import { SearchQuery } from "./Search.js"

const orEmpty = <A, I, R>(schema: Schema.Schema<A, I, R>) =>
  Schema.optionalWith(Schema.Array(schema), { default: () => [], nullable: true })

/** Seconds since 1970. */
const Seconds = Schema.Int

/** Some ids are numbers in one place, and texts in another. */
const Id = Schema.Union(
  Schema.String,
  Schema.transform(Schema.Number, Schema.String, {
    decode: String,
    encode: Number
  })
)

const Value = Schema.Union(Schema.String, Schema.Number, Schema.Boolean, Schema.Null)

// ---------------------------------------------------------------------------------------------------------------------
// sent
// ---------------------------------------------------------------------------------------------------------------------

/** @internal */
export const byId = Schema.Struct({ id: Schema.NonEmptyString })

/** @internal */
export const byExternalId = Schema.Struct({ externalId: Schema.NonEmptyString })

const EmailAddress = Schema.String.pipe(
  Schema.pattern(/^[^\s@]+@[^\s@]+$/, { message: () => "an e-mail address" })
)

const contactFields = {
  avatar: Field.may(Schema.NullOr(Schema.String)),
  /** By their names, which have to be there. */
  custom_attributes: Field.may(Schema.Record({ key: Schema.String, value: Value })),
  last_seen_at: Field.may(Schema.NullOr(Seconds)),
  name: Field.may(Schema.NullOr(Schema.String)),
  owner_id: Field.may(Schema.NullOr(Schema.Int)),
  phone: Field.may(Schema.NullOr(Schema.String)),
  signed_up_at: Field.may(Schema.NullOr(Seconds)),
  unsubscribed_from_emails: Field.may(Schema.Boolean)
}

const identity = {
  email: Field.may(EmailAddress),
  external_id: Field.may(Schema.NonEmptyString),
  role: Field.may(Schema.Literal("lead", "user"))
}

/**
 * With at least one of `email`, `external_id` and `role`.
 *
 * @since 0.1.0
 * @category sent
 */
export const ContactInput = Schema.Struct({ ...contactFields, ...identity }).pipe(
  Schema.filter((contact) =>
    "email" in contact || "external_id" in contact || "role" in contact ||
    "one of email, external_id and role is needed"
  )
)

/**
 * @since 0.1.0
 * @category sent
 */
export const ContactUpdate = Schema.Struct({ ...contactFields, ...identity })

/**
 * The lead `from` is gone, and what it had is with the user `into`.
 *
 * @since 0.1.0
 * @category sent
 */
export const MergeInput = Schema.Struct({ from: Schema.NonEmptyString, into: Schema.NonEmptyString })

const maxPage = 150

const PerPage = Schema.Int.pipe(Schema.between(1, maxPage))

/**
 * @since 0.1.0
 * @category sent
 */
export const ListParams = Schema.Struct({
  /** 1 to 150. */
  per_page: Field.may(Schema.NumberFromString.pipe(Schema.int(), Schema.between(1, maxPage))),
  starting_after: Field.may(Schema.NonEmptyString)
})

/**
 * @since 0.1.0
 * @category sent
 */
export const SearchInput = Schema.Struct({
  pagination: Field.may(
    Schema.Struct({ per_page: Field.may(PerPage), starting_after: Field.may(Schema.NonEmptyString) })
  ),
  query: SearchQuery,
  sort: Field.may(Schema.Struct({ field: Schema.NonEmptyString, order: Schema.Literal("ascending", "descending") }))
})

/**
 * @since 0.1.0
 * @category sent
 */
export const ConversationParams = Schema.Struct({
  /** Texts without HTML. */
  display_as: Field.may(Schema.Literal("plaintext"))
})

const Attachments = Schema.Array(Schema.NonEmptyString).pipe(Schema.maxItems(10))

/**
 * A conversation that a contact begins.
 *
 * @since 0.1.0
 * @category sent
 */
export const ConversationInput = Schema.Struct({
  attachment_urls: Field.may(Attachments),
  body: Schema.NonEmptyString,
  created_at: Field.may(Seconds),
  from: Schema.Struct({ id: Schema.NonEmptyString, type: Schema.Literal("contact", "lead", "user") })
})

const reply = { attachment_urls: Field.may(Attachments), created_at: Field.may(Seconds) }

const contactReply = {
  ...reply,
  body: Schema.NonEmptyString,
  message_type: Schema.Literal("comment"),
  type: Schema.Literal("user")
}

/**
 * Of an admin, or of a contact by one of its ids.
 *
 * @since 0.1.0
 * @category sent
 */
export const ReplyInput = Schema.Union(
  Schema.Struct({
    ...reply,
    admin_id: Schema.NonEmptyString,
    body: Field.may(Schema.NonEmptyString),
    message_type: Schema.Literal("comment", "note", "quick_reply"),
    reply_options: Field.may(Schema.Array(Schema.Struct({ text: Schema.NonEmptyString, uuid: Schema.NonEmptyString }))),
    type: Schema.Literal("admin")
  }),
  Schema.Struct({ ...contactReply, intercom_user_id: Schema.NonEmptyString }),
  Schema.Struct({ ...contactReply, user_id: Schema.NonEmptyString }),
  Schema.Struct({ ...contactReply, email: EmailAddress })
)

const message = {
  body: Schema.NonEmptyString,
  created_at: Field.may(Seconds),
  create_conversation_without_contact_reply: Field.may(Schema.Boolean),
  from: Schema.Struct({ id: Schema.Int, type: Schema.Literal("admin") }),
  to: Schema.Struct({ id: Schema.NonEmptyString, type: Schema.Literal("contact", "lead", "user") })
}

/**
 * @since 0.1.0
 * @category sent
 */
export const MessageInput = Schema.Union(
  Schema.Struct({ ...message, message_type: Schema.Literal("in_app") }),
  Schema.Struct({
    ...message,
    message_type: Schema.Literal("email"),
    subject: Schema.NonEmptyString,
    template: Field.may(Schema.Literal("personal", "plain"))
  })
)

/** Of a text and its `url` or an amount and its currency, Intercom has forms of its own. */
const Metadata = Schema.Record({ key: Schema.String, value: Schema.Unknown })

const event = { created_at: Seconds, event_name: Schema.NonEmptyString, metadata: Field.may(Metadata) }

/**
 * What a contact did, by one of its ids. The same event of the same second is one.
 *
 * @since 0.1.0
 * @category sent
 */
export const EventInput = Schema.Union(
  Schema.Struct({ ...event, user_id: Schema.NonEmptyString }),
  Schema.Struct({ ...event, id: Schema.NonEmptyString }),
  Schema.Struct({ ...event, email: EmailAddress })
)

// ---------------------------------------------------------------------------------------------------------------------
// read
// ---------------------------------------------------------------------------------------------------------------------

/**
 * Whose token it is.
 *
 * @since 0.1.0
 * @category read
 */
export const Me = Schema.Struct({
  app: Field.maybe(Schema.Struct({
    id_code: Field.maybe(Schema.String),
    name: Field.maybe(Schema.String),
    region: Field.maybe(Schema.String),
    /** Of the workspace: the days by which contacts are searched are days of it. */
    timezone: Field.maybe(Schema.String)
  })),
  email: Field.maybe(Schema.String),
  id: Id,
  name: Field.maybe(Schema.String)
})

/**
 * @since 0.1.0
 * @category read
 */
export const Contact = Schema.Struct({
  avatar: Field.maybe(Schema.Unknown),
  created_at: Field.maybe(Seconds),
  custom_attributes: Schema.optionalWith(Schema.Record({ key: Schema.String, value: Schema.Unknown }), {
    default: () => ({}),
    nullable: true
  }),
  email: Field.maybe(Schema.String),
  external_id: Field.maybe(Schema.String),
  has_hard_bounced: Field.maybe(Schema.Boolean),
  id: Schema.String,
  last_contacted_at: Field.maybe(Seconds),
  last_replied_at: Field.maybe(Seconds),
  last_seen_at: Field.maybe(Seconds),
  marked_email_as_spam: Field.maybe(Schema.Boolean),
  name: Field.maybe(Schema.String),
  owner_id: Field.maybe(Id),
  phone: Field.maybe(Schema.String),
  role: Field.maybe(Schema.String),
  signed_up_at: Field.maybe(Seconds),
  unsubscribed_from_emails: Field.maybe(Schema.Boolean),
  updated_at: Field.maybe(Seconds),
  workspace_id: Field.maybe(Schema.String)
})

/**
 * @since 0.1.0
 * @category read
 */
export interface Contact extends Schema.Schema.Type<typeof Contact> {}

/**
 * What is left of a contact that was archived, unarchived, blocked or deleted.
 *
 * @since 0.1.0
 * @category read
 */
export const ContactReference = Schema.Struct({
  archived: Field.maybe(Schema.Boolean),
  blocked: Field.maybe(Schema.Boolean),
  deleted: Field.maybe(Schema.Boolean),
  external_id: Field.maybe(Schema.String),
  id: Schema.String
})

/** A cursor; older lists have a URL with one in it. */
const Next = Schema.Union(Schema.String, Schema.Struct({ starting_after: Field.maybe(Schema.String) }))

const Pages = Schema.optionalWith(
  Schema.Struct({
    next: Field.maybe(Next),
    page: Field.maybe(Schema.Int),
    per_page: Field.maybe(Schema.Int),
    total_pages: Field.maybe(Schema.Int)
  }),
  { default: () => ({}), nullable: true }
)

/**
 * @since 0.1.0
 * @category read
 */
export const ContactPage = Schema.Struct({
  data: Schema.Array(Contact),
  pages: Pages,
  total_count: Field.maybe(Schema.Int)
})

const Author = Schema.Struct({
  email: Field.maybe(Schema.String),
  id: Field.maybe(Id),
  name: Field.maybe(Schema.String),
  type: Field.maybe(Schema.String)
})

/**
 * @since 0.1.0
 * @category read
 */
export const ConversationPart = Schema.Struct({
  author: Field.maybe(Author),
  body: Field.maybe(Schema.String),
  created_at: Field.maybe(Seconds),
  id: Id,
  part_type: Field.maybe(Schema.String),
  updated_at: Field.maybe(Seconds)
})

/**
 * @since 0.1.0
 * @category read
 */
export const Conversation = Schema.Struct({
  admin_assignee_id: Field.maybe(Id),
  contacts: Field.maybe(
    Schema.Struct({ contacts: orEmpty(Schema.Struct({ external_id: Field.maybe(Schema.String), id: Id })) })
  ),
  /** Of one conversation, and not in lists: the latest 500. */
  conversation_parts: Field.maybe(Schema.Struct({
    conversation_parts: orEmpty(ConversationPart),
    total_count: Field.maybe(Schema.Int)
  })),
  created_at: Field.maybe(Seconds),
  id: Id,
  open: Field.maybe(Schema.Boolean),
  priority: Field.maybe(Schema.String),
  read: Field.maybe(Schema.Boolean),
  snoozed_until: Field.maybe(Seconds),
  source: Field.maybe(Schema.Struct({
    author: Field.maybe(Author),
    body: Field.maybe(Schema.String),
    id: Field.maybe(Id),
    subject: Field.maybe(Schema.String),
    type: Field.maybe(Schema.String)
  })),
  state: Field.maybe(Schema.String),
  team_assignee_id: Field.maybe(Id),
  title: Field.maybe(Schema.String),
  updated_at: Field.maybe(Seconds),
  waiting_since: Field.maybe(Seconds)
})

/**
 * @since 0.1.0
 * @category read
 */
export interface Conversation extends Schema.Schema.Type<typeof Conversation> {}

/**
 * @since 0.1.0
 * @category read
 */
export const ConversationPage = Schema.Struct({
  conversations: Schema.Array(Conversation),
  pages: Pages,
  total_count: Field.maybe(Schema.Int)
})

/**
 * @since 0.1.0
 * @category read
 */
export const Message = Schema.Struct({
  body: Field.maybe(Schema.String),
  conversation_id: Field.maybe(Id),
  created_at: Field.maybe(Seconds),
  id: Id,
  message_type: Field.maybe(Schema.String),
  subject: Field.maybe(Schema.String)
})
