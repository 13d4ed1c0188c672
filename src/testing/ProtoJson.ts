/**
 * The JSON of Google's APIs, for their emulators: a message of protobuf may be written in more ways than one, and their
 * servers take them all.
 *
 * Source: the JSON mapping of proto3; the system parameters of Google's APIs. The clients that Google generates write
 * enumerations as numbers, and ask for numbers (`$alt=json;enum-encoding=int`).
 *
 * @since 0.1.0
 */
import type { Heard, Spec } from "./internal/model.js"

/**
 * The enumerations of an API by the field that has them, or by operation and field where two operations differ:
 * `places.searchText.rankPreference`.
 *
 * @since 0.1.0
 * @category models
 */
export type Enums = Readonly<Record<string, Readonly<Record<string, number>>>>

type Fields = Readonly<Record<string, unknown>>

const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const snake = /^[a-z][a-z0-9]*(_[a-z0-9]+)+$/

const camel = (name: string): string =>
  snake.test(name) ? name.replaceAll(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase()) : name

/** The first of every enumeration, which says nothing: as if the field were not there. */
const isUnspecified = (name: unknown): boolean => typeof name === "string" && name.endsWith("_UNSPECIFIED")

const wantsNumbers = (query: Heard["query"]): boolean =>
  [query.$alt, query.alt].some((alt) => alt === "json;enum-encoding=int")

const each = (value: unknown, one: (value: unknown) => unknown): unknown =>
  Array.isArray(value) ? value.map(one) : one(value)

const mask = "x-goog-fieldmask"

/**
 * What an emulator's spec takes of this.
 *
 * - A field may have the name of the proto, `page_size`, in the body and in the query; `null` is as if it were absent.
 * - An enumeration may be a number, in whose place its name is put. One that is unknown is left for the Schema to refuse.
 * - A field mask may be in the query, `$fields` or `fields`.
 * - In an answer an empty list is left out, and enumerations are numbers where `$alt` asks for them.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (enums: Enums): Required<Pick<Spec<never, never>, "hears" | "says">> => {
  const names = new Map(
    Object.entries(enums).map(([field, numbers]) => [
      field,
      new Map(Object.entries(numbers).map(([name, number]) => [number, name]))
    ])
  )

  const heard = (value: unknown, operation: string): unknown => {
    if (Array.isArray(value)) return value.map((one: unknown) => heard(one, operation))
    if (!isFields(value)) return value
    const result: Record<string, unknown> = {}
    for (const [written, inside] of Object.entries(value)) {
      const name = camel(written)
      const known = names.get(`${operation}.${name}`) ?? names.get(name)
      const read = known === undefined
        ? heard(inside, operation)
        : each(inside, (one) => typeof one === "number" ? known.get(one) ?? (one === 0 ? "_UNSPECIFIED" : one) : one)
      if (read !== null && (known === undefined || !isUnspecified(read))) result[name] = read
    }
    return result
  }

  const said = (value: unknown, operation: string, asNumbers: boolean): unknown => {
    if (Array.isArray(value)) return value.map((one: unknown) => said(one, operation, asNumbers))
    if (!isFields(value)) return value
    const result: Record<string, unknown> = {}
    for (const [name, inside] of Object.entries(value)) {
      if (Array.isArray(inside) && inside.length === 0) continue
      const known = asNumbers ? enums[`${operation}.${name}`] ?? enums[name] : undefined
      result[name] = known === undefined
        ? said(inside, operation, asNumbers)
        : each(inside, (one) => typeof one === "string" ? known[one] ?? one : one)
    }
    return result
  }

  return {
    hears: ({ body, headers, operation, query }) => {
      const fields = query.$fields ?? query.fields
      return {
        body: heard(body, operation),
        headers: headers[mask] === undefined && typeof fields === "string" ? { ...headers, [mask]: fields } : headers,
        query: Object.fromEntries(Object.entries(query).map(([name, value]) => [camel(name), value]))
      }
    },
    says: (body, { operation, query }) => said(body, operation, wantsNumbers(query))
  }
}
