/** Every operation of the Places API, its answer checked. */
import { deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { type Context, Effect } from "effect"
import type { GooglePlaces } from "holdfast/providers/google-places"

export type Client = Context.Tag.Service<typeof GooglePlaces>

const center = { latitude: 52.5, longitude: 13.4 }

export const everything = Effect.fnUntraced(function*(google: Client) {
  const found = yield* google.places.searchText({
    headers: { "x-goog-fieldmask": ["places.id", "places.displayName.text", "places.rating", "nextPageToken"] },
    payload: {
      includedType: "cafe",
      languageCode: "en",
      locationBias: { circle: { center: { latitude: 52.6, longitude: 13.4 }, radius: 50_000 } },
      minRating: 4.5,
      openNow: true,
      pageSize: 2,
      priceLevels: ["PRICE_LEVEL_MODERATE"],
      rankPreference: "DISTANCE",
      regionCode: "de",
      strictTypeFiltering: true,
      textQuery: "cafe in Berlin"
    }
  })
  // of what the mask names, and nothing else
  deepStrictEqual(found.places, [
    { displayName: { text: "Cafe Number 69" }, id: "fake-place-69", photos: [], rating: 4.5, reviews: [], types: [] },
    { displayName: { text: "Cafe Number 65" }, id: "fake-place-65", photos: [], rating: 5, reviews: [], types: [] }
  ])
  strictEqual(typeof found.nextPageToken, "string")

  const inside = yield* google.places.searchText({
    headers: { "x-goog-fieldmask": ["*"] },
    payload: {
      locationRestriction: {
        rectangle: { high: { latitude: 52.5005, longitude: 14 }, low: { latitude: 52, longitude: 13 } }
      },
      textQuery: "Cafe"
    }
  })
  deepStrictEqual(inside.places.map(({ id, reviews }) => [id, reviews[0]?.rating]), [["fake-place-1", 5]])

  const near = yield* google.places.searchNearby({
    headers: { "x-goog-fieldmask": ["places.id"] },
    payload: {
      excludedTypes: ["bar"],
      includedTypes: ["cafe"],
      locationRestriction: { circle: { center, radius: 250 } },
      maxResultCount: 2,
      rankPreference: "DISTANCE"
    }
  })
  deepStrictEqual(near.places.map(({ id }) => id), ["fake-place-1", "fake-place-2"])

  const typed = yield* google.places.autocomplete({
    headers: {},
    payload: {
      includedPrimaryTypes: ["cafe"],
      includedRegionCodes: ["de"],
      input: "number 70",
      locationBias: { rectangle: { high: { latitude: 53, longitude: 14 }, low: center } },
      sessionToken: "session-1"
    }
  })
  deepStrictEqual(typed.suggestions.map(({ placePrediction }) => placePrediction?.placeId), ["fake-place-70"])

  const one = yield* google.places.get({
    headers: { "x-goog-fieldmask": ["id", "displayName", "location", "photos.name"] },
    path: { placeId: "fake-place-70" },
    urlParams: { languageCode: "en", regionCode: "de", sessionToken: "session-1" }
  })
  deepStrictEqual([one.id, one.displayName?.text, one.location?.longitude, one.rating], [
    "fake-place-70",
    "Cafe Number 70",
    13.4,
    undefined
  ])

  const photoId = one.photos[0]?.name?.split("/").at(-1) ?? ""
  const photo = yield* google.places.photo({
    path: { photoId, placeId: "fake-place-70" },
    urlParams: { maxHeightPx: 300, maxWidthPx: 400, skipHttpRedirect: "true" }
  })
  strictEqual(photo.photoUri, "https://photos.example/photo-70")
})
