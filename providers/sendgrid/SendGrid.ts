/**
 * SendGrid, as a service.
 *
 * @since 0.1.0
 */
import { Auth, Credentials, Provider, type Resilience, WebhookScheme } from "holdfast"
import { TestLayer } from "holdfast/testing"
import * as Api from "./Api.js"
import * as Emulator from "./Emulator.js"
import { classify } from "./Errors.js"
import { links, offsets } from "./Pagination.js"

/**
 * SendGrid limits each endpoint by itself, and publishes no numbers: each operation has a limiter of its own, which goes by
 * what `X-RateLimit-Remaining` and `-Reset` say.
 */
const policy = {
  attemptTimeout: "30 seconds",
  circuitBreaker: { failureThreshold: 5, resetTimeout: "30 seconds", successThreshold: 2 },
  rateLimit: {
    coolDown: "1 second",
    key: ({ context: { connectionId = "" }, operation }) => `sendgrid ${operation.name} ${connectionId}`.trimEnd()
  },
  retry: { maxAttempts: 4, initialDelay: "1 second", maxDelay: "30 seconds" },
  totalTimeout: "2 minutes"
} as const satisfies Resilience.Options

/**
 * @since 0.1.0
 * @category definition
 */
export const definition = Provider.define({
  id: "sendgrid",
  name: "SendGrid",
  version: "v3",
  category: "email",
  capabilities: ["mail", "templates", "contacts", "lists", "suppressions"],
  baseUrl: "https://api.sendgrid.com",
  api: Api.SendGridApi,
  auth: Auth.bearer,
  classify,
  health: { operation: "scopes.list" },
  policy,
  docs: "https://www.twilio.com/docs/sendgrid/api-reference",
  popularity: 90,
  credentials: ["Bearer"],
  webhook: WebhookScheme.sendGrid,
  pagination: { "lists.list": links(), "suppressions.list": offsets() },
  incremental: {
    "contacts.search": "payload.query, updated_at > TIMESTAMP '…', the first 50",
    "suppressions.list": "urlParams.start_time"
  },
  limits: [
    "so many requests in a time for each endpoint, by X-RateLimit-Limit and X-RateLimit-Reset; the numbers are not published",
    "30 MB and 1,000 personalizations a mail",
    "30,000 contacts or 6 MB an upsert, 100 addresses a look-up, 50 results a search"
  ]
})

/**
 * SendGrid: mail, contacts, lists and suppressions. Every method fails with `IntegrationError` and nothing else.
 *
 * `layerConfig` takes the key from `SENDGRID_API_KEY`, and where they are set `SENDGRID_BASE_URL` and the variables of
 * the policy: `HOLDFAST_SENDGRID_…`, as `Resilience.layerConfig` reads them.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { SendGrid } from "holdfast/providers/sendgrid"
 *
 * const program = Effect.gen(function*() {
 *   const sendgrid = yield* SendGrid
 *   yield* sendgrid.mail.send({
 *     payload: {
 *       personalizations: [{ to: [{ email: "ada@example.com" }] }],
 *       from: { email: "shop@example.com", name: "The shop" },
 *       subject: "Your order",
 *       content: [{ type: "text/plain", value: "It is on its way." }]
 *     }
 *   })
 * })
 *
 * const inATest = Effect.provide(program, SendGrid.layerTest)
 * ```
 *
 * @since 0.1.0
 * @category tags
 */
export class SendGrid extends Provider.Tag<SendGrid>()("holdfast/SendGrid", definition, {
  credentials: Credentials.bearerConfig("SENDGRID_API_KEY")
}) {
  /**
   * A SendGrid in memory, without network, credential and policies: as it is, or called with operations to replace,
   * `SendGrid.layerTest({ mail: { send: () => Effect.fail(…) } })`. Every use starts empty.
   */
  static readonly layerTest: TestLayer.TestLayer<SendGrid, TestLayer.Overrides<Api.SendGridApi>> = TestLayer.make(
    SendGrid,
    definition,
    Emulator.make({ authorize: () => true })
  )
}
