/**
 * The Routes API, emulated: straight lines at an even speed, between positions and the places that it knows.
 *
 * @since 0.1.0
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { Emulator, EmulatorServer, RpcErrors } from "holdfast/testing"
import * as Api from "./Api.js"
import { json } from "./emulator/Json.js"
import type * as Schemas from "./Schemas.js"

/**
 * @since 0.1.0
 * @category models
 */
export interface Position {
  readonly latitude: number
  readonly longitude: number
}

/**
 * @since 0.1.0
 * @category models
 */
export interface State {
  /** By address and by id. */
  readonly places: Map<string, Position>
}

/**
 * @since 0.1.0
 * @category models
 */
export interface Options extends Emulator.Options {
  /** Where addresses and ids of places are. Default: Berlin, Paris and Tokyo. */
  readonly places?: Readonly<Record<string, Position>> | undefined
}

const sample: Readonly<Record<string, Position>> = {
  Berlin: { latitude: 52.5, longitude: 13.4 },
  Paris: { latitude: 48.85, longitude: 2.35 },
  Tokyo: { latitude: 35.68, longitude: 139.76 }
}

/** Metres a second. */
const speeds = { DRIVE: 25, TWO_WHEELER: 20, TRANSIT: 15, BICYCLE: 5, WALK: 1 } as const

/** Nobody drives further. */
const furthest = 3_000_000

type Asked = Pick<typeof Schemas.ComputeRoutesInput.Type, "travelMode">

const metres = (one: Position, other: Position): number =>
  Math.round(
    111_000 * Math.hypot(
      one.latitude - other.latitude,
      (one.longitude - other.longitude) * Math.cos((one.latitude * Math.PI) / 180)
    )
  )

const legOf = (from: Position | undefined, to: Position | undefined, { travelMode }: Asked) => {
  if (from === undefined || to === undefined) return undefined
  const distanceMeters = metres(from, to)
  const duration = Duration.seconds(Math.round(distanceMeters / speeds[travelMode ?? "DRIVE"]))
  return distanceMeters > furthest ? undefined : { distanceMeters, duration }
}

/** The fields that the mask names, by the name that comes after the prefix. */
const kept = <A extends object>(value: A, mask: ReadonlyArray<string>, prefix: "" | "routes."): Partial<A> => {
  if (mask.some((field) => field === "*" || `${field}.` === prefix)) return value
  const names = new Set(
    mask.filter((field) => field.startsWith(prefix)).map((field) => field.slice(prefix.length).split(".")[0])
  )
  return Object.fromEntries(Object.entries(value).filter(([name]) => names.has(name))) as Partial<A>
}

const handlers = ({ places }: State): Emulator.Handlers<Api.GoogleRoutesApi> => {
  const positionOf = (waypoint: typeof Schemas.Waypoint.Type): Position | undefined =>
    "location" in waypoint
      ? waypoint.location.latLng
      : places.get("placeId" in waypoint ? waypoint.placeId : waypoint.address)
  return {
    routes: {
      compute: ({ headers, payload }) =>
        Effect.sync(() => {
          const stops = [payload.origin, ...payload.intermediates ?? [], payload.destination].map(positionOf)
          const legs = stops.slice(1).flatMap((stop, index) => legOf(stops[index], stop, payload) ?? [])
          if (legs.length < stops.length - 1) return { routes: [] }
          const route = {
            distanceMeters: legs.reduce((sum, leg) => sum + leg.distanceMeters, 0),
            duration: legs.reduce((sum, leg) => Duration.sum(sum, leg.duration), Duration.zero),
            staticDuration: legs.reduce((sum, leg) => Duration.sum(sum, leg.duration), Duration.zero),
            description: "straight on",
            legs
          }
          const lists = { legs: [], routeLabels: [], warnings: [] }
          return { routes: [{ ...lists, ...kept(route, headers["x-goog-fieldmask"], "routes.") }] }
        }),
      computeMatrix: ({ headers, payload }) =>
        Effect.sync(() =>
          payload.origins.flatMap((origin, originIndex) =>
            payload.destinations.map((destination, destinationIndex) => {
              const leg = legOf(positionOf(origin.waypoint), positionOf(destination.waypoint), payload)
              const element = {
                status: {},
                condition: leg === undefined ? "ROUTE_NOT_FOUND" : "ROUTE_EXISTS",
                ...leg
              }
              return { originIndex, destinationIndex, ...kept(element, headers["x-goog-fieldmask"], "") }
            })
          )
        )
    }
  }
}

/**
 * Google's limit, to be enforced by the emulator: 3,000 routes in any minute.
 *
 * @since 0.1.0
 * @category limits
 */
export const limits = (options?: { readonly minutely?: number }): ReadonlyArray<Emulator.Quota> => [
  { name: "QPM", limit: options?.minutely ?? 3000, window: "1 minute" }
]

/**
 * Starts a Routes API in memory. It wants a key in `X-Goog-Api-Key`, or in the query as `key`: any one
 * unless `authorize` says otherwise.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Emulator } from "holdfast/providers/google-routes"
 *
 * const program = Effect.gen(function*() {
 *   const routes = yield* Emulator.make({ places: { "Analytical Way 1": { latitude: 52.5, longitude: 13.4 } } })
 *   // … run the program under test against it …
 *   return yield* routes.ledger
 * })
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options: Options = {}): Effect.Effect<Emulator.Emulator<State>> =>
  Emulator.make({
    ...json,
    integration: { id: "google-routes", version: "v2", api: Api.GoogleRoutesApi },
    state: (): State => ({ places: new Map(Object.entries(options.places ?? sample)) }),
    handlers,
    error: RpcErrors.errorOfKey,
    authorize: (headers, { key = "" }) => (headers["x-goog-api-key"] ?? key) !== "",
    snapshot: ({ places }) => Object.fromEntries(places),
    secretHeaders: ["x-goog-api-key"],
    secretQuery: ["key"]
  }, options)

/**
 * The same on a free port of 127.0.0.1 (or on `port`), for as long as the scope lasts. Point `GOOGLE_ROUTES_BASE_URL` or
 * `GoogleRoutes.layer({ baseUrl })` at it.
 *
 * @since 0.1.0
 * @category constructors
 */
export const serve: EmulatorServer.Serve<Options, State> = EmulatorServer.serving(make)
