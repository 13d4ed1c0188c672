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
import { SearchQuery } from "./Search.js"

/** An absent field, read also where it is spelled `null`. */
const maybe = <A, I, R>(schema: Schema.Schema<A, I, R>) => Schema.optionalWith(schema, { exact: true, nullable: true })

/** A field that may be left out of what is sent. */
const may = <S extends Schema.Schema.All>(schema: S) => Schema.optionalWith(schema, { exact: true })

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
  avatar: may(Schema.NullOr(Schema.String)),
  /** By their names, which have to be there. */
  custom_attributes: may(Schema.Record({ key: Schema.String, value: Value })),
  last_seen_at: may(Schema.NullOr(Seconds)),
  name: may(Schema.NullOr(Schema.String)),
  owner_id: may(Schema.NullOr(Schema.Int)),
  phone: may(Schema.NullOr(Schema.String)),
  signed_up_at: may(Schema.NullOr(Seconds)),
  unsubscribed_from_emails: may(Schema.Boolean)
}

const identity = {
  email: may(EmailAddress),
  external_id: may(Schema.NonEmptyString),
  role: may(Schema.Literal("lead", "user"))
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
  per_page: may(Schema.NumberFromString.pipe(Schema.int(), Schema.between(1, maxPage))),
  starting_after: may(Schema.NonEmptyString)
})

/**
 * @since 0.1.0
 * @category sent
 */
export const SearchInput = Schema.Struct({
  pagination: may(Schema.Struct({ per_page: may(PerPage), starting_after: may(Schema.NonEmptyString) })),
  query: SearchQuery,
  sort: may(Schema.Struct({ field: Schema.NonEmptyString, order: Schema.Literal("ascending", "descending") }))
})

/**
 * @since 0.1.0
 * @category sent
 */
export const ConversationParams = Schema.Struct({
  /** Texts without HTML. */
  display_as: may(Schema.Literal("plaintext"))
})

const Attachments = Schema.Array(Schema.NonEmptyString).pipe(Schema.maxItems(10))

/**
 * A conversation that a contact begins.
 *
 * @since 0.1.0
 * @category sent
 */
export const ConversationInput = Schema.Struct({
  attachment_urls: may(Attachments),
  body: Schema.NonEmptyString,
  created_at: may(Seconds),
  from: Schema.Struct({ id: Schema.NonEmptyString, type: Schema.Literal("contact", "lead", "user") })
})

const reply = { attachment_urls: may(Attachments), created_at: may(Seconds) }

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
    body: may(Schema.NonEmptyString),
    message_type: Schema.Literal("comment", "note", "quick_reply"),
    reply_options: may(Schema.Array(Schema.Struct({ text: Schema.NonEmptyString, uuid: Schema.NonEmptyString }))),
    type: Schema.Literal("admin")
  }),
  Schema.Struct({ ...contactReply, intercom_user_id: Schema.NonEmptyString }),
  Schema.Struct({ ...contactReply, user_id: Schema.NonEmptyString }),
  Schema.Struct({ ...contactReply, email: EmailAddress })
)

const message = {
  body: Schema.NonEmptyString,
  created_at: may(Seconds),
  create_conversation_without_contact_reply: may(Schema.Boolean),
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
    template: may(Schema.Literal("personal", "plain"))
  })
)

/** Of a text and its `url` or an amount and its currency, Intercom has forms of its own. */
const Metadata = Schema.Record({ key: Schema.String, value: Schema.Unknown })

const event = { created_at: Seconds, event_name: Schema.NonEmptyString, metadata: may(Metadata) }

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
  app: maybe(Schema.Struct({
    id_code: maybe(Schema.String),
    name: maybe(Schema.String),
    region: maybe(Schema.String),
    /** Of the workspace: the days by which contacts are searched are days of it. */
    timezone: maybe(Schema.String)
  })),
  email: maybe(Schema.String),
  id: Id,
  name: maybe(Schema.String)
})

/**
 * @since 0.1.0
 * @category read
 */
export const Contact = Schema.Struct({
  avatar: maybe(Schema.Unknown),
  created_at: maybe(Seconds),
  custom_attributes: Schema.optionalWith(Schema.Record({ key: Schema.String, value: Schema.Unknown }), {
    default: () => ({}),
    nullable: true
  }),
  email: maybe(Schema.String),
  external_id: maybe(Schema.String),
  has_hard_bounced: maybe(Schema.Boolean),
  id: Schema.String,
  last_contacted_at: maybe(Seconds),
  last_replied_at: maybe(Seconds),
  last_seen_at: maybe(Seconds),
  marked_email_as_spam: maybe(Schema.Boolean),
  name: maybe(Schema.String),
  owner_id: maybe(Id),
  phone: maybe(Schema.String),
  role: maybe(Schema.String),
  signed_up_at: maybe(Seconds),
  unsubscribed_from_emails: maybe(Schema.Boolean),
  updated_at: maybe(Seconds),
  workspace_id: maybe(Schema.String)
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
  archived: maybe(Schema.Boolean),
  blocked: maybe(Schema.Boolean),
  deleted: maybe(Schema.Boolean),
  external_id: maybe(Schema.String),
  id: Schema.String
})

/** A cursor; older lists have a URL with one in it. */
const Next = Schema.Union(Schema.String, Schema.Struct({ starting_after: maybe(Schema.String) }))

const Pages = Schema.optionalWith(
  Schema.Struct({
    next: maybe(Next),
    page: maybe(Schema.Int),
    per_page: maybe(Schema.Int),
    total_pages: maybe(Schema.Int)
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
  total_count: maybe(Schema.Int)
})

const Author = Schema.Struct({
  email: maybe(Schema.String),
  id: maybe(Id),
  name: maybe(Schema.String),
  type: maybe(Schema.String)
})

/**
 * @since 0.1.0
 * @category read
 */
export const ConversationPart = Schema.Struct({
  author: maybe(Author),
  body: maybe(Schema.String),
  created_at: maybe(Seconds),
  id: Id,
  part_type: maybe(Schema.String),
  updated_at: maybe(Seconds)
})

/**
 * @since 0.1.0
 * @category read
 */
export const Conversation = Schema.Struct({
  admin_assignee_id: maybe(Id),
  contacts: maybe(Schema.Struct({ contacts: orEmpty(Schema.Struct({ external_id: maybe(Schema.String), id: Id })) })),
  /** Of one conversation, and not in lists: the latest 500. */
  conversation_parts: maybe(Schema.Struct({
    conversation_parts: orEmpty(ConversationPart),
    total_count: maybe(Schema.Int)
  })),
  created_at: maybe(Seconds),
  id: Id,
  open: maybe(Schema.Boolean),
  priority: maybe(Schema.String),
  read: maybe(Schema.Boolean),
  snoozed_until: maybe(Seconds),
  source: maybe(Schema.Struct({
    author: maybe(Author),
    body: maybe(Schema.String),
    id: maybe(Id),
    subject: maybe(Schema.String),
    type: maybe(Schema.String)
  })),
  state: maybe(Schema.String),
  team_assignee_id: maybe(Id),
  title: maybe(Schema.String),
  updated_at: maybe(Seconds),
  waiting_since: maybe(Seconds)
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
  total_count: maybe(Schema.Int)
})

/**
 * @since 0.1.0
 * @category read
 */
export const Message = Schema.Struct({
  body: maybe(Schema.String),
  conversation_id: maybe(Id),
  created_at: maybe(Seconds),
  id: Id,
  message_type: maybe(Schema.String),
  subject: maybe(Schema.String)
})
