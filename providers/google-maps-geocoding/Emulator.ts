/**
 * The Geocoding API, emulated: a few places, found by address, components, position or id; errors with HTTP 200.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import { Emulator, EmulatorServer } from "holdfast/testing"
import * as Api from "./Api.js"
import type * as Schemas from "./Schemas.js"

/**
 * @since 0.1.0
 * @category models
 */
export type Place = typeof Schemas.Result.Type

/**
 * @since 0.1.0
 * @category models
 */
export interface State {
  readonly places: Array<Place>
}

/**
 * @since 0.1.0
 * @category models
 */
export interface Options extends Emulator.Options {
  /** Default: four places that there are nowhere. */
  readonly places?: ReadonlyArray<Place> | undefined
}

/**
 * A place with what it takes at least.
 *
 * @since 0.1.0
 * @category data
 */
export const place = (
  place_id: string,
  at: { readonly lat: number; readonly lng: number },
  parts: {
    readonly street: string
    readonly postalCode: string
    readonly locality: string
    readonly country: readonly [name: string, code: string]
  }
): Place => ({
  place_id,
  formatted_address: `${parts.street}, ${parts.postalCode} ${parts.locality}, ${parts.country[0]}`,
  types: ["street_address"],
  address_components: [
    { long_name: parts.street, short_name: parts.street, types: ["route"] },
    { long_name: parts.locality, short_name: parts.locality, types: ["locality", "political"] },
    { long_name: parts.country[0], short_name: parts.country[1], types: ["country", "political"] },
    { long_name: parts.postalCode, short_name: parts.postalCode, types: ["postal_code"] }
  ],
  geometry: {
    location: { lat: at.lat, lng: at.lng },
    location_type: "ROOFTOP",
    viewport: {
      northeast: { lat: at.lat + 0.001, lng: at.lng + 0.001 },
      southwest: { lat: at.lat - 0.001, lng: at.lng - 0.001 }
    }
  },
  postcode_localities: []
})

const sample: ReadonlyArray<Place> = [
  place("fake-place-1", { lat: 52.5, lng: 13.4 }, {
    street: "Analytical Way 1",
    postalCode: "10001",
    locality: "Berlin",
    country: ["Germany", "DE"]
  }),
  place("fake-place-2", { lat: 52.501, lng: 13.401 }, {
    street: "Analytical Way 12",
    postalCode: "10001",
    locality: "Berlin",
    country: ["Germany", "DE"]
  }),
  place("fake-place-3", { lat: 48.85, lng: 2.35 }, {
    street: "Rue des Machines 3",
    postalCode: "75001",
    locality: "Paris",
    country: ["France", "FR"]
  }),
  place("fake-place-4", { lat: 35.68, lng: 139.76 }, {
    street: "Engine Street 4",
    postalCode: "100-0001",
    locality: "Tokyo",
    country: ["Japan", "JP"]
  })
]

type Query = typeof Schemas.Query.Type

const words = (text: string): ReadonlyArray<string> =>
  text.toLowerCase().split(/[^\p{L}\p{N}-]+/u).filter((one) => one !== "")

/** Some way short of a kilometre. */
const near = 0.01

const distance = ({ geometry: { location } }: Place, at: { readonly lat: number; readonly lng: number }): number =>
  Math.hypot(location.lat - at.lat, location.lng - at.lng)

const hasComponent = (found: Place, type: string, wanted: string): boolean =>
  found.address_components.some(({ long_name, short_name, types }) =>
    types.some((one) => one.startsWith(type)) &&
    [long_name, short_name].some((name) => name.toLowerCase() === wanted.toLowerCase())
  )

