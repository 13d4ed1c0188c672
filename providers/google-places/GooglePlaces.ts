/**
 * The Places API (New) of Google Maps Platform, as a service.
 *
 * @since 0.1.0
 */
import { Auth, Credentials, Provider, type Resilience } from "holdfast"
import { TestLayer } from "holdfast/testing"
import * as Api from "./Api.js"
import * as Emulator from "./Emulator.js"
import { classify } from "./Errors.js"
import { searches } from "./Pagination.js"

/**
 * Google documents a limit for each method and minute, whose numbers are those of the project: there is none here. It retries
 * as Google's own clients do.
 */
const policy = {
  rateLimit: { coolDown: "5 seconds", read: false },
  retry: { maxAttempts: 5, initialDelay: "1 second", maxDelay: "10 seconds", multiplier: 1.3 },
  circuitBreaker: { failureThreshold: 5, resetTimeout: "30 seconds", successThreshold: 1 },
  attemptTimeout: "10 seconds",
  totalTimeout: "1 minute"
} as const satisfies Resilience.Options

/**
 * @since 0.1.0
 * @category definition
 */
export const definition = Provider.define({
  id: "google-places",
  name: "Google Maps Platform (Places, New)",
  version: "v1",
  category: "maps",
  capabilities: ["text search", "nearby search", "autocomplete", "place details", "photos", "reviews"],
  baseUrl: "https://places.googleapis.com",
  api: Api.GooglePlacesApi,
  auth: Auth.apiKey("x-goog-api-key"),
  classify,
  health: { operation: "places.get" },
  policy,
  docs: "https://developers.google.com/maps/documentation/places/web-service",
  popularity: 90,
  credentials: ["ApiKey"],
  pagination: { "places.searchText": searches },
  limits: [
    "for each method a number of requests a minute, which the console of the project has",
    "20 places in a page, 60 in a search by text"
  ]
})

/**
 * Places: searched for, suggested, looked up. Every method fails with `IntegrationError` and nothing else.
 *
 * `layerConfig` takes the key from `GOOGLE_MAPS_API_KEY`, and where they are set `GOOGLE_PLACES_BASE_URL` and the
 * variables of the policy: `HOLDFAST_GOOGLE_PLACES_…`, as `Resilience.layerConfig` reads them.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { GooglePlaces } from "holdfast/providers/google-places"
 *
 * const program = Effect.gen(function*() {
 *   const google = yield* GooglePlaces
 *   const { places } = yield* google.places.searchText({
 *     headers: { "x-goog-fieldmask": ["places.id", "places.displayName", "places.rating"] },
 *     payload: { textQuery: "cafe in Berlin" }
 *   })
 *   return places.map((place) => [place.displayName?.text, place.rating])
 * })
 *
 * const inATest = Effect.provide(program, GooglePlaces.layerTest)
 * ```
 *
 * @since 0.1.0
 * @category tags
 */
export class GooglePlaces extends Provider.Tag<GooglePlaces>()("holdfast/GooglePlaces", definition, {
  credentials: Credentials.apiKeyConfig("GOOGLE_MAPS_API_KEY")
}) {
  /**
   * A Places API in memory, with 70 places, without network, credential and policies: as it is, or called with
   * operations to replace.
   */
  static readonly layerTest: TestLayer.TestLayer<
    GooglePlaces,
    TestLayer.Overrides<Api.GooglePlacesApi>
  > = TestLayer.make(GooglePlaces, definition, Emulator.make({ authorize: () => true }))
}
