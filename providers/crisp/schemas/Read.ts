/**
 * What Crisp answers, read tolerantly. Times are milliseconds.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { Field } from "holdfast"

/**
 * Every answer with a body stands in one of these. `reason` says what was done: `listed`, `resolved`, `updated`.
 *
 * @since 0.1.0
 * @category read
 */
export const envelope = <A, I>(data: Schema.Schema<A, I>) =>
  Schema.Struct({ error: Field.maybe(Schema.Boolean), reason: Field.maybe(Schema.String), data })

const values = Schema.Record({ key: Schema.String, value: Schema.Unknown })

/**
 * A write that gives nothing but that it was done.
 *
 * @since 0.1.0
 * @category read
 */
export const Done = Schema.Struct({ ...envelope(Schema.Unknown).fields, data: Field.maybe(values) })

/**
 * A message that is on its way, and its number.
 *
 * @since 0.1.0
 * @category read
 */
export const Sent = Schema.Struct({
  ...envelope(Schema.Unknown).fields,
  data: Schema.optionalWith(Schema.Struct({ fingerprint: Field.maybe(Schema.Number) }), {
    default: () => ({}),
    exact: true,
    nullable: true
  })
})

const Active = Schema.Struct({ now: Field.maybe(Schema.Boolean), last: Field.maybe(Schema.Number) })

/**
 * @since 0.1.0
 * @category read
 */
export const Website = Schema.Struct({
  website_id: Schema.String,
  name: Field.maybe(Schema.String),
  domain: Field.maybe(Schema.String),
  logo: Field.maybe(Schema.String),
  verified: Field.maybe(Schema.Boolean),
  institutional: Field.maybe(Schema.Boolean)
})

/**
 * @since 0.1.0
 * @category read
 */
export const Participant = Schema.Struct({ type: Field.maybe(Schema.String), target: Field.maybe(Schema.String) })

/**
 * What is known of the visitor.
 *
 * @since 0.1.0
 * @category read
 */
export const Meta = Schema.Struct({
  nickname: Field.maybe(Schema.String),
  email: Field.maybe(Schema.String),
  phone: Field.maybe(Schema.String),
  address: Field.maybe(Schema.String),
  subject: Field.maybe(Schema.String),
  origin: Field.maybe(Schema.String),
  ip: Field.maybe(Schema.String),
  avatar: Field.maybe(Schema.String),
  data: Field.maybe(values),
  connection: Field.maybe(values),
  device: Field.maybe(values),
  segments: Field.list(Schema.String)
})

/**
 * @since 0.1.0
 * @category read
 */
export const Conversation = Schema.Struct({
  session_id: Schema.String,
  website_id: Schema.String,
  inbox_id: Field.maybe(Schema.String),
  people_id: Field.maybe(Schema.String),
  state: Field.maybe(Schema.String),
  status: Field.maybe(Schema.Number),
  is_verified: Field.maybe(Schema.Boolean),
  is_blocked: Field.maybe(Schema.Boolean),
  availability: Field.maybe(Schema.String),
  active: Field.maybe(Active),
  last_message: Field.maybe(Schema.String),
  topic: Field.maybe(Schema.String),
  participants: Field.list(Participant),
  mentions: Field.list(Schema.String),
  unread: Field.maybe(
    Schema.Struct({ operator: Field.maybe(Schema.Number), visitor: Field.maybe(Schema.Number) })
  ),
  assigned: Field.maybe(Schema.Struct({ user_id: Field.maybe(Schema.String) })),
  meta: Field.maybe(Meta),
  created_at: Field.maybe(Schema.Number),
  updated_at: Field.maybe(Schema.Number),
  waiting_since: Field.maybe(Schema.Number)
})

/**
 * A message. `content` is a text in a `text` and a `note`, and an object in all others, by `type`.
 *
 * @since 0.1.0
 * @category read
 */
export const Message = Schema.Struct({
  session_id: Field.maybe(Schema.String),
  website_id: Field.maybe(Schema.String),
  type: Field.maybe(Schema.String),
  from: Field.maybe(Schema.String),
  origin: Field.maybe(Schema.String),
  content: Field.maybe(Schema.Union(Schema.String, values)),
  fingerprint: Field.maybe(Schema.Number),
  timestamp: Field.maybe(Schema.Number),
  user: Field.maybe(Schema.Struct({
    type: Field.maybe(Schema.String),
    user_id: Field.maybe(Schema.String),
    nickname: Field.maybe(Schema.String),
    avatar: Field.maybe(Schema.String)
  })),
  mentions: Field.list(Schema.String),
  // the origin by which it was read, or delivered; before that it may be `false`
  read: Field.maybe(Schema.Union(Schema.String, Schema.Boolean)),
  delivered: Field.maybe(Schema.Union(Schema.String, Schema.Boolean)),
  edited: Field.maybe(Schema.Boolean),
  translated: Field.maybe(Schema.Boolean),
  automated: Field.maybe(Schema.Boolean),
  stamped: Field.maybe(Schema.Boolean),
  properties: Field.maybe(values)
})

/**
 * @since 0.1.0
 * @category read
 */
export const Routing = Schema.Struct({
  assigned: Field.maybe(Schema.Struct({ user_id: Field.maybe(Schema.String) }))
})

/**
 * @since 0.1.0
 * @category read
 */
export const Profile = Schema.Struct({
  people_id: Schema.String,
  email: Field.maybe(Schema.String),
  person: Field.maybe(Schema.Struct({
    nickname: Field.maybe(Schema.String),
    avatar: Field.maybe(Schema.String),
    gender: Field.maybe(Schema.String),
    phone: Field.maybe(Schema.String),
    address: Field.maybe(Schema.String),
    description: Field.maybe(Schema.String),
    website: Field.maybe(Schema.String),
    timezone: Field.maybe(Schema.Number),
    profiles: Field.list(values),
    employment: Field.maybe(values),
    geolocation: Field.maybe(values),
    locales: Field.list(Schema.String)
  })),
  company: Field.maybe(values),
  segments: Field.list(Schema.String),
  notepad: Field.maybe(Schema.String),
  active: Field.maybe(Active),
  score: Field.maybe(Schema.Number),
  created_at: Field.maybe(Schema.Number),
  updated_at: Field.maybe(Schema.Number)
})

/**
 * A website that has the plugin. `token` is a secret of the website's.
 *
 * @since 0.1.0
 * @category read
 */
export const PluginWebsite = Schema.Struct({
  website_id: Schema.String,
  token: Field.maybe(Schema.Redacted(Schema.String)),
  price: Field.maybe(Schema.Number),
  settings: Field.maybe(values),
  plan: Field.maybe(Schema.Struct({
    id: Field.maybe(Schema.String),
    name: Field.maybe(Schema.String),
    trialing: Field.maybe(Schema.Boolean)
  })),
  // what has happened to it, in the list of those that have changed
  difference: Field.maybe(Schema.String)
})

/**
 * A webhook, whatever it tells of. There is no id of a delivery.
 *
 * @since 0.1.0
 * @category webhooks
 */
export const Webhook = Schema.Struct({
  website_id: Schema.String,
  event: Schema.String,
  data: values,
  timestamp: Field.maybe(Schema.Number)
})

/**
 * A webhook of a message: `message:send` is the visitor's, `message:received` the operator's.
 *
 * @since 0.1.0
 * @category webhooks
 */
export const MessageWebhook = Schema.Struct({
  ...Webhook.fields,
  event: Schema.Literal("message:send", "message:received"),
  data: Message
})
