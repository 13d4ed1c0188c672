/**
 * What Mailchimp is sent, and what it answers.
 *
 * What is sent is strict: a request that Mailchimp is known to refuse fails before it leaves. What is read is tolerant:
 * unknown fields pass, `null` stands for an absent field, and an enum is read as a string, so that Mailchimp can grow. An
 * empty text stands for a time that there is none of, and is read as it is.
 *
 * Source: Mailchimp's Swagger document of the Marketing API 3.0, and its page on webhooks.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"

/** An absent field, read also where it is spelled `null`. */
const maybe = <A, I, R>(schema: Schema.Schema<A, I, R>) => Schema.optionalWith(schema, { exact: true, nullable: true })

/** A field that may be left out of what is sent. */
const may = <S extends Schema.Schema.All>(schema: S) => Schema.optionalWith(schema, { exact: true })

const EmailAddress = Schema.String.pipe(
  Schema.pattern(/^[^\s@]+@[^\s@]+$/, { message: () => "an e-mail address" })
)

const Time = Schema.String.pipe(
  Schema.pattern(/^\d{4}-\d{2}-\d{2}([T ]\S+)?$/, { message: () => "a time in ISO 8601, 2026-11-26T08:00:00+00:00" })
)

const Id = Schema.String.pipe(Schema.pattern(/^\w[\w-]*$/, { message: () => "an id of Mailchimp's" }))

// ---------------------------------------------------------------------------------------------------------------------
// sent
// ---------------------------------------------------------------------------------------------------------------------

/**
 * The MD5 of an address in lower case; `subscriberHash` makes it.
 *
 * @since 0.1.0
 * @category sent
 */
export const SubscriberHash = Schema.String.pipe(
  Schema.pattern(/^[0-9a-f]{32}$/, { message: () => "a subscriber hash: subscriberHash(email) makes it" })
)

/** @internal */
export const byList = Schema.Struct({ listId: Id })

/** @internal */
export const byMember = Schema.Struct({ hash: SubscriberHash, listId: Id })

/** @internal */
export const byWebhook = Schema.Struct({ listId: Id, webhookId: Id })

/** @internal */
export const byBatch = Schema.Struct({ batchId: Id })

const partial = {
  /** Fields to leave out, by commas. Not together with `fields`. */
  exclude_fields: may(Schema.NonEmptyString),
  /** The only fields to answer, by commas: `members.email_address,total_items`. */
  fields: may(Schema.NonEmptyString)
}

/**
 * @since 0.1.0
 * @category sent
 */
export const FieldParams = Schema.Struct(partial)

/** `count` is 1 to 1000, Mailchimp's default 10. */
const paging = {
  ...partial,
  count: may(Schema.NumberFromString.pipe(Schema.int(), Schema.between(1, 1000))),
  offset: may(Schema.NumberFromString.pipe(Schema.int(), Schema.nonNegative()))
}

/**
 * @since 0.1.0
 * @category sent
 */
export const ListListParams = Schema.Struct({
  ...paging,
  before_date_created: may(Time),
  email: may(EmailAddress),
  since_date_created: may(Time)
})

/**
 * @since 0.1.0
 * @category sent
 */
export const MemberListParams = Schema.Struct({
  ...paging,
  before_last_changed: may(Time),
  before_timestamp_opt: may(Time),
  since_last_changed: may(Time),
  since_timestamp_opt: may(Time),
  sort_dir: may(Schema.Literal("ASC", "DESC")),
  sort_field: may(Schema.Literal("last_changed", "timestamp_opt", "timestamp_signup")),
  status: may(Schema.Literal("archived", "cleaned", "pending", "subscribed", "transactional", "unsubscribed")),
  unsubscribed_since: may(Time)
})

/**
 * What a member can be made. `pending` sends a mail that asks for a confirmation.
 *
 * @since 0.1.0
 * @category sent
 */
export const Status = Schema.Literal("cleaned", "pending", "subscribed", "transactional", "unsubscribed")

/**
 * Values by the tags of the audience's merge fields, `FNAME`; an address has parts.
 *
 * @since 0.1.0
 * @category sent
 */
export const MergeFields = Schema.Record({
  key: Schema.String,
  value: Schema.Union(Schema.String, Schema.Number, Schema.Record({ key: Schema.String, value: Schema.String }))
})

const memberFields = {
  email_type: may(Schema.Literal("html", "text")),
  /** By the ids of the interests, whether the member has it. */
  interests: may(Schema.Record({ key: Schema.String, value: Schema.Boolean })),
  ip_opt: may(Schema.String),
  ip_signup: may(Schema.String),
  language: may(Schema.String),
  location: may(Schema.Struct({ latitude: Schema.Number, longitude: Schema.Number })),
  marketing_permissions: may(Schema.Array(Schema.Struct({
    enabled: Schema.Boolean,
    marketing_permission_id: Schema.NonEmptyString
  }))),
  merge_fields: may(MergeFields),
  timestamp_opt: may(Time),
  timestamp_signup: may(Time),
  vip: may(Schema.Boolean)
}

