/**
 * What Intercom answers.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"

/** An absent field, read also where it is spelled `null`. */
const maybe = <A, I, R>(schema: Schema.Schema<A, I, R>) => Schema.optionalWith(schema, { exact: true, nullable: true })

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
