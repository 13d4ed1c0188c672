/**
 * HubSpot, as a service.
 *
 * @since 0.1.0
 */
import * as Config from "effect/Config"
import { Auth, Credentials, OAuth2Provider, Provider, type Resilience, WebhookScheme } from "holdfast"
import { TestLayer } from "holdfast/testing"
import * as Api from "./Api.js"
import * as Emulator from "./Emulator.js"
import { classify } from "./Errors.js"
import { lists, searches } from "./Pagination.js"
import { read } from "./RateLimit.js"

/**
 * Fits the smallest plan, 100 requests in any 10 seconds: what a full bucket holds and what drips in meanwhile stay below
 * that. An account on a larger plan may go to `{ capacity: 40, refillRate: 15 }` (190).
 */
const policy = {
  rateLimit: { capacity: 20, refillRate: 8, coolDown: "10 seconds", read },
  retry: { maxAttempts: 4, initialDelay: "1 second", maxDelay: "30 seconds" },
  circuitBreaker: { failureThreshold: 5, resetTimeout: "1 minute", successThreshold: 2 },
  attemptTimeout: "30 seconds",
  totalTimeout: "2 minutes"
} as const satisfies Resilience.Options

/**
 * The integration for one version of HubSpot's API.
 *
 * @example
 * ```ts
 * import { Provider } from "holdfast"
 * import { define, HubSpot } from "holdfast/providers/hubspot"
 *
 * const dated = Provider.layer(HubSpot, define({ version: "2026-03" }))
 * ```
 *
 * @since 0.1.0
 * @category definition
 */
export const define = (options: { readonly version: Api.Version }) =>
  Provider.define({
    id: "hubspot",
    name: "HubSpot",
    version: options.version,
    category: "crm",
    capabilities: ["contacts", "companies", "deals", "associations", "owners", "search", "batch"],
    baseUrl: "https://api.hubapi.com",
    api: options.version === "v3" ? Api.HubSpotApi : Api.make(options),
    auth: Auth.bearer,
    classify,
    health: { operation: "account.details" },
    policy,
    docs: "https://developers.hubspot.com/docs/api-reference",
    popularity: 90,
    credentials: ["Bearer", "OAuth2"],
    oauth2: OAuth2Provider.hubSpot,
    webhook: WebhookScheme.hubSpot,
    pagination: {
      "associations.list": lists(),
      "companies.list": lists(),
      "companies.search": searches(),
      "contacts.list": lists(),
      "contacts.search": searches(),
      "deals.list": lists(),
      "deals.search": searches(),
      "owners.list": lists()
    },
    incremental: {
      "companies.search": "payload.filterGroups, hs_lastmodifieddate GTE",
      "contacts.search": "payload.filterGroups, lastmodifieddate GTE",
      "deals.search": "payload.filterGroups, hs_lastmodifieddate GTE"
    },
    limits: [
      "100 requests in any 10 seconds on the smallest plan (110 for an OAuth app, 190 on the larger ones), for each account",
      "5 searches a second",
      "250,000 to 1,000,000 requests a day, by plan"
    ]
  })

/**
 * Version 3 of the objects, and version 4 of the associations.
 *
 * @since 0.1.0
 * @category definition
 */
export const definition = define({ version: "v3" })

const isVersion = (text: string): text is Api.Version => /^(v3|\d{4}-\d{2})$/.test(text)

const versionConfig: Config.Config<Api.Version> = Config.string("HUBSPOT_API_VERSION").pipe(
  Config.validate({ message: "must be v3, or a date such as 2026-03", validation: isVersion }),
  Config.withDefault("v3")
)

/**
 * The CRM of HubSpot: contacts, companies, deals, associations, owners. Every method fails with `IntegrationError` and
 * nothing else.
 *
 * `layerConfig` takes the token from `HUBSPOT_ACCESS_TOKEN`, and where they are set `HUBSPOT_BASE_URL` and
 * `HUBSPOT_API_VERSION` (`v3`, or a date such as `2026-03`), and the variables of the policy: `HOLDFAST_HUBSPOT_…`, as
 * `Resilience.layerConfig` reads them.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { HubSpot } from "holdfast/providers/hubspot"
 *
 * const program = Effect.gen(function*() {
 *   const hubspot = yield* HubSpot
 *   const contact = yield* hubspot.contacts.create({ payload: { properties: { email: "ada@example.com" } } })
 *   return contact.id
 * })
 *
 * const inATest = Effect.provide(program, HubSpot.layerTest)
 * ```
 *
 * @since 0.1.0
 * @category tags
 */
export class HubSpot extends Provider.Tag<HubSpot>()("holdfast/HubSpot", definition, {
  credentials: Credentials.bearerConfig("HUBSPOT_ACCESS_TOKEN"),
  definition: Config.map(versionConfig, (version) => define({ version }))
}) {
  /**
   * A HubSpot in memory, without network, credential and policies: as it is, or called with operations to replace,
   * `HubSpot.layerTest({ contacts: { create: () => Effect.fail(…) } })`. Every use starts empty.
   */
  static readonly layerTest: TestLayer.TestLayer<HubSpot, TestLayer.Overrides<Api.HubSpotApi>> = TestLayer.make(
    HubSpot,
    definition,
    Emulator.make({ authorize: () => true })
  )
}
