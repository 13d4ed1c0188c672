/**
 * Conditions on rows, as data: which rows are read, changed or deleted. What stands in a value stays in it, whatever it
 * is: commas, quotes, parentheses.
 *
 * Source: https://docs.postgrest.org/en/stable/references/api/tables_views.html
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

// ---------------------------------------------------------------------------------------------------------------------
// as text
// ---------------------------------------------------------------------------------------------------------------------

const quoted = (text: string): string => `"${text.replace(/[\\"]/g, "\\$&")}"`

const operandOf = ({ operand, operator }: Condition, within: "group" | "parameter"): string =>
  typeof operand !== "string"
    ? `(${operand.map(quoted).join(",")})`
    // a parameter is taken as it is; in a group quotes hold together what has a comma or a parenthesis
    : within === "parameter" || operator === "is"
    ? operand
    : quoted(operand)

const prefix = (negated: boolean): string => negated ? "not." : ""

const columnOf = (name: string): string => /^[\w>-]+$/.test(name) ? name : quoted(name)

const inGroup = (filter: Filter): string =>
  filter._tag === "Condition"
    ? `${columnOf(filter.column)}.${prefix(filter.negated)}${filter.operator}.${operandOf(filter, "group")}`
    : `${prefix(filter.negated)}${filter.kind}${members(filter)}`

const members = (group: Group): string => `(${group.filters.map(inGroup).join(",")})`

/** Columns of these names would be taken for something else in a query. */
const reserved: ReadonlySet<string> = new Set([
  "select",
  "order",
  "limit",
  "offset",
  "on_conflict",
  "columns",
  "and",
  "or",
  "not.and",
  "not.or"
])

/**
 * The parameters of the query that say so, in pairs: a name may come several times.
 *
 * @since 0.1.0
 * @category text
 */
export const toParameters = (filter: Filter): ReadonlyArray<readonly [name: string, value: string]> => {
  if (filter._tag === "Group") {
    return filter.kind === "and" && !filter.negated
      ? filter.filters.flatMap(toParameters)
      : [[`${prefix(filter.negated)}${filter.kind}`, members(filter)]]
  }
  return reserved.has(filter.column)
    ? [["and", members(and(filter))]]
    : [[filter.column, `${prefix(filter.negated)}${filter.operator}.${operandOf(filter, "parameter")}`]]
}

/** Reads what PostgREST would read, from left to right. */
class Reader {
  #at = 0
  constructor(readonly text: string) {}

  get isDone(): boolean {
    return this.#at >= this.text.length
  }

  takes(text: string): boolean {
    if (!this.text.startsWith(text, this.#at)) return false
    this.#at += text.length
    return true
  }

  needs(text: string): void {
    if (!this.takes(text)) throw new SyntaxError(`"${text}" is missing at ${this.#at} in ${this.text}`)
  }

  matches(pattern: RegExp): string {
    const sticky = new RegExp(pattern, "sy")
    sticky.lastIndex = this.#at
    const found = sticky.exec(this.text)
    if (found === null) throw new SyntaxError(`not understood at ${this.#at}: ${this.text}`)
    this.#at += found[0].length
    return found[0]
  }

  get #quoted(): string {
    return this.matches(/"(?:[^"\\]|\\.)*"/).slice(1, -1).replace(/\\(.)/gs, "$1")
  }

  /** A text in quotes, or all until something of PostgREST's own. */
  word(until: RegExp): string {
    return this.text[this.#at] === "\"" ? this.#quoted : this.matches(until)
  }

  list(): ReadonlyArray<string> {
    const words: Array<string> = []
    this.needs("(")
    if (this.takes(")")) return words
    do words.push(this.word(/[^,)]*/))
    while (this.takes(","))
    this.needs(")")
    return words
  }

  group(kind: "and" | "or", negated: boolean): Group {
    this.needs("(")
    const filters: [Filter, ...Array<Filter>] = [this.member()]
    while (this.takes(",")) filters.push(this.member())
    this.needs(")")
    return { _tag: "Group", kind, negated, filters }
  }

  member(): Filter {
    this.matches(/\s*/)
    for (const negated of [true, false]) {
      for (const kind of ["and", "or"] as const) {
        const start = this.#at
        if (this.takes(`${prefix(negated)}${kind}`) && this.text[this.#at] === "(") return this.group(kind, negated)
        this.#at = start
      }
    }
    const column = this.word(/[^.,()]+/)
    this.needs(".")
    return this.condition(column, () => this.text[this.#at] === "{" ? this.matches(/\{[^}]*\}/) : this.word(/[^,)]*/))
  }

  condition(column: string, operandOf: () => string): Condition {
    const negated = this.takes("not.")
    const operator = this.matches(/[a-z]+(?:\([a-z]+\))?/)
    this.needs(".")
    const operand = operator === "in" ? this.list() : operandOf()
    return { _tag: "Condition", column, negated, operator, operand }
  }

  rest(): string {
    return this.matches(/.*/)
  }
}

/**
 * What a parameter of a query says; throws a `SyntaxError` at what PostgREST would not understand either.
 *
 * @since 0.1.0
 * @category text
 */
export const fromParameter = (name: string, value: string): Filter => {
  const reader = new Reader(value)
  const kind = /^(not\.)?(and|or)$/.exec(name)
  const filter = kind === null
    ? reader.condition(name, () => reader.rest())
    : reader.group(kind[2] === "or" ? "or" : "and", kind[1] !== undefined)
  if (!reader.isDone) throw new SyntaxError(`there is more than a filter in ${value}`)
  return filter
}
