/**
 * Nested data as the fields of a form, which is how some providers want a body: `metadata[order]=7`.
 *
 * An endpoint whose payload is encoded as `UrlParams` is written and read with these: `payload` says so of data that nests,
 * `HttpApiSchema.withEncoding` of flat texts. All values of a form are texts: a Schema says `NumberFromString` where it means
 * a number.
 *
 * @since 0.1.0
 */
import * as HttpApiSchema from "@effect/platform/HttpApiSchema"
import * as Context from "effect/Context"
import * as JSONSchema from "effect/JSONSchema"
import * as Schema from "effect/Schema"

/**
 * How an array is written.
 *
 * - `indexed`: `items[0][price]=p1&items[1][price]=p2`, which may hold objects
 * - `repeated`: `MediaUrl=a&MediaUrl=b`, texts alone
 *
 * @since 0.1.0
 * @category models
 */
export type ArrayStyle = "indexed" | "repeated"

/**
 * How the arrays of an endpoint, of a group, or of all of an `HttpApi` are written in its forms. Default `indexed`.
 *
 * @example
 * ```ts
 * import { HttpApiEndpoint } from "@effect/platform"
 * import { Schema } from "effect"
 * import { Form } from "holdfast"
 *
 * const Message = Schema.Struct({ To: Schema.String, MediaUrl: Schema.Array(Schema.String) })
 * const send = HttpApiEndpoint.post("send", "/Messages.json")
 *   .setPayload(Form.payload(Message))
 *   .annotate(Form.Arrays, "repeated")
 * ```
 *
 * @since 0.1.0
 * @category annotations
 */
export class Arrays extends Context.Tag("holdfast/Form/Arrays")<Arrays, ArrayStyle>() {}

const withFields = HttpApiSchema.withEncoding<Schema.Schema<Readonly<Record<string, string>>>, "UrlParams">({
  kind: "UrlParams"
})

/**
 * A payload that is sent as a form, however it nests.
 *
 * @example
 * ```ts
 * import { HttpApiEndpoint } from "@effect/platform"
 * import { Schema } from "effect"
 * import { Form } from "holdfast"
 *
 * const Customer = Schema.Struct({
 *   email: Schema.String,
 *   metadata: Schema.Record({ key: Schema.String, value: Schema.String })
 * })
 * const create = HttpApiEndpoint.post("create", "/customers").setPayload(Form.payload(Customer))
 * ```
 *
 * @since 0.1.0
 * @category schemas
 */
export const payload: <S extends Schema.Schema.Any>(schema: S) => S =
  // it annotates the schema, whichever; its type asks for flat texts, as platform's own server reads no others
  withFields as unknown as <S>(schema: S) => S

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/**
 * The fields of a form, in the order of the data. What is `undefined` is left out, `null` is an empty text, which is how
 * forms take a value away. A form knows no empty object and no empty array: they have no field.
 *
 * @since 0.1.0
 * @category conversions
 */
export const fields = (data: unknown, style: ArrayStyle = "indexed"): Array<[string, string]> => {
  const all: Array<[string, string]> = []
  const add = (name: string | undefined, value: unknown): void => {
    if (value === undefined) return
    const within = (key: string | number) => name === undefined ? String(key) : `${name}[${key}]`
    if (Array.isArray(value)) {
      value.forEach((item, index) => add(style === "indexed" ? within(index) : name, item))
    } else if (isRecord(value)) {
      for (const [key, item] of Object.entries(value)) add(within(key), item)
    } else {
      all.push([name ?? "", value === null ? "" : String(value)])
    }
  }
  add(undefined, data)
  return all
}

/**
 * @since 0.1.0
 * @category conversions
 */
export const encode = (data: unknown, style?: ArrayStyle): string => new URLSearchParams(fields(data, style)).toString()

type Value = string | Array<string> | Branch

/** What has the same name up to some bracket. A field may have any name, so it is no object. */
interface Branch {
  readonly values: Map<string, Value>
  /** The index of the next item without one. */
  next: number
}

const isBranch = (value: Value | undefined): value is Branch => typeof value === "object" && !Array.isArray(value)

const branch = (): Branch => ({ next: 0, values: new Map() })

/** Nobody means a name with more brackets; with ever more of them, whoever walks through it runs out of stack. */
const deepest = 100

