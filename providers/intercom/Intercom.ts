/**
 * Intercom, as a service.
 *
 * @since 0.1.0
 */
import * as Config from "effect/Config"
import { Auth, Credentials, OAuth2Provider, Provider, type Resilience, WebhookScheme } from "holdfast"
import { TestLayer } from "holdfast/testing"
import * as Api from "./Api.js"
import * as Emulator from "./Emulator.js"
import { classify } from "./Errors.js"
import * as Pagination from "./Pagination.js"

/**
 * The lower of the two limits that Intercom documents: 1,000 requests a minute, which it counts in windows of 10 seconds (166).
 * A token of 10,000 a minute is kept to by what the headers say, and may go to `{ capacity: 800, refillRate: 80 }`.
 */
const policy = {
  rateLimit: { capacity: 80, refillRate: 8, coolDown: "10 seconds" },
  // a window of the limit lasts ten seconds
  retry: { maxAttempts: 4, initialDelay: "1 second", maxDelay: "20 seconds" },
  circuitBreaker: { failureThreshold: 5, resetTimeout: "30 seconds", successThreshold: 2 },
  attemptTimeout: "20 seconds",
  totalTimeout: "2 minutes"
} as const satisfies Resilience.Options

/**
 * Where the data of a workspace is. It is chosen as the workspace is made, and a token is good there alone.
 *
 * @since 0.1.0
 * @category models
 */
export type Region = "au" | "eu" | "us"

const hosts: Readonly<Record<Region, string>> = {
  au: "https://api.au.intercom.io",
  eu: "https://api.eu.intercom.io",
  us: "https://api.intercom.io"
}

/** People agree, and codes are exchanged, in the region as well. */
const oauth2Of = (region: Region): OAuth2Provider.OAuth2Provider =>
  region === "us" ? OAuth2Provider.intercom : {
    ...OAuth2Provider.intercom,
    authorizationEndpoint: `https://app.${region}.intercom.com/oauth`,
    tokenEndpoint: `${hosts[region]}/auth/eagle/token`
  }

/**
 * The version of the API that is declared here, sent as `Intercom-Version`.
 *
 * @since 0.1.0
 * @category constants
 */
export const version = "2.15"

/**
 * The integration for one region, and one version of the API.
 *
 * @example
 * ```ts
 * import { Provider } from "holdfast"
 * import { define, Intercom } from "holdfast/providers/intercom"
 *
 * const european = Provider.layer(Intercom, define({ region: "eu" }))
 * ```
 *
 * @since 0.1.0
 * @category definition
 */
export const define = (options: { readonly region?: Region | undefined; readonly version?: string | undefined } = {}) =>
  Provider.define({
    id: "intercom",
    name: "Intercom",
    version: options.version ?? version,
    category: "chat",
    capabilities: ["contacts", "conversations", "messages", "events"],
    baseUrl: hosts[options.region ?? "us"],
    api: Api.IntercomApi,
    auth: Auth.bearer,
    headers: { accept: "application/json", "intercom-version": options.version ?? version },
    classify,
    health: { operation: "admins.me" },
    policy,
    docs: "https://developers.intercom.com/docs",
    popularity: 90,
    credentials: ["Bearer", "OAuth2"],
    oauth2: oauth2Of(options.region ?? "us"),
    webhook: WebhookScheme.intercom,
    pagination: {
      "contacts.list": Pagination.contacts,
      "contacts.search": Pagination.searchedContacts,
      "conversations.list": Pagination.conversations,
      "conversations.search": Pagination.searchedConversations
    },
    incremental: {
      "contacts.search": "payload.query, updatedSince: to the day, and their updated_at compared",
      "conversations.search": "payload.query, updated_at > …"
    },
    limits: [
      "10,000 requests a minute for an app and 25,000 for a workspace, in windows of 10 seconds; by older documentation 1,000 a minute",
      "150 in a page; 15 conditions in a group of a search, and groups in a group once",
      "the latest 500 parts of a conversation"
    ]
  })

/**
 * Intercom in the United States, version 2.15.
 *
 * @since 0.1.0
 * @category definition
 */
export const definition = define()

const regionConfig: Config.Config<Region> = Config.literal("au", "eu", "us")("INTERCOM_REGION").pipe(
  Config.withDefault("us")
)

const versionConfig: Config.Config<string> = Config.string("INTERCOM_VERSION").pipe(
  Config.validate({ message: "must be a version as in 2.15", validation: (text) => /^\d+\.\d+$/.test(text) }),
  Config.withDefault(version)
)

/**
 * Intercom: contacts, conversations, messages, events. Every method fails with `IntegrationError` and nothing else.
 *
 * `layerConfig` takes the token from `INTERCOM_ACCESS_TOKEN`, and where they are set `INTERCOM_REGION` (`us`, `eu`,
 * `au`), `INTERCOM_VERSION`, `INTERCOM_BASE_URL` and the variables of the policy: `HOLDFAST_INTERCOM_…`, as
 * `Resilience.layerConfig` reads them.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Intercom } from "holdfast/providers/intercom"
 *
 * const program = Effect.gen(function*() {
 *   const intercom = yield* Intercom
 *   const ada = yield* intercom.contacts.create({ payload: { email: "ada@example.com", external_id: "42", role: "user" } })
 *   const { conversation_id } = yield* intercom.conversations.create({
 *     payload: { body: "Does it run backwards?", from: { id: ada.id, type: "user" } }
 *   })
 *   return conversation_id
 * })
 *
 * const inATest = Effect.provide(program, Intercom.layerTest)
 * ```
 *
 * @since 0.1.0
 * @category tags
 */
export class Intercom extends Provider.Tag<Intercom>()("holdfast/Intercom", definition, {
  credentials: Credentials.bearerConfig("INTERCOM_ACCESS_TOKEN"),
  definition: Config.map(Config.all({ region: regionConfig, version: versionConfig }), define)
}) {
  /**
   * An Intercom in memory, without network, credential and policies: as it is, or called with operations to replace,
   * `Intercom.layerTest({ messages: { send: () => Effect.fail(…) } })`. Every use starts with an admin, `814860`.
   */
  static readonly layerTest: TestLayer.TestLayer<Intercom, TestLayer.Overrides<Api.IntercomApi>> = TestLayer.make(
    Intercom,
    definition,
    Emulator.make({ authorize: () => true })
  )
}
