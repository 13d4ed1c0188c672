/**
 * Nested data as the fields of a form, which is how some providers want a body: `metadata[order]=7`.
 *
 * An endpoint whose payload is encoded as `UrlParams` (`HttpApiSchema.withEncoding`) is written and read with these. All
 * values of a form are texts: a Schema says `NumberFromString` where it means a number.
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

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/**
 * The fields of a form, in the order of the data. What is `undefined` is left out, `null` is an empty text, which is how
 * forms take a value away.
 *
 * @since 0.1.0
 * @category conversions
 */
export const fields = (data: unknown, style: ArrayStyle = "indexed"): Array<[string, string]> => {
  const all: Array<[string, string]> = []
  const add = (name: string, value: unknown): void => {
    if (value === undefined) return
    if (Array.isArray(value)) {
      value.forEach((item, index) => add(style === "indexed" ? `${name}[${index}]` : name, item))
    } else if (isRecord(value)) {
      for (const [key, item] of Object.entries(value)) add(name === "" ? key : `${name}[${key}]`, item)
    } else {
      all.push([name, value === null ? "" : String(value)])
    }
  }
  add("", data)
  return all
}

/**
 * @since 0.1.0
 * @category conversions
 */
export const encode = (data: unknown, style?: ArrayStyle): string => new URLSearchParams(fields(data, style)).toString()

interface Branch {
  [key: string]: string | Branch | Array<string>
}

/** `a[b][0]` in its parts. A name that is not in this form is a part itself. */
const partsOf = (name: string): ReadonlyArray<string> => {
  const match = /^([^[\]]+)((?:\[[^[\]]*\])+)$/.exec(name)
  if (match === null) return [name]
  const [, root = "", brackets = ""] = match
  return [root, ...brackets.slice(1, -1).split("][")]
}

const isIndexed = (keys: ReadonlyArray<string>): boolean =>
  keys.length > 0 && keys.every((key, index) => key === String(index))

/** Objects whose keys are 0, 1, 2 … are arrays. */
const settled = (value: string | Branch | Array<string>): unknown => {
  if (typeof value === "string" || Array.isArray(value)) return value
  const entries = Object.entries(value)
  return isIndexed(entries.map(([key]) => key))
    ? entries.map(([, item]) => settled(item))
    : Object.fromEntries(entries.map(([key, item]) => [key, settled(item)]))
}

/**
 * Reads a form again: brackets nest, names that end in `[]` and names that come several times are arrays.
 *
 * @since 0.1.0
 * @category conversions
 */
export const decode = (form: string): unknown => {
  // no prototype: a field may have any name
  const root: Branch = Object.create(null)
  for (const [name, value] of new URLSearchParams(form)) {
    const parts = partsOf(name)
    let branch = root
    for (const part of parts.slice(0, -1)) {
      const next = branch[part]
      branch = typeof next === "object" && !Array.isArray(next) ? next : branch[part] = Object.create(null) as Branch
    }
    const last = parts[parts.length - 1]!
    const key = last === "" ? String(Object.keys(branch).length) : last
    const before = branch[key]
    branch[key] = before === undefined
      ? value
      : Array.isArray(before)
      ? [...before, value]
      : typeof before === "string"
      ? [before, value]
      : before
  }
  return isIndexed(Object.keys(root)) ? { ...root } : settled(root)
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

/**
 * A payload that is sent as a form, with brackets where it nests. `HttpApiSchema.withEncoding` takes flat ones alone.
 *
 * @example
 * ```ts
 * import { HttpApiEndpoint } from "@effect/platform"
 * import { Schema } from "effect"
 * import { Form } from "holdfast"
 *
 * const Metadata = Schema.Record({ key: Schema.String, value: Schema.String })
 * const create = HttpApiEndpoint.post("create", "/customers")
 *   .setPayload(Form.payload(Schema.Struct({ email: Schema.String, metadata: Metadata })))
 * // create({ payload: { email: "ada@example.com", metadata: { order: "7" } } })
 * ```
 *
 * @since 0.1.0
 * @category schemas
 */
export const payload = <S extends Schema.Schema.Any>(schema: S): S =>
  // the type of its options is the check for flatness, and holds nothing but the kind
  HttpApiSchema.withEncoding(schema, { kind: "UrlParams" } as never)
