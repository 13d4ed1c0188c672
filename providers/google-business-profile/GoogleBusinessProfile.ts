/**
 * Google Business Profile, its reviews, as a service.
 *
 * @since 0.1.0
 */
import { Auth, type Call, Credentials, OAuth2Provider, Provider, type Resilience } from "holdfast"
import { TestLayer } from "holdfast/testing"
import * as Api from "./Api.js"
import * as Emulator from "./Emulator.js"
import { classify } from "./Errors.js"
import { accounts, locationReviews, locations, reviews } from "./Pagination.js"

/** Each API is on a host of its own, fails by itself, and has limits of its own. */
const apiOf = ({ operation }: Call.Call): string => `google-business-profile ${operation.name.split(".", 1)[0]}`

/** Those of a profile: of the connection, where there are several. */
const editsOf = ({ context: { connectionId = "" } }: Call.Call): string =>
  `google-business-profile edits ${connectionId}`.trimEnd()

/**
 * Fits 300 requests a minute: what a full bucket holds and what drips in meanwhile stay below that. Edits, of which a
 * profile takes 10 a minute, have a bucket of their own, in which each costs 30.
 */
const policy = {
  rateLimit: {
    capacity: 50,
    refillRate: 4,
    coolDown: "15 seconds",
    // a queue of edits is slow
    maxWait: "2 minutes",
    key: (call: Call.Call) => Api.edits.has(call.operation.name) ? editsOf(call) : apiOf(call),
    read: false
  },
  retry: { maxAttempts: 4, initialDelay: "1 second", maxDelay: "30 seconds" },
  circuitBreaker: { failureThreshold: 5, resetTimeout: "1 minute", successThreshold: 2, key: apiOf },
  attemptTimeout: "30 seconds",
  totalTimeout: "3 minutes"
} as const satisfies Resilience.Options

/**
 * The APIs of Business Profile, of which the one of reviews is version 4.
 *
 * @since 0.1.0
 * @category definition
 */
export const definition = Provider.define({
  id: "google-business-profile",
  name: "Google Business Profile (reviews)",
  version: "v4",
  category: "reviews",
  capabilities: ["accounts", "locations", "reviews", "replies", "notifications by Pub/Sub"],
  baseUrl: "https://mybusiness.googleapis.com",
  servers: {
    accounts: "https://mybusinessaccountmanagement.googleapis.com",
    locations: "https://mybusinessbusinessinformation.googleapis.com",
    notifications: "https://mybusinessnotifications.googleapis.com"
  },
  api: Api.GoogleBusinessProfileApi,
  auth: Auth.bearer,
  classify,
  health: { operation: "accounts.list" },
  policy,
  docs: "https://developers.google.com/my-business/content/review-data",
  popularity: 85,
  credentials: ["OAuth2", "Bearer"],
  oauth2: OAuth2Provider.google,
  pagination: {
    "accounts.list": accounts,
    "locations.list": locations,
    "reviews.batchGet": locationReviews,
    "reviews.list": reviews
  },
  incremental: { "reviews.list": "the default order, read until updateTime is not after the last run: changedSince" },
  limits: [
    "300 requests a minute for each API; 0 for a project that Google has not approved",
    "10 edits a minute for a profile",
    "50 reviews in a page, 20 accounts, 100 locations",
    "4,096 bytes in a reply"
  ]
})

/**
 * The reviews that a business has on Google, and its replies. Every method fails with `IntegrationError` and nothing else.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { GoogleBusinessProfile } from "holdfast/providers/google-business-profile"
 *
 * const program = Effect.gen(function*() {
 *   const google = yield* GoogleBusinessProfile
 *   const path = { accountId: "accounts/100001", locationId: "locations/200001" }
 *   const { reviews } = yield* google.reviews.list({ path })
 *   const [latest] = reviews
 *   if (latest === undefined || latest.reviewReply !== undefined) return undefined
 *   return yield* google.reviews.reply({
 *     path: { ...path, reviewId: latest.name },
 *     payload: { comment: "Thank you for your visit." }
 *   })
 * })
 *
 * const inATest = Effect.provide(program, GoogleBusinessProfile.layerTest)
 * ```
 *
 * @since 0.1.0
 * @category tags
 */
export class GoogleBusinessProfile
  extends Provider.Tag<GoogleBusinessProfile>()("holdfast/GoogleBusinessProfile", definition, {
    credentials: Credentials.bearerConfig("GOOGLE_OAUTH_ACCESS_TOKEN")
  })
{
  /**
   * Business Profile in memory, without network, credential and policies: as it is, or called with operations to replace.
   * Every use starts with an account of three locations, and 60 reviews of the first.
   */
  static readonly layerTest: TestLayer.TestLayer<
    GoogleBusinessProfile,
    TestLayer.Overrides<Api.GoogleBusinessProfileApi>
  > = TestLayer.make(GoogleBusinessProfile, definition, Emulator.make({ authorize: () => true }))
}
