/**
 * The searches of the Intercom emulator.
 *
 * @since 0.1.0
 */
import type * as Schemas from "../Schemas.js"
import type { Condition, SearchQuery } from "../Search.js"

type Scalar = string | number | boolean | null

const day = 86_400

const isScalar = (value: unknown): value is Scalar =>
  value === null || typeof value === "string" || typeof value === "number" || typeof value === "boolean"

const valueOf = (record: object, field: string): Scalar => {
  const value = field.split(".").reduce<unknown>(
    (inner, name) => typeof inner === "object" && inner !== null ? Reflect.get(inner, name) : undefined,
    record
  )
  return isScalar(value) ? value : null
}

const isOne = (value: Scalar, wanted: Scalar): boolean =>
  typeof value === "string" && typeof wanted === "string"
    ? value.toLowerCase() === wanted.toLowerCase()
    : String(value) === String(wanted)

const textual = (value: Scalar): string => String(value ?? "").toLowerCase()

const matches = (value: Scalar, { operator, value: wanted }: Condition, toTheDay: boolean): boolean => {
  if (typeof wanted === "object" && wanted !== null) {
    const found = wanted.some((one) => isOne(value, one))
    return operator === "IN" ? found : !found
  }
  if (["<", "<=", ">", ">="].includes(operator)) {
    if (value === null) return false
    const [one, other] = toTheDay
      ? [Math.floor(Number(value) / day), Math.floor(Number(wanted) / day)]
      : [Number(value), Number(wanted)]
    return operator.startsWith(">")
      ? one > other || operator === ">=" && one === other
      : one < other || operator === "<=" && one === other
  }
  switch (operator) {
    case "=":
      return toTheDay ? Math.floor(Number(value) / day) === Math.floor(Number(wanted) / day) : isOne(value, wanted)
    case "!=":
      return !isOne(value, wanted)
    case "~":
      return textual(value).includes(textual(wanted))
    case "!~":
      return !textual(value).includes(textual(wanted))
    case "^":
      return textual(value).startsWith(textual(wanted))
    default:
      return textual(value).endsWith(textual(wanted))
  }
}

/**
 * Whether it is found. Contacts are compared by days of the workspace, whose time zone is UTC here; conversations by seconds.
 *
 * @since 0.1.0
 * @category handlers
 */
export const isFound = (query: SearchQuery, record: object, kind: "contacts" | "conversations"): boolean => {
  if ("field" in query) {
    return matches(valueOf(record, query.field), query, kind === "contacts" && query.field.endsWith("_at"))
  }
  const results = query.value.map((inner) => isFound(inner, record, kind))
  return query.operator === "AND" ? results.every(Boolean) : results.some(Boolean)
}

/**
 * In the order that is asked for; by default the one that they are in.
 *
 * @since 0.1.0
 * @category handlers
 */
export const sorted = <A extends object>(
  found: ReadonlyArray<A>,
  sort: (typeof Schemas.SearchInput.Type)["sort"]
): ReadonlyArray<A> => {
  if (sort === undefined) return found
  const sign = sort.order === "ascending" ? 1 : -1
  return found.toSorted((one, other) => {
    const [a, b] = [valueOf(one, sort.field), valueOf(other, sort.field)]
    return sign * (typeof a === "number" && typeof b === "number" ? a - b : textual(a) < textual(b) ? -1 : 1)
  })
}
