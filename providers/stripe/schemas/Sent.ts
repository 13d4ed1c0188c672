/**
 * What Stripe is sent, strictly.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { Field, Form } from "holdfast"

const text = (max: number) => Schema.String.pipe(Schema.minLength(1), Schema.maxLength(max))

const whole = Schema.NumberFromString.pipe(Schema.int())

/**
 * Money in the smallest unit of its currency, cents of a dollar and yen: a whole number of at most eight digits, of a few
 * currencies of more.
 *
 * @since 0.1.0
 * @category sent
 */
export const Amount = whole.pipe(
  Schema.between(1, 999_999_999_999, { message: () => "at least 1 of the smallest unit, and at most 12 digits" })
)

/**
 * `eur`: three letters, in lower case.
 *
 * @since 0.1.0
 * @category sent
 */
export const Currency = Schema.String.pipe(
  Schema.pattern(/^[a-z]{3}$/, { message: () => "a currency of three letters in lower case, such as eur" })
)

/**
 * At most 50 texts of one's own, by names of at most 40 characters without brackets. An empty one takes away what is
 * there by that name.
 *
 * @since 0.1.0
 * @category sent
 */
export const MetadataInput = Schema.Record({
  key: Schema.String,
  value: Schema.String.pipe(Schema.maxLength(500))
}).pipe(
  // a name that does not fit would be left out of the record without a word if its own schema said so
  Schema.filter((all) => [
    ...Object.keys(all)
      .filter((name) => !/^[^[\]]{1,40}$/.test(name))
      .map((name) => ({ message: "a name of 1 to 40 characters without brackets", path: [name] })),
    ...(Object.keys(all).length > 50 ? ["at most 50 names"] : [])
  ])
)

/** A time, in whole seconds since 1970. */
const Time = whole

/**
 * When something was made, in whole seconds since 1970: `{ gte: 1700000000 }`, or one second.
 *
 * @since 0.1.0
 * @category sent
 */
export const CreatedFilter = Schema.Union(
  Time,
  Schema.Struct({ gt: Field.may(Time), gte: Field.may(Time), lt: Field.may(Time), lte: Field.may(Time) })
)

const CaptureMethod = Schema.Literal("automatic", "automatic_async", "manual")

const FutureUsage = Schema.Literal("on_session", "off_session")

const confirming = {
  capture_method: Field.may(CaptureMethod),
  error_on_requires_action: Field.may(Schema.BooleanFromString),
  mandate: Field.may(Schema.String),
  off_session: Field.may(Schema.BooleanFromString),
  payment_method: Field.may(Schema.NonEmptyString),
  receipt_email: Field.may(Schema.NonEmptyString),
  return_url: Field.may(Schema.NonEmptyString),
  setup_future_usage: Field.may(FutureUsage)
}

/** Stripe refuses these of a payment that is not confirmed at once. */
const ofConfirmation = ["error_on_requires_action", "mandate", "off_session", "return_url"] as const

/**
 * A payment to be made. With `confirm: true` it is charged at once.
 *
 * @since 0.1.0
 * @category sent
 */
export const PaymentIntentInput = Schema.Struct({
  amount: Amount,
  currency: Currency,
  ...confirming,
  allowed_payment_method_types: Field.may(Schema.NonEmptyArray(Schema.NonEmptyString)),
  application_fee_amount: Field.may(whole.pipe(Schema.nonNegative())),
  automatic_payment_methods: Field.may(Schema.Struct({
    allow_redirects: Field.may(Schema.Literal("always", "never")),
    enabled: Schema.BooleanFromString
  })),
  confirm: Field.may(Schema.BooleanFromString),
  confirmation_method: Field.may(Schema.Literal("automatic", "manual")),
  customer: Field.may(Schema.NonEmptyString),
  description: Field.may(text(1000)),
  metadata: Field.may(MetadataInput),
  on_behalf_of: Field.may(Schema.NonEmptyString),
  /** What `allowed_payment_method_types` is called in older versions of the API. */
  payment_method_types: Field.may(Schema.NonEmptyArray(Schema.NonEmptyString)),
  statement_descriptor: Field.may(text(22)),
  statement_descriptor_suffix: Field.may(text(22)),
  transfer_data: Field.may(Schema.Struct({ amount: Field.may(Amount), destination: Schema.NonEmptyString })),
  transfer_group: Field.may(Schema.NonEmptyString)
}).pipe(
  Schema.filter((input) => [
    ...ofConfirmation
      .filter((name) => input[name] !== undefined && input.confirm !== true)
      .map((name) => ({ message: "only together with confirm: true", path: [name] })),
    ...(input.payment_method_types !== undefined && input.automatic_payment_methods?.enabled === true
      ? [{ message: "not together with automatic_payment_methods", path: ["payment_method_types"] }]
      : []),
    ...(input.payment_method_types !== undefined && input.allowed_payment_method_types !== undefined
      ? [{ message: "not together with allowed_payment_method_types", path: ["payment_method_types"] }]
      : [])
  ])
)