const find = (places: ReadonlyArray<Place>, query: Query): ReadonlyArray<Place> => {
  if (query.place_id !== undefined) {
    const found = places.filter(({ place_id }) => place_id === query.place_id)
    if (found.length === 0) {
      throw new Emulator.EmulatorError({ status: 200, code: "NOT_FOUND", message: "there is no place of this id" })
    }
    return found
  }
  const { latlng } = query
  if (latlng !== undefined) {
    return places.filter((one) => distance(one, latlng) < near)
      .sort((one, other) => distance(one, latlng) - distance(other, latlng))
  }
  const wanted = words(query.address ?? "")
  return places.filter((one) => {
    const has = new Set(words(one.formatted_address))
    return wanted.every((word) => has.has(word)) &&
      Object.entries(query.components ?? {}).every(([type, value]) => hasComponent(one, type, value))
  })
}

type Handlers = Emulator.Handlers<Api.GoogleMapsGeocodingApi>

const handlers = (state: State): Handlers => ({
  geocoding: {
    find: ({ urlParams }) =>
      Effect.suspend(() => {
        try {
          const results = find(state.places, urlParams).filter(({ geometry, types }) =>
            (urlParams.location_type ?? [geometry.location_type]).some((type) => type === geometry.location_type) &&
            (urlParams.result_type ?? types).some((type) => types.includes(type))
          )
          return Effect.succeed({ results, status: results.length === 0 ? "ZERO_RESULTS" : "OK" })
        } catch (error) {
          return error instanceof Emulator.EmulatorError ? Effect.fail(error) : Effect.die(error)
        }
      })
  }
})

/**
 * The body of an error.
 *
 * @since 0.1.0
 * @category bodies
 */
export const body = (status: string, error_message?: string) => ({
  ...(error_message === undefined ? undefined : { error_message }),
  results: [],
  status
})

const kinds: Readonly<Partial<Record<Emulator.Failure["kind"], string>>> = {
  handler: "NOT_FOUND",
  invalid: "INVALID_REQUEST",
  malformed: "INVALID_REQUEST",
  rateLimit: "OVER_QUERY_LIMIT",
  unauthorized: "REQUEST_DENIED"
}

/** HTTP 200 for all that Google's server says by itself; what stands before it answers with a page for people. */
const error = (failure: Emulator.Failure): Emulator.ErrorAnswer => {
  const status = kinds[failure.kind]
  if (status === undefined) {
    return { body: `<html><body>${failure.status}</body></html>`, headers: { "content-type": "text/html" } }
  }
  const message = failure.kind === "unauthorized" ? "The API key is invalid." : failure.message
  return { status: 200, body: body(failure.code ?? status, message) }
}

/**
 * Google's limit, to be enforced by the emulator: 3,000 requests in any minute.
 *
 * @since 0.1.0
 * @category limits
 */
export const limits = (options?: { readonly minutely?: number }): ReadonlyArray<Emulator.Quota> => [
  { name: "QPM", limit: options?.minutely ?? 3000, window: "1 minute" }
]

/**
 * Starts a Geocoding API in memory. It wants a key in the query, any one unless `authorize` says otherwise.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Emulator } from "holdfast/providers/google-maps-geocoding"
 *
 * const program = Effect.gen(function*() {
 *   const geocoding = yield* Emulator.make({ rateLimit: Emulator.limits({ minutely: 10 }) })
 *   // … run the program under test against it …
 *   return yield* geocoding.ledger
 * })
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options: Options = {}): Effect.Effect<Emulator.Emulator<State>> =>
  Emulator.make({
    integration: { id: "google-maps-geocoding", version: "v3", api: Api.GoogleMapsGeocodingApi },
    state: (): State => ({ places: [...options.places ?? sample] }),
    handlers,
    error,
    authorize: (_headers, { key }) => typeof key === "string" && key !== "",
    secretQuery: ["key"]
  }, options)

/**
 * The same on a free port of 127.0.0.1 (or on `port`), for as long as the scope lasts. Point
 * `GOOGLE_MAPS_GEOCODING_BASE_URL` or `GoogleMapsGeocoding.layer({ baseUrl })` at it.
 *
 * @since 0.1.0
 * @category constructors
 */
export const serve: EmulatorServer.Serve<Options, State> = EmulatorServer.serving(make)
