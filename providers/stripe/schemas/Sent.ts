/**
 * What Stripe is sent, strictly.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { Form } from "holdfast"

/** A field that may be left out of what is sent. */
const may = <S extends Schema.Schema.All>(schema: S) => Schema.optionalWith(schema, { exact: true })

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
  Schema.Struct({ gt: may(Time), gte: may(Time), lt: may(Time), lte: may(Time) })
)

const CaptureMethod = Schema.Literal("automatic", "automatic_async", "manual")

const FutureUsage = Schema.Literal("on_session", "off_session")

const confirming = {
  capture_method: may(CaptureMethod),
  error_on_requires_action: may(Schema.BooleanFromString),
  mandate: may(Schema.String),
  off_session: may(Schema.BooleanFromString),
  payment_method: may(Schema.NonEmptyString),
  receipt_email: may(Schema.NonEmptyString),
  return_url: may(Schema.NonEmptyString),
  setup_future_usage: may(FutureUsage)
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
  allowed_payment_method_types: may(Schema.NonEmptyArray(Schema.NonEmptyString)),
  application_fee_amount: may(whole.pipe(Schema.nonNegative())),
  automatic_payment_methods: may(Schema.Struct({
    allow_redirects: may(Schema.Literal("always", "never")),
    enabled: Schema.BooleanFromString
  })),
  confirm: may(Schema.BooleanFromString),
  confirmation_method: may(Schema.Literal("automatic", "manual")),
  customer: may(Schema.NonEmptyString),
  description: may(text(1000)),
  metadata: may(MetadataInput),
  on_behalf_of: may(Schema.NonEmptyString),
  /** What `allowed_payment_method_types` is called in older versions of the API. */
  payment_method_types: may(Schema.NonEmptyArray(Schema.NonEmptyString)),
  statement_descriptor: may(text(22)),
  statement_descriptor_suffix: may(text(22)),
  transfer_data: may(Schema.Struct({ amount: may(Amount), destination: Schema.NonEmptyString })),
  transfer_group: may(Schema.NonEmptyString)
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
  amount_to_capture: may(Amount),
  application_fee_amount: may(whole.pipe(Schema.nonNegative())),
  metadata: may(MetadataInput),
  statement_descriptor: may(text(22)),
  statement_descriptor_suffix: may(text(22))
})

/**
 * @since 0.1.0
 * @category sent
 */
export const CancelInput = Schema.Struct({
  cancellation_reason: may(Schema.Literal("abandoned", "duplicate", "fraudulent", "requested_by_customer"))
})

/**
 * Of a payment, or of a charge: one of the two. Without an amount, of all that is left.
 *
 * @since 0.1.0
 * @category sent
 */
export const RefundInput = Schema.Struct({
  amount: may(Amount),
  charge: may(Schema.NonEmptyString),
  metadata: may(MetadataInput),
  payment_intent: may(Schema.NonEmptyString),
  reason: may(Schema.Literal("duplicate", "fraudulent", "requested_by_customer")),
  refund_application_fee: may(Schema.BooleanFromString),
  reverse_transfer: may(Schema.BooleanFromString)
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
  address: may(Schema.Struct({
    city: may(Schema.String),
    country: may(Schema.String),
    line1: may(Schema.String),
    line2: may(Schema.String),
    postal_code: may(Schema.String),
    state: may(Schema.String)
  })),
  description: may(Schema.String),
  email: may(text(512)),
  metadata: may(MetadataInput),
  name: may(text(256)),
  payment_method: may(Schema.NonEmptyString),
  phone: may(Schema.NonEmptyString)
})

const pageSize = whole.pipe(Schema.between(1, 100))

/** A list goes in one direction. */
const walking = {
  ending_before: may(Schema.NonEmptyString),
  limit: may(pageSize),
  starting_after: may(Schema.NonEmptyString)
}

/**
 * Query of `paymentIntents.list`. `limit` is 1 to 100, Stripe's default 10.
 *
 * @since 0.1.0
 * @category sent
 */
export const PaymentIntentListParams = Form.query(Schema.Struct({
  created: may(CreatedFilter),
  customer: may(Schema.NonEmptyString),
  ...walking
}))

/**
 * @since 0.1.0
 * @category sent
 */
export const ChargeListParams = Form.query(Schema.Struct({
  created: may(CreatedFilter),
  customer: may(Schema.NonEmptyString),
  payment_intent: may(Schema.NonEmptyString),
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
    created: may(CreatedFilter),
    delivery_success: may(Schema.BooleanFromString),
    type: may(Schema.NonEmptyString),
    types: may(Schema.Array(Schema.NonEmptyString).pipe(Schema.maxItems(20))),
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
  limit: may(pageSize),
  page: may(Schema.NonEmptyString),
  query: Schema.NonEmptyString
})
