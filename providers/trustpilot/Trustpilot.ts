/**
 * Trustpilot, as a service.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import { Auth, OAuth2Provider, Provider, type Resilience } from "holdfast"
import { TestLayer } from "holdfast/testing"
import * as Api from "./Api.js"
import { authConfig, credentialConfig } from "./Credential.js"
import * as Emulator from "./Emulator.js"
import { classify } from "./Errors.js"
import { reviews } from "./Pagination.js"

/**
 * Fits 833 calls in 5 minutes: a full bucket and what drips in meanwhile stay below that, and below 10,000 an hour. A 429
 * does not say for how long, and Trustpilot asks for minutes after a 500: the attempts that are left come late.
 */
const policy = {
  rateLimit: { capacity: 50, refillRate: 2.5, coolDown: "1 minute", maxWait: "90 seconds", read: false },
  retry: { maxAttempts: 4, initialDelay: "2 seconds", maxDelay: "1 minute" },
  circuitBreaker: { failureThreshold: 5, resetTimeout: "2 minutes", successThreshold: 2 },
  attemptTimeout: "30 seconds",
  totalTimeout: "4 minutes"
} as const satisfies Resilience.Options

/**
 * Trustpilot's API of service reviews and invitations, version 1.
 *
 * @since 0.1.0
 * @category definition
 */
export const definition = Provider.define({
  id: "trustpilot",
  name: "Trustpilot",
  version: "v1",
  category: "reviews",
  capabilities: ["business units", "service reviews", "replies", "tags", "invitations", "templates"],
  baseUrl: "https://api.trustpilot.com",
  servers: { invitations: "https://invitations-api.trustpilot.com" },
  api: Api.TrustpilotApi,
  auth: Auth.apiKeyOrBearer("apikey"),
  classify,
  health: { operation: "businessUnits.find" },
  policy,
  docs: "https://developers.trustpilot.com",
  popularity: 75,
  credentials: ["OAuth2", "ApiKey", "Bearer"],
  oauth2: OAuth2Provider.trustpilot,
  pagination: { "reviews.list": reviews },
  incremental: { "reviews.list": "urlParams.startDateTime (of when it was written), with orderBy createdat.asc" },
  limits: [
    "833 requests in 5 minutes or 10,000 an hour are what Trustpilot recommends; 429 above it, without a time",
    "100 reviews in a page",
    "new tokens: 429 where they are asked for too often; one lives for 100 hours"
  ]
})

/**
 * Trustpilot: a business unit, its service reviews, replies and tags, invitations. Every method fails with
 * `IntegrationError` and nothing else.
 *
 * `layerConfig` takes the token from `TRUSTPILOT_ACCESS_TOKEN` and the API key, for what everybody may read, from
 * `TRUSTPILOT_API_KEY`: one of them, or both.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Trustpilot } from "holdfast/providers/trustpilot"
 *
 * const program = Effect.gen(function*() {
 *   const trustpilot = yield* Trustpilot
 *   const { id } = yield* trustpilot.businessUnits.find({ urlParams: { name: "example.com" } })
 *   const { reviews } = yield* trustpilot.reviews.list({
 *     path: { businessUnitId: id },
 *     urlParams: { responded: false, stars: [1, 2] }
 *   })
 *   return reviews.map(({ referenceId, stars, title }) => ({ referenceId, stars, title }))
 * })
 *
 * const inATest = Effect.provide(program, Trustpilot.layerTest)
 * ```
 *
 * @since 0.1.0
 * @category tags
 */
export class Trustpilot extends Provider.Tag<Trustpilot>()("holdfast/Trustpilot", definition, {
  credentials: credentialConfig,
  definition: Effect.map(authConfig(definition.auth), (auth) => ({ ...definition, auth }))
}) {
  /**
   * A Trustpilot in memory, without network, credential and policies: as it is, or called with operations to replace. Every
   * use starts with one business unit, `example.com`, and 60 reviews of it.
   */
  static readonly layerTest: TestLayer.TestLayer<Trustpilot, TestLayer.Overrides<Api.TrustpilotApi>> = TestLayer.make(
    Trustpilot,
    definition,
    Emulator.make({ authorize: () => true })
  )
}
