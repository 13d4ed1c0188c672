/**
 * What the Geocoding API is sent, and what it answers.
 *
 * What is sent is strict: a request that Google is known to refuse fails before it leaves. What is read is tolerant: unknown
 * fields pass, an enum is read as a string.
 *
 * Source: googlemaps/openapi-specification, version 1.22.5.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { Field } from "holdfast"

// ---------------------------------------------------------------------------------------------------------------------
// sent
// ---------------------------------------------------------------------------------------------------------------------

/**
 * @since 0.1.0
 * @category sent
 */
export const LatLng = Schema.Struct({
  lat: Schema.Finite.pipe(Schema.between(-90, 90)),
  lng: Schema.Finite.pipe(Schema.between(-180, 180))
})

const written = ({ lat, lng }: typeof LatLng.Type): string => `${lat},${lng}`

const readLatLng = (text: string) => {
  const [lat, lng] = text.split(",").map(Number)
  return { lat: lat ?? NaN, lng: lng ?? NaN }
}

/** `40.7,-74` in the query. */
const LatLngText = Schema.transform(Schema.String, LatLng, { strict: true, decode: readLatLng, encode: written })

/** `southwest|northeast` in the query. */
const Bounds = Schema.transform(Schema.String, Schema.Struct({ southwest: LatLng, northeast: LatLng }), {
  strict: true,
  decode: (text) => {
    const [southwest = "", northeast = ""] = text.split("|")
    return { southwest: readLatLng(southwest), northeast: readLatLng(northeast) }
  },
  encode: ({ northeast, southwest }) => `${written(southwest)}|${written(northeast)}`
})

/** A part of what is joined by `|`. */
const Part = Schema.String.pipe(Schema.pattern(/^[^|:]+$/, { message: () => "a text without | and :" }))

/** `a|b` in the query. */
const joined = <A extends string, I extends string>(part: Schema.Schema<A, I>) =>
  Schema.transform(Schema.String, Schema.NonEmptyArray(part), {
    // what is split is looked at by `part`
    strict: false,
    decode: (text) => text.split("|"),
    encode: (parts) => parts.join("|")
  })

/** `country:DE|postal_code:10115` in the query. */
const Components = Schema.transform(
  Schema.String,
  Schema.Struct({
    postal_code: Field.may(Part),
    country: Field.may(Part),
    route: Field.may(Part),
    locality: Field.may(Part),
    administrative_area: Field.may(Part)
  }).pipe(Schema.filter((components) => Object.keys(components).length > 0 || "at least one component")),
  {
    strict: true,
    decode: (text) =>
      Object.fromEntries(
        text.split("|").map((pair): [string, string] => {
          const at = pair.indexOf(":")
          return [pair.slice(0, at), pair.slice(at + 1)]
        })
      ),
    encode: (components) => Object.entries(components).map((pair) => pair.join(":")).join("|")
  }
)

const one = ["latlng", "place_id"] as const

/**
 * From an address, or from some of its components, to a place; or from a place (`latlng`, `place_id`) to its address.
 *
 * @since 0.1.0
 * @category sent
 */
export const Query = Schema.Struct({
  address: Field.may(Schema.NonEmptyString),
  components: Field.may(Components),
  latlng: Field.may(LatLngText),
  place_id: Field.may(Schema.NonEmptyString),
  bounds: Field.may(Bounds),
  language: Field.may(Schema.NonEmptyString),
  region: Field.may(
    Schema.String.pipe(Schema.pattern(/^[a-z]{2}$/i, { message: () => "a region of two letters, as in de" }))
  ),
  location_type: Field.may(joined(Schema.Literal("ROOFTOP", "RANGE_INTERPOLATED", "GEOMETRIC_CENTER", "APPROXIMATE"))),
  result_type: Field.may(joined(Part))
}).pipe(Schema.filter((query) => {
  const ways = one.filter((name) => name in query).length + ("address" in query || "components" in query ? 1 : 0)
  return ways === 1 || "one of address (or components, or both), latlng and place_id"
}))

// ---------------------------------------------------------------------------------------------------------------------
// read
// ---------------------------------------------------------------------------------------------------------------------

const Point = Schema.Struct({ lat: Schema.Number, lng: Schema.Number })

const Viewport = Schema.Struct({ northeast: Point, southwest: Point })

/**
 * @since 0.1.0
 * @category read
 */
export const Result = Schema.Struct({
  formatted_address: Schema.String,
  place_id: Schema.String,
  types: Field.list(Schema.String),
  address_components: Field.list(
    Schema.Struct({ long_name: Schema.String, short_name: Schema.String, types: Field.list(Schema.String) })
  ),
  geometry: Schema.Struct({
    location: Point,
    /** `ROOFTOP`, `RANGE_INTERPOLATED`, `GEOMETRIC_CENTER`, `APPROXIMATE`. */
    location_type: Schema.String,
    viewport: Field.maybe(Viewport),
    bounds: Field.maybe(Viewport)
  }),
  /** The address was not found as it was asked for. */
  partial_match: Field.maybe(Schema.Boolean),
  plus_code: Field.maybe(
    Schema.Struct({ global_code: Field.maybe(Schema.String), compound_code: Field.maybe(Schema.String) })
  ),
  postcode_localities: Field.list(Schema.String)
})

/**
 * `status` is `OK`, or `ZERO_RESULTS` without results: all others are errors, whatever the HTTP status.
 *
 * @since 0.1.0
 * @category read
 */
export const Answer = Schema.Struct({
  status: Schema.String,
  error_message: Field.maybe(Schema.String),
  results: Field.list(Result)
})
