/**
 * What Mailchimp is sent, strictly.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { Field } from "holdfast"

const EmailAddress = Schema.String.pipe(
  Schema.pattern(/^[^\s@]+@[^\s@]+$/, { message: () => "an e-mail address" })
)

const Time = Schema.String.pipe(
  Schema.pattern(/^\d{4}-\d{2}-\d{2}([T ]\S+)?$/, { message: () => "a time in ISO 8601, 2026-11-26T08:00:00+00:00" })
)

const Id = Schema.String.pipe(Schema.pattern(/^\w[\w-]*$/, { message: () => "an id of Mailchimp's" }))

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
  exclude_fields: Field.may(Schema.NonEmptyString),
  /** The only fields to answer, by commas: `members.email_address,total_items`. */
  fields: Field.may(Schema.NonEmptyString)
}

/**
 * @since 0.1.0
 * @category sent
 */
export const FieldParams = Schema.Struct(partial)

/** `count` is 1 to 1000, Mailchimp's default 10. */
const paging = {
  ...partial,
  count: Field.may(Schema.NumberFromString.pipe(Schema.int(), Schema.between(1, 1000))),
  offset: Field.may(Schema.NumberFromString.pipe(Schema.int(), Schema.nonNegative()))
}

/**
 * @since 0.1.0
 * @category sent
 */
export const ListListParams = Schema.Struct({
  ...paging,
  before_date_created: Field.may(Time),
  email: Field.may(EmailAddress),
  since_date_created: Field.may(Time)
})

/**
 * @since 0.1.0
 * @category sent
 */
export const MemberListParams = Schema.Struct({
  ...paging,
  before_last_changed: Field.may(Time),
  before_timestamp_opt: Field.may(Time),
  since_last_changed: Field.may(Time),
  since_timestamp_opt: Field.may(Time),
  sort_dir: Field.may(Schema.Literal("ASC", "DESC")),
  sort_field: Field.may(Schema.Literal("last_changed", "timestamp_opt", "timestamp_signup")),
  status: Field.may(Schema.Literal("archived", "cleaned", "pending", "subscribed", "transactional", "unsubscribed")),
  unsubscribed_since: Field.may(Time)
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
  value: Schema.Union(Schema.String, Schema.JsonNumber, Schema.Record({ key: Schema.String, value: Schema.String }))
})

const memberFields = {
  email_type: Field.may(Schema.Literal("html", "text")),
  /** By the ids of the interests, whether the member has it. */
  interests: Field.may(Schema.Record({ key: Schema.String, value: Schema.Boolean })),
  ip_opt: Field.may(Schema.String),
  ip_signup: Field.may(Schema.String),
  language: Field.may(Schema.String),
  location: Field.may(Schema.Struct({ latitude: Schema.JsonNumber, longitude: Schema.JsonNumber })),
  marketing_permissions: Field.may(Schema.Array(Schema.Struct({
    enabled: Schema.Boolean,
    marketing_permission_id: Schema.NonEmptyString
  }))),
  merge_fields: Field.may(MergeFields),
  timestamp_opt: Field.may(Time),
  timestamp_signup: Field.may(Time),
  vip: Field.may(Schema.Boolean)
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
  tags: Field.may(Schema.Array(Schema.NonEmptyString))
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
  status: Field.may(Status),
  status_if_new: Status
})

/**
 * @since 0.1.0
 * @category sent
 */
export const MemberUpdate = Schema.Struct({
  ...memberFields,
  email_address: Field.may(EmailAddress),
  status: Field.may(Status)
})

/**
 * Merge fields that the audience demands may then be missing.
 *
 * @since 0.1.0
 * @category sent
 */
export const WriteParams = Schema.Struct({ skip_merge_validation: Field.may(Schema.BooleanFromString) })

/**
 * @since 0.1.0
 * @category sent
 */
export const TagsInput = Schema.Struct({
  /** Whether automations that wait for the tags are left asleep. */
  is_syncing: Field.may(Schema.Boolean),
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
  is_syncing: Field.may(Schema.Boolean),
  name: Schema.String.pipe(Schema.minLength(2), Schema.maxLength(30)),
  occurred_at: Field.may(Time),
  properties: Field.may(Schema.Record({ key: Schema.String, value: Schema.String }))
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
  sync_tags: Field.may(Schema.Boolean),
  /** Whether those who are there are changed. Default: each of them is an error in the answer. */
  update_existing: Field.may(Schema.Boolean)
})

/**
 * @since 0.1.0
 * @category sent
 */
export const MembersBatchParams = Schema.Struct({
  skip_duplicate_check: Field.may(Schema.BooleanFromString),
  skip_merge_validation: Field.may(Schema.BooleanFromString)
})

/**
 * @since 0.1.0
 * @category sent
 */
export const BatchInput = Schema.Struct({
  operations: Schema.NonEmptyArray(Schema.Struct({
    /** JSON, as a text. */
    body: Field.may(Schema.String),
    method: Schema.Literal("DELETE", "GET", "PATCH", "POST", "PUT"),
    /** Yours: it comes again beside what became of the operation. */
    operation_id: Field.may(Schema.String),
    params: Field.may(Schema.Record({ key: Schema.String, value: Schema.String })),
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
    campaign: Field.may(Schema.Boolean),
    cleaned: Field.may(Schema.Boolean),
    profile: Field.may(Schema.Boolean),
    subscribe: Field.may(Schema.Boolean),
    unsubscribe: Field.may(Schema.Boolean),
    upemail: Field.may(Schema.Boolean)
  }),
  /** Whose changes it tells of. With `api: false` nobody hears of their own. */
  sources: Schema.Struct({
    admin: Field.may(Schema.Boolean),
    api: Field.may(Schema.Boolean),
    user: Field.may(Schema.Boolean)
  }),
  url: Schema.String.pipe(Schema.pattern(/^https?:\/\/\S+$/, { message: () => "a URL" }))
})
