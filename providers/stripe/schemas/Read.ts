/**
 * What Stripe answers, read tolerantly.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { Field } from "holdfast"

const Ref = Schema.transform(Schema.Union(Schema.String, Schema.Struct({ id: Schema.String })), Schema.String, {
  strict: true,
  decode: (one) => typeof one === "string" ? one : one.id,
  encode: (id) => id
}).annotations({ description: "the id of an object; of an object that was expanded its id alone is read" })

const Metadata = Schema.optionalWith(Schema.Record({ key: Schema.String, value: Schema.String }), {
  default: () => ({}),
  nullable: true
})

/**
 * Why a payment, or a charge, was not made.
 *
 * @since 0.1.0
 * @category read
 */
export const PaymentError = Schema.Struct({
  type: Schema.String,
  code: Field.orNull(Schema.String),
  /** What the card's issuer says, `insufficient_funds`. */
  decline_code: Field.orNull(Schema.String),
  message: Field.orNull(Schema.String),
  param: Field.orNull(Schema.String),
  charge: Field.orNull(Ref)
})

/**
 * @since 0.1.0
 * @category read
 */
export const PaymentIntent = Schema.Struct({
  id: Schema.String,
  object: Schema.String,
  amount: Schema.Int,
  amount_capturable: Field.orNull(Schema.Int),
  amount_received: Field.orNull(Schema.Int),
  application_fee_amount: Field.orNull(Schema.Int),
  canceled_at: Field.orNull(Schema.Int),
  cancellation_reason: Field.orNull(Schema.String),
  capture_method: Field.orNull(Schema.String),
  /** For the page in which the customer pays: it can be paid with, so that no log should have it. */
  client_secret: Field.orNull(Schema.Redacted(Schema.String)),
  confirmation_method: Field.orNull(Schema.String),
  created: Schema.Int,
  currency: Schema.String,
  customer: Field.orNull(Ref),
  description: Field.orNull(Schema.String),
  last_payment_error: Field.orNull(PaymentError),
  latest_charge: Field.orNull(Ref),
  livemode: Schema.Boolean,
  metadata: Metadata,
  next_action: Field.orNull(Schema.Struct({
    type: Schema.String,
    redirect_to_url: Field.orNull(
      Schema.Struct({ return_url: Field.orNull(Schema.String), url: Field.orNull(Schema.String) })
    )
  })),
  payment_method: Field.orNull(Ref),
  payment_method_types: Field.orNull(Schema.Array(Schema.String)),
  receipt_email: Field.orNull(Schema.String),
  /**
   * `requires_payment_method`, `requires_confirmation`, `requires_action`, `processing`, `requires_capture`, `canceled` or
   * `succeeded`.
   */
  status: Schema.String
})

/**
 * @since 0.1.0
 * @category read
 */
export interface PaymentIntent extends Schema.Schema.Type<typeof PaymentIntent> {}

/**
 * @since 0.1.0
 * @category read
 */
export const Charge = Schema.Struct({
  id: Schema.String,
  object: Schema.String,
  amount: Schema.Int,
  amount_captured: Field.orNull(Schema.Int),
  amount_refunded: Field.orNull(Schema.Int),
  captured: Field.orNull(Schema.Boolean),
  created: Schema.Int,
  currency: Schema.String,
  customer: Field.orNull(Ref),
  description: Field.orNull(Schema.String),
  failure_code: Field.orNull(Schema.String),
  failure_message: Field.orNull(Schema.String),
  livemode: Schema.Boolean,
  metadata: Metadata,
  paid: Field.orNull(Schema.Boolean),
  payment_intent: Field.orNull(Ref),
  payment_method: Field.orNull(Schema.String),
  receipt_url: Field.orNull(Schema.String),
  refunded: Field.orNull(Schema.Boolean),
  /** `succeeded`, `pending` or `failed`. */
  status: Schema.String
})

/**
 * @since 0.1.0
 * @category read
 */
export interface Charge extends Schema.Schema.Type<typeof Charge> {}

/**
 * @since 0.1.0
 * @category read
 */
