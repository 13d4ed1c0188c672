/**
 * Which rows a report has: filters over dimensions and metrics.
 *
 * Source: the discovery document of the Google Analytics Data API, v1beta.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { Field } from "holdfast"

/** Of a union of Google's, exactly one member is there. */
const one = (names: ReadonlyArray<string>) => (value: object): boolean | string =>
  names.filter((name) => name in value).length === 1 || `exactly one of ${names.join(", ")}`

/**
 * An `int64`, which JSON has as a string: a number in the typed API.
 *
 * @since 0.1.0
 * @category numbers
 */
export const Int64 = Schema.transform(Schema.Union(Schema.String, Schema.Number), Schema.Int, {
  strict: true,
  decode: Number,
  encode: String
})

/**
 * @since 0.1.0
 * @category filters
 */
export const NumericValue = Schema.Struct({ int64Value: Field.may(Int64), doubleValue: Field.may(Schema.Finite) }).pipe(
  Schema.filter(one(["int64Value", "doubleValue"]))
)

/**
 * A test of one dimension, or of one metric.
 *
 * @since 0.1.0
 * @category filters
 */
export const Filter = Schema.Struct({
  fieldName: Schema.NonEmptyString,
  stringFilter: Field.may(Schema.Struct({
    value: Schema.String,
    matchType: Field.may(
      Schema.Literal("EXACT", "BEGINS_WITH", "ENDS_WITH", "CONTAINS", "FULL_REGEXP", "PARTIAL_REGEXP")
    ),
    caseSensitive: Field.may(Schema.Boolean)
  })),
  inListFilter: Field.may(Schema.Struct({
    values: Schema.NonEmptyArray(Schema.String),
    caseSensitive: Field.may(Schema.Boolean)
  })),
  numericFilter: Field.may(Schema.Struct({
    operation: Schema.Literal("EQUAL", "LESS_THAN", "LESS_THAN_OR_EQUAL", "GREATER_THAN", "GREATER_THAN_OR_EQUAL"),
    value: NumericValue
  })),
  betweenFilter: Field.may(Schema.Struct({ fromValue: NumericValue, toValue: NumericValue })),
  emptyFilter: Field.may(Schema.Struct({}))
}).pipe(Schema.filter(one(["stringFilter", "inListFilter", "numericFilter", "betweenFilter", "emptyFilter"])))

/**
 * @since 0.1.0
 * @category filters
 */
export interface Expression {
  readonly andGroup?: { readonly expressions: ReadonlyArray<Expression> }
  readonly orGroup?: { readonly expressions: ReadonlyArray<Expression> }
  readonly notExpression?: Expression
  readonly filter?: typeof Filter.Type
}

/**
 * The same on the wire.
 *
 * @since 0.1.0
 * @category filters
 */
export interface ExpressionEncoded {
  readonly andGroup?: { readonly expressions: ReadonlyArray<ExpressionEncoded> }
  readonly orGroup?: { readonly expressions: ReadonlyArray<ExpressionEncoded> }
  readonly notExpression?: ExpressionEncoded
  readonly filter?: typeof Filter.Encoded
}

const nested = Schema.suspend((): Schema.Schema<Expression, ExpressionEncoded> => Expression).annotations({
  identifier: "FilterExpression"
})

const Group = Schema.Struct({ expressions: Schema.Array(nested) })

/**
 * A filter, or several that are joined.
 *
 * @since 0.1.0
 * @category filters
 */
export const Expression: Schema.Schema<Expression, ExpressionEncoded> = Schema.Struct({
  andGroup: Field.may(Group),
  orGroup: Field.may(Group),
  notExpression: Field.may(nested),
  filter: Field.may(Filter)
}).pipe(Schema.filter(one(["andGroup", "orGroup", "notExpression", "filter"])))
