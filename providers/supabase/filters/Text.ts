/**
 * Filters in the query of a request, written and read.
 *
 * @since 0.1.0
 */
import { DeadLettering } from "holdfast"
import type { Condition, Filter, Group } from "./Model.js"

/** A text that is one, whatever is in it. */
export const quoted = (text: string): string => `"${text.replace(/[\\"]/g, "\\$&")}"`

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

const plain = (name: string): string => name.toLowerCase().replace(/[-_.]/g, "")

/** Parameters of these names are left out of what is stored of a request, as they would be credentials. */
const credentials: ReadonlySet<string> = new Set(DeadLettering.defaultSecretQuery.map(plain))

/** As a parameter by itself it would be something else than a filter to somebody. */
const isMistakable = (column: string): boolean => reserved.has(column) || credentials.has(plain(column))

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
  return isMistakable(filter.column)
    ? [["and", members({ _tag: "Group", filters: [filter], kind: "and", negated: false })]]
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
    const operator = this.matches(/[a-z]+(?:\(\w+\))?/)
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
