/**
 * Conditions on rows, as data: which rows are read, changed or deleted. What stands in a value stays in it, whatever it
 * is: commas, quotes, parentheses.
 *
 * Source: https://docs.postgrest.org/en/stable/references/api/tables_views.html
 *
 * @since 0.1.0
 */
import type * as Arr from "effect/Array"
import type { Condition, Filter, Group } from "./filters/Model.js"
import { quoted } from "./filters/Text.js"

export type { Condition, Filter, Group }

export { fromParameter, toParameters } from "./filters/Text.js"

/**
 * @since 0.1.0
 * @category models
 */
export type Value = string | number | bigint | boolean

/**
 * Any operator of PostgREST, for those that have no function here: `operator("title", "fts(english)", "cat")`.
 *
 * @since 0.1.0
 * @category constructors
 */
export const operator = (column: string, name: string, operand: Value): Condition => ({
  _tag: "Condition",
  column,
  negated: false,
  operator: name,
  operand: String(operand)
})

const comparing = (name: string) => (column: string, value: Value): Condition => operator(column, name, value)

/**
 * @since 0.1.0
 * @category constructors
 */
export const eq = comparing("eq")

/**
 * Not equal. A row whose column is `null` is neither equal nor unequal: it is not found.
 *
 * @since 0.1.0
 * @category constructors
 */
export const neq = comparing("neq")

/**
 * @since 0.1.0
 * @category constructors
 */
export const gt = comparing("gt")

/**
 * @since 0.1.0
 * @category constructors
 */
export const gte = comparing("gte")

/**
 * @since 0.1.0
 * @category constructors
 */
export const lt = comparing("lt")

/**
 * @since 0.1.0
 * @category constructors
 */
export const lte = comparing("lte")

/**
 * A pattern in which `%` and `*` stand for anything and `_` for one character.
 *
 * @since 0.1.0
 * @category constructors
 */
export const like: (column: string, pattern: string) => Condition = comparing("like")

/**
 * `like`, upper and lower case alike.
 *
 * @since 0.1.0
 * @category constructors
 */
export const ilike: (column: string, pattern: string) => Condition = comparing("ilike")

/**
 * @since 0.1.0
 * @category constructors
 */
export const isNull = (column: string): Condition => operator(column, "is", "null")

/**
 * One of several values. There is at least one: of no values, `not` would make every row.
 *
 * @since 0.1.0
 * @category constructors
 */
export const oneOf = (column: string, values: Arr.NonEmptyReadonlyArray<Value>): Condition => ({
  _tag: "Condition",
  column,
  negated: false,
  operator: "in",
  operand: values.map(String)
})

/** An array of Postgres: `{"a","b"}`. */
const pgArray = (values: ReadonlyArray<Value>): string => `{${values.map((value) => quoted(String(value))).join(",")}}`

/**
 * An array that contains all of these.
 *
 * @since 0.1.0
 * @category constructors
 */
export const contains = (column: string, values: ReadonlyArray<Value>): Condition =>
  operator(column, "cs", pgArray(values))

/**
 * An array that has nothing but these.
 *
 * @since 0.1.0
 * @category constructors
 */
export const containedIn = (column: string, values: ReadonlyArray<Value>): Condition =>
  operator(column, "cd", pgArray(values))

/**
 * An array that has one of these at least.
 *
 * @since 0.1.0
 * @category constructors
 */
export const overlaps = (column: string, values: Arr.NonEmptyReadonlyArray<Value>): Condition =>
  operator(column, "ov", pgArray(values))

/**
 * @since 0.1.0
 * @category combinators
 */
export const not = <F extends Filter>(filter: F): F => ({ ...filter, negated: !filter.negated })

const grouping = (kind: "and" | "or") => (...filters: Arr.NonEmptyReadonlyArray<Filter>): Group => ({
  _tag: "Group",
  kind,
  negated: false,
  filters
})

/**
 * @example
 * ```ts
 * import { Filters } from "holdfast/providers/supabase"
 *
 * const late = Filters.and(
 *   Filters.oneOf("status", ["open", "held"]),
 *   Filters.or(Filters.lt("due", "2026-01-01"), Filters.isNull("due"))
 * )
 * ```
 *
 * @since 0.1.0
 * @category combinators
 */
export const and = grouping("and")

/**
 * @since 0.1.0
 * @category combinators
 */
export const or = grouping("or")

/**
 * The columns that a filter is about.
 *
 * @since 0.1.0
 * @category accessors
 */
export const columnsOf = (filter: Filter): ReadonlyArray<string> =>
  filter._tag === "Condition" ? [filter.column] : filter.filters.flatMap(columnsOf)
