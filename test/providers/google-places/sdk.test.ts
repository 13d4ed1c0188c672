/** Google's own client of Places against the emulator, over a socket: what it expects of Google, the emulator does. */
import { assert, describe, it } from "@effect/vitest"
import { PlacesClient, protos } from "@googlemaps/places"
import { Context, Effect, Layer, Redacted } from "effect"
import { OAuth2Client } from "google-auth-library"
import { Credentials } from "holdfast"
import { Emulator, GooglePlaces } from "holdfast/providers/google-places"
import { Emulated, Faults, RpcErrors } from "holdfast/testing"
import { fetched } from "../../fetched.js"
import { alt, named, ofKey, refused, rest } from "../google.js"
import { asked, thrown } from "../promised.js"
import { sent } from "../sent.js"

const { PriceLevel, SearchNearbyRequest, SearchTextRequest } = protos.google.maps.places.v1

const apiKey = "fake-maps-key"

const started = Effect.fnUntraced(function*(options: Emulator.Options = {}) {
  const { baseUrl, emulator, port } = yield* Emulator.serve(options)
  const client = new PlacesClient(rest(port, ofKey(apiKey)))
  return { baseUrl, client, emulator, port }
})

/** The mask is a header, for which the client has no parameter. */
const mask = (...fields: ReadonlyArray<string>) => ({
  otherArgs: { headers: { "X-Goog-FieldMask": fields.join(",") } }
})

const center = { latitude: 52.5, longitude: 13.4 }

