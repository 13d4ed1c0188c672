/**
 * Kit, as a service.
 *
 * @since 0.1.0
 */
import * as Config from "effect/Config"
import { Auth, Credentials, OAuth2Provider, Provider, type Resilience } from "holdfast"
import { TestLayer } from "holdfast/testing"
import { KitApi } from "./Api.js"
import * as Emulator from "./Emulator.js"
import { classify } from "./Errors.js"
import { lists } from "./Pagination.js"

/**
 * Fits an API key, 120 requests in any 60 seconds: what a full bucket holds and what drips in meanwhile stay below that. An
 * OAuth token may go to `{ capacity: 60, refillRate: 8 }` (600).
 */
const policy = {
  rateLimit: { capacity: 20, refillRate: 1.5, coolDown: "2 seconds" },
  retry: { maxAttempts: 4, initialDelay: "2 seconds", maxDelay: "30 seconds" },
  circuitBreaker: { failureThreshold: 5, resetTimeout: "1 minute", successThreshold: 2 },
  attemptTimeout: "30 seconds",
  totalTimeout: "3 minutes"
} as const satisfies Resilience.Options

/**
 * Version 4 of Kit's API.
 *
 * @since 0.1.0
 * @category definition
 */
export const definition = Provider.define({
  id: "kit",
  name: "Kit (ConvertKit)",
  version: "v4",
  category: "email-marketing",
  capabilities: ["subscribers", "tags", "forms", "custom-fields", "sequences", "broadcasts", "purchases", "bulk"],
  baseUrl: "https://api.kit.com",
  api: KitApi,
  auth: Auth.apiKeyOrBearer("x-kit-api-key"),
  classify,
  health: { operation: "account.get" },
  policy,
  docs: "https://developers.kit.com/api-reference/overview",
  popularity: 60,
  credentials: ["ApiKey", "OAuth2", "Bearer"],
  oauth2: OAuth2Provider.kit,
  pagination: {
    "broadcasts.list": lists.broadcasts,
    "customFields.list": lists.customFields,
    "subscribers.list": lists.subscribers,
    "tags.list": lists.tags,
    "webhooks.list": lists.webhooks
  },
  incremental: { "subscribers.list": "urlParams.updated_after" },
  limits: [
    "120 requests in any 60 seconds for an API key",
    "600 requests in any 60 seconds for an OAuth token",
    "300 MB of bulk requests that wait to be worked off"
  ]
})

/**
 * Subscribers of newsletters with Kit, formerly ConvertKit: subscribers, their tags and custom fields, forms, sequences,
 * broadcasts, purchases. Every method fails with `IntegrationError` and nothing else.
 *
 * `layerConfig` takes the key from `KIT_API_KEY`, or else an OAuth token from `KIT_ACCESS_TOKEN`, and where they are set
 * `KIT_BASE_URL` and the variables of the policy: `HOLDFAST_KIT_…`, as `Resilience.layerConfig` reads them.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Kit } from "holdfast/providers/kit"
 *
 * const program = Effect.gen(function*() {
 *   const kit = yield* Kit
 *   const { subscriber } = yield* kit.subscribers.upsert({ payload: { email_address: "ada@example.com" } })
 *   return subscriber.id
 * })
 *
 * const inATest = Effect.provide(program, Kit.layerTest)
 * ```
 *
 * @since 0.1.0
 * @category tags
 */
export class Kit extends Provider.Tag<Kit>()("holdfast/Kit", definition, {
  credentials: Config.orElse(
    Credentials.apiKeyConfig("KIT_API_KEY"),
    () => Credentials.bearerConfig("KIT_ACCESS_TOKEN")
  )
}) {
  /**
   * A Kit in memory, without network, credential and policies: as it is, or called with operations to replace,
   * `Kit.layerTest({ subscribers: { upsert: () => Effect.fail(…) } })`. Every use starts empty.
   */
  static readonly layerTest: TestLayer.TestLayer<Kit, TestLayer.Overrides<KitApi>> = TestLayer.make(
    Kit,
    definition,
    Emulator.make({ apiKeys: "everywhere", authorize: () => true })
  )
}
