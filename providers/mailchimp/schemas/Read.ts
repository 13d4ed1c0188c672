/**
 * What Mailchimp answers, read tolerantly.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { Field } from "holdfast"

/**
 * @since 0.1.0
 * @category read
 */
export const Ping = Schema.Struct({ health_status: Field.maybe(Schema.String) })

/**
 * @since 0.1.0
 * @category read
 */
export const Account = Schema.Struct({
  account_id: Field.maybe(Schema.String),
  account_name: Field.maybe(Schema.String),
  /** An address, by its parts. */
  contact: Field.maybe(Schema.Record({ key: Schema.String, value: Schema.Unknown })),
  email: Field.maybe(Schema.String),
  login_id: Field.maybe(Schema.String),
  pricing_plan_type: Field.maybe(Schema.String),
  role: Field.maybe(Schema.String),
  total_subscribers: Field.maybe(Schema.Number)
})

/**
 * An audience, which the API calls a list.
 *
 * @since 0.1.0
 * @category read
 */
export const List = Schema.Struct({
  date_created: Field.maybe(Schema.String),
  double_optin: Field.maybe(Schema.Boolean),
  id: Field.maybe(Schema.String),
  list_rating: Field.maybe(Schema.Number),
  name: Field.maybe(Schema.String),
  stats: Field.maybe(Schema.Struct({
    cleaned_count: Field.maybe(Schema.Number),
    member_count: Field.maybe(Schema.Number),
    unsubscribe_count: Field.maybe(Schema.Number)
  })),
  web_id: Field.maybe(Schema.Number)
})

/**
 * @since 0.1.0
 * @category read
 */
export interface List extends Schema.Schema.Type<typeof List> {}

/**
 * @since 0.1.0
 * @category read
 */
export const Lists = Schema.Struct({ lists: Schema.Array(List), total_items: Field.maybe(Schema.Int) })

/**
 * A member of an audience. Every field may be absent: `fields` and `exclude_fields` leave them out.
 *
 * @since 0.1.0
 * @category read
 */
export const Member = Schema.Struct({
  contact_id: Field.maybe(Schema.String),
  email_address: Field.maybe(Schema.String),
  email_client: Field.maybe(Schema.String),
  email_type: Field.maybe(Schema.String),
  full_name: Field.maybe(Schema.String),
  /** The subscriber hash. */
  id: Field.maybe(Schema.String),
  interests: Field.maybe(Schema.Record({ key: Schema.String, value: Schema.Boolean })),
  ip_opt: Field.maybe(Schema.String),
  ip_signup: Field.maybe(Schema.String),
  language: Field.maybe(Schema.String),
  last_changed: Field.maybe(Schema.String),
  last_note: Field.maybe(Schema.Struct({
    created_at: Field.maybe(Schema.String),
    created_by: Field.maybe(Schema.String),
    note: Field.maybe(Schema.String),
    note_id: Field.maybe(Schema.Number)
  })),
  list_id: Field.maybe(Schema.String),
  location: Field.maybe(Schema.Struct({
    country_code: Field.maybe(Schema.String),
    latitude: Field.maybe(Schema.Number),
    longitude: Field.maybe(Schema.Number),
    timezone: Field.maybe(Schema.String)
  })),
  marketing_permissions: Field.maybe(Schema.Array(Schema.Struct({
    enabled: Field.maybe(Schema.Boolean),
    marketing_permission_id: Field.maybe(Schema.String),
    text: Field.maybe(Schema.String)
  }))),
  member_rating: Field.maybe(Schema.Number),
  /** Texts, numbers, and addresses with their parts. */
  merge_fields: Field.maybe(Schema.Record({ key: Schema.String, value: Schema.Unknown })),
  sms_phone_number: Field.maybe(Schema.String),
  sms_subscription_last_updated: Field.maybe(Schema.String),
  sms_subscription_status: Field.maybe(Schema.String),
  source: Field.maybe(Schema.String),
  /** Rates of opens and clicks, and what was bought. */
  stats: Field.maybe(Schema.Record({ key: Schema.String, value: Schema.Unknown })),
  /** `subscribed`, `unsubscribed`, `cleaned`, `pending`, `transactional` or `archived`. */
  status: Field.maybe(Schema.String),
  tags: Field.maybe(Schema.Array(Schema.Struct({ id: Field.maybe(Schema.Number), name: Schema.String }))),
  tags_count: Field.maybe(Schema.Number),
  timestamp_opt: Field.maybe(Schema.String),
  timestamp_signup: Field.maybe(Schema.String),
  unique_email_id: Field.maybe(Schema.String),
  unsubscribe_reason: Field.maybe(Schema.String),
  vip: Field.maybe(Schema.Boolean),
  web_id: Field.maybe(Schema.Number)
})

/**
 * @since 0.1.0
 * @category read
 */
export interface Member extends Schema.Schema.Type<typeof Member> {}

/**
 * @since 0.1.0
 * @category read
 */
export const Members = Schema.Struct({
  list_id: Field.maybe(Schema.String),
  members: Schema.Array(Member),
  total_items: Field.maybe(Schema.Int)
})

const none = { default: () => [], nullable: true } as const

/**
 * A 200, also where not one member was taken: look at `errors`.
 *
 * @since 0.1.0
 * @category read
 */
export const MembersBatchResult = Schema.Struct({
  error_count: Field.maybe(Schema.Int),
  errors: Schema.optionalWith(
    Schema.Array(Schema.Struct({
      email_address: Field.maybe(Schema.String),
      error: Field.maybe(Schema.String),
      error_code: Field.maybe(Schema.String),
      field: Field.maybe(Schema.String),
      field_message: Field.maybe(Schema.String)
    })),
    none
  ),
  new_members: Schema.optionalWith(Schema.Array(Member), none),
  total_created: Field.maybe(Schema.Int),
  total_updated: Field.maybe(Schema.Int),
  updated_members: Schema.optionalWith(Schema.Array(Member), none)
})

/**
 * A batch that Mailchimp works off by itself. What became of each operation is in the archive at `response_body_url`.
 *
 * @since 0.1.0
 * @category read
 */
export const Batch = Schema.Struct({
  completed_at: Field.maybe(Schema.String),
  errored_operations: Field.maybe(Schema.Int),
  finished_operations: Field.maybe(Schema.Int),
  id: Schema.String,
  response_body_url: Field.maybe(Schema.String),
  /** `pending`, `preprocessing`, `started`, `finalizing` or `finished`. */
  status: Field.maybe(Schema.String),
  submitted_at: Field.maybe(Schema.String),
  total_operations: Field.maybe(Schema.Int)
})

/**
 * @since 0.1.0
 * @category read
 */
export interface Batch extends Schema.Schema.Type<typeof Batch> {}

const flags = Field.maybe(Schema.Record({ key: Schema.String, value: Schema.Boolean }))

/**
 * @since 0.1.0
 * @category read
 */
export const Webhook = Schema.Struct({
  events: flags,
  id: Schema.String,
  list_id: Field.maybe(Schema.String),
  signing_enabled: Field.maybe(Schema.Boolean),
  /** In the answer that makes the webhook, and in no other. */
  signing_secret: Field.maybe(Schema.Redacted(Schema.String)),
  sources: flags,
  url: Field.maybe(Schema.String)
})

/**
 * @since 0.1.0
 * @category read
 */
export interface Webhook extends Schema.Schema.Type<typeof Webhook> {}

/**
 * @since 0.1.0
 * @category read
 */
export const Webhooks = Schema.Struct({ total_items: Field.maybe(Schema.Int), webhooks: Schema.Array(Webhook) })
