/** Google's own client of the older Maps APIs against the emulator, over a socket: what it expects of Google, the emulator does. */
import { assert, describe, it } from "@effect/vitest"
import {
  AddressType,
  Client,
  type GeocodeRequest,
  type ReverseGeocodeRequest,
  ReverseGeocodingLocationType as LocationType
} from "@googlemaps/google-maps-services-js"
import { Context, Effect, Layer, Redacted } from "effect"
import { Credentials } from "holdfast"
import { Emulator, GoogleMapsGeocoding } from "holdfast/providers/google-maps-geocoding"
import { Emulated, Faults } from "holdfast/testing"
import { asked, thrown } from "../promised.js"
import { sent } from "../sent.js"

const key = "fake-maps-key"

/** `retry`: how often it tries again by itself, without waiting. */
const started = Effect.fnUntraced(function*(options: Emulator.Options = {}, retry = 0) {
  const { baseUrl, emulator } = yield* Emulator.serve(options)
  const client = new Client()
  // its only way to another server is the URL of each call
  const more = {
    raxConfig: { backoffType: "static" as const, noResponseRetries: 0, retry, retryDelay: 0 },
    url: `${baseUrl}/maps/api/geocode/json`
  }
  const geocode = (params: Omit<GeocodeRequest["params"], "key">) =>
    client.geocode({ ...more, params: { ...params, key } })
  const reverse = (params: Omit<ReverseGeocodeRequest["params"], "key">) =>
    client.reverseGeocode({ ...more, params: { ...params, key } })
  return { emulator, geocode, reverse }
})

/** It takes the `status` of the body for the status of HTTP, and throws what axios throws. */
const refused = (promise: () => Promise<unknown>, status: number, body: string) =>
  Effect.map(thrown(promise), (error) => {
    assert.nestedPropertyVal(error, "response.status", status)
    assert.nestedPropertyVal(error, "response.data.status", body)
    assert.nestedPropertyVal(error, "response.data.results.length", 0)
    return error
  })

describe("@googlemaps/google-maps-services-js", () => {
  it.scopedLive("finds a place by its address, by components and by its position", () =>
    Effect.gen(function*() {
      const { geocode, reverse } = yield* started()
      const { data } = yield* asked(() => geocode({ address: "Analytical Way 12", components: { country: "DE" } }))
      const [place] = data.results
      assert.deepStrictEqual([data.status, data.results.length], ["OK", 1])
      assert.deepStrictEqual([place?.place_id, place?.formatted_address], [
        "fake-place-2",
        "Analytical Way 12, 10001 Berlin, Germany"
      ])
      assert.deepStrictEqual(place?.geometry.location, { lat: 52.501, lng: 13.401 })
      assert.deepStrictEqual([place?.geometry.location_type, place?.types], [
        LocationType.ROOFTOP,
        [AddressType.street_address]
      ])
      assert.deepInclude(place?.address_components[2], { long_name: "Germany", short_name: "DE" })

      const near = yield* asked(() => reverse({ latlng: { lat: 52.501, lng: 13.401 } }))
      assert.deepStrictEqual(near.data.results.map(({ place_id }) => place_id), ["fake-place-2", "fake-place-1"])
      const one = yield* asked(() => reverse({ place_id: "fake-place-3" }))
      assert.deepStrictEqual(one.data.results.map(({ place_id }) => place_id), ["fake-place-3"])
      const none = yield* asked(() => geocode({ address: "Nowhere 1" }))
      assert.deepStrictEqual([none.status, none.data.status, none.data.results], [200, "ZERO_RESULTS", []])
    }))

  it.scopedLive("takes the status of a body for what it is", () =>
    Effect.gen(function*() {
      const { emulator, geocode, reverse } = yield* started()
      const unknown = yield* refused(() => reverse({ place_id: "none" }), 404, "NOT_FOUND")
      assert.nestedPropertyVal(unknown, "response.data.error_message", "there is no place of this id")
      yield* refused(() => geocode({}), 400, "INVALID_REQUEST")
      for (
        const [status, code] of [
          ["OVER_DAILY_LIMIT", 429],
          ["OVER_QUERY_LIMIT", 429],
          ["REQUEST_DENIED", 403],
          ["UNKNOWN_ERROR", 500]
        ] as const
      ) {
        yield* emulator.setFaults(Faults.always(Faults.status(200, { body: Emulator.body(status, "no") })))
        yield* refused(() => geocode({ address: "Berlin" }), code, status)
      }
      assert.deepStrictEqual(new Set((yield* emulator.ledger).map(({ status }) => status)), new Set([200]))
      const closed = yield* started({ authorize: () => false })
      yield* refused(() => closed.geocode({ address: "Berlin" }), 403, "REQUEST_DENIED")
    }))

  it.scopedLive("tries again after OVER_QUERY_LIMIT, though HTTP says 200", () =>
    Effect.gen(function*() {
      const limited = Faults.status(200, { body: Emulator.body("OVER_QUERY_LIMIT") })
      const { emulator, geocode } = yield* started({ faults: Faults.script([limited]) }, 1)
      assert.lengthOf((yield* asked(() => geocode({ address: "Berlin" }))).data.results, 2)
      assert.lengthOf(yield* emulator.ledger, 2)
    }))

  it.scopedLive("sends what our client sends, but for the order of components", () =>
    Effect.gen(function*() {
      const { emulator, geocode, reverse } = yield* started()
      const bounds = { northeast: { lat: 53, lng: 14 }, southwest: { lat: 52, lng: 13 } }
      const address = {
        address: "Analytical Way 12, Berlin",
        bounds,
        components: { country: "DE", postal_code: "10001" },
        language: "en",
        region: "de"
      }
      const latlng = { lat: 52.501, lng: -13.401 }
      yield* asked(async () => {
        await geocode(address)
        await reverse({
          latlng,
          location_type: [LocationType.ROOFTOP, LocationType.APPROXIMATE],
          result_type: [AddressType.street_address, AddressType.route]
        })
        await reverse({ place_id: "fake-place-3" })
      })

      const ours = yield* Emulator.make()
      const context = yield* Layer.build(Emulated.layerBare(GoogleMapsGeocoding, ours, {
        credentials: Credentials.layer(Credentials.ApiKey({ key: Redacted.make(key) }))
      }))
      const { geocoding } = Context.get(context, GoogleMapsGeocoding)
      yield* geocoding.find({ urlParams: address })
      yield* geocoding.find({
        urlParams: {
          latlng,
          location_type: ["ROOFTOP", "APPROXIMATE"],
          result_type: ["street_address", "route"]
        }
      })
      yield* geocoding.find({ urlParams: { place_id: "fake-place-3" } })
      // theirs are in the order in which they were given
      const sorted = Effect.map(sent(emulator), (requests) =>
        requests.map(({ query: { components, ...query }, ...request }) => ({
          ...request,
          query: components === undefined
            ? query
            : { ...query, components: String(components).split("|").sort().reverse().join("|") }
        })))
      assert.deepStrictEqual(yield* sorted, yield* sent(ours))
    }))
})