/**
 * @since 0.1.0
 * @category sent
 */
export const MemberInput = Schema.Struct({
  ...memberFields,
  email_address: EmailAddress,
  status: Status,
  /** By name; they are made where they are not there. */
  tags: may(Schema.Array(Schema.NonEmptyString))
})

/**
 * `status_if_new` is for one who is not there yet, `status` for one who is.
 *
 * @since 0.1.0
 * @category sent
 */
export const MemberUpsert = Schema.Struct({
  ...memberFields,
  email_address: EmailAddress,
  status: may(Status),
  status_if_new: Status
})

/**
 * @since 0.1.0
 * @category sent
 */
export const MemberUpdate = Schema.Struct({ ...memberFields, email_address: may(EmailAddress), status: may(Status) })

/**
 * Merge fields that the audience demands may then be missing.
 *
 * @since 0.1.0
 * @category sent
 */
export const WriteParams = Schema.Struct({ skip_merge_validation: may(Schema.BooleanFromString) })

/**
 * @since 0.1.0
 * @category sent
 */
export const TagsInput = Schema.Struct({
  /** Whether automations that wait for the tags are left asleep. */
  is_syncing: may(Schema.Boolean),
  tags: Schema.NonEmptyArray(Schema.Struct({
    name: Schema.NonEmptyString,
    status: Schema.Literal("active", "inactive")
  }))
})

/**
 * @since 0.1.0
 * @category sent
 */
export const EventInput = Schema.Struct({
  is_syncing: may(Schema.Boolean),
  name: Schema.String.pipe(Schema.minLength(2), Schema.maxLength(30)),
  occurred_at: may(Time),
  properties: may(Schema.Record({ key: Schema.String, value: Schema.String }))
})

/**
 * @since 0.1.0
 * @category sent
 */
export const MembersBatch = Schema.Struct({
  members: Schema.NonEmptyArray(MemberInput).pipe(
    Schema.maxItems(500, { message: () => "at most 500 members in a request" })
  ),
  /** Whether the tags that are sent take the place of those that a member has. */
  sync_tags: may(Schema.Boolean),
  /** Whether those who are there are changed. Default: each of them is an error in the answer. */
  update_existing: may(Schema.Boolean)
})

/**
 * @since 0.1.0
 * @category sent
 */
export const MembersBatchParams = Schema.Struct({
  skip_duplicate_check: may(Schema.BooleanFromString),
  skip_merge_validation: may(Schema.BooleanFromString)
})

/**
 * @since 0.1.0
 * @category sent
 */
export const BatchInput = Schema.Struct({
  operations: Schema.NonEmptyArray(Schema.Struct({
    /** JSON, as a text. */
    body: may(Schema.String),
    method: Schema.Literal("DELETE", "GET", "PATCH", "POST", "PUT"),
    /** Yours: it comes again beside what became of the operation. */
    operation_id: may(Schema.String),
    params: may(Schema.Record({ key: Schema.String, value: Schema.String })),
    /** Without the version: `/lists/a1b2c3/members`. */
    path: Schema.String.pipe(Schema.pattern(/^\/(?!3\.0\/)/, { message: () => "a path from / on, without /3.0" }))
  })).pipe(Schema.maxItems(1000, { message: () => "at most 1,000 operations in a batch" }))
})

/**
 * @since 0.1.0
 * @category sent
 */
export const WebhookInput = Schema.Struct({
  events: Schema.Struct({
    campaign: may(Schema.Boolean),
    cleaned: may(Schema.Boolean),
    profile: may(Schema.Boolean),
    subscribe: may(Schema.Boolean),
    unsubscribe: may(Schema.Boolean),
    upemail: may(Schema.Boolean)
  }),
  /** Whose changes it tells of. With `api: false` nobody hears of their own. */
  sources: Schema.Struct({ admin: may(Schema.Boolean), api: may(Schema.Boolean), user: may(Schema.Boolean) }),
  url: Schema.String.pipe(Schema.pattern(/^https?:\/\/\S+$/, { message: () => "a URL" }))
})

// ---------------------------------------------------------------------------------------------------------------------
// read
// ---------------------------------------------------------------------------------------------------------------------

/**
 * @since 0.1.0
 * @category read
 */
export const Ping = Schema.Struct({ health_status: maybe(Schema.String) })

/**
 * @since 0.1.0
 * @category read
 */
export const Account = Schema.Struct({
  account_id: maybe(Schema.String),
  account_name: maybe(Schema.String),
  email: maybe(Schema.String),
  login_id: maybe(Schema.String),
  pricing_plan_type: maybe(Schema.String),
  role: maybe(Schema.String),
  total_subscribers: maybe(Schema.Number)
})

/**
 * An audience, which the API calls a list.
 *
 * @since 0.1.0
 * @category read
 */