describe("@googlemaps/places", () => {
  it.scopedLive("searches by text and nearby", () =>
    Effect.gen(function*() {
      const { client } = yield* started()
      const [found] = yield* asked(() =>
        client.searchText(
          {
            maxResultCount: 2,
            minRating: 4.5,
            openNow: true,
            priceLevels: [PriceLevel.PRICE_LEVEL_MODERATE],
            rankPreference: "RELEVANCE",
            textQuery: "cafe in Berlin"
          },
          mask("places.id", "places.displayName", "places.priceLevel", "places.businessStatus", "places.rating")
        )
      )
      assert.deepStrictEqual(
        found.places?.map((one) => [one.id, one.displayName?.text, one.priceLevel, one.businessStatus, one.rating]),
        [
          ["fake-place-5", "Cafe Number 5", "PRICE_LEVEL_MODERATE", "OPERATIONAL", 5],
          ["fake-place-9", "Cafe Number 9", "PRICE_LEVEL_MODERATE", "OPERATIONAL", 4.5]
        ]
      )
      const [near] = yield* asked(() =>
        client.searchNearby(
          {
            includedTypes: ["cafe"],
            locationRestriction: { circle: { center, radius: 250 } },
            maxResultCount: 2,
            rankPreference: "DISTANCE"
          },
          mask("places.location", "places.types")
        )
      )
      assert.deepStrictEqual(near.places?.map(({ location, types }) => [location?.latitude, types]), [
        [52.5, ["cafe", "food"]],
        [52.501, ["cafe", "food"]]
      ])
      const [none] = yield* asked(() => client.searchText({ textQuery: "Nowhere" }, mask("places.id")))
      assert.deepStrictEqual(none.places, [])
    }))

  it.scopedLive("suggests, reads a place by its mask, and finds its photo", () =>
    Effect.gen(function*() {
      const { client } = yield* started()
      const [typed] = yield* asked(() => client.autocompletePlaces({ input: "number 70", sessionToken: "session-1" }))
      const [suggestion] = typed.suggestions ?? []
      assert.strictEqual(suggestion?.placePrediction?.text?.text, "Cafe Number 70")
      const name = suggestion?.placePrediction?.place ?? ""
      assert.strictEqual(name, "places/fake-place-70")
      const [place] = yield* asked(() =>
        client.getPlace({ name }, mask("name", "photos", "userRatingCount", "reviews"))
      )
      assert.deepStrictEqual([place.name, place.userRatingCount, place.formattedAddress], [name, 70, ""])
      assert.deepStrictEqual(place.reviews?.map(({ rating, text }) => [rating, text?.text]), [[5, "Good"]])
      const [photo] = place.photos ?? []
      assert.deepStrictEqual([photo?.widthPx, photo?.heightPx], [800, 600])
      const [media] = yield* asked(() =>
        client.getPhotoMedia({ maxWidthPx: 400, name: `${photo?.name ?? ""}/media`, skipHttpRedirect: true })
      )
      assert.deepStrictEqual([media.name, media.photoUri], [
        `${photo?.name ?? ""}/media`,
        "https://photos.example/photo-70"
      ])
    }))

  it.scopedLive("reads the errors of google.rpc, with their details", () =>
    Effect.gen(function*() {
      const { client, emulator, port } = yield* started()
      const missing = yield* refused(() => client.getPlace({ name: "places/none" }, mask("id")), "NOT_FOUND")
      assert.strictEqual(missing.message, "there is no place none")
      // without a mask, and with one of a field that there is not
      yield* refused(() => client.searchText({ textQuery: "cafe" }), "INVALID_ARGUMENT")
      const wrong = yield* refused(
        () => client.getPlace({ name: "places/fake-place-1" }, mask("mood")),
        "INVALID_ARGUMENT"
      )
      assert.nestedPropertyVal(wrong, "statusDetails[0].fieldViolations[0].field", "fields")
      yield* emulator.setFaults(Faults.always(Faults.status(403, {
        body: RpcErrors.status(403, "blocked", [
          RpcErrors.errorInfo("API_KEY_SERVICE_BLOCKED", { service: "places.googleapis.com" })
        ])
      })))
      const blocked = yield* refused(() => client.searchText({ textQuery: "cafe" }, mask("*")), "PERMISSION_DENIED")
      assert.deepStrictEqual([blocked.reason, blocked.domain], ["API_KEY_SERVICE_BLOCKED", "googleapis.com"])
      assert.propertyVal(blocked.errorInfoMetadata, "service", "places.googleapis.com")
      yield* emulator.setFaults(Faults.always(Faults.status(429)))
      yield* refused(() => client.searchText({ textQuery: "cafe" }, mask("*")), "RESOURCE_EXHAUSTED")
      // as it comes, with the status of HTTP in the place of the code
      const bare = new PlacesClient(rest(port, new OAuth2Client({ apiKey })))
      assert.deepInclude(yield* thrown(() => bare.searchText({ textQuery: "cafe" }, mask("*"))), {
        code: 429,
        status: 429
      })
      const closed = yield* started({ authorize: () => false })
      const refusal = yield* refused(
        () => closed.client.searchText({ textQuery: "cafe" }, mask("*")),
        "INVALID_ARGUMENT"
      )
      assert.strictEqual(refusal.reason, "API_KEY_INVALID")
    }))

  it.scopedLive("is given numbers for enumerations, as it asks; others are given names", () =>
    Effect.gen(function*() {
      const { baseUrl } = yield* started()
      const get = (query: string) =>
        asked(() => fetched(`${baseUrl}/v1/places/fake-place-1?${query}`).then((answer) => answer.json()))
      assert.deepStrictEqual(yield* get(`key=${apiKey}&fields=priceLevel,businessStatus,reviews.rating`), {
        businessStatus: "OPERATIONAL",
        priceLevel: "PRICE_LEVEL_MODERATE",
        reviews: [{ rating: 5 }]
      })
      assert.deepStrictEqual(yield* get(`key=${apiKey}&$fields=priceLevel&$alt=json%3Benum-encoding%3Dint`), {
        priceLevel: 3
      })
    }))

  it.scopedLive("sends what our client sends, but for numbers in the place of names", () =>
    Effect.gen(function*() {
      const { client, emulator } = yield* started()
      const place = "fake-place-70"
      const circle = { center, radius: 250 }
      const rectangle = { high: { latitude: 53, longitude: 14 }, low: center }
      yield* asked(async () => {
        await client.searchText({
          includedType: "cafe",
          languageCode: "en",
          locationBias: { circle },
          minRating: 4.5,
          openNow: true,
          priceLevels: [PriceLevel.PRICE_LEVEL_MODERATE, PriceLevel.PRICE_LEVEL_EXPENSIVE],
          rankPreference: "DISTANCE",
          regionCode: "de",
          strictTypeFiltering: true,
          textQuery: "cafe in Berlin"
        }, mask("places.id"))
        await client.searchText({ locationRestriction: { rectangle }, textQuery: "Cafe" }, mask("places.id"))
        await client.searchNearby({
          excludedTypes: ["bar"],
          includedTypes: ["cafe"],
          locationRestriction: { circle },
          maxResultCount: 2,
          rankPreference: "POPULARITY"
        }, mask("places.id"))
        await client.autocompletePlaces({
          includedPrimaryTypes: ["cafe"],
          includedRegionCodes: ["de"],
          input: "number 70",
          locationBias: { rectangle },
          sessionToken: "session-1"
        })
        await client.getPlace({ languageCode: "en", name: `places/${place}`, sessionToken: "session-1" }, mask("id"))
        await client.getPhotoMedia({
          maxHeightPx: 300,
          maxWidthPx: 400,
          name: `places/${place}/photos/photo-70/media`,
          skipHttpRedirect: true
        })
      })

      const ours = yield* Emulator.make()
      const context = yield* Layer.build(Emulated.layerBare(GooglePlaces, ours, {
        credentials: Credentials.layer(Credentials.ApiKey({ key: Redacted.make(apiKey) }))
      }))
      const { places } = Context.get(context, GooglePlaces)
      const headers = { "x-goog-fieldmask": ["places.id"] }
      yield* places.searchText({
        headers,
        payload: {
          includedType: "cafe",
          languageCode: "en",
          locationBias: { circle },
          minRating: 4.5,
          openNow: true,
          priceLevels: ["PRICE_LEVEL_MODERATE", "PRICE_LEVEL_EXPENSIVE"],
          rankPreference: "DISTANCE",
          regionCode: "de",
          strictTypeFiltering: true,
          textQuery: "cafe in Berlin"
        }
      })
      yield* places.searchText({ headers, payload: { locationRestriction: { rectangle }, textQuery: "Cafe" } })
      yield* places.searchNearby({
        headers,
        payload: {
          excludedTypes: ["bar"],
          includedTypes: ["cafe"],
          locationRestriction: { circle },
          maxResultCount: 2,
          rankPreference: "POPULARITY"
        }
      })
      yield* places.autocomplete({
        headers: {},
        payload: {
          includedPrimaryTypes: ["cafe"],
          includedRegionCodes: ["de"],
          input: "number 70",
          locationBias: { rectangle },
          sessionToken: "session-1"
        }
      })
      yield* places.get({
        headers: { "x-goog-fieldmask": ["id"] },
        path: { placeId: place },
        urlParams: { languageCode: "en", sessionToken: "session-1" }
      })
      yield* places.photo({
        path: { photoId: "photo-70", placeId: place },
        urlParams: { maxHeightPx: 300, maxWidthPx: 400, skipHttpRedirect: "true" }
      })

      const theirs = (yield* sent(emulator)).map(({ body, ...request }) => ({
        ...request,
        body: named(body, {
          priceLevels: PriceLevel,
          rankPreference: request.operation === "places.searchNearby"
            ? SearchNearbyRequest.RankPreference
            : SearchTextRequest.RankPreference
        })
      }))
      assert.deepStrictEqual(
        theirs,
        (yield* sent(ours)).map(({ query, ...request }) => ({ ...request, query: { ...query, ...alt } }))
      )
      const masks = (all: typeof emulator.ledger) =>
        Effect.map(all, (entries) => entries.map(({ headers }) => headers["x-goog-fieldmask"]))
      assert.deepStrictEqual(yield* masks(emulator.ledger), yield* masks(ours.ledger))
    }))
})
