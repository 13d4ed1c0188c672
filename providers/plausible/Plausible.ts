/**
 * Plausible, as a service.
 *
 * @since 0.1.0
 */
import type { DeadLettering } from "holdfast"
import { Auth, type Call, Credentials, Provider, type Resilience } from "holdfast"
import { TestLayer } from "holdfast/testing"
import * as Api from "./Api.js"
import * as Emulator from "./Emulator.js"
import { classify } from "./Errors.js"
import { rows, sites, teams } from "./Pagination.js"

const isKeyless = ({ operation }: Call.Call): boolean => Api.keyless.some((name) => name === operation.name)

/**
 * Fits the limit of a key, 600 requests in an hour, of which no answer says what is left. Events, which have no limit that is
 * known, neither take of it nor wait for it.
 */
const policy = {
  rateLimit: {
    capacity: 60,
    refillRate: 0.15,
    coolDown: "1 minute",
    key: (call: Call.Call) => isKeyless(call) ? "plausible/keyless" : "plausible",
    read: false
  },
  retry: { maxAttempts: 4, initialDelay: "1 second", maxDelay: "30 seconds" },
  circuitBreaker: { failureThreshold: 5, resetTimeout: "1 minute", successThreshold: 2 },
  // without them a replay would be an event of this program's own
  deadLettering: { headers: ["user-agent", "x-forwarded-for"] satisfies DeadLettering.Options["headers"] },
  attemptTimeout: "30 seconds",
  totalTimeout: "3 minutes"
} as const satisfies Resilience.Options

/**
 * Plausible in its cloud; a server of one's own by `baseUrl`.
 *
 * @since 0.1.0
 * @category definition
 */
export const definition = Provider.define({
  id: "plausible",
  name: "Plausible",
  version: "v2",
  category: "analytics",
  capabilities: ["events", "stats", "sites", "teams"],
  baseUrl: "https://plausible.io",
  api: Api.PlausibleApi,
  auth: Auth.bearer.pipe(Auth.except(...Api.keyless)),
  classify,
  health: { operation: "health.get" },
  policy,
  docs: "https://plausible.io/docs/stats-api",
  popularity: 60,
  credentials: ["Bearer"],
  pagination: { "sites.list": sites, "stats.query": rows, "teams.list": teams },
  incremental: { "stats.query": "payload.date_range, in days of the site's time zone" },
  limits: [
    "600 requests in an hour for a key, and a burst limit that is not documented",
    "10,000 rows in a page",
    "30 properties of an event, 2,000 characters of its URL besides host and query"
  ]
})

/**
 * Plausible: events of visitors, queries, sites. Every method fails with `IntegrationError` and nothing else; an event that
 * Plausible takes and drops is one of them.
 *
 * `layerConfig` takes the key from `PLAUSIBLE_API_KEY`, and where they are set `PLAUSIBLE_BASE_URL` and the variables of
 * the policy: `HOLDFAST_PLAUSIBLE_…`, as `Resilience.layerConfig` reads them.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Plausible } from "holdfast/providers/plausible"
 *
 * const program = Effect.gen(function*() {
 *   const plausible = yield* Plausible
 *   yield* plausible.events.record({
 *     headers: { "user-agent": "Mozilla/5.0 (X11; Linux x86_64)", "x-forwarded-for": "203.0.113.7" },
 *     payload: { domain: "example.com", name: "Signup", url: "https://example.com/signup" }
 *   })
 *   const { results } = yield* plausible.stats.query({
 *     payload: { date_range: "day", metrics: ["visitors"], site_id: "example.com" }
 *   })
 *   return results[0]?.metrics[0]
 * })
 *
 * const inATest = Effect.provide(program, Plausible.layerTest)
 * ```
 *
 * @since 0.1.0
 * @category tags
 */
export class Plausible extends Provider.Tag<Plausible>()("holdfast/Plausible", definition, {
  credentials: Credentials.bearerConfig("PLAUSIBLE_API_KEY")
}) {
  /**
   * A Plausible in memory, without network, credential and policies: as it is, or called with operations to replace. Every
   * use starts with a site, `example.com`, that nobody has seen yet.
   */
  static readonly layerTest: TestLayer.TestLayer<Plausible, TestLayer.Overrides<Api.PlausibleApi>> = TestLayer.make(
    Plausible,
    definition,
    Emulator.make({ authorize: () => true })
  )
}