export const List = Schema.Struct({
  date_created: maybe(Schema.String),
  double_optin: maybe(Schema.Boolean),
  id: maybe(Schema.String),
  list_rating: maybe(Schema.Number),
  name: maybe(Schema.String),
  stats: maybe(Schema.Struct({
    cleaned_count: maybe(Schema.Number),
    member_count: maybe(Schema.Number),
    unsubscribe_count: maybe(Schema.Number)
  })),
  web_id: maybe(Schema.Number)
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
export const Lists = Schema.Struct({ lists: Schema.Array(List), total_items: maybe(Schema.Int) })

/**
 * A member of an audience. Every field may be absent: `fields` and `exclude_fields` leave them out.
 *
 * @since 0.1.0
 * @category read
 */
export const Member = Schema.Struct({
  contact_id: maybe(Schema.String),
  email_address: maybe(Schema.String),
  email_client: maybe(Schema.String),
  email_type: maybe(Schema.String),
  full_name: maybe(Schema.String),
  /** The subscriber hash. */
  id: maybe(Schema.String),
  interests: maybe(Schema.Record({ key: Schema.String, value: Schema.Boolean })),
  ip_opt: maybe(Schema.String),
  ip_signup: maybe(Schema.String),
  language: maybe(Schema.String),
  last_changed: maybe(Schema.String),
  list_id: maybe(Schema.String),
  location: maybe(Schema.Struct({
    country_code: maybe(Schema.String),
    latitude: maybe(Schema.Number),
    longitude: maybe(Schema.Number),
    timezone: maybe(Schema.String)
  })),
  marketing_permissions: maybe(Schema.Array(Schema.Struct({
    enabled: maybe(Schema.Boolean),
    marketing_permission_id: maybe(Schema.String),
    text: maybe(Schema.String)
  }))),
  member_rating: maybe(Schema.Number),
  /** Texts, numbers, and addresses with their parts. */
  merge_fields: maybe(Schema.Record({ key: Schema.String, value: Schema.Unknown })),
  source: maybe(Schema.String),
  /** `subscribed`, `unsubscribed`, `cleaned`, `pending`, `transactional` or `archived`. */
  status: maybe(Schema.String),
  tags: maybe(Schema.Array(Schema.Struct({ id: maybe(Schema.Number), name: Schema.String }))),
  tags_count: maybe(Schema.Number),
  timestamp_opt: maybe(Schema.String),
  timestamp_signup: maybe(Schema.String),
  unique_email_id: maybe(Schema.String),
  unsubscribe_reason: maybe(Schema.String),
  vip: maybe(Schema.Boolean),
  web_id: maybe(Schema.Number)
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
  list_id: maybe(Schema.String),
  members: Schema.Array(Member),
  total_items: maybe(Schema.Int)
})

const none = { default: () => [], nullable: true } as const

/**
 * A 200, also where not one member was taken: look at `errors`.
 *
 * @since 0.1.0
 * @category read
 */
export const MembersBatchResult = Schema.Struct({
  error_count: maybe(Schema.Int),
  errors: Schema.optionalWith(
    Schema.Array(Schema.Struct({
      email_address: maybe(Schema.String),
      error: maybe(Schema.String),
      error_code: maybe(Schema.String),
      field: maybe(Schema.String),
      field_message: maybe(Schema.String)
    })),
    none
  ),
  new_members: Schema.optionalWith(Schema.Array(Member), none),
  total_created: maybe(Schema.Int),
  total_updated: maybe(Schema.Int),
  updated_members: Schema.optionalWith(Schema.Array(Member), none)
})

/**
 * A batch that Mailchimp works off by itself. What became of each operation is in the archive at `response_body_url`.
 *
 * @since 0.1.0
 * @category read
 */
export const Batch = Schema.Struct({
  completed_at: maybe(Schema.String),
  errored_operations: maybe(Schema.Int),
  finished_operations: maybe(Schema.Int),
  id: Schema.String,
  response_body_url: maybe(Schema.String),
  /** `pending`, `preprocessing`, `started`, `finalizing` or `finished`. */
  status: maybe(Schema.String),
  submitted_at: maybe(Schema.String),
  total_operations: maybe(Schema.Int)
})

/**
 * @since 0.1.0
 * @category read
 */
export interface Batch extends Schema.Schema.Type<typeof Batch> {}

const flags = maybe(Schema.Record({ key: Schema.String, value: Schema.Boolean }))

/**
 * @since 0.1.0
 * @category read
 */
export const Webhook = Schema.Struct({
  events: flags,
  id: Schema.String,
  list_id: maybe(Schema.String),
  signing_enabled: maybe(Schema.Boolean),
  /** In the answer that makes the webhook, and in no other. */
  signing_secret: maybe(Schema.Redacted(Schema.String)),
  sources: flags,
  url: maybe(Schema.String)
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
export const Webhooks = Schema.Struct({ total_items: maybe(Schema.Int), webhooks: Schema.Array(Webhook) })
