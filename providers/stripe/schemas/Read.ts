/**
 * What Stripe answers, read tolerantly.
 *
 * @since 0.1.0
 */
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"

/** An absent field, which Stripe writes as `null`, and its emulator too. */
const maybe = <A, I, R>(schema: Schema.Schema<A, I, R>) =>
  Schema.optionalToOptional(Schema.NullOr(schema), Schema.typeSchema(schema), {
    decode: Option.filter(Predicate.isNotNull),
    encode: Option.orElseSome((): A | null => null)
  })

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
  code: maybe(Schema.String),
  /** What the card's issuer says, `insufficient_funds`. */
  decline_code: maybe(Schema.String),
  message: maybe(Schema.String),
  param: maybe(Schema.String),
  charge: maybe(Ref)
})

/**
 * @since 0.1.0
 * @category read
 */
export const PaymentIntent = Schema.Struct({
  id: Schema.String,
  object: Schema.String,
  amount: Schema.Int,
  amount_capturable: maybe(Schema.Int),
  amount_received: maybe(Schema.Int),
  application_fee_amount: maybe(Schema.Int),
  canceled_at: maybe(Schema.Int),
  cancellation_reason: maybe(Schema.String),
  capture_method: maybe(Schema.String),
  /** For the page in which the customer pays: it can be paid with, so that no log should have it. */
  client_secret: maybe(Schema.Redacted(Schema.String)),
  confirmation_method: maybe(Schema.String),
  created: Schema.Int,
  currency: Schema.String,
  customer: maybe(Ref),
  description: maybe(Schema.String),
  last_payment_error: maybe(PaymentError),
  latest_charge: maybe(Ref),
  livemode: Schema.Boolean,
  metadata: Metadata,
  next_action: maybe(Schema.Struct({
    type: Schema.String,
    redirect_to_url: maybe(Schema.Struct({ return_url: maybe(Schema.String), url: maybe(Schema.String) }))
  })),
  payment_method: maybe(Ref),
  payment_method_types: maybe(Schema.Array(Schema.String)),
  receipt_email: maybe(Schema.String),
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
  amount_captured: maybe(Schema.Int),
  amount_refunded: maybe(Schema.Int),
  captured: maybe(Schema.Boolean),
  created: Schema.Int,
  currency: Schema.String,
  customer: maybe(Ref),
  description: maybe(Schema.String),
  failure_code: maybe(Schema.String),
  failure_message: maybe(Schema.String),
  livemode: Schema.Boolean,
  metadata: Metadata,
  paid: maybe(Schema.Boolean),
  payment_intent: maybe(Ref),
  payment_method: maybe(Schema.String),
  receipt_url: maybe(Schema.String),
  refunded: maybe(Schema.Boolean),
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
  charge: maybe(Ref),
  created: Schema.Int,
  currency: Schema.String,
  failure_reason: maybe(Schema.String),
  metadata: Metadata,
  payment_intent: maybe(Ref),
  reason: maybe(Schema.String),
  /** `pending`, `requires_action`, `succeeded`, `failed` or `canceled`. */
  status: maybe(Schema.String)
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
  description: maybe(Schema.String),
  email: maybe(Schema.String),
  livemode: Schema.Boolean,
  metadata: Metadata,
  name: maybe(Schema.String),
  phone: maybe(Schema.String)
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
  account: maybe(Schema.String),
  api_version: maybe(Schema.String),
  created: Schema.Int,
  data: Schema.Struct({
    /** As it was then, in the version of the API that the account, or the webhook's endpoint, has. */
    object: Schema.Record({ key: Schema.String, value: Schema.Unknown }),
    previous_attributes: maybe(Schema.Record({ key: Schema.String, value: Schema.Unknown }))
  }),
  livemode: Schema.Boolean,
  pending_webhooks: maybe(Schema.Int),
  /** The request that it comes from; absent where it comes from none. */
  request: maybe(Schema.Struct({ id: maybe(Schema.String), idempotency_key: maybe(Schema.String) })),
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
  charges_enabled: maybe(Schema.Boolean),
  country: maybe(Schema.String),
  default_currency: maybe(Schema.String),
  details_submitted: maybe(Schema.Boolean),
  email: maybe(Schema.String),
  payouts_enabled: maybe(Schema.Boolean),
  type: maybe(Schema.String)
})

const list = <A, I>(item: Schema.Schema<A, I>) =>
  Schema.Struct({
    object: Schema.String,
    data: Schema.Array(item),
    has_more: Schema.Boolean,
    url: maybe(Schema.String)
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
  next_page: maybe(Schema.String)
})
