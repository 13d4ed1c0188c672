/**
 * What the sales system is sent, and what it answers. Strict in what is sent, tolerant in what is read.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { Field } from "holdfast"

/**
 * A member of an enumeration that may grow.
 *
 * @since 0.1.0
 * @category read
 */
export const Status = Schema.Union(Schema.Literal("accepted", "confirmed", "shipped", "cancelled"), Schema.String)

/**
 * Amounts are whole cents: a fraction of one is a mistake in the program.
 *
 * @since 0.1.0
 * @category sent
 */
export const OrderLine = Schema.Struct({
  sku: Schema.NonEmptyString.pipe(Schema.maxLength(40)),
  quantity: Schema.Int.pipe(Schema.between(1, 10_000)),
  unitPriceCents: Schema.Int.pipe(Schema.nonNegative())
})

/**
 * @since 0.1.0
 * @category sent
 */
export const NewOrder = Schema.Struct({
  customerId: Schema.NonEmptyString,
  /** The number of the order on this side; the system refuses a second order with it. */
  reference: Schema.NonEmptyString.pipe(Schema.maxLength(64)),
  currency: Schema.String.pipe(Schema.pattern(/^[A-Z]{3}$/, { message: () => "three capital letters, as in EUR" })),
  lines: Schema.NonEmptyArray(OrderLine).pipe(Schema.maxItems(200)),
  note: Field.may(Schema.String.pipe(Schema.maxLength(2000)))
})

/**
 * @since 0.1.0
 * @category read
 */
export const Order = Schema.Struct({
  id: Schema.String,
  reference: Schema.String,
  customerId: Schema.String,
  status: Status,
  currency: Schema.String,
  totalCents: Schema.Number,
  lines: Schema.Array(
    Schema.Struct({ sku: Schema.String, quantity: Schema.Number, unitPriceCents: Schema.Number })
  ),
  note: Field.maybe(Schema.String),
  updatedAt: Schema.String
})

/**
 * @since 0.1.0
 * @category sent
 */
export const ListParams = Schema.Struct({
  /** Default 50, at most 200. */
  limit: Field.may(Schema.NumberFromString.pipe(Schema.int(), Schema.between(1, 200))),
  cursor: Field.may(Schema.NonEmptyString),
  status: Field.may(Schema.NonEmptyString),
  /** Orders that have changed at that time or later, ISO 8601. */
  updatedSince: Field.may(Schema.NonEmptyString)
})

/**
 * @since 0.1.0
 * @category read
 */
export const OrderPage = Schema.Struct({
  orders: Schema.Array(Order),
  nextCursor: Field.maybe(Schema.String)
})

/**
 * @since 0.1.0
 * @category sent
 */
export const Cancellation = Schema.Struct({ reason: Schema.NonEmptyString.pipe(Schema.maxLength(500)) })

/**
 * @since 0.1.0
 * @category read
 */
export const Customer = Schema.Struct({
  id: Schema.String,
  name: Schema.String,
  creditLimitCents: Field.maybe(Schema.Number)
})

/**
 * @since 0.1.0
 * @category read
 */
export const Health = Schema.Struct({ status: Schema.String, version: Field.maybe(Schema.String) })
