/**
 * Whether a row is one of those that a filter means, as Postgres has it: what is compared with `null` is neither true nor false.
 *
 * @since 0.1.0
 */
import type * as Filters from "../Filters.js"
import { refuseRows } from "./Bodies.js"

type Row = Readonly<Record<string, unknown>>

/** `data->address->>city` */
const cellOf = (row: Row, column: string): unknown => {
  const [name = "", ...path] = column.split(/->>?/)
  const cell = path.reduce<unknown>(
    (inner, key) => typeof inner === "object" && inner !== null ? Reflect.get(inner, key) : null,
    row[name]
  )
  return cell ?? null
}

const textOf = (cell: unknown): string => typeof cell === "object" ? JSON.stringify(cell) : String(cell)

const compare = (cell: unknown, text: string): number => {
  if (typeof cell === "number") {
    if (text.trim() === "" || Number.isNaN(Number(text))) {
      throw refuseRows(400, "22P02", `invalid input syntax for type numeric: "${text}"`)
    }
    return cell - Number(text)
  }
  const own = textOf(cell)
  return own === text ? 0 : own < text ? -1 : 1
}

const patternOf = (pattern: string, flags: string): RegExp =>
  new RegExp(
    `^${pattern.replace(/[.+?^${}()|[\]\\]/g, "\\$&").replace(/[%*]/g, ".*").replaceAll("_", ".")}$`,
    `s${flags}`
  )

const itemsOf = (array: string): ReadonlyArray<string> =>
  [...array.slice(1, -1).matchAll(/"((?:[^"\\]|\\.)*)"|([^,]+)/g)].map(([, quoted, bare]) =>
    quoted?.replace(/\\(.)/g, "$1") ?? bare ?? ""
  )

const isArray = (cell: unknown): cell is ReadonlyArray<unknown> => Array.isArray(cell)

const among = (
  cell: unknown,
  operand: string,
  test: (own: ReadonlyArray<string>, asked: ReadonlyArray<string>) => boolean
): boolean => isArray(cell) && test(cell.map(textOf), itemsOf(operand))

const is = (cell: unknown, operand: string): boolean => {
  switch (operand.toLowerCase()) {
    case "null":
      return cell === null
    case "not_null":
      return cell !== null
    case "true":
      return cell === true
    case "false":
      return cell === false
    case "unknown":
      return cell === null
  }
  throw refuseRows(400, "PGRST100", `"failed to parse filter (is.${operand})" (line 1, column 4)`)
}

const holds = (cell: unknown, operator: string, operand: string): boolean => {
  switch (operator) {
    case "eq":
      return compare(cell, operand) === 0
    case "neq":
      return compare(cell, operand) !== 0
    case "gt":
      return compare(cell, operand) > 0
    case "gte":
      return compare(cell, operand) >= 0
    case "lt":
      return compare(cell, operand) < 0
    case "lte":
      return compare(cell, operand) <= 0
    case "like":
      return patternOf(operand, "").test(textOf(cell))
    case "ilike":
      return patternOf(operand, "i").test(textOf(cell))
    case "match":
      return new RegExp(operand).test(textOf(cell))
    case "imatch":
      return new RegExp(operand, "i").test(textOf(cell))
    case "cs":
      return among(cell, operand, (own, asked) => asked.every((item) => own.includes(item)))
    case "cd":
      return among(cell, operand, (own, asked) => own.every((item) => asked.includes(item)))
    case "ov":
      return among(cell, operand, (own, asked) => own.some((item) => asked.includes(item)))
  }
  throw refuseRows(501, "PGRST127", `the emulator does not know the operator ${operator}`)
}

const ofCondition = ({ column, operand, operator }: Filters.Condition, row: Row): boolean | undefined => {
  const cell = cellOf(row, column)
  if (operator === "is" && typeof operand === "string") return is(cell, operand)
  if (cell === null) return undefined
  return typeof operand === "string"
    ? holds(cell, operator, operand)
    : operand.some((value) => compare(cell, value) === 0)
}

const ofGroup = ({ filters, kind }: Filters.Group, row: Row): boolean | undefined => {
  const found = filters.map((filter) => truth(filter, row))
  const decisive = kind === "or"
  return found.includes(decisive) ? decisive : found.includes(undefined) ? undefined : !decisive
}

const truth = (filter: Filters.Filter, row: Row): boolean | undefined => {
  const found = filter._tag === "Condition" ? ofCondition(filter, row) : ofGroup(filter, row)
  return found !== undefined && filter.negated ? !found : found
}

export const meets = (filter: Filters.Filter | undefined, row: Row): boolean =>
  filter === undefined || truth(filter, row) === true

/** `created_at.desc.nullslast,id` */
export const ordered = (rows: ReadonlyArray<Row>, order: string | undefined): ReadonlyArray<Row> => {
  if (order === undefined || order === "") return rows
  const keys = order.split(",").map((part) => {
    const [column = "", ...how] = part.split(".")
    const descending = how.includes("desc")
    const nullsFirst = how.includes("nullsfirst") || (descending && !how.includes("nullslast"))
    return { column, nulls: nullsFirst ? -1 : 1, sign: descending ? -1 : 1 }
  })
  return [...rows].sort((one, other) => {
    for (const { column, nulls, sign } of keys) {
      const [a, b] = [cellOf(one, column), cellOf(other, column)]
      if (a === null && b === null) continue
      if (a === null) return nulls
      if (b === null) return -nulls
      const difference = compare(a, textOf(b))
      if (difference !== 0) return sign * difference
    }
    return 0
  })
}

/** `id,name:full_name`; tables in tables are not emulated. */
export const projected = (row: Row, select: string | undefined): Row => {
  if (select === undefined || select === "" || select === "*") return row
  if (select.includes("(")) {
    throw refuseRows(400, "PGRST200", "Could not find a relationship: the emulator embeds no tables")
  }
  return Object.assign(
    {},
    ...select.split(",").map((part) => {
      if (part === "*") return row
      const [alias = "", column = alias] = part.replace(/::\w+/, "").split(":")
      return { [alias]: cellOf(row, column) }
    })
  )
}
