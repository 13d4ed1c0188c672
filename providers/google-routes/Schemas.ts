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
import { Field, RpcStatus } from "holdfast"

// ---------------------------------------------------------------------------------------------------------------------
// sent
// ---------------------------------------------------------------------------------------------------------------------

const MaskField = Schema.String.pipe(
  Schema.pattern(/^(\*|[A-Za-z]+(\.[A-Za-z]+)*)$/, { message: () => "a field such as routes.duration, or *" })
)

const FieldMask = Field.csv(MaskField)

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

/** Of two one would be sent, and the other be dropped without a word. */
const other = Schema.optionalWith(
  Schema.Never.annotations({ message: () => "one of location, placeId and address" }),
  { exact: true }
)

/**
 * @since 0.1.0
 * @category sent
 */
export const Waypoint = Schema.Union(
  Schema.Struct({
    location: Schema.Struct({ latLng: LatLng }),
    placeId: other,
    address: other,
    via: Field.may(Schema.Boolean)
  }),
  Schema.Struct({ location: other, placeId: Schema.NonEmptyString, address: other, via: Field.may(Schema.Boolean) }),
  Schema.Struct({ location: other, placeId: other, address: Schema.NonEmptyString, via: Field.may(Schema.Boolean) })
)

const Time = Schema.String.pipe(
  Schema.pattern(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z$/, {
    message: () => "a time such as 2026-01-31T09:00:00Z"
  })
)

const asked = {
  travelMode: Field.may(Schema.Literal("DRIVE", "BICYCLE", "WALK", "TWO_WHEELER", "TRANSIT")),
  routingPreference: Field.may(Schema.Literal("TRAFFIC_UNAWARE", "TRAFFIC_AWARE", "TRAFFIC_AWARE_OPTIMAL")),
  departureTime: Field.may(Time),
  arrivalTime: Field.may(Time),
  languageCode: Field.may(Schema.NonEmptyString),
  regionCode: Field.may(Schema.NonEmptyString),
  units: Field.may(Schema.Literal("METRIC", "IMPERIAL"))
}

/**
 * @since 0.1.0
 * @category sent
 */
export const ComputeRoutesInput = Schema.Struct({
  ...asked,
  origin: Waypoint,
  destination: Waypoint,
  intermediates: Field.may(Schema.Array(Waypoint).pipe(Schema.maxItems(25))),
  computeAlternativeRoutes: Field.may(Schema.Boolean),
  routeModifiers: Field.may(Schema.Struct({
    avoidTolls: Field.may(Schema.Boolean),
    avoidHighways: Field.may(Schema.Boolean),
    avoidFerries: Field.may(Schema.Boolean)
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
  distanceMeters: Field.maybe(Schema.Number),
  duration: Field.maybe(Seconds),
  staticDuration: Field.maybe(Seconds)
})

/**
 * @since 0.1.0
 * @category read
 */
export const Route = Schema.Struct({
  ...Leg.fields,
  description: Field.maybe(Schema.String),
  polyline: Field.maybe(Schema.Struct({ encodedPolyline: Field.maybe(Schema.String) })),
  legs: Field.list(Leg),
  routeLabels: Field.list(Schema.String),
  warnings: Field.list(Schema.String)
})

const Status = Schema.Struct({ code: Field.maybe(Schema.Number), message: Field.maybe(Schema.String) })

const GeocodedWaypoint = Schema.Struct({
  geocoderStatus: Field.maybe(Status),
  /** Which of `intermediates`, from 0. */
  intermediateWaypointRequestIndex: Field.maybe(Schema.Number),
  type: Field.list(Schema.String),
  /** The address was not found as it was asked for. */
  partialMatch: Field.maybe(Schema.Boolean),
  placeId: Field.maybe(Schema.String)
})

/**
 * Without a route, nothing.
 *
 * @since 0.1.0
 * @category read
 */
export const Routes = Schema.Struct({
  routes: Field.list(Route),
  /** The route is another one than was asked for, and why. */
  fallbackInfo: Field.maybe(
    Schema.Struct({ routingMode: Field.maybe(Schema.String), reason: Field.maybe(Schema.String) })
  ),
  /** What the addresses among the waypoints were taken for. */
  geocodingResults: Field.maybe(
    Schema.Struct({
      origin: Field.maybe(GeocodedWaypoint),
      destination: Field.maybe(GeocodedWaypoint),
      intermediates: Field.list(GeocodedWaypoint)
    })
  )
})

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
  status: Field.maybe(Status),
  /** `ROUTE_EXISTS` or `ROUTE_NOT_FOUND`. */
  condition: Field.maybe(Schema.String),
  distanceMeters: Field.maybe(Schema.Number),
  duration: Field.maybe(Seconds)
})

/**
 * In no order.
 *
 * @since 0.1.0
 * @category read
 */
export const Matrix = Schema.Array(Element)
