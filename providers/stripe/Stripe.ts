/**
 * Stripe, as a service.
 *
 * @since 0.1.0
 */
import * as Config from "effect/Config"
import * as Option from "effect/Option"
import { Auth, Credentials, OAuth2Provider, Provider, type Resilience, WebhookScheme } from "holdfast"
import { TestLayer } from "holdfast/testing"
import { StripeApi, version } from "./Api.js"
import * as Emulator from "./Emulator.js"
import { classify } from "./Errors.js"
import { lists, searches } from "./Pagination.js"

/**
 * Fits a sandbox, and any one endpoint of a live account: 25 requests a second, of which a full bucket and what drips in
 * meanwhile are fewer. A live account whose calls are spread over endpoints may go to `{ capacity: 40, refillRate: 55 }`
 * (100).
 */
const policy = {
  rateLimit: { capacity: 10, refillRate: 14, coolDown: "1 second" },
  idempotencyKey: { header: "idempotency-key" },
  retry: { maxAttempts: 4, initialDelay: "500 millis", maxDelay: "5 seconds" },
  circuitBreaker: { failureThreshold: 5, resetTimeout: "30 seconds", successThreshold: 2 },
  // the SDK of Stripe's own waits 80 seconds: banks take their time, and a payment may have been made meanwhile
  attemptTimeout: "80 seconds",
  totalTimeout: "4 minutes"
} as const satisfies Resilience.Options

/**
 * The integration for one version of the API, sent as `Stripe-Version`, and where it is named for one connected account,
 * sent as `Stripe-Account`.
 *
 * @example
 * ```ts
 * import { Provider } from "holdfast"
 * import { define, Stripe } from "holdfast/providers/stripe"
 *
 * const ofMerchant = Provider.layer(Stripe, define({ account: "acct_1032D82eZvKYlo2C" }))
 * ```
 *
 * @since 0.1.0
 * @category definition
 */
export const define = (
  options: { readonly account?: string | undefined; readonly version?: string | undefined } = {}
) =>
  Provider.define({
    id: "stripe",
    name: "Stripe",
    version: options.version ?? version,
    category: "payments",
    capabilities: ["payments", "refunds", "charges", "customers", "events", "search"],
    baseUrl: "https://api.stripe.com",
    api: StripeApi,
    auth: Auth.bearer,
    classify,
    headers: {
      accept: "application/json",
      "stripe-version": options.version ?? version,
      ...(options.account === undefined ? undefined : { "stripe-account": options.account })
    },
    health: { operation: "balance.get" },
    policy,
    docs: "https://docs.stripe.com/api",
    popularity: 95,
    credentials: ["Bearer", "OAuth2"],
    oauth2: OAuth2Provider.stripe,
    webhook: WebhookScheme.stripe,
    pagination: {
      "charges.list": lists(),
      "events.list": lists(),
      "paymentIntents.list": lists(),
      "paymentIntents.search": searches()
    },
    incremental: {
      "charges.list": "urlParams.created.gte",
      "events.list": "urlParams.created.gte",
      "paymentIntents.list": "urlParams.created.gte"
    },
    limits: [
      "100 requests a second for a live account, 25 for a sandbox",
      "25 requests a second for an endpoint, where nothing else is said",
      "20 searches a second",
      "1,000 updates an hour of one payment"
    ]
  })

/**
 * The account that the key belongs to, in the version that the declaration was written for.
 *
 * @since 0.1.0
 * @category definition
 */
export const definition = define()

const isVersion = (text: string): boolean => /^\d{4}-\d{2}-\d{2}(\.\w+)?$/.test(text)

const isAccount = (text: string): boolean => /^acct_\w+$/.test(text)

const optionsConfig = Config.all({
  account: Config.option(
    Config.string("STRIPE_ACCOUNT").pipe(
      Config.validate({ message: "must be the id of a connected account, acct_…", validation: isAccount })
    )
  ),
  version: Config.string("STRIPE_API_VERSION").pipe(
    Config.validate({ message: `must be a version such as ${version}`, validation: isVersion }),
    Config.withDefault(version)
  )
})

/**
 * Payments with Stripe: payments, refunds, charges, customers, events. Every method fails with `IntegrationError` and
 * nothing else. Every write has an idempotency key, the same on each attempt and each replay.
 *
 * `layerConfig` takes the key from `STRIPE_SECRET_KEY`, and where they are set `STRIPE_BASE_URL`, `STRIPE_API_VERSION`
 * and `STRIPE_ACCOUNT` (a connected account), and the variables of the policy: `HOLDFAST_STRIPE_…`, as
 * `Resilience.layerConfig` reads them.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { IdempotencyKey } from "holdfast"
 * import { Stripe } from "holdfast/providers/stripe"
 *
 * const program = Effect.gen(function*() {
 *   const stripe = yield* Stripe
 *   const payment = yield* stripe.paymentIntents.create({
 *     payload: { amount: 1999, confirm: true, currency: "eur", payment_method: "pm_card_visa" }
 *   }).pipe(IdempotencyKey.provide("order-42"))
 *   return payment.status
 * })
 *
 * const inATest = Effect.provide(program, Stripe.layerTest)
 * ```
 *
 * @since 0.1.0
 * @category tags
 */
export class Stripe extends Provider.Tag<Stripe>()("holdfast/Stripe", definition, {
  credentials: Credentials.bearerConfig("STRIPE_SECRET_KEY"),
  definition: Config.map(
    optionsConfig,
    ({ account, version }) => define({ account: Option.getOrUndefined(account), version })
  )
}) {
  /**
   * A Stripe in memory, without network, credential and policies: as it is, or called with operations to replace,
   * `Stripe.layerTest({ refunds: { create: () => Effect.fail(…) } })`. Every use starts empty.
   */
  static readonly layerTest: TestLayer.TestLayer<Stripe, TestLayer.Overrides<StripeApi>> = TestLayer.make(
    Stripe,
    definition,
    Emulator.make({ authorize: () => true })
  )
}
