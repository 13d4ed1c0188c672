/**
 * Finding, sorting and paging, as far as the emulator does.
 *
 * @since 0.1.0
 */
import { Emulator } from "holdfast/testing"
import type * as Schemas from "../Schemas.js"

type Condition = typeof Schemas.Conditions.Type[number]

/** `meta.email` */
const at = (value: unknown, path: string): unknown =>
  path.split(".").reduce<unknown>(
    (inner, name) => typeof inner === "object" && inner !== null ? Reflect.get(inner, name) : undefined,
    value
  )

const meets = (item: unknown, { criterion, operator, query }: Condition): boolean => {
  const found = [at(item, criterion)].flat().map(String)
  const isIn = query.some((one) => found.includes(one))
  if (operator === "eq") return isIn
  if (operator === "neq") return !isIn
  throw new Emulator.EmulatorError({ message: `the emulator knows eq and neq, and not ${operator}`, status: 400 })
}

/** Whether all conditions are met, or with `or` one of them. */
export const meetsAll = (
  item: unknown,
  conditions: ReadonlyArray<Condition>,
  operator: "and" | "or" = "and"
): boolean =>
  operator === "and"
    ? conditions.every((condition) => meets(item, condition))
    : conditions.some((condition) => meets(item, condition))

/** Whether one of the texts has this in it, however it is written. */
export const hasText = (texts: ReadonlyArray<string | undefined>, text: string): boolean =>
  texts.some((one) => one?.toLowerCase().includes(text.toLowerCase()) === true)

/** A new list; what has no such field comes last. */
export const sorted = <A>(items: ReadonlyArray<A>, path: string, descending: boolean): ReadonlyArray<A> => {
  const sign = descending ? -1 : 1
  return [...items].sort((one, other) => {
    const [a, b] = [at(one, path), at(other, path)]
    if (a === b) return 0
    if (a === undefined || b === undefined) return a === undefined ? 1 : -1
    return sign * (typeof a === "number" && typeof b === "number" ? a - b : String(a) < String(b) ? -1 : 1)
  })
}

/** Pages have numbers from 1 on; one after the last is empty. */
export const pageOf = <A>(items: ReadonlyArray<A>, page: number, size = 20): ReadonlyArray<A> =>
  items.slice((page - 1) * size, page * size)
