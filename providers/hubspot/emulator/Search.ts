/**
 * HubSpot's search, over the records of one table.
 *
 * @since 0.1.0
 */
import type * as Schemas from "../Schemas.js"
import { type CrmRecord, invalid, render, selection, type Table } from "./Store.js"

type Input = typeof Schemas.SearchInput.Type
type Filter = typeof Schemas.Filter.Type

const maxResults = 10_000

const number = /^-?\d+(\.\d+)?$/
const isoTime = /^\d{4}-\d{2}-\d{2}T/

/** Numbers and times compare by value: a filter names a time in epoch milliseconds, a record holds it in ISO 8601. */
const comparable = (value: string): number | string =>
  number.test(value) ? Number(value) : isoTime.test(value) ? Date.parse(value) : value.toLowerCase()

const compare = (one: string, other: string): number => {
  const a = comparable(one)
  const b = comparable(other)
  if (typeof a === "number" && typeof b === "number") return a - b
  return String(a) < String(b) ? -1 : String(a) > String(b) ? 1 : 0
}

const tokens = (value: string): ReadonlyArray<string> =>
  value.toLowerCase().split(/[^\p{L}\p{N}*]+/u).filter((one) => one !== "")

/** Every token of the wanted text stands in the value; `*` stands for any letters. */
const containsTokens = (value: string, wanted: string): boolean => {
  const found = tokens(value)
  return tokens(wanted).every((token) => {
    const pattern = new RegExp(`^${token.split("*").join(".*")}$`, "u")
    return found.some((one) => pattern.test(one))
  })
}

const matches = (record: CrmRecord, filter: Filter): boolean => {
  const actual = record.properties[filter.propertyName]
  const has = actual !== undefined && actual !== ""
  const value = filter.value ?? ""
  switch (filter.operator) {
    case "HAS_PROPERTY":
      return has
    case "NOT_HAS_PROPERTY":
      return !has
    case "IN":
    case "NOT_IN": {
      const among = has && (filter.values ?? []).some((one) => compare(actual, one) === 0)
      return filter.operator === "IN" ? among : has && !among
    }
  }
  switch (filter.operator) {
    case "EQ":
      return has && compare(actual, value) === 0
    case "NEQ":
      return !has || compare(actual, value) !== 0
    case "LT":
      return has && compare(actual, value) < 0
    case "LTE":
      return has && compare(actual, value) <= 0
    case "GT":
      return has && compare(actual, value) > 0
    case "GTE":
      return has && compare(actual, value) >= 0
    case "BETWEEN":
      return has && compare(actual, value) >= 0 && compare(actual, filter.highValue ?? "") <= 0
    case "CONTAINS_TOKEN":
      return has && containsTokens(actual, value)
    case "NOT_CONTAINS_TOKEN":
      return !has || !containsTokens(actual, value)
  }
}

/** The short form is the name, and `-` before it for descending. */
const sortOf = (sort: NonNullable<Input["sorts"]>[number] | undefined): typeof Schemas.Sort.Type | undefined =>
  typeof sort !== "string"
    ? sort
    : sort.startsWith("-")
    ? { propertyName: sort.slice(1), direction: "DESCENDING" }
    : { propertyName: sort }

/**
 * @since 0.1.0
 * @category search
 */
export const search = (table: Table, input: Input) => {
  const groups = input.filterGroups ?? []
  const query = input.query
  const found = table.records.filter((record) =>
    record.archivedAt === undefined &&
    (groups.length === 0 || groups.some((group) => group.filters.every((filter) => matches(record, filter)))) &&
    (query === undefined || table.kind.defaults.some((name) => containsTokens(record.properties[name] ?? "", query)))
  )
  const sort = sortOf(input.sorts?.[0])
  if (sort !== undefined) {
    const sign = sort.direction === "DESCENDING" ? -1 : 1
    found.sort((one, other) =>
      sign * compare(one.properties[sort.propertyName] ?? "", other.properties[sort.propertyName] ?? "")
    )
  }

  const offset = Number(input.after ?? 0)
  const limit = input.limit ?? 10
  if (!Number.isSafeInteger(offset) || offset < 0) throw invalid(`Invalid paging cursor: ${input.after}`)
  if (offset + limit > maxResults) throw invalid(`a search gives at most ${maxResults} results`)
  const end = offset + limit
  const properties = selection(table.kind, input.properties)
  return {
    total: found.length,
    results: found.slice(offset, end).map((record) => render(record, properties)),
    ...(end < found.length ? { paging: { next: { after: String(end) } } } : undefined)
  }
}
