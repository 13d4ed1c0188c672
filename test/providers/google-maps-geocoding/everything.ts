/** Every way of asking for a place, and what it finds. */
import { deepStrictEqual } from "@effect/vitest/utils"
import { type Context, Effect } from "effect"
import type { GoogleMapsGeocoding, Schemas } from "holdfast/providers/google-maps-geocoding"

export type Client = Context.Tag.Service<typeof GoogleMapsGeocoding>

export const everything = Effect.fnUntraced(function*(maps: Client) {
  const ids = (urlParams: typeof Schemas.Query.Type) =>
    Effect.map(maps.geocoding.find({ urlParams }), ({ results, status }) => [
      status,
      ...results.map(({ place_id }) => place_id)
    ])
  deepStrictEqual(
    yield* ids({
      address: "Analytical Way 12, Berlin",
      bounds: { northeast: { lat: 53, lng: 14 }, southwest: { lat: 52, lng: 13 } },
      components: { country: "DE", postal_code: "10001" },
      language: "en",
      region: "de"
    }),
    ["OK", "fake-place-2"]
  )
  deepStrictEqual(yield* ids({ components: { country: "Japan" } }), ["OK", "fake-place-4"])
  deepStrictEqual(
    yield* ids({
      latlng: { lat: 52.501, lng: 13.401 },
      location_type: ["ROOFTOP", "APPROXIMATE"],
      result_type: ["street_address", "route"]
    }),
    ["OK", "fake-place-2", "fake-place-1"]
  )
  deepStrictEqual(yield* ids({ place_id: "fake-place-3" }), ["OK", "fake-place-3"])
  deepStrictEqual(yield* ids({ latlng: { lat: 0, lng: -0.5 } }), ["ZERO_RESULTS"])
  deepStrictEqual(yield* ids({ address: "Nowhere 1" }), ["ZERO_RESULTS"])
})
