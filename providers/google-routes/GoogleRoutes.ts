/**
 * The Routes API of Google Maps Platform, as a service.
 *
 * @since 0.1.0
 */
import { Auth, Credentials, Provider, type Resilience } from "holdfast"
import { TestLayer } from "holdfast/testing"
import * as Api from "./Api.js"
import * as Emulator from "./Emulator.js"
import { classify } from "./Errors.js"

/**
 * 3,000 routes a minute: what a full bucket holds and what drips in within one stay below that. It retries as Google's own
 * clients do.
 */
const policy = {
  rateLimit: { capacity: 100, refillRate: 45, coolDown: "5 seconds", read: false },
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
  id: "google-routes",
  name: "Google Maps Platform (Routes)",
  version: "v2",
  category: "maps",
  capabilities: ["routes", "route matrix"],
  baseUrl: "https://routes.googleapis.com",
  api: Api.GoogleRoutesApi,
  auth: Auth.apiKey("x-goog-api-key"),
  classify,
  health: { operation: "routes.compute" },
  policy,
  docs: "https://developers.google.com/maps/documentation/routes",
  popularity: 80,
  credentials: ["ApiKey"],
  limits: [
    "3,000 routes a minute, with at most 25 stops between",
    "3,000 elements of matrices a minute",
    "625 elements in a matrix, 100 with TRAFFIC_AWARE_OPTIMAL or TRANSIT; 50 ends that are addresses or ids of places"
  ]
})

/**
 * Routes, and how far everything is from everything. Every method fails with `IntegrationError` and nothing else.
 *
 * `layerConfig` takes the key from `GOOGLE_MAPS_API_KEY`, and where they are set `GOOGLE_ROUTES_BASE_URL` and the
 * variables of the policy: `HOLDFAST_GOOGLE_ROUTES_…`, as `Resilience.layerConfig` reads them.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { GoogleRoutes } from "holdfast/providers/google-routes"
 *
 * const program = Effect.gen(function*() {
 *   const google = yield* GoogleRoutes
 *   const { routes } = yield* google.routes.compute({
 *     headers: { "x-goog-fieldmask": ["routes.distanceMeters", "routes.duration"] },
 *     payload: { origin: { address: "Berlin" }, destination: { address: "Paris" }, travelMode: "DRIVE" }
 *   })
 *   return routes[0]?.duration
 * })
 *
 * const inATest = Effect.provide(program, GoogleRoutes.layerTest)
 * ```
 *
 * @since 0.1.0
 * @category tags
 */
export class GoogleRoutes extends Provider.Tag<GoogleRoutes>()("holdfast/GoogleRoutes", definition, {
  credentials: Credentials.apiKeyConfig("GOOGLE_MAPS_API_KEY")
}) {
  /**
   * A Routes API in memory, which knows three cities, without network, credential and policies: as it is, or called with
   * operations to replace.
   */
  static readonly layerTest: TestLayer.TestLayer<
    GoogleRoutes,
    TestLayer.Overrides<Api.GoogleRoutesApi>
  > = TestLayer.make(GoogleRoutes, definition, Emulator.make({ authorize: () => true }))
}
