/**
 * The filters of a report, over its groups of rows.
 *
 * @since 0.1.0
 */
import type * as Filters from "../Filters.js"
import { invalid } from "./Data.js"

type StringFilter = NonNullable<typeof Filters.Filter.Type.stringFilter>

type NumericFilter = NonNullable<typeof Filters.Filter.Type.numericFilter>

const pattern = (source: string, flags: string): RegExp => {
  try {
    return new RegExp(source, flags)
  } catch {
    throw invalid(`${source} is not a regular expression`)
  }
}

const matchesString = (actual: string, filter: StringFilter): boolean => {
  const exact = filter.caseSensitive === true
  const fold = (value: string) => exact ? value : value.toLowerCase()
  const value = fold(actual)
  const wanted = fold(filter.value)
  switch (filter.matchType ?? "EXACT") {
    case "EXACT":
      return value === wanted
    case "BEGINS_WITH":
      return value.startsWith(wanted)
    case "ENDS_WITH":
      return value.endsWith(wanted)
    case "CONTAINS":
      return value.includes(wanted)
    case "FULL_REGEXP":
      return pattern(`^(?:${filter.value})$`, exact ? "" : "i").test(actual)
    case "PARTIAL_REGEXP":
      return pattern(filter.value, exact ? "" : "i").test(actual)
  }
}

const numberOf = (value: typeof Filters.NumericValue.Type): number => value.int64Value ?? value.doubleValue ?? 0

const matchesNumber = (actual: number, filter: NumericFilter): boolean => {
  const wanted = numberOf(filter.value)
  switch (filter.operation) {
    case "EQUAL":
      return actual === wanted
    case "LESS_THAN":
      return actual < wanted
    case "LESS_THAN_OR_EQUAL":
      return actual <= wanted
    case "GREATER_THAN":
      return actual > wanted
    case "GREATER_THAN_OR_EQUAL":
      return actual >= wanted
  }
}

/**
 * Whether a row passes; `valueOf` gives the value of one of its fields, and throws for one that it does not have.
 *
 * @since 0.1.0
 * @category filters
 */
export const passes = (expression: Filters.Expression | undefined, valueOf: (field: string) => string): boolean => {
  if (expression === undefined) return true
  const { andGroup, filter, notExpression, orGroup } = expression
  if (andGroup !== undefined) return andGroup.expressions.every((one) => passes(one, valueOf))
  if (orGroup !== undefined) return orGroup.expressions.some((one) => passes(one, valueOf))
  if (notExpression !== undefined) return !passes(notExpression, valueOf)
  if (filter === undefined) return true
  const actual = valueOf(filter.fieldName)
  if (filter.stringFilter !== undefined) return matchesString(actual, filter.stringFilter)
  if (filter.numericFilter !== undefined) return matchesNumber(Number(actual), filter.numericFilter)
  if (filter.betweenFilter !== undefined) {
    const { fromValue, toValue } = filter.betweenFilter
    return Number(actual) >= numberOf(fromValue) && Number(actual) <= numberOf(toValue)
  }
  if (filter.inListFilter !== undefined) {
    const { caseSensitive, values } = filter.inListFilter
    return values.some((value) =>
      matchesString(actual, { value, ...(caseSensitive === undefined ? undefined : { caseSensitive }) })
    )
  }
  return actual === ""
}
