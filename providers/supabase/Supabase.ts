/**
 * Supabase, as a service.
 *
 * @since 0.1.0
 */
import * as Config from "effect/Config"
import { Auth, Provider, type Resilience } from "holdfast"
import { TestLayer } from "holdfast/testing"
import * as Api from "./Api.js"
import * as Emulator from "./Emulator.js"
import { classify } from "./Errors.js"
import * as Keys from "./Keys.js"
import { buckets, entries, objects, rows, users } from "./Pagination.js"

/**
 * There is no documented limit of rows: what is short are the connections of the database, which a small project has few of.
 * 20 at once leave some for others; a 503 says for how long they are being restored.
 */
const policy = {
  rateLimit: { capacity: 50, refillRate: 25 },
  retry: { maxAttempts: 4, initialDelay: "500 millis", maxDelay: "20 seconds", maxRetryAfter: "1 minute" },
  circuitBreaker: { failureThreshold: 5, resetTimeout: "30 seconds", successThreshold: 2 },
  bulkhead: { maxConcurrent: 20 },
  attemptTimeout: "1 minute",
  totalTimeout: "3 minutes"
} as const satisfies Resilience.Options

/** Every project has a host of its own. Under this name there never is one, so that nobody is sent a key by mistake. */
const nowhere = "https://set-the-project-url.supabase.invalid"

/** The definition for one project's host. */
const define = (options: { readonly url: string }) =>
  Provider.define({
    id: "supabase",
    name: "Supabase",
    version: "v1",
    category: "database",
    capabilities: ["rows", "functions", "users", "invitations", "links", "buckets", "objects", "signed URLs"],
    baseUrl: options.url,
    api: Api.SupabaseApi,
    auth: Auth.headers,
    classify,
    health: { operation: "project.health" },
    policy,
    docs: "https://supabase.com/docs/guides/api",
    popularity: 85,
    credentials: ["Headers"],
    pagination: {
      "rows.select": rows(),
      "users.list": users(),
      "buckets.list": buckets(),
      "objects.list": entries(),
      "objects.listPage": objects()
    },
    incremental: {
      "rows.select": "urlParams.where: Filters.gt of a column of one's own, as updated_at, with order"
    },
    limits: [
      "no documented number of requests for rows; 503 with Retry-After while there are no connections to the database",
      "1,000 rows in an answer unless the project says otherwise",
      "e-mails, text messages and sign-ins: so many an hour, a setting of the project",
      "429 of Storage where its database is saturated"
    ]
  })

/**
 * Rows, users and storage of a project, version 1 of each.
 *
 * @since 0.1.0
 * @category definition
 */
export const definition = define({ url: nowhere })

/** The project's URL; an emulator's will do alone. */
const urlConfig: Config.Config<string> = Config.url("SUPABASE_URL").pipe(
  Config.map((url) => url.origin),
  Config.orElse(() => Provider.baseUrlConfig(definition))
)

/**
 * Supabase: rows of any table, functions, users, buckets and objects. Every method fails with `IntegrationError` and nothing
 * else.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Filters, Supabase } from "holdfast/providers/supabase"
 *
 * const program = Effect.gen(function*() {
 *   const { rows } = yield* Supabase
 *   yield* rows.upsert({
 *     path: { table: "orders" },
 *     headers: { prefer: { resolution: "merge-duplicates" } },
 *     payload: { id: 7, status: "paid" }
 *   })
 *   return yield* rows.select({ path: { table: "orders" }, urlParams: { where: Filters.eq("status", "paid") } })
 * })
 *
 * const inATest = Effect.provide(program, Supabase.layerTest)
 * ```
 *
 * `layer` wants the project's own host as `baseUrl`. `layerConfig` reads it from `SUPABASE_URL`, and the key from
 * `SUPABASE_SERVICE_ROLE_KEY`.
 *
 * @since 0.1.0
 * @category tags
 */
export class Supabase extends Provider.Tag<Supabase, { readonly baseUrl: string }>()("holdfast/Supabase", definition, {
  credentials: Keys.keyConfig,
  definition: Config.map(urlConfig, (url) => define({ url }))
}) {
  /**
   * A project in memory, without network, credential and policies: as it is, or called with operations to replace,
   * `Supabase.layerTest({ rows: { insert: () => Effect.fail(…) } })`. Every use starts empty; every table is there, with the
   * key `id`.
   */
  static readonly layerTest: TestLayer.TestLayer<Supabase, TestLayer.Overrides<Api.SupabaseApi>> = TestLayer.make(
    Supabase,
    definition,
    Emulator.make({ authorize: () => true })
  )
}
