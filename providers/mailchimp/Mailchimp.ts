/**
 * Mailchimp, as a service.
 *
 * @since 0.1.0
 */
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { Auth, Credentials, OAuth2Provider, Provider, type Resilience, WebhookScheme } from "holdfast"
import { TestLayer } from "holdfast/testing"
import { MailchimpApi } from "./Api.js"
import * as DataCentre from "./DataCentre.js"
import * as Emulator from "./Emulator.js"
import { classify } from "./Errors.js"
import { lists } from "./Pagination.js"

/**
 * Mailchimp counts what is under way at once, 10 for a user with all of its programs: the bulkhead finds what is left of
 * them. An attempt is given the 2 minutes that Mailchimp gives it itself, since one that is abandoned before goes on to hold
 * its place there.
 */
const policy = {
  attemptTimeout: "2 minutes",
  bulkhead: { maxConcurrent: 10, adaptive: { min: 1, initial: 8, backoffRatio: 0.7 } },
  circuitBreaker: { failureThreshold: 5, resetTimeout: "1 minute", successThreshold: 2 },
  rateLimit: { coolDown: "1 second", read: false },
  retry: { maxAttempts: 4, initialDelay: "1 second", maxDelay: "30 seconds" },
  totalTimeout: "6 minutes"
} as const satisfies Resilience.Options

/** Every account has a host of its own. Under this name there never is one, so that nobody is sent a key by mistake. */
const nowhere = "https://set-the-data-centre.mailchimp.invalid"

/**
 * The Marketing API, version 3.0.
 *
 * @since 0.1.0
 * @category definition
 */
export const definition = Provider.define({
  id: "mailchimp",
  name: "Mailchimp",
  version: "3.0",
  category: "email-marketing",
  capabilities: ["audiences", "members", "tags", "events", "batches", "webhooks"],
  baseUrl: nowhere,
  api: MailchimpApi,
  auth: Auth.basicOrBearer,
  classify,
  health: { operation: "ping.get" },
  policy,
  docs: "https://mailchimp.com/developer/marketing/api/",
  popularity: 95,
  credentials: ["Basic", "OAuth2", "Bearer"],
  oauth2: OAuth2Provider.mailchimp,
  webhook: WebhookScheme.mailchimp,
  pagination: { "lists.list": lists.lists, "members.list": lists.members },
  incremental: { "members.list": "urlParams.since_last_changed" },
  limits: [
    "10 requests at once for a user, all programs together: 429 above it, and at times a bare 403",
    "120 seconds for a request",
    "1,000 items in a page; 500 members in a request; 1,000 operations in a batch, 500 batches that are open"
  ]
})

/**
 * The credential of an API key: Mailchimp takes it as a password, with any name.
 *
 * @since 0.1.0
 * @category credentials
 */
export const apiKey = (key: Redacted.Redacted): Credentials.Credential =>
  Credentials.Basic({ password: key, username: "holdfast" })

const credentialConfig = Config.orElse(
  Credentials.apiKeyConfig("MAILCHIMP_API_KEY"),
  () => Credentials.bearerConfig("MAILCHIMP_ACCESS_TOKEN")
)

const prefixConfig = Config.nonEmptyString("MAILCHIMP_SERVER_PREFIX").pipe(
  Config.validate({
    message: "must be a data centre as in us19, unless MAILCHIMP_API_KEY ends in one",
    validation: Schema.is(DataCentre.DataCentre)
  })
)

/** What `layerConfig` is told. A key says itself where it is good; of a token the environment has to. */
const configured = Effect.gen(function*() {
  const found = yield* credentialConfig
  const key = found._tag === "ApiKey" ? Option.some(found.key) : Option.none()
  const other = yield* Config.option(Provider.baseUrlConfig(definition))
  const baseUrl = Option.isSome(other)
    ? other.value
    : DataCentre.baseUrl(
      yield* Option.match(Option.flatMap(key, DataCentre.ofKey), { onNone: () => prefixConfig, onSome: Effect.succeed })
    )
  return { baseUrl, credential: Option.match(key, { onNone: () => found, onSome: apiKey }) }
})

/**
 * Audiences and their members with Mailchimp's Marketing API. Every method fails with `IntegrationError` and nothing else.
 *
 * `layer` takes the server of the account's data centre as `baseUrl`: `DataCentre.baseUrl("us19")`.
 * `layerConfig` takes the key from `MAILCHIMP_API_KEY`, or else an OAuth token from `MAILCHIMP_ACCESS_TOKEN`. The server
 * is that of the data centre that the key ends in, or else of `MAILCHIMP_SERVER_PREFIX` (`us19`); `MAILCHIMP_BASE_URL`
 * goes before both. And the variables of the policy: `HOLDFAST_MAILCHIMP_…`, as `Resilience.layerConfig` reads them.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Mailchimp, subscriberHash } from "holdfast/providers/mailchimp"
 *
 * const program = Effect.gen(function*() {
 *   const mailchimp = yield* Mailchimp
 *   const email_address = "ada@example.com"
 *   const member = yield* mailchimp.members.upsert({
 *     path: { hash: subscriberHash(email_address), listId: "a1b2c3d4e5" },
 *     payload: { email_address, status_if_new: "subscribed" }
 *   })
 *   return member.status
 * })
 *
 * const inATest = Effect.provide(program, Mailchimp.layerTest)
 * ```
 *
 * @since 0.1.0
 * @category tags
 */
export class Mailchimp
  extends Provider.Tag<Mailchimp, { readonly baseUrl: string }>()("holdfast/Mailchimp", definition, {
    credentials: Effect.map(configured, ({ credential }) => credential),
    definition: Effect.map(configured, ({ baseUrl }) => ({ ...definition, baseUrl }))
  })
{
  /**
   * A Mailchimp in memory, without network, credential and policies: as it is, or called with operations to replace,
   * `Mailchimp.layerTest({ members: { upsert: () => Effect.fail(…) } })`. Every use starts with one empty audience,
   * `a1b2c3d4e5`.
   */
  static readonly layerTest: TestLayer.TestLayer<Mailchimp, TestLayer.Overrides<MailchimpApi>> = TestLayer.make(
    Mailchimp,
    definition,
    Emulator.make({ authorize: () => true })
  )
}
