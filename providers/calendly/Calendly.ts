/**
 * Calendly, as a service.
 *
 * @since 0.1.0
 */
import { Auth, Credentials, OAuth2Provider, Provider, type Resilience, WebhookScheme } from "holdfast"
import { TestLayer } from "holdfast/testing"
import * as Api from "./Api.js"
import * as Emulator from "./Emulator.js"
import { classify } from "./Errors.js"
import { lists } from "./Pagination.js"

/**
 * Fits the free plan, 50 requests a minute for a user: what a full bucket holds and what drips in meanwhile stay below that.
 * A paid account, with 500, may go to `{ capacity: 100, refillRate: 6 }`.
 */
const policy = {
  rateLimit: { capacity: 10, refillRate: 0.6, coolDown: "1 minute" },
  // a window of the limit lasts a minute
  retry: { maxAttempts: 4, initialDelay: "1 second", maxDelay: "30 seconds", maxRetryAfter: "2 minutes" },
  circuitBreaker: { failureThreshold: 5, resetTimeout: "1 minute", successThreshold: 2 },
  attemptTimeout: "30 seconds",
  totalTimeout: "4 minutes"
} as const satisfies Resilience.Options

/**
 * Calendly's API, version 2.
 *
 * @since 0.1.0
 * @category definition
 */
export const definition = Provider.define({
  id: "calendly",
  name: "Calendly",
  version: "v2",
  category: "scheduling",
  capabilities: ["event types", "availability", "events", "invitees", "bookings", "no-shows", "webhooks"],
  baseUrl: "https://api.calendly.com",
  api: Api.CalendlyApi,
  auth: Auth.bearer,
  classify,
  health: { operation: "users.me" },
  policy,
  docs: "https://developer.calendly.com/api-docs",
  popularity: 90,
  credentials: ["Bearer", "OAuth2"],
  oauth2: OAuth2Provider.calendly,
  webhook: WebhookScheme.calendly,
  pagination: {
    "eventTypes.list": lists(),
    "events.list": lists(),
    "invitees.list": lists(),
    "webhooks.list": lists()
  },
  incremental: {
    "events.list": "urlParams.min_start_time: by when events start, their updated_at compared; webhooks tell of changes"
  },
  limits: [
    "500 requests a minute for a user on a paid plan, 50 on the free one",
    "10 bookings a minute, 50 an hour, 100 a day on a paid plan; 5 a day in a trial; 500 a minute for an enterprise",
    "8 OAuth tokens a minute for a user"
  ]
})

/**
 * Calendly: event types, free times, events, invitees, bookings, webhooks. Every method fails with `IntegrationError` and
 * nothing else.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Calendly } from "holdfast/providers/calendly"
 *
 * const program = Effect.gen(function*() {
 *   const calendly = yield* Calendly
 *   const { resource: me } = yield* calendly.users.me()
 *   const { collection } = yield* calendly.eventTypes.list({ urlParams: { user: me.uri, active: true } })
 *   return collection.map((type) => type.scheduling_url)
 * })
 *
 * const inATest = Effect.provide(program, Calendly.layerTest)
 * ```
 *
 * @since 0.1.0
 * @category tags
 */
export class Calendly extends Provider.Tag<Calendly>()("holdfast/Calendly", definition, {
  credentials: Credentials.bearerConfig("CALENDLY_ACCESS_TOKEN")
}) {
  /**
   * A Calendly in memory, without network, credential and policies: as it is, or called with operations to replace,
   * `Calendly.layerTest({ invitees: { book: () => Effect.fail(…) } })`. Every use starts with a user and their event types.
   */
  static readonly layerTest: TestLayer.TestLayer<Calendly, TestLayer.Overrides<Api.CalendlyApi>> = TestLayer.make(
    Calendly,
    definition,
    Emulator.make({ authorize: () => true })
  )
}
