/**
 * The Places API (New), emulated: searches over places in memory, field masks, page tokens, and Google's error bodies.
 *
 * @since 0.1.0
 */
import type * as Effect from "effect/Effect"
import { Emulator, EmulatorServer, RpcErrors } from "holdfast/testing"
import * as Api from "./Api.js"
import { json } from "./emulator/Json.js"
import { masked } from "./emulator/Mask.js"
import type * as Schemas from "./Schemas.js"

/**
 * @since 0.1.0
 * @category models
 */
export type Place = typeof Schemas.Place.Type

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
  /** Default: 70 that there are nowhere. */
  readonly places?: ReadonlyArray<Place> | undefined
}

const sample: ReadonlyArray<Place> = Array.from({ length: 70 }, (_, index): Place => {
  const number = index + 1
  return {
    id: `fake-place-${number}`,
    name: `places/fake-place-${number}`,
    displayName: { text: `Cafe Number ${number}`, languageCode: "en" },
    formattedAddress: `Analytical Way ${number}, 10001 Berlin, Germany`,
    location: { latitude: 52.5 + index / 1000, longitude: 13.4 },
    types: ["cafe", "food"],
    primaryType: "cafe",
    businessStatus: "OPERATIONAL",
    priceLevel: "PRICE_LEVEL_MODERATE",
    rating: 3 + (index % 5) / 2,
    userRatingCount: number,
    regularOpeningHours: { openNow: index % 2 === 0, weekdayDescriptions: ["Monday: 9:00 AM to 5:00 PM"] },
    photos: [{ name: `places/fake-place-${number}/photos/photo-${number}`, widthPx: 800, heightPx: 600 }],
    reviews: [{ name: `places/fake-place-${number}/reviews/1`, rating: 5, text: { text: "Good", languageCode: "en" } }]
  }
})

const refuse = (status: number, message: string) => new Emulator.EmulatorError({ status, message })

const words = (text: string): ReadonlyArray<string> =>
  text.toLowerCase().split(/[^\p{L}\p{N}]+/u).filter((one) => one !== "" && one !== "in")

interface Point {
  readonly latitude?: number
  readonly longitude?: number
}

/** Metres, as on a plane. */
const distance = (one: Point | undefined, other: Point): number =>
  111_000 * Math.hypot(
    (one?.latitude ?? 0) - (other.latitude ?? 0),
    ((one?.longitude ?? 0) - (other.longitude ?? 0)) * Math.cos(((other.latitude ?? 0) * Math.PI) / 180)
  )

type SearchText = typeof Schemas.SearchTextInput.Type

const found = (places: ReadonlyArray<Place>, input: SearchText): ReadonlyArray<Place> => {
  const wanted = words(input.textQuery)
  const area = input.locationRestriction?.rectangle
  const matching = places.filter((place) => {
    const has = new Set(words(`${place.displayName?.text ?? ""} ${place.formattedAddress ?? ""}`))
    const { latitude = 0, longitude = 0 } = place.location ?? {}
    return wanted.every((word) => has.has(word)) &&
      (input.includedType === undefined || place.types.includes(input.includedType)) &&
      (input.minRating === undefined || (place.rating ?? 0) >= input.minRating) &&
      (input.openNow !== true || place.regularOpeningHours?.openNow === true) &&
      (input.priceLevels === undefined || input.priceLevels.some((level) => level === place.priceLevel)) &&
      (area === undefined || (latitude >= area.low.latitude && latitude <= area.high.latitude &&
        longitude >= area.low.longitude && longitude <= area.high.longitude))
  })
  const { locationBias } = input
  if (input.rankPreference !== "DISTANCE" || locationBias === undefined || !("circle" in locationBias)) return matching
  const { center } = locationBias.circle
  return matching.sort((one, other) => distance(one.location, center) - distance(other.location, center))
}

const maxResults = 60

/** A token holds what the search was, so that another one with it is refused. */
const tokenOf = ({ pageSize: _size, pageToken: _token, ...search }: SearchText, start: number): string =>
  `${start}.${JSON.stringify(search)}`

