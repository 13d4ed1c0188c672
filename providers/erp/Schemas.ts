/**
 * What the ERP is sent, and what it answers. Strict in what is sent, tolerant in what is read.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { Field } from "holdfast"

/**
 * @since 0.1.0
 * @category read
 */
export const Item = Schema.Struct({
  sku: Schema.String,
  description: Field.maybe(Schema.String),
  onHand: Schema.Number,
  /** Changes with each change of the item; a change names the one that it has seen. */
  revision: Schema.String,
  modifiedAt: Schema.String
})

/**
 * @since 0.1.0
 * @category sent
 */
export const ListParams = Schema.Struct({
  /** Items to pass over. */
  skip: Field.may(Schema.NumberFromString.pipe(Schema.int(), Schema.nonNegative())),
  /** Default 100, at most 500. */
  top: Field.may(Schema.NumberFromString.pipe(Schema.int(), Schema.between(1, 500))),
  /** Items that have changed at that time or later, ISO 8601. */
  modifiedAfter: Field.may(Schema.NonEmptyString)
})

/**
 * @since 0.1.0
 * @category read
 */
export const ItemPage = Schema.Struct({ count: Schema.Number, value: Schema.Array(Item) })

/**
 * @since 0.1.0
 * @category sent
 */
export const StockChange = Schema.Struct({
  /** Less than 0 takes from the stock. */
  delta: Schema.Int.pipe(Schema.filter((delta) => delta !== 0 || "a change of nothing")),
  reason: Schema.NonEmptyString.pipe(Schema.maxLength(200))
})

/**
 * @since 0.1.0
 * @category sent
 */
export const PurchaseOrderInput = Schema.Struct({
  supplier: Schema.NonEmptyString,
  lines: Schema.NonEmptyArray(
    Schema.Struct({ sku: Schema.NonEmptyString, quantity: Schema.Int.pipe(Schema.positive()) })
  )
})

/**
 * @since 0.1.0
 * @category read
 */
export const PurchaseOrder = Schema.Struct({
  number: Schema.String,
  supplier: Schema.String,
  state: Schema.Union(Schema.Literal("draft", "released"), Schema.String),
  lines: Schema.Array(Schema.Struct({ sku: Schema.String, quantity: Schema.Number }))
})

/**
 * Long work goes on by itself, and is asked after.
 *
 * @since 0.1.0
 * @category read
 */
export const Job = Schema.Struct({
  id: Schema.String,
  state: Schema.Union(Schema.Literal("queued", "running", "done", "failed"), Schema.String),
  result: Field.maybe(Schema.String)
})

/**
 * @since 0.1.0
 * @category read
 */
export const Ping = Schema.Struct({ company: Schema.String, release: Field.maybe(Schema.String) })
