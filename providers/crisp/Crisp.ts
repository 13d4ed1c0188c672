/**
 * Crisp, as a service.
 *
 * @since 0.1.0
 */
import * as Config from "effect/Config"
import { Auth, Credentials, Provider, type Resilience, WebhookScheme } from "holdfast"
import { TestLayer } from "holdfast/testing"
import * as Api from "./Api.js"
import * as Emulator from "./Emulator.js"
import { classify } from "./Errors.js"
import { history, lists } from "./Pagination.js"

/**
 * Fits the quota of a plugin, 5,000 requests a day: what a full bucket holds and what drips in meanwhile stay below that.
 * Bursts are allowed. A website's token, with 10,000, may go to `{ capacity: 1400, refillRate: 0.1 }`.
 */
const policy = {
  // how long a limit lasts is not documented; whoever is to try again waits it out
  rateLimit: { capacity: 600, refillRate: 0.05, coolDown: "1 minute", maxWait: "1 minute" },
  retry: { maxAttempts: 4, initialDelay: "1 second", maxDelay: "30 seconds" },
  circuitBreaker: { failureThreshold: 5, resetTimeout: "1 minute", successThreshold: 2 },
  // as long as Crisp's own client waits
  attemptTimeout: "10 seconds",
  totalTimeout: "4 minutes"
} as const satisfies Resilience.Options

/**
 * Whose token it is: of a plugin (Marketplace), of one website, or of a person who has signed in.
 *
 * @since 0.1.0
 * @category models
 */
export type Tier = "plugin" | "user" | "website"

/**
 * The integration for one kind of token, which is sent as `X-Crisp-Tier`.
 *
 * @example
 * ```ts
 * import { Provider } from "holdfast"
 * import { Crisp, define } from "holdfast/providers/crisp"
 *
 * const ours = Provider.layer(Crisp, define({ tier: "website" }))
 * ```
 *
 * @since 0.1.0
 * @category definition
 */
export const define = (options: { readonly tier?: Tier | undefined } = {}) =>
  Provider.define({
    id: "crisp",
    name: "Crisp",
    version: "v1",
    category: "chat",
    capabilities: ["conversations", "messages", "people", "plugins"],
    baseUrl: "https://api.crisp.chat",
    api: Api.CrispApi,
    auth: Auth.basic,
    headers: { "x-crisp-tier": options.tier ?? "plugin" },
    classify,
    // a token of another tier knows no plugin
    health: { operation: (options.tier ?? "plugin") === "plugin" ? "plugin.account" : "websites.get" },
    policy,
    docs: "https://docs.crisp.chat/references/rest-api/v1/",
    popularity: 60,
    credentials: ["Basic"],
    webhook: WebhookScheme.crisp,
    pagination: {
      "conversations.list": lists(),
      "messages.list": history,
      "people.list": lists(),
      "plugin.websites": lists()
    },
    incremental: {
      "conversations.list": "urlParams.filter_date_start, with order_date_updated",
      "messages.list": "urlParams.timestamp_after",
      "plugin.websitesSince": "urlParams.date_since"
    },
    limits: [
      "5,000 requests a day for a plugin, all websites together, unless Crisp grants more; 10,000 for a website's token",
      "420 or 429 above a limit, of which no header says how much is left, or when to come again",
      "20 to 50 conversations in a page"
    ]
  })

/**
 * Crisp with the token of a plugin.
 *
 * @since 0.1.0
 * @category definition
 */
export const definition = define()

const tierConfig: Config.Config<Tier> = Config.literal("plugin", "user", "website")("CRISP_TIER").pipe(
  Config.withDefault("plugin")
)

/**
 * Crisp: conversations, messages, people, and what a plugin knows of its websites. Every method fails with
 * `IntegrationError` and nothing else.
 *
 * `layerConfig` reads `CRISP_IDENTIFIER`, `CRISP_KEY` and `CRISP_TIER` (`plugin`, `website`, `user`; default `plugin`).
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Crisp } from "holdfast/providers/crisp"
 *
 * const ask = (website_id: string, content: string) =>
 *   Effect.gen(function*() {
 *     const crisp = yield* Crisp
 *     const { data: { session_id } } = yield* crisp.conversations.create({ path: { website_id } })
 *     yield* crisp.messages.send({
 *       path: { session_id, website_id },
 *       payload: { content, from: "user", origin: "chat", type: "text" }
 *     })
 *     return session_id
 *   })
 *
 * const inATest = Effect.provide(ask("5a1c0de0-0000-4000-8000-000000000001", "Is anybody there?"), Crisp.layerTest)
 * ```
 *
 * @since 0.1.0
 * @category tags
 */
export class Crisp extends Provider.Tag<Crisp>()("holdfast/Crisp", definition, {
  credentials: Credentials.basicConfig({ password: "CRISP_KEY", username: "CRISP_IDENTIFIER" }),
  definition: Config.map(tierConfig, (tier) => define({ tier }))
}) {
  /**
   * A Crisp in memory, without network, credential and policies: as it is, or called with operations to replace,
   * `Crisp.layerTest({ messages: { send: () => Effect.fail(…) } })`. Every use starts with one website,
   * `5a1c0de0-0000-4000-8000-000000000001`, that has no conversations.
   */
  static readonly layerTest: TestLayer.TestLayer<Crisp, TestLayer.Overrides<Api.CrispApi>> = TestLayer.make(
    Crisp,
    definition,
    Emulator.make({ authorize: () => true })
  )
}
