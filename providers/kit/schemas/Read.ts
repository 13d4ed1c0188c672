/**
 * What Kit answers, read tolerantly.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { Field } from "holdfast"

/**
 * @since 0.1.0
 * @category read
 */
export const Paging = Schema.Struct({
  end_cursor: Field.maybe(Schema.String),
  has_next_page: Schema.Boolean,
  has_previous_page: Field.maybe(Schema.Boolean),
  per_page: Field.maybe(Schema.Int),
  start_cursor: Field.maybe(Schema.String),
  total_count: Field.maybe(Schema.Int)
})

/**
 * The account that the key, or the token, belongs to.
 *
 * @since 0.1.0
 * @category read
 */
export const Account = Schema.Struct({
  account: Schema.Struct({
    created_at: Field.maybe(Schema.String),
    id: Schema.Int,
    name: Field.maybe(Schema.String),
    plan_type: Field.maybe(Schema.String),
    primary_email_address: Field.maybe(Schema.String),
    /** What is in one of them is not documented for certain. */
    sending_addresses: Field.maybe(Schema.Array(Schema.Unknown)),
    timezone: Field.maybe(Schema.Struct({
      friendly_name: Field.maybe(Schema.String),
      name: Field.maybe(Schema.String),
      utc_offset: Field.maybe(Schema.String)
    }))
  }),
  user: Field.maybe(Schema.Struct({ email: Field.maybe(Schema.String), id: Field.maybe(Schema.Int) }))
})

/**
 * @since 0.1.0
 * @category read
 */
export const Subscriber = Schema.Struct({
  added_at: Field.maybe(Schema.String),
  created_at: Field.maybe(Schema.String),
  email_address: Schema.String,
  /** By the keys of the custom fields. */
  fields: Schema.optionalWith(Schema.Record({ key: Schema.String, value: Schema.NullOr(Schema.String) }), {
    default: () => ({}),
    nullable: true
  }),
  first_name: Field.maybe(Schema.String),
  id: Schema.Int,
  /** `active`, `inactive` (not confirmed yet), `cancelled`, `bounced` or `complained`. */
  state: Field.maybe(Schema.String),
  tagged_at: Field.maybe(Schema.String)
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
export const Tag = Schema.Struct({ created_at: Field.maybe(Schema.String), id: Schema.Int, name: Schema.String })

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
  name: Field.maybe(Schema.String)
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
  created_at: Field.maybe(Schema.String),
  id: Schema.Int,
  public: Field.maybe(Schema.Boolean),
  published_at: Field.maybe(Schema.String),
  send_at: Field.maybe(Schema.String),
  subject: Field.maybe(Schema.String)
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
  account_id: Field.maybe(Schema.Int),
  event: Schema.Struct({ initiator_value: Field.maybe(Schema.Unknown), name: Schema.String }),
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
  currency: Field.maybe(Schema.String),
  email_address: Field.maybe(Schema.String),
  id: Schema.Int,
  status: Field.maybe(Schema.String),
  subscriber_id: Field.maybe(Schema.Int),
  total: Field.maybe(Schema.Number),
  transaction_id: Field.maybe(Schema.String)
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
      subscriber: Field.maybe(Schema.Unknown),
      tagging: Field.maybe(Schema.Unknown)
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