/**
 * @since 0.1.0
 * @category sent
 */
export const ConfirmInput = Schema.Struct(confirming)

/**
 * Less than the whole amount releases the rest.
 *
 * @since 0.1.0
 * @category sent
 */
export const CaptureInput = Schema.Struct({
  amount_to_capture: Field.may(Amount),
  application_fee_amount: Field.may(whole.pipe(Schema.nonNegative())),
  metadata: Field.may(MetadataInput),
  statement_descriptor: Field.may(text(22)),
  statement_descriptor_suffix: Field.may(text(22))
})

/**
 * @since 0.1.0
 * @category sent
 */
export const CancelInput = Schema.Struct({
  cancellation_reason: Field.may(Schema.Literal("abandoned", "duplicate", "fraudulent", "requested_by_customer"))
})

/**
 * Of a payment, or of a charge: one of the two. Without an amount, of all that is left.
 *
 * @since 0.1.0
 * @category sent
 */
export const RefundInput = Schema.Struct({
  amount: Field.may(Amount),
  charge: Field.may(Schema.NonEmptyString),
  metadata: Field.may(MetadataInput),
  payment_intent: Field.may(Schema.NonEmptyString),
  reason: Field.may(Schema.Literal("duplicate", "fraudulent", "requested_by_customer")),
  refund_application_fee: Field.may(Schema.BooleanFromString),
  reverse_transfer: Field.may(Schema.BooleanFromString)
}).pipe(
  Schema.filter((input) =>
    (input.charge === undefined) !== (input.payment_intent === undefined) || "either payment_intent or charge"
  )
)

/**
 * @since 0.1.0
 * @category sent
 */
export const CustomerInput = Schema.Struct({
  address: Field.may(Schema.Struct({
    city: Field.may(Schema.String),
    country: Field.may(Schema.String),
    line1: Field.may(Schema.String),
    line2: Field.may(Schema.String),
    postal_code: Field.may(Schema.String),
    state: Field.may(Schema.String)
  })),
  description: Field.may(Schema.String),
  email: Field.may(text(512)),
  metadata: Field.may(MetadataInput),
  name: Field.may(text(256)),
  payment_method: Field.may(Schema.NonEmptyString),
  phone: Field.may(Schema.NonEmptyString)
})

const pageSize = whole.pipe(Schema.between(1, 100))

/** A list goes in one direction. */
const walking = {
  ending_before: Field.may(Schema.NonEmptyString),
  limit: Field.may(pageSize),
  starting_after: Field.may(Schema.NonEmptyString)
}

/**
 * Query of `paymentIntents.list`. `limit` is 1 to 100, Stripe's default 10.
 *
 * @since 0.1.0
 * @category sent
 */
export const PaymentIntentListParams = Form.query(Schema.Struct({
  created: Field.may(CreatedFilter),
  customer: Field.may(Schema.NonEmptyString),
  ...walking
}))

/**
 * @since 0.1.0
 * @category sent
 */
export const ChargeListParams = Form.query(Schema.Struct({
  created: Field.may(CreatedFilter),
  customer: Field.may(Schema.NonEmptyString),
  payment_intent: Field.may(Schema.NonEmptyString),
  ...walking
}))

/**
 * Query of `events.list`: of one type (`charge.*` is one too), or of at most 20.
 *
 * @since 0.1.0
 * @category sent
 */
export const EventListParams = Form.query(
  Schema.Struct({
    created: Field.may(CreatedFilter),
    delivery_success: Field.may(Schema.BooleanFromString),
    type: Field.may(Schema.NonEmptyString),
    types: Field.may(Schema.Array(Schema.NonEmptyString).pipe(Schema.maxItems(20))),
    ...walking
  }).pipe(
    Schema.filter(({ type, types }) => type === undefined || types === undefined || "either type or types")
  )
)

/**
 * Query of `paymentIntents.search`, in Stripe's search language: `status:"succeeded" AND metadata["order"]:"7"`.
 *
 * @since 0.1.0
 * @category sent
 */
export const SearchParams = Schema.Struct({
  limit: Field.may(pageSize),
  page: Field.may(Schema.NonEmptyString),
  query: Schema.NonEmptyString
})
