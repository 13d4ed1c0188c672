/**
 * What Kit is sent, and what it answers.
 *
 * What is sent is strict: a request that Kit is known to refuse fails before it leaves. What is read is tolerant: unknown
 * fields pass, `null` stands for an absent field, and an enum is read as a string, so that Kit can grow.
 *
 * Source: Kit's OpenAPI document (Kit API 4.0) and its SDK for PHP.
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

const PositiveId = Schema.Int.pipe(Schema.positive())

const IdFromText = Schema.NumberFromString.pipe(Schema.int(), Schema.positive())

const Day = Schema.String.pipe(
  Schema.pattern(/^\d{4}-\d{2}-\d{2}(T\S+)?$/, { message: () => "a day, 2026-11-26, or a time of it in ISO 8601" })
)

// ---------------------------------------------------------------------------------------------------------------------
// sent
// ---------------------------------------------------------------------------------------------------------------------

/** @internal */
export const byId = Schema.Struct({ id: IdFromText })

/** @internal */
export const byTag = Schema.Struct({ tagId: IdFromText })

/** @internal */
export const byTagAndId = Schema.Struct({ id: IdFromText, tagId: IdFromText })

/** @internal */
export const byForm = Schema.Struct({ formId: IdFromText })

/** @internal */
export const byFormAndId = Schema.Struct({ formId: IdFromText, id: IdFromText })

/** @internal */
export const bySequence = Schema.Struct({ sequenceId: IdFromText })

/**
 * The states of a subscriber.
 *
 * @since 0.1.0
 * @category sent
 */
export const State = Schema.Literal("active", "bounced", "cancelled", "complained", "inactive")

/**
 * Values of custom fields by their keys. A key that the account does not have is passed over without a word.
 *
 * @since 0.1.0
 * @category sent
 */
export const FieldsInput = Schema.Record({ key: Schema.String, value: Schema.String })

/**
 * Of one who is there by that address, `first_name` is changed, and `fields`.
 *
 * @since 0.1.0
 * @category sent
 */
export const SubscriberInput = Schema.Struct({
  email_address: EmailAddress,
  fields: may(FieldsInput),
  first_name: may(Schema.String),
  state: may(State)
})

/**
 * @since 0.1.0
 * @category sent
 */
export const SubscriberUpdate = Schema.Struct({
  email_address: may(EmailAddress),
  fields: may(FieldsInput),
  first_name: may(Schema.String)
})

/**
 * @since 0.1.0
 * @category sent
 */
export const ByEmail = Schema.Struct({ email_address: EmailAddress })

/**
 * @since 0.1.0
 * @category sent
 */
export const Nothing = Schema.Struct({})

/** A page goes in one direction. `per_page` is 1 to 1000, Kit's default 500. */
const walking = {
  after: may(Schema.NonEmptyString),
  before: may(Schema.NonEmptyString),
  include_total_count: may(Schema.BooleanFromString),
  per_page: may(Schema.NumberFromString.pipe(Schema.int(), Schema.between(1, 1000)))
}

/**
 * @since 0.1.0
 * @category sent
 */
export const ListParams = Schema.Struct(walking)

/**
 * Query of `subscribers.list`. Lists lag behind what was written by up to 5 minutes.
 *
 * @since 0.1.0
 * @category sent
 */
export const SubscriberListParams = Schema.Struct({
  ...walking,
  created_after: may(Day),
  created_before: may(Day),
  email_address: may(Schema.NonEmptyString),
  /** More of each subscriber, by names joined by commas. */
  include: may(Schema.NonEmptyString),
  /** Less of each subscriber: no custom fields. */
  slim: may(Schema.BooleanFromString),
  sort_field: may(Schema.Literal("cancelled_at", "id", "updated_at")),
  sort_order: may(Schema.Literal("asc", "desc")),
  status: may(Schema.Literal("active", "all", "bounced", "cancelled", "complained", "inactive")),
  updated_after: may(Day),
  updated_before: may(Day)
})

/**
 * @since 0.1.0
 * @category sent
 */
export const TagInput = Schema.Struct({ name: Schema.NonEmptyString })

