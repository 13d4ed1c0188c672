/**
 * What Tidio answers, read tolerantly.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { Field } from "holdfast"

/**
 * `cursor` is where the next page begins; none, and the page is the last. `limit` is how many items this one has.
 *
 * @since 0.1.0
 * @category read
 */
export const Meta = Schema.Struct({
  cursor: Field.orNull(Schema.String),
  limit: Field.maybe(Schema.Int)
})

/**
 * A value of a property that the project has given its contacts. Documented as a text, whatever the type of the property.
 *
 * @since 0.1.0
 * @category read
 */
export const ContactProperty = Schema.Struct({
  name: Schema.String,
  value: Field.maybe(Schema.Union(Schema.String, Schema.Number, Schema.Boolean))
})

/**
 * A visitor who is known by name, address or number. `email_consent`: `subscribed`, `unsubscribed`.
 *
 * @since 0.1.0
 * @category read
 */
export const Contact = Schema.Struct({
  id: Schema.String,
  distinct_id: Field.maybe(Schema.String),
  first_name: Field.maybe(Schema.String),
  last_name: Field.maybe(Schema.String),
  email: Field.maybe(Schema.String),
  phone: Field.maybe(Schema.String),
  language: Field.maybe(Schema.String),
  country: Field.maybe(Schema.String),
  city: Field.maybe(Schema.String),
  created_at: Field.maybe(Schema.String),
  email_consent: Field.maybe(Schema.String),
  properties: Field.list(ContactProperty)
})

/**
 * @since 0.1.0
 * @category read
 */
export interface Contact extends Schema.Schema.Type<typeof Contact> {}

/**
 * @since 0.1.0
 * @category read
 */
export const ContactPage = Schema.Struct({ contacts: Schema.Array(Contact), meta: Meta })

/**
 * @since 0.1.0
 * @category read
 */
export const Created = Schema.Struct({ id: Schema.String })

/**
 * `author_type`: `contact`, `operator`, `bot`.
 *
 * @since 0.1.0
 * @category read
 */
export const Message = Schema.Struct({
  message_id: Schema.String,
  created_at: Field.maybe(Schema.String),
  author_type: Field.maybe(Schema.String),
  content: Field.maybe(Schema.String)
})

/**
 * @since 0.1.0
 * @category read
 */
export interface Message extends Schema.Schema.Type<typeof Message> {}

/**
 * @since 0.1.0
 * @category read
 */
export const Messages = Schema.Struct({ messages: Schema.Array(Message) })

/**
 * `type`: `text`, `email`, `number`, `phone`, `url`.
 *
 * @since 0.1.0
 * @category read
 */
export const PropertyDefinition = Schema.Struct({ name: Schema.String, type: Field.maybe(Schema.String) })

/**
 * @since 0.1.0
 * @category read
 */
export interface PropertyDefinition extends Schema.Schema.Type<typeof PropertyDefinition> {}

/**
 * @since 0.1.0
 * @category read
 */
export const PropertyDefinitions = Schema.Struct({ properties: Schema.Array(PropertyDefinition) })

/**
 * A ticket as lists have it, without its messages. `status`: `open`, `pending`, `solved`; `priority`: `low`, `normal`,
 * `urgent`.
 *
 * @since 0.1.0
 * @category read
 */
export const Ticket = Schema.Struct({
  id: Schema.Int,
  subject: Field.maybe(Schema.String),
  status: Field.maybe(Schema.String),
  priority: Field.maybe(Schema.String),
  contact_id: Field.maybe(Schema.String),
  contact_email: Field.maybe(Schema.String),
  assigned_operator_id: Field.maybe(Schema.String),
  assigned_department_id: Field.maybe(Schema.String),
  custom_channel_id: Field.maybe(Schema.String),
  link: Field.maybe(Schema.String)
})

/**
 * @since 0.1.0
 * @category read
 */
export interface Ticket extends Schema.Schema.Type<typeof Ticket> {}

/**
 * @since 0.1.0
 * @category read
 */
export const TicketPage = Schema.Struct({ tickets: Schema.Array(Ticket), meta: Meta })

/**
 * `message_type`: `public`, which the contact sees, or `internal`. The text is in `content` or in `message_content`.
 *
 * @since 0.1.0
 * @category read
 */
export const TicketMessage = Schema.Struct({
  message_id: Schema.String,
  created_at: Field.maybe(Schema.String),
  author_type: Field.maybe(Schema.String),
  author_id: Field.maybe(Schema.String),
  message_type: Field.maybe(Schema.String),
  content: Field.maybe(Schema.String),
  message_content: Field.maybe(Schema.String),
  attachments: Field.list(Schema.Unknown)
})

/**
 * @since 0.1.0
 * @category read
 */
export interface TicketMessage extends Schema.Schema.Type<typeof TicketMessage> {}

/**
 * @since 0.1.0
 * @category read
 */
export const TicketDetails = Schema.Struct({ ...Ticket.fields, messages: Field.list(TicketMessage) })

/**
 * Tickets have numbers; by one account of it the answer to a new one has a UUID. Either is what `tickets.get` takes.
 *
 * @since 0.1.0
 * @category read
 */
export const TicketCreated = Schema.Struct({ id: Schema.Union(Schema.Int, Schema.String) })

const Written = Schema.Struct({ id: Field.maybe(Schema.Union(Schema.String, Schema.Int)) })

/**
 * The answer to a reply: its id, where Tidio says it. What is answered is not documented, and a reply that was written is no
 * failure for want of an id: whoever took it for one would write a second.
 *
 * @since 0.1.0
 * @category read
 */
export const Replied = Schema.transform(Schema.NullOr(Written), Schema.typeSchema(Written), {
  strict: true,
  decode: (answer) => answer ?? {},
  encode: (answer) => answer
})

/**
 * `role`: `owner`, `admin`, `chat_agent`, `moderator`, `custom`.
 *
 * @since 0.1.0
 * @category read
 */
export const Operator = Schema.Struct({
  id: Schema.String,
  active: Field.maybe(Schema.Boolean),
  email: Field.maybe(Schema.String),
  name: Field.maybe(Schema.String),
  role: Field.maybe(Schema.String),
  picture: Field.maybe(Schema.String),
  last_seen: Field.maybe(Schema.String)
})

/**
 * @since 0.1.0
 * @category read
 */
export interface Operator extends Schema.Schema.Type<typeof Operator> {}

/**
 * @since 0.1.0
 * @category read
 */
export const OperatorPage = Schema.Struct({ operators: Schema.Array(Operator), meta: Meta })

/**
 * @since 0.1.0
 * @category read
 */
export const Department = Schema.Struct({ id: Schema.String, name: Field.maybe(Schema.String) })

/**
 * @since 0.1.0
 * @category read
 */
export interface Department extends Schema.Schema.Type<typeof Department> {}

/**
 * @since 0.1.0
 * @category read
 */
export const Departments = Schema.Struct({ departments: Schema.Array(Department) })

/**
 * @since 0.1.0
 * @category read
 */
export const Project = Schema.Struct({ id: Field.maybe(Schema.String), name: Field.maybe(Schema.String) })
