/**
 * What filters are.
 *
 * @since 0.1.0
 */
import type * as Arr from "effect/Array"

/**
 * A column with an operator and a value. Its text is written by `Filters`: `null` is asked for by `isNull` only, as `eq.null`
 * would be the text "null".
 *
 * @since 0.1.0
 * @category models
 */
export interface Condition {
  readonly _tag: "Condition"
  readonly column: string
  readonly negated: boolean
  /** As PostgREST writes it: `eq`, `like(any)`, `fts(english)`. */
  readonly operator: string
  readonly operand: string | ReadonlyArray<string>
}

/**
 * @since 0.1.0
 * @category models
 */
export interface Group {
  readonly _tag: "Group"
  readonly kind: "and" | "or"
  readonly negated: boolean
  readonly filters: Arr.NonEmptyReadonlyArray<Filter>
}

/**
 * @since 0.1.0
 * @category models
 */
export type Filter = Condition | Group