/**
 * @since 0.1.0
 * @category sent
 */
export const CustomFieldInput = Schema.Struct({ label: Schema.NonEmptyString })

const callback = { callback_url: may(Schema.NonEmptyString) }

/**
 * @since 0.1.0
 * @category sent
 */
export const BulkSubscribersInput = Schema.Struct({
  ...callback,
  subscribers: Schema.NonEmptyArray(Schema.Struct({
    email_address: EmailAddress,
    first_name: may(Schema.String),
    state: may(State)
  }))
})

/**
 * Subscribers that are there already.
 *
 * @since 0.1.0
 * @category sent
 */
export const BulkTaggingsInput = Schema.Struct({
  ...callback,
  taggings: Schema.NonEmptyArray(Schema.Struct({ subscriber_id: PositiveId, tag_id: PositiveId }))
})

/**
 * @since 0.1.0
 * @category sent
 */
export const ProductInput = Schema.Struct({
  lid: Schema.NonEmptyString,
  name: Schema.NonEmptyString,
  pid: Schema.NonEmptyString,
  quantity: may(Schema.Int),
  sku: may(Schema.String),
  unit_price: may(Schema.Number)
})

/**
 * @since 0.1.0
 * @category sent
 */
export const PurchaseInput = Schema.Struct({
  purchase: Schema.Struct({
    currency: Schema.String.pipe(Schema.pattern(/^[A-Z]{3}$/, { message: () => "a currency such as USD" })),
    discount: may(Schema.Number),
    email_address: EmailAddress,
    first_name: may(Schema.String),
    products: Schema.NonEmptyArray(ProductInput),
    shipping: may(Schema.Number),
    status: may(Schema.NonEmptyString),
    subtotal: may(Schema.Number),
    tax: may(Schema.Number),
    total: may(Schema.Number),
    /** Yours. */
    transaction_id: Schema.NonEmptyString,
    transaction_time: may(Schema.NonEmptyString)
  })
})

/**
 * What a webhook is about: `subscriber.tag_add` wants a `tag_id`, and so on.
 *
 * @since 0.1.0
 * @category sent
 */
export const WebhookInput = Schema.Struct({
  event: Schema.Struct({
    custom_field_id: may(PositiveId),
    form_id: may(PositiveId),
    initiator_value: may(Schema.String),
    name: Schema.Literal(
      "custom_field.field_created",
      "custom_field.field_deleted",
      "custom_field.field_value_updated",
      "purchase.purchase_create",
      "subscriber.course_complete",
      "subscriber.course_subscribe",
      "subscriber.form_subscribe",
      "subscriber.link_click",
      "subscriber.product_purchase",
      "subscriber.subscriber_activate",
      "subscriber.subscriber_bounce",
      "subscriber.subscriber_complain",
      "subscriber.subscriber_unsubscribe",
      "subscriber.tag_add",
      "subscriber.tag_remove"
    ),
    product_id: may(PositiveId),
    sequence_id: may(PositiveId),
    tag_id: may(PositiveId)
  }),
  target_url: Schema.String.pipe(Schema.pattern(/^https?:\/\/\S+$/, { message: () => "a URL" }))
})

// ---------------------------------------------------------------------------------------------------------------------
// read
// ---------------------------------------------------------------------------------------------------------------------

/**
 * @since 0.1.0
 * @category read
 */
export const Paging = Schema.Struct({
  end_cursor: maybe(Schema.String),
  has_next_page: Schema.Boolean,
  has_previous_page: maybe(Schema.Boolean),
  per_page: maybe(Schema.Int),
  start_cursor: maybe(Schema.String),
  total_count: maybe(Schema.Int)
})

/**
 * The account that the key, or the token, belongs to.
 *
 * @since 0.1.0
 * @category read
 */
export const Account = Schema.Struct({
  account: Schema.Struct({
    created_at: maybe(Schema.String),
    id: Schema.Int,
    name: maybe(Schema.String),
    plan_type: maybe(Schema.String),
    primary_email_address: maybe(Schema.String),
    timezone: maybe(Schema.Struct({
      friendly_name: maybe(Schema.String),
      name: maybe(Schema.String),
      utc_offset: maybe(Schema.String)
    }))
  }),
  user: maybe(Schema.Struct({ email: maybe(Schema.String), id: maybe(Schema.Int) }))
})

