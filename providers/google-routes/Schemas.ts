/**
 * What the Routes API is sent, and what it answers.
 *
 * What is sent is strict: a request that Google is known to refuse fails before it leaves. What is read is tolerant: unknown
 * fields pass, an enum is read as a string, and every field may be absent, since only those of the field mask come.
 *
 * Source: google/maps/routing/v2 of googleapis; the usage limits of the Routes API.
 *
 * @since 0.1.0
 */
import * as Duration from "effect/Duration"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import { RpcStatus } from "holdfast"

/** A field that may be left out of what is sent. */
const may = <S extends Schema.Schema.All>(schema: S) => Schema.optionalWith(schema, { exact: true })

/** An absent field, read also where it is spelled `null`. */
const maybe = <A, I, R>(schema: Schema.Schema<A, I, R>) => Schema.optionalWith(schema, { exact: true, nullable: true })

const list = <A, I, R>(schema: Schema.Schema<A, I, R>) =>
  Schema.optionalWith(Schema.Array(schema), { default: () => [], exact: true, nullable: true })

// ---------------------------------------------------------------------------------------------------------------------
// sent
// ---------------------------------------------------------------------------------------------------------------------

const Field = Schema.String.pipe(
  Schema.pattern(/^(\*|[A-Za-z]+(\.[A-Za-z]+)*)$/, { message: () => "a field such as routes.duration, or *" })
)

const FieldMask = Schema.transform(Schema.String, Schema.NonEmptyArray(Field), {
  // what is split is looked at by `Field`
  strict: false,
  decode: (text) => text.split(","),
  encode: (fields) => fields.join(",")
})

/**
 * The fields that are wanted: `["routes.duration", "routes.distanceMeters"]`.
 *
 * @since 0.1.0
 * @category sent
 */
export const Mask = Schema.Struct({ "x-goog-fieldmask": FieldMask })

/**
 * The same of a matrix. Without `status` an element that failed would look like one that was found.
 *
 * @since 0.1.0
 * @category sent
 */
export const MatrixMask = Mask.pipe(
  Schema.filter(({ "x-goog-fieldmask": mask }) =>
    mask.some((field) => field === "status" || field === "*") || "the mask of a matrix names status"
  )
)

const LatLng = Schema.Struct({
  latitude: Schema.Finite.pipe(Schema.between(-90, 90)),
  longitude: Schema.Finite.pipe(Schema.between(-180, 180))
})

/**
 * @since 0.1.0
 * @category sent
 */
export const Waypoint = Schema.Union(
  Schema.Struct({ location: Schema.Struct({ latLng: LatLng }), via: may(Schema.Boolean) }),
  Schema.Struct({ placeId: Schema.NonEmptyString, via: may(Schema.Boolean) }),
  Schema.Struct({ address: Schema.NonEmptyString, via: may(Schema.Boolean) })
)

const Time = Schema.String.pipe(
  Schema.pattern(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z$/, {
    message: () => "a time such as 2026-01-31T09:00:00Z"
  })
)

const asked = {
  travelMode: may(Schema.Literal("DRIVE", "BICYCLE", "WALK", "TWO_WHEELER", "TRANSIT")),
  routingPreference: may(Schema.Literal("TRAFFIC_UNAWARE", "TRAFFIC_AWARE", "TRAFFIC_AWARE_OPTIMAL")),
  departureTime: may(Time),
  arrivalTime: may(Time),
  languageCode: may(Schema.NonEmptyString),
  regionCode: may(Schema.NonEmptyString),
  units: may(Schema.Literal("METRIC", "IMPERIAL"))
}

/**
 * @since 0.1.0
 * @category sent
 */
export const ComputeRoutesInput = Schema.Struct({
  ...asked,
  origin: Waypoint,
  destination: Waypoint,
  intermediates: may(Schema.Array(Waypoint).pipe(Schema.maxItems(25))),
  computeAlternativeRoutes: may(Schema.Boolean),
  routeModifiers: may(Schema.Struct({
    avoidTolls: may(Schema.Boolean),
    avoidHighways: may(Schema.Boolean),
    avoidFerries: may(Schema.Boolean)
  }))
})

const End = Schema.Struct({ waypoint: Waypoint })

const isNamed = ({ waypoint }: typeof End.Type): boolean => !("location" in waypoint)

/**
 * At most 625 elements (100 with `TRAFFIC_AWARE_OPTIMAL` and by `TRANSIT`), and 50 ends that are addresses or ids of places.
 *
 * @since 0.1.0
 * @category sent
 */
export const ComputeRouteMatrixInput = Schema.Struct({
  ...asked,
  origins: Schema.NonEmptyArray(End),
  destinations: Schema.NonEmptyArray(End)
}).pipe(Schema.filter((input) => {
  const elements = input.origins.length * input.destinations.length
  const max = input.routingPreference === "TRAFFIC_AWARE_OPTIMAL" || input.travelMode === "TRANSIT" ? 100 : 625
  if (elements > max) return `a matrix has at most ${max} elements of this kind, and this one has ${elements}`
  const named = [...input.origins, ...input.destinations].filter(isNamed).length
  return named <= 50 || `at most 50 origins and destinations are addresses or ids of places, and here are ${named}`
}))

// ---------------------------------------------------------------------------------------------------------------------
// read
// ---------------------------------------------------------------------------------------------------------------------

/**
 * `"123s"`
 *
 * @since 0.1.0
 * @category read
 */
export const Seconds = Schema.transformOrFail(Schema.String, Schema.DurationFromSelf, {
  strict: true,
  decode: (text, _, ast) => {
    const duration = RpcStatus.parseDuration(text)
    return duration === undefined
      ? ParseResult.fail(new ParseResult.Type(ast, text, "a duration such as \"123s\""))
      : ParseResult.succeed(duration)
  },
  encode: (duration) => ParseResult.succeed(`${Duration.toSeconds(duration)}s`)
})

const Leg = Schema.Struct({
  distanceMeters: maybe(Schema.Number),
  duration: maybe(Seconds),
  staticDuration: maybe(Seconds)
})

/**
 * @since 0.1.0
 * @category read
 */
export const Route = Schema.Struct({
  ...Leg.fields,
  description: maybe(Schema.String),
  polyline: maybe(Schema.Struct({ encodedPolyline: maybe(Schema.String) })),
  legs: list(Leg),
  routeLabels: list(Schema.String),
  warnings: list(Schema.String)
})

/**
 * Without a route, nothing.
 *
 * @since 0.1.0
 * @category read
 */
export const Routes = Schema.Struct({ routes: list(Route) })

/** proto3 leaves a zero out. */
const index = Schema.optionalWith(Schema.Number, { default: () => 0, exact: true, nullable: true })

/**
 * @since 0.1.0
 * @category read
 */
export const Element = Schema.Struct({
  originIndex: index,
  destinationIndex: index,
  /** Of this element alone: empty where all is well, else a code of google.rpc with its message. */
  status: maybe(Schema.Struct({ code: maybe(Schema.Number), message: maybe(Schema.String) })),
  /** `ROUTE_EXISTS` or `ROUTE_NOT_FOUND`. */
  condition: maybe(Schema.String),
  distanceMeters: maybe(Schema.Number),
  duration: maybe(Seconds)
})

/**
 * In no order.
 *
 * @since 0.1.0
 * @category read
 */
export const Matrix = Schema.Array(Element)
