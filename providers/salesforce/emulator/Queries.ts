/**
 * Queries over the records of the Salesforce emulator, page by page.
 *
 * @since 0.1.0
 */
import type { FieldValue } from "../Schemas.js"
import { type Condition, type Literal, parse, type Query } from "./Soql.js"
import { type Org, refuse, type Row } from "./Store.js"

interface Rendered {
  readonly attributes: { readonly type: string; readonly url: string }
  readonly [field: string]: unknown
}

/** Dates and times compare by what they mean, texts without case. */
const comparable = (value: FieldValue, literal: Literal): number | string | boolean | null => {
  if (typeof value === "object") return null
  if (typeof value !== "string") return value
  if (literal.kind === "time") return Date.parse(value.replace(/([+-]\d{2})(\d{2})$/, "$1:$2"))
  return value.toLowerCase()
}

const wantedOf = ({ value }: Literal) => typeof value === "string" ? value.toLowerCase() : value

const compare = (actual: FieldValue, operator: string, literal: Literal): boolean => {
  const one = comparable(actual, literal)
  const other = wantedOf(literal)
  if (operator === "=") return one === other
  if (operator === "!=") return one !== other
  if (one === null || other === null || typeof one !== typeof other) return false
  switch (operator) {
    case "<":
      return one < other
    case "<=":
      return one <= other
    case ">":
      return one > other
    default:
      return one >= other
  }
}

const noColumn = (field: string, type: string) =>
  refuse(400, "INVALID_FIELD", `No such column '${field}' on entity '${type}'.`)

/** The field of a record, or of one that it refers to: `Account.Name`. The names are looked at where there is no record, too. */
const read = (org: Org, type: string, row: Row | undefined, field: string): FieldValue => {
  const [head = "", ...rest] = field.split(".")
  if (rest.length === 0) {
    const known = org.fieldOf(type, head)
    if (known === undefined) throw noColumn(field, type)
    return row?.values[known] ?? null
  }
  const reference = org.fieldOf(type, `${head}Id`)
  if (reference === undefined) throw noColumn(field, type)
  const id = row?.values[reference]
  const other = typeof id === "string" ? org.find(id) : undefined
  return read(org, org.typeOf(head), other, rest.join("."))
}

const matches = (org: Org, type: string, row: Row, condition: Condition): boolean => {
  switch (condition._tag) {
    case "And":
      return condition.all.every((one) => matches(org, type, row, one))
    case "Or":
      return condition.all.some((one) => matches(org, type, row, one))
    case "Not":
      return !matches(org, type, row, condition.condition)
  }
  const { operator, pattern, values } = condition
  const actual = read(org, type, row, condition.field)
  switch (operator) {
    case "LIKE":
      return typeof actual === "string" && pattern?.test(actual) === true
    case "IN":
      return values.some((value) => compare(actual, "=", value))
    case "NOT IN":
      return !values.some((value) => compare(actual, "=", value))
  }
  return values.every((value) => compare(actual, operator, value))
}

const fieldsOf = (condition: Condition): ReadonlyArray<string> =>
  condition._tag === "Compare"
    ? [condition.field]
    : condition._tag === "Not"
    ? fieldsOf(condition.condition)
    : condition.all.flatMap(fieldsOf)

/** What is not there comes first, in both directions. */
const order =
  (org: Org, type: string, { descending, field, nullsLast }: Query["orderBy"][number]) =>
  (one: Row, other: Row): number => {
    const a = read(org, type, one, field)
    const b = read(org, type, other, field)
    if (a === null || b === null) {
      if (a === b) return 0
      return (a === null) === nullsLast ? 1 : -1
    }
    const sign = descending ? -1 : 1
    return a === b ? 0 : sign * (a < b ? -1 : 1)
  }

export const attributesOf = (org: Org, row: Row, base: string): Rendered["attributes"] => ({
  type: row.type,
  url: `${base}/sobjects/${org.typeOf(row.type)}/${row.id}`
})

const render = (org: Org, row: Row, fields: ReadonlyArray<string>, base: string): Rendered => {
  const record: Record<string, unknown> = {}
  for (const field of fields) {
    const [head = "", ...rest] = field.split(".")
    if (rest.length === 0) {
      record[org.fieldOf(row.type, head) ?? head] = read(org, row.type, row, head)
      continue
    }
    const id = row.values[org.fieldOf(row.type, `${head}Id`) ?? ""]
    const other = typeof id === "string" ? org.find(id) : undefined
    const before = record[head]
    record[head] = other === undefined
      ? null
      : { ...(typeof before === "object" ? before : undefined), ...render(org, other, [rest.join(".")], base) }
  }
  return { attributes: attributesOf(org, row, base), ...record }
}

/**
 * Queries, and what is left of those that have been asked for a page.
 *
 * @since 0.1.0
 * @category queries
 */
export class Queries {
  readonly #open = new Map<string, { readonly records: ReadonlyArray<Rendered>; readonly size: number }>()
  #last = 0

  constructor(readonly org: Org, readonly base: string) {}

  run(soql: string, options: { readonly all: boolean; readonly size?: number | undefined }) {
    const { org } = this
    const query = parse(soql)
    if (!org.has(query.from)) throw refuse(400, "INVALID_TYPE", `sObject type '${query.from}' is not supported.`)
    const type = org.typeOf(query.from)
    const { where } = query
    const named = [
      ...(query.fields === "count" ? [] : query.fields),
      ...(where === undefined ? [] : fieldsOf(where)),
      ...query.orderBy.map(({ field }) => field)
    ]
    for (const field of named) read(org, type, undefined, field)
    const found = org.rowsOf(type).filter((row) =>
      (options.all || row.values.IsDeleted === false) && (where === undefined || matches(org, type, row, where))
    )
    for (const one of query.orderBy.toReversed()) found.sort(order(org, type, one))
    const rows = found.slice(query.offset, query.limit === undefined ? undefined : query.offset + query.limit)
    if (query.fields === "count") return { totalSize: rows.length, done: true, records: [] }
    const { fields } = query
    const id = `01g${String(++this.#last).padStart(12, "0")}AAA`
    this.#open.set(id, {
      records: rows.map((row) => render(org, row, fields, this.base)),
      size: options.size ?? 2000
    })
    return this.#page(id, 0)
  }

  more(locator: string) {
    const [, id = "", start = ""] = /^(\w+)-(\d+)$/.exec(locator) ?? []
    if (!this.#open.has(id)) throw refuse(400, "INVALID_QUERY_LOCATOR", "invalid query locator")
    return this.#page(id, Number(start))
  }

  #page(id: string, start: number) {
    const { records, size } = this.#open.get(id) ?? { records: [], size: 0 }
    const end = start + size
    const done = end >= records.length
    return {
      totalSize: records.length,
      done,
      ...(done ? undefined : { nextRecordsUrl: `${this.base}/query/${id}-${end}` }),
      records: records.slice(start, end)
    }
  }
}