/**
 * @since 0.1.0
 * @category read
 */
export const Subscriber = Schema.Struct({
  added_at: maybe(Schema.String),
  created_at: maybe(Schema.String),
  email_address: Schema.String,
  /** By the keys of the custom fields. */
  fields: Schema.optionalWith(Schema.Record({ key: Schema.String, value: Schema.NullOr(Schema.String) }), {
    default: () => ({}),
    nullable: true
  }),
  first_name: maybe(Schema.String),
  id: Schema.Int,
  /** `active`, `inactive` (not confirmed yet), `cancelled`, `bounced` or `complained`. */
  state: maybe(Schema.String),
  tagged_at: maybe(Schema.String)
})

/**
 * @since 0.1.0
 * @category read
 */
export interface Subscriber extends Schema.Schema.Type<typeof Subscriber> {}

/**
 * @since 0.1.0
 * @category read
 */
export const SubscriberAnswer = Schema.Struct({ subscriber: Subscriber })

/**
 * @since 0.1.0
 * @category read
 */
export const Tag = Schema.Struct({ created_at: maybe(Schema.String), id: Schema.Int, name: Schema.String })

/**
 * @since 0.1.0
 * @category read
 */
export interface Tag extends Schema.Schema.Type<typeof Tag> {}

/**
 * @since 0.1.0
 * @category read
 */
export const CustomField = Schema.Struct({
  id: Schema.Int,
  key: Schema.String,
  label: Schema.String,
  name: maybe(Schema.String)
})

/**
 * @since 0.1.0
 * @category read
 */
export interface CustomField extends Schema.Schema.Type<typeof CustomField> {}

/**
 * @since 0.1.0
 * @category read
 */
export const Broadcast = Schema.Struct({
  created_at: maybe(Schema.String),
  id: Schema.Int,
  public: maybe(Schema.Boolean),
  published_at: maybe(Schema.String),
  send_at: maybe(Schema.String),
  subject: maybe(Schema.String)
})

/**
 * @since 0.1.0
 * @category read
 */
export interface Broadcast extends Schema.Schema.Type<typeof Broadcast> {}

/**
 * @since 0.1.0
 * @category read
 */
export const Webhook = Schema.Struct({
  account_id: maybe(Schema.Int),
  event: Schema.Struct({ initiator_value: maybe(Schema.Unknown), name: Schema.String }),
  id: Schema.Int,
  target_url: Schema.String
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
export const Purchase = Schema.Struct({
  currency: maybe(Schema.String),
  email_address: maybe(Schema.String),
  id: Schema.Int,
  status: maybe(Schema.String),
  subscriber_id: maybe(Schema.Int),
  total: maybe(Schema.Number),
  transaction_id: maybe(Schema.String)
})

/**
 * @since 0.1.0
 * @category read
 */
export interface Purchase extends Schema.Schema.Type<typeof Purchase> {}

/**
 * What was done at once of a bulk.
 *
 * @since 0.1.0
 * @category read
 */
export const BulkResult = Schema.Struct({
  /** Of each input that failed, why. */
  failures: Schema.optionalWith(
    Schema.Array(Schema.Struct({
      errors: Schema.optionalWith(Schema.Array(Schema.String), { default: () => [], nullable: true }),
      subscriber: maybe(Schema.Unknown),
      tagging: maybe(Schema.Unknown)
    })),
    { default: () => [], nullable: true }
  ),
  subscribers: Schema.optionalWith(Schema.Array(Subscriber), { default: () => [], nullable: true })
})

const named = <const Name extends string, S extends Schema.Schema.All>(name: Name, schema: S) =>
  // a computed key has the type of any text, and it is this one
  ({ [name]: schema }) as { readonly [K in Name]: S }

/** @internal */
export const listOf = <const Name extends string, A, I>(name: Name, item: Schema.Schema<A, I>) =>
  Schema.Struct({ pagination: Paging, ...named(name, Schema.Array(item)) })