export const Refund = Schema.Struct({
  id: Schema.String,
  object: Schema.String,
  amount: Schema.Int,
  charge: Field.orNull(Ref),
  created: Schema.Int,
  currency: Schema.String,
  failure_reason: Field.orNull(Schema.String),
  metadata: Metadata,
  payment_intent: Field.orNull(Ref),
  reason: Field.orNull(Schema.String),
  /** `pending`, `requires_action`, `succeeded`, `failed` or `canceled`. */
  status: Field.orNull(Schema.String)
})

/**
 * @since 0.1.0
 * @category read
 */
export interface Refund extends Schema.Schema.Type<typeof Refund> {}

/**
 * @since 0.1.0
 * @category read
 */
export const Customer = Schema.Struct({
  id: Schema.String,
  object: Schema.String,
  created: Schema.Int,
  description: Field.orNull(Schema.String),
  email: Field.orNull(Schema.String),
  livemode: Schema.Boolean,
  metadata: Metadata,
  name: Field.orNull(Schema.String),
  phone: Field.orNull(Schema.String)
})

/**
 * @since 0.1.0
 * @category read
 */
export interface Customer extends Schema.Schema.Type<typeof Customer> {}

/**
 * What has happened in the account: what `events.list` gives and what a webhook brings. Events come in any order, and
 * some of them twice: go by `id`.
 *
 * @since 0.1.0
 * @category read
 */
export const Event = Schema.Struct({
  id: Schema.String,
  object: Schema.String,
  /** The connected account that it is of. */
  account: Field.orNull(Schema.String),
  api_version: Field.orNull(Schema.String),
  created: Schema.Int,
  data: Schema.Struct({
    /** As it was then, in the version of the API that the account, or the webhook's endpoint, has. */
    object: Schema.Record({ key: Schema.String, value: Schema.Unknown }),
    previous_attributes: Field.orNull(Schema.Record({ key: Schema.String, value: Schema.Unknown }))
  }),
  livemode: Schema.Boolean,
  pending_webhooks: Field.orNull(Schema.Int),
  /** The request that it comes from; absent where it comes from none. */
  request: Field.orNull(
    Schema.Struct({ id: Field.orNull(Schema.String), idempotency_key: Field.orNull(Schema.String) })
  ),
  /** `payment_intent.succeeded` */
  type: Schema.String
})

/**
 * @since 0.1.0
 * @category read
 */
export interface Event extends Schema.Schema.Type<typeof Event> {}

const Funds = Schema.Array(Schema.Struct({ amount: Schema.Int, currency: Schema.String }))

/**
 * @since 0.1.0
 * @category read
 */
export const Balance = Schema.Struct({
  object: Schema.String,
  available: Funds,
  livemode: Schema.Boolean,
  pending: Funds
})

/**
 * The account that the key belongs to.
 *
 * @since 0.1.0
 * @category read
 */
export const Account = Schema.Struct({
  id: Schema.String,
  object: Schema.String,
  charges_enabled: Field.orNull(Schema.Boolean),
  country: Field.orNull(Schema.String),
  default_currency: Field.orNull(Schema.String),
  details_submitted: Field.orNull(Schema.Boolean),
  email: Field.orNull(Schema.String),
  payouts_enabled: Field.orNull(Schema.Boolean),
  type: Field.orNull(Schema.String)
})

const list = <A, I>(item: Schema.Schema<A, I>) =>
  Schema.Struct({
    object: Schema.String,
    data: Schema.Array(item),
    has_more: Schema.Boolean,
    url: Field.orNull(Schema.String)
  })

/**
 * @since 0.1.0
 * @category read
 */
export const PaymentIntentList = list(PaymentIntent)

/**
 * @since 0.1.0
 * @category read
 */
export const ChargeList = list(Charge)

/**
 * @since 0.1.0
 * @category read
 */
export const EventList = list(Event)

/**
 * @since 0.1.0
 * @category read
 */
export const PaymentIntentSearchPage = Schema.Struct({
  ...PaymentIntentList.fields,
  /** Where the next page begins; absent on the last one. */
  next_page: Field.orNull(Schema.String)
})
