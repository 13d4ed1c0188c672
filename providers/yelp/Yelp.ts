/**
 * Yelp, as a service.
 *
 * @since 0.1.0
 */
import { Auth, Credentials, Provider, type Resilience } from "holdfast"
import { TestLayer } from "holdfast/testing"
import * as Api from "./Api.js"
import * as Emulator from "./Emulator.js"
import { classify } from "./Errors.js"
import { searched } from "./Pagination.js"
import { read } from "./RateLimit.js"

/**
 * Yelp does not publish how many requests it takes in a second: these are few. How many a day there are depends on the plan,
 * and each answer says what is left of them; with none left, calls are refused here until the day ends, at once.
 */
const policy = {
  rateLimit: { capacity: 4, refillRate: 4, coolDown: "1 second", maxCoolDown: "1 day", read },
  retry: { maxAttempts: 4, initialDelay: "500 millis", maxDelay: "10 seconds" },
  circuitBreaker: { failureThreshold: 5, resetTimeout: "30 seconds", successThreshold: 2 },
  attemptTimeout: "15 seconds",
  totalTimeout: "1 minute"
} as const satisfies Resilience.Options

/**
 * Yelp's API of places (Fusion), version 3.
 *
 * @since 0.1.0
 * @category definition
 */
export const definition = Provider.define({
  id: "yelp",
  name: "Yelp (Places API)",
  version: "v3",
  category: "reviews",
  capabilities: ["business search", "business match", "business details", "reviews", "autocomplete", "categories"],
  baseUrl: "https://api.yelp.com",
  api: Api.YelpApi,
  auth: Auth.bearer,
  classify,
  health: { operation: "categories.list" },
  policy,
  docs: "https://docs.developer.yelp.com/docs/places-intro",
  popularity: 70,
  credentials: ["Bearer"],
  pagination: { "businesses.search": searched() },
  limits: [
    "so many requests a day by the plan, 300 in a trial, until midnight, UTC; each answer says what is left",
    "so many requests a second, a number that is not published: 429 with TOO_MANY_REQUESTS_PER_SECOND above it",
    "50 businesses in a page, 240 of a search; 3 excerpts of reviews"
  ]
})

/**
 * Yelp: businesses searched for, matched and looked up, excerpts of their reviews. Every method fails with
 * `IntegrationError` and nothing else.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Yelp } from "holdfast/providers/yelp"
 *
 * const program = Effect.gen(function*() {
 *   const yelp = yield* Yelp
 *   const { businesses } = yield* yelp.businesses.search({
 *     urlParams: { location: "San Francisco, CA", sort_by: "rating", term: "coffee" }
 *   })
 *   return businesses.map(({ name, rating, review_count }) => [name, rating, review_count])
 * })
 *
 * const inATest = Effect.provide(program, Yelp.layerTest)
 * ```
 *
 * @since 0.1.0
 * @category tags
 */
export class Yelp extends Provider.Tag<Yelp>()("holdfast/Yelp", definition, {
  credentials: Credentials.bearerConfig("YELP_API_KEY")
}) {
  /**
   * A Yelp in memory, without network, credential and policies: as it is, or called with operations to replace. Every use
   * starts with 260 businesses in San Francisco, CA.
   */
  static readonly layerTest: TestLayer.TestLayer<Yelp, TestLayer.Overrides<Api.YelpApi>> = TestLayer.make(
    Yelp,
    definition,
    Emulator.make({ authorize: () => true })
  )
}
