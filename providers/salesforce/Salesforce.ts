/**
 * Salesforce, as a service.
 *
 * @since 0.1.0
 */
import * as Config from "effect/Config"
import { Auth, Credentials, OAuth2Provider, Provider, type Resilience } from "holdfast"
import { TestLayer } from "holdfast/testing"
import * as Api from "./Api.js"
import * as Emulator from "./Emulator.js"
import { classify } from "./Errors.js"
import { queries } from "./Pagination.js"
import { read } from "./RateLimit.js"

/**
 * Salesforce has no limit a second: one a day, and 25 requests at once of those that take longer than 20 seconds (5 in an
 * org for developers). 20 at once leave room for other programs; a queue that has run up is worked off without spending
 * the requests of a day in a minute.
 */
const policy = {
  rateLimit: { capacity: 50, refillRate: 10, read },
  retry: { maxAttempts: 4, initialDelay: "1 second", maxDelay: "30 seconds" },
  circuitBreaker: { failureThreshold: 5, resetTimeout: "1 minute", successThreshold: 2 },
  bulkhead: { maxConcurrent: 20 },
  attemptTimeout: "1 minute",
  totalTimeout: "4 minutes"
} as const satisfies Resilience.Options

/** Every org has a host of its own. Under this name there never is one, so that nobody is sent a token by mistake. */
const nowhere = "https://set-the-instance-url.salesforce.invalid"

/**
 * The integration for one version of Salesforce's API.
 *
 * @example
 * ```ts
 * import { Provider } from "holdfast"
 * import { define, Salesforce } from "holdfast/providers/salesforce"
 *
 * const preview = Provider.layer(Salesforce, define({ version: "v68.0" }), {
 *   baseUrl: "https://example.my.salesforce.com"
 * })
 * ```
 *
 * @since 0.1.0
 * @category definition
 */
export const define = (options: { readonly version: Api.Version; readonly instanceUrl?: string | undefined }) =>
  Provider.define({
    id: "salesforce",
    name: "Salesforce",
    version: options.version,
    category: "crm",
    capabilities: ["records", "query", "upsert", "collections", "composite", "describe", "changes", "limits"],
    baseUrl: options.instanceUrl ?? nowhere,
    api: options.version === "v67.0" ? Api.SalesforceApi : Api.make(options),
    auth: Auth.bearer,
    classify,
    // the limits would need a permission
    health: { operation: "org.resources" },
    policy,
    docs: "https://developer.salesforce.com/docs/platform/api-rest/overview",
    popularity: 100,
    credentials: ["OAuth2", "Bearer"],
    oauth2: OAuth2Provider.salesforce(),
    pagination: {
      "soql.query": queries(),
      "soql.queryAll": queries()
    },
    incremental: {
      "records.deleted": "urlParams.start, urlParams.end",
      "records.updated": "urlParams.start, urlParams.end",
      "soql.query": "urlParams.q, WHERE SystemModstamp > … ORDER BY SystemModstamp, Id",
      "soql.queryAll": "urlParams.q, the same with IsDeleted"
    },
    limits: [
      "100,000 requests in any 24 hours and 1,000 more for each licence (Enterprise) for an org; 15,000 for a Developer Edition",
      "25 requests at once of those that take longer than 20 seconds; 5 in a Developer Edition or a trial",
      "10 minutes for a request"
    ]
  })

/**
 * Version 67, Summer '26.
 *
 * @since 0.1.0
 * @category definition
 */
export const definition = define({ version: "v67.0" })

const isVersion = (text: string): text is Api.Version => /^v\d+\.0$/.test(text)

const versionConfig: Config.Config<Api.Version> = Config.string("SALESFORCE_API_VERSION").pipe(
  Config.validate({ message: "must be a version as in v67.0", validation: isVersion }),
  Config.withDefault("v67.0")
)

const lightning = /\.lightning\.(?:force\.com|crmforce\.mil|sfcrmapps\.cn)$/

/** What `layerConfig` is told of where the org is; an emulator's URL will do alone. */
const instanceConfig: Config.Config<string> = Config.url("SALESFORCE_INSTANCE_URL").pipe(
  Config.validate({
    message:
      "must be the org's own host, as in https://example.my.salesforce.com: hosts of Lightning do not answer the API",
    validation: (url) => !lightning.test(url.hostname)
  }),
  Config.map((url) => url.origin),
  Config.orElse(() => Provider.baseUrlConfig(definition))
)

/**
 * The CRM of Salesforce: records of any type, queries, collections, composites, changes. Every method fails with
 * `IntegrationError` and nothing else.
 *
 * `layer` takes the org's own host as `baseUrl`, the `instance_url` that comes with a token.
 * `layerConfig` takes the token from `SALESFORCE_ACCESS_TOKEN`, the org's host from `SALESFORCE_INSTANCE_URL` (or
 * `SALESFORCE_BASE_URL`, which goes before it), where it is set `SALESFORCE_API_VERSION` (as in `v67.0`), and the
 * variables of the policy: `HOLDFAST_SALESFORCE_…`, as `Resilience.layerConfig` reads them.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Salesforce } from "holdfast/providers/salesforce"
 *
 * const program = Effect.gen(function*() {
 *   const salesforce = yield* Salesforce
 *   const account = yield* salesforce.records.upsert({
 *     path: { type: "Account", field: "External_Id__c", value: "A-1" },
 *     payload: { Name: "Analytical Engines" }
 *   })
 *   return account.id
 * })
 *
 * const inATest = Effect.provide(program, Salesforce.layerTest)
 * ```
 *
 * @since 0.1.0
 * @category tags
 */
export class Salesforce
  extends Provider.Tag<Salesforce, { readonly baseUrl: string }>()("holdfast/Salesforce", definition, {
    credentials: Credentials.bearerConfig("SALESFORCE_ACCESS_TOKEN"),
    definition: Config.map(Config.all({ instanceUrl: instanceConfig, version: versionConfig }), define)
  })
{
  /**
   * A Salesforce in memory, without network, credential and policies: as it is, or called with operations to replace,
   * `Salesforce.layerTest({ records: { create: () => Effect.fail(…) } })`. Every use starts empty.
   */
  static readonly layerTest: TestLayer.TestLayer<Salesforce, TestLayer.Overrides<Api.SalesforceApi>> = TestLayer.make(
    Salesforce,
    definition,
    Emulator.make({ authorize: () => true })
  )
}
