/**
 * The Geocoding API of Google Maps Platform, as a service.
 *
 * @since 0.1.0
 */
import { Auth, Credentials, Provider, type Resilience } from "holdfast"
import { TestLayer } from "holdfast/testing"
import * as Api from "./Api.js"
import * as Emulator from "./Emulator.js"
import { classify } from "./Errors.js"

/** 3,000 requests a minute: what a full bucket holds and what drips in within one stay below that. */
const policy = {
  rateLimit: { capacity: 100, refillRate: 45, coolDown: "2 seconds", read: false },
  retry: { maxAttempts: 4, initialDelay: "1 second", maxDelay: "10 seconds" },
  circuitBreaker: { failureThreshold: 5, resetTimeout: "30 seconds", successThreshold: 1 },
  attemptTimeout: "10 seconds",
  totalTimeout: "1 minute"
} as const satisfies Resilience.Options

/**
 * @since 0.1.0
 * @category definition
 */
export const definition = Provider.define({
  id: "google-maps-geocoding",
  name: "Google Maps Platform (Geocoding)",
  version: "v3",
  category: "maps",
  capabilities: ["geocoding", "reverse geocoding"],
  baseUrl: "https://maps.googleapis.com",
  api: Api.GoogleMapsGeocodingApi,
  auth: Auth.query("key"),
  classify,
  health: { operation: "geocoding.find" },
  policy,
  docs: "https://developers.google.com/maps/documentation/geocoding",
  popularity: 95,
  credentials: ["ApiKey"],
  limits: ["3,000 requests a minute, those of browsers and those of servers together"]
})

/**
 * Addresses and positions. The method fails with `IntegrationError` and nothing else; what is not found is a success without
 * results.
 *
 * `layerConfig` takes the key from `GOOGLE_MAPS_API_KEY`, and where they are set `GOOGLE_MAPS_GEOCODING_BASE_URL` and
 * the variables of the policy: `HOLDFAST_GOOGLE_MAPS_GEOCODING_…`, as `Resilience.layerConfig` reads them.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { GoogleMapsGeocoding } from "holdfast/providers/google-maps-geocoding"
 *
 * const program = Effect.gen(function*() {
 *   const maps = yield* GoogleMapsGeocoding
 *   const { results } = yield* maps.geocoding.find({
 *     urlParams: { address: "Analytical Way 12", components: { country: "DE" } }
 *   })
 *   return results[0]?.geometry.location
 * })
 *
 * const inATest = Effect.provide(program, GoogleMapsGeocoding.layerTest)
 * ```
 *
 * @since 0.1.0
 * @category tags
 */
export class GoogleMapsGeocoding
  extends Provider.Tag<GoogleMapsGeocoding>()("holdfast/GoogleMapsGeocoding", definition, {
    credentials: Credentials.apiKeyConfig("GOOGLE_MAPS_API_KEY")
  })
{
  /**
   * A Geocoding API in memory, with four places, without network, credential and policies: as it is, or called with
   * operations to replace.
   */
  static readonly layerTest: TestLayer.TestLayer<
    GoogleMapsGeocoding,
    TestLayer.Overrides<Api.GoogleMapsGeocodingApi>
  > = TestLayer.make(GoogleMapsGeocoding, definition, Emulator.make({ authorize: () => true }))
}