/** `a[b][0]` in its parts. A name that is not in this form is a part itself. */
const partsOf = (name: string): ReadonlyArray<string> => {
  const open = name.indexOf("[")
  if (open < 0 || !name.endsWith("]")) return [name]
  const parts = [name.slice(0, open), ...name.slice(open + 1, -1).split("][")]
  return parts.length > deepest || parts.some((part) => /[[\]]/.test(part)) ? [name] : parts
}

const isIndex = (key: string): boolean => /^(?:0|[1-9]\d{0,8})$/.test(key)

/** Objects whose keys are 0, 1, 2 … are arrays. */
const isArray = ({ next, values }: Branch): boolean =>
  next > 0 && values.size === next && [...values.keys()].every(isIndex)

const settled = (value: Value): unknown => {
  if (!isBranch(value)) return value
  if (!isArray(value)) return record(value)
  return Array.from({ length: value.next }, (_, index) => settled(value.values.get(String(index))!))
}

const record = ({ values }: Branch): object =>
  // as data: a property that is named __proto__ is one like all others
  Object.fromEntries(Array.from(values, ([key, item]) => [key, settled(item)]))

const put = (into: Branch, key: string, value: Value): void => {
  into.values.set(key, value)
  if (isIndex(key)) into.next = Math.max(into.next, Number(key) + 1)
}

/**
 * Reads a form again, and never fails: brackets nest, names that end in `[]` and names that come several times are arrays.
 * So what comes once is a text, also where it was the only item of a `repeated` array.
 *
 * @since 0.1.0
 * @category conversions
 */
export const decode = (form: string): object => {
  const root = branch()
  for (const [name, value] of new URLSearchParams(form)) {
    const parts = partsOf(name)
    let into = root
    for (const part of parts.slice(0, -1)) {
      const known = into.values.get(part)
      if (isBranch(known)) {
        into = known
      } else {
        const made = branch()
        put(into, part, made)
        into = made
      }
    }
    const last = parts[parts.length - 1]!
    const key = last === "" && parts.length > 1 ? String(into.next) : last
    const before = into.values.get(key)
    if (before === undefined) put(into, key, value)
    else if (Array.isArray(before)) before.push(value)
    else if (typeof before === "string") into.values.set(key, [before, value])
  }
  return record(root)
}

/**
 * The fields of a query by name, those that come several times as arrays.
 *
 * @since 0.1.0
 * @category models
 */
export interface QueryFields {
  readonly [name: string]: string | ReadonlyArray<string> | undefined
}

const QueryFields: Schema.Schema<QueryFields> = Schema.Record({
  key: Schema.String,
  value: Schema.Union(Schema.String, Schema.Array(Schema.String), Schema.Undefined)
})

/**
 * A query with the brackets of a form, `created[gte]=1700000000`, for `setUrlParams`, whose own fields cannot nest. All
 * values are texts, as in a form. Arrays are indexed.
 *
 * @example
 * ```ts
 * import { HttpApiEndpoint } from "@effect/platform"
 * import { Schema } from "effect"
 * import { Form } from "holdfast"
 *
 * const list = HttpApiEndpoint.get("list", "/charges").setUrlParams(Form.query(Schema.Struct({
 *   created: Schema.optionalWith(Schema.Struct({ gte: Schema.NumberFromString }), { exact: true })
 * })))
 * // list({ urlParams: { created: { gte: 1700000000 } } })
 * ```
 *
 * @since 0.1.0
 * @category schemas
 */
export const query = <A, I, R>(schema: Schema.Schema<A, I, R>): Schema.Schema<A, QueryFields, R> =>
  Schema.transform(QueryFields, schema, {
    // what a form holds is unknown until the schema has looked at it
    strict: false,
    decode: (flat) => {
      const params = new URLSearchParams()
      for (const [name, value] of Object.entries(flat)) {
        for (const one of value === undefined ? [] : [value].flat()) params.append(name, one)
      }
      return decode(params.toString())
    },
    encode: (nested) => Object.fromEntries(fields(nested))
    // who describes the API (OpenAPI) sees the fields, and not that there are some
  }).annotations({ jsonSchema: JSONSchema.make(Schema.encodedSchema(schema)) })
