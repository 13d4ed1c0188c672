/**
 * Field masks: what is left of an answer.
 *
 * @since 0.1.0
 */
import { Emulator } from "holdfast/testing"
import * as Schemas from "../Schemas.js"

const known: ReadonlySet<string> = new Set(Object.keys(Schemas.Place.fields))

const invalid = (field: string) =>
  new Emulator.EmulatorError({
    status: 400,
    message: `the field mask names ${field}, which is not there`,
    issues: [{ path: "fields", message: `${field} is not there` }]
  })

const pick = (value: unknown, path: ReadonlyArray<string>): unknown => {
  const [name, ...rest] = path
  if (name === undefined) return value
  if (Array.isArray(value)) return value.map((one) => pick(one, path))
  if (typeof value !== "object" || value === null || !(name in value)) return undefined
  const part = pick((value as Readonly<Record<string, unknown>>)[name], rest)
  return part === undefined ? undefined : { [name]: part }
}

const merged = (one: unknown, other: unknown): unknown => {
  if (Array.isArray(one) && Array.isArray(other)) return one.map((value, index) => merged(value, other[index]))
  if (typeof one !== "object" || one === null || typeof other !== "object" || other === null) return other ?? one
  const result: Record<string, unknown> = { ...one }
  for (const [name, value] of Object.entries(other)) result[name] = merged(result[name], value)
  return result
}

/**
 * The place with the fields of the mask alone; `prefix` is what stands before them in the mask of a search, `places.`. Throws
 * for a field that there is not.
 *
 * @since 0.1.0
 * @category masks
 */
export const masked = (
  place: typeof Schemas.Place.Type,
  mask: ReadonlyArray<string>,
  prefix: "" | "places." = ""
): typeof Schemas.Place.Type => {
  let result: unknown = {}
  for (const field of mask) {
    if (field === "*" || `${field}.` === prefix) return place
    if (field === "nextPageToken" && prefix !== "") continue
    if (!field.startsWith(prefix)) throw invalid(field)
    const path = field.slice(prefix.length).split(".")
    if (!known.has(path[0] ?? "")) throw invalid(field)
    result = merged(result, pick(place, path) ?? {})
  }
  // a place less some fields, of which it must have but the lists
  return { types: [], photos: [], reviews: [], ...result as Partial<typeof Schemas.Place.Type> }
}
