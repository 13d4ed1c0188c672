/**
 * What Intercom answers.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { Field } from "holdfast"

const orEmpty = <A, I, R>(schema: Schema.Schema<A, I, R>) =>
  Schema.optionalWith(Schema.Array(schema), { default: () => [], nullable: true })

/** Seconds since 1970. */
const Seconds = Schema.Int

/** Of an admin: Intercom gives it as a number, and in older versions as a string. */
const AdminId = Schema.Union(
  Schema.transform(Schema.Int, Schema.String.pipe(Schema.pattern(/^\d{1,15}$/)), { decode: String, encode: Number }),
  Schema.String
)

/** What the object is: `contact`, `list`, `pages`, … */
const Type = Field.maybe(Schema.String)

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
  app: Field.maybe(Schema.Struct({
    id_code: Field.maybe(Schema.String),
    name: Field.maybe(Schema.String),
    region: Field.maybe(Schema.String),
    /** Of the workspace: the days by which contacts are searched are days of it. */
    timezone: Field.maybe(Schema.String)
  })),
  email: Field.maybe(Schema.String),
  id: Id,
  name: Field.maybe(Schema.String),
  type: Type
})

/** The first ten, as references; the others are at `url`. */
const References = Schema.Struct({
  data: Field.list(Schema.Struct({ id: Id, type: Type, url: Field.maybe(Schema.String) })),
  has_more: Field.maybe(Schema.Boolean),
  total_count: Field.maybe(Schema.Int),
  type: Type,
  url: Field.maybe(Schema.String)
})

const values = Schema.Record({ key: Schema.String, value: Schema.Unknown })

/**
 * @since 0.1.0
 * @category read
 */
export const Contact = Schema.Struct({
  avatar: Field.maybe(Schema.Unknown),
  companies: Field.maybe(References),
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
  location: Field.maybe(Schema.Struct({
    city: Field.maybe(Schema.String),
    country: Field.maybe(Schema.String),
    country_code: Field.maybe(Schema.String),
    region: Field.maybe(Schema.String),
    type: Type
  })),
  marked_email_as_spam: Field.maybe(Schema.Boolean),
  name: Field.maybe(Schema.String),
  owner_id: Field.maybe(AdminId),
  phone: Field.maybe(Schema.String),
  role: Field.maybe(Schema.String),
  signed_up_at: Field.maybe(Seconds),
  tags: Field.maybe(References),
  type: Type,
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
  id: Schema.String,
  type: Type
})

/** A cursor; older lists have a URL with one in it. */
const Next = Schema.Union(Schema.String, Schema.Struct({ starting_after: Field.maybe(Schema.String) }))

const Pages = Schema.optionalWith(
  Schema.Struct({
    next: Field.maybe(Next),
    page: Field.maybe(Schema.Int),
    per_page: Field.maybe(Schema.Int),
    total_pages: Field.maybe(Schema.Int),
    type: Type
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
  total_count: Field.maybe(Schema.Int),
  type: Type
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
  type: Type,
  updated_at: Field.maybe(Seconds)
})

/**
 * @since 0.1.0
 * @category read
 */
export const Conversation = Schema.Struct({
  admin_assignee_id: Field.maybe(AdminId),
  ai_agent: Field.maybe(values),
  ai_agent_participated: Field.maybe(Schema.Boolean),
  contacts: Field.maybe(
    Schema.Struct({
      contacts: orEmpty(Schema.Struct({ external_id: Field.maybe(Schema.String), id: Id, type: Type })),
      type: Type
    })
  ),
  /** Of one conversation, and not in lists: the latest 500. */
  conversation_parts: Field.maybe(Schema.Struct({
    conversation_parts: orEmpty(ConversationPart),
    total_count: Field.maybe(Schema.Int),
    type: Type
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
  /** Times until replies, counts of them, ratings. */
  statistics: Field.maybe(values),
  tags: Field.maybe(
    Schema.Struct({
      tags: Field.list(Schema.Struct({ id: Id, name: Field.maybe(Schema.String), type: Type })),
      type: Type
    })
  ),
  team_assignee_id: Field.maybe(Id),
  title: Field.maybe(Schema.String),
  type: Type,
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
  total_count: Field.maybe(Schema.Int),
  type: Type
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
  subject: Field.maybe(Schema.String),
  type: Type
})
