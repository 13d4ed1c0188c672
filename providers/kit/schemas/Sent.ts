/**
 * What Kit is sent, strictly.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { Field } from "holdfast"

const EmailAddress = Schema.String.pipe(
  Schema.pattern(/^[^\s@]+@[^\s@]+$/, { message: () => "an e-mail address" })
)

const PositiveId = Schema.Int.pipe(Schema.positive())

const IdFromText = Schema.NumberFromString.pipe(Schema.int(), Schema.positive())

const Day = Schema.String.pipe(
  Schema.pattern(/^\d{4}-\d{2}-\d{2}(T\S+)?$/, { message: () => "a day, 2026-11-26, or a time of it in ISO 8601" })
)

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
  fields: Field.may(FieldsInput),
  first_name: Field.may(Schema.String),
  state: Field.may(State)
})

/**
 * @since 0.1.0
 * @category sent
 */
export const SubscriberUpdate = Schema.Struct({
  email_address: Field.may(EmailAddress),
  fields: Field.may(FieldsInput),
  first_name: Field.may(Schema.String)
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
  after: Field.may(Schema.NonEmptyString),
  before: Field.may(Schema.NonEmptyString),
  include_total_count: Field.may(Schema.BooleanFromString),
  per_page: Field.may(Schema.NumberFromString.pipe(Schema.int(), Schema.between(1, 1000)))
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
  created_after: Field.may(Day),
  created_before: Field.may(Day),
  email_address: Field.may(Schema.NonEmptyString),
  /** More of each subscriber, by names joined by commas. */
  include: Field.may(Schema.NonEmptyString),
  /** Less of each subscriber: no custom fields. */
  slim: Field.may(Schema.BooleanFromString),
  sort_field: Field.may(Schema.Literal("cancelled_at", "id", "updated_at")),
  sort_order: Field.may(Schema.Literal("asc", "desc")),
  status: Field.may(Schema.Literal("active", "all", "bounced", "cancelled", "complained", "inactive")),
  updated_after: Field.may(Day),
  updated_before: Field.may(Day)
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

const callback = { callback_url: Field.may(Schema.NonEmptyString) }

/**
 * @since 0.1.0
 * @category sent
 */
export const BulkSubscribersInput = Schema.Struct({
  ...callback,
  subscribers: Schema.NonEmptyArray(Schema.Struct({
    email_address: EmailAddress,
    first_name: Field.may(Schema.String),
    state: Field.may(State)
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
  quantity: Field.may(Schema.Int),
  sku: Field.may(Schema.String),
  unit_price: Field.may(Schema.JsonNumber)
})

/**
 * @since 0.1.0
 * @category sent
 */
export const PurchaseInput = Schema.Struct({
  purchase: Schema.Struct({
    currency: Schema.String.pipe(Schema.pattern(/^[A-Z]{3}$/, { message: () => "a currency such as USD" })),
    discount: Field.may(Schema.JsonNumber),
    email_address: EmailAddress,
    first_name: Field.may(Schema.String),
    products: Schema.NonEmptyArray(ProductInput),
    shipping: Field.may(Schema.JsonNumber),
    status: Field.may(Schema.NonEmptyString),
    subtotal: Field.may(Schema.JsonNumber),
    tax: Field.may(Schema.JsonNumber),
    total: Field.may(Schema.JsonNumber),
    /** Yours. */
    transaction_id: Schema.NonEmptyString,
    transaction_time: Field.may(Schema.NonEmptyString)
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
    custom_field_id: Field.may(PositiveId),
    form_id: Field.may(PositiveId),
    initiator_value: Field.may(Schema.String),
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
    product_id: Field.may(PositiveId),
    sequence_id: Field.may(PositiveId),
    tag_id: Field.may(PositiveId)
  }),
  target_url: Schema.String.pipe(Schema.pattern(/^https?:\/\/\S+$/, { message: () => "a URL" }))
})