const page = (places: ReadonlyArray<Place>, input: SearchText, mask: ReadonlyArray<string>) => {
  const start = input.pageToken === undefined ? 0 : Number(input.pageToken.split(".", 1)[0])
  if (input.pageToken !== undefined && input.pageToken !== tokenOf(input, start)) {
    throw refuse(400, "the page token is of another search")
  }
  const all = found(places, input).slice(0, maxResults)
  const end = start + (input.pageSize ?? 20)
  const hasToken = mask.some((field) => field === "nextPageToken" || field === "*")
  return {
    places: all.slice(start, end).map((one) => masked(one, mask, "places.")),
    ...(hasToken && end < all.length ? { nextPageToken: tokenOf(input, end) } : undefined)
  }
}

const handlers = (state: State): Emulator.Handlers<Api.GooglePlacesApi> => {
  const placeOf = (id: string): Place => {
    const place = state.places.find((one) => one.id === id)
    if (place === undefined) throw refuse(404, `there is no place ${id}`)
    return place
  }
  return {
    places: {
      searchText: ({ headers, payload }) =>
        Emulator.step(() => page(state.places, payload, headers["x-goog-fieldmask"])),
      searchNearby: ({ headers, payload }) =>
        Emulator.step(() => {
          const { center, radius } = payload.locationRestriction.circle
          const near = state.places.filter(({ location, types }) =>
            distance(location, center) <= radius &&
            (payload.includedTypes?.some((type) => types.includes(type)) ?? true) &&
            !(payload.excludedTypes?.some((type) => types.includes(type)) ?? false)
          )
          if (payload.rankPreference === "DISTANCE") {
            near.sort((one, other) => distance(one.location, center) - distance(other.location, center))
          } else near.sort((one, other) => (other.userRatingCount ?? 0) - (one.userRatingCount ?? 0))
          return {
            places: near.slice(0, payload.maxResultCount ?? 20).map((one) =>
              masked(one, headers["x-goog-fieldmask"], "places.")
            )
          }
        }),
      autocomplete: ({ payload }) =>
        Emulator.step(() => {
          const typed = payload.input.toLowerCase()
          return {
            suggestions: state.places
              .filter(({ displayName }) => displayName?.text?.toLowerCase().includes(typed) === true)
              .slice(0, 5)
              .map(({ displayName, id, types }) => ({
                placePrediction: {
                  ...(id === undefined ? undefined : { place: `places/${id}`, placeId: id }),
                  ...(displayName === undefined ? undefined : { text: displayName }),
                  types
                }
              }))
          }
        }),
      get: ({ headers, path }) => Emulator.step(() => masked(placeOf(path.placeId), headers["x-goog-fieldmask"])),
      photo: ({ path }) =>
        Emulator.step(() => {
          const name = `places/${path.placeId}/photos/${path.photoId}`
          if (!placeOf(path.placeId).photos.some((photo) => photo.name === name)) {
            throw refuse(404, `there is no photo ${name}`)
          }
          return { name: `${name}/media`, photoUri: `https://photos.example/${path.photoId}` }
        })
    }
  }
}

/**
 * Starts a Places API in memory. It wants a key in `X-Goog-Api-Key`, or in the query as `key`: any one
 * unless `authorize` says otherwise.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Emulator } from "holdfast/providers/google-places"
 *
 * const program = Effect.gen(function*() {
 *   const places = yield* Emulator.make({
 *     places: [{ id: "p-1", displayName: { text: "Cafe" }, types: ["cafe"], photos: [], reviews: [] }]
 *   })
 *   // … run the program under test against it …
 *   return yield* places.ledger
 * })
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options: Options = {}): Effect.Effect<Emulator.Emulator<State>> =>
  Emulator.make({
    ...json,
    integration: { id: "google-places", version: "v1", api: Api.GooglePlacesApi },
    state: (): State => ({ places: [...options.places ?? sample] }),
    handlers,
    error: RpcErrors.errorOfKey,
    authorize: (headers, { key = "" }) => (headers["x-goog-api-key"] ?? key) !== "",
    secretHeaders: ["x-goog-api-key"],
    secretQuery: ["key"]
  }, options)

/**
 * The same on a free port of 127.0.0.1 (or on `port`), for as long as the scope lasts. Point `GOOGLE_PLACES_BASE_URL` or
 * `GooglePlaces.layer({ baseUrl })` at it.
 *
 * @since 0.1.0
 * @category constructors
 */
export const serve: EmulatorServer.Serve<Options, State> = EmulatorServer.serving(make)
