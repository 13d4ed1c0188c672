/**
 * Twilio, as a service.
 *
 * @since 0.1.0
 */
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { Auth, Credentials, Provider, type Resilience, WebhookScheme } from "holdfast"
import { TestLayer } from "holdfast/testing"
import * as Api from "./Api.js"
import * as Emulator from "./Emulator.js"
import { classify } from "./Errors.js"
import { lists } from "./Pagination.js"
import { AccountSid } from "./Schemas.js"

/**
 * Twilio limits how many requests of an account are under way at once, and does not publish how many: the bulkhead finds it,
 * from 10 slots on. A 429 was not processed, and others end soon: the pause after it is short.
 */
const policy = {
  attemptTimeout: "30 seconds",
  bulkhead: { maxConcurrent: 50, adaptive: { min: 1, initial: 10, backoffRatio: 0.7 } },
  circuitBreaker: { failureThreshold: 5, resetTimeout: "30 seconds", successThreshold: 2 },
  rateLimit: { coolDown: "250 millis", read: false },
  retry: { maxAttempts: 4, initialDelay: "250 millis", maxDelay: "10 seconds" },
  totalTimeout: "1 minute"
} as const satisfies Resilience.Options

/**
 * @since 0.1.0
 * @category definition
 */
export const definition = Provider.define({
  id: "twilio",
  name: "Twilio",
  version: "2010-04-01",
  category: "messaging",
  capabilities: ["sms", "mms", "whatsapp", "scheduling", "delivery status", "balance"],
  baseUrl: "https://api.twilio.com",
  api: Api.TwilioApi,
  auth: Auth.basic,
  classify,
  health: { operation: "account.get" },
  policy,
  docs: "https://www.twilio.com/docs/messaging/api/message-resource",
  popularity: 95,
  credentials: ["Basic"],
  webhook: WebhookScheme.twilio,
  pagination: { "messages.list": lists() },
  incremental: { "messages.list": "urlParams.DateSent>" },
  limits: [
    "so many requests of an account at once, a number that is not published: 429 with code 20429 above it",
    "so many messages a second of each sender, which wait in a queue: above it a message fails with code 30001",
    "1,600 characters and 10 media files a message"
  ]
})

/**
 * `TWILIO_ACCOUNT_SID`, checked to be the SID of an account.
 *
 * @since 0.1.0
 * @category config
 */
export const accountSidConfig: Config.Config<string> = Config.validate(Config.nonEmptyString("TWILIO_ACCOUNT_SID"), {
  message: "must be the SID of an account: AC and 32 hexadecimal digits",
  validation: Schema.is(AccountSid)
})

/** An API key where there is one, which can be taken back without a change of the account's own token. */
const credentialsConfig = Effect.flatMap(
  Config.option(Config.nonEmptyString("TWILIO_API_KEY")),
  Option.match({
    onNone: () =>
      Config.map(
        Config.all([
          accountSidConfig,
          Credentials.basicConfig({ password: "TWILIO_AUTH_TOKEN", username: "TWILIO_ACCOUNT_SID" })
        ]),
        ([, credential]) => credential
      ),
    onSome: () => Credentials.basicConfig({ password: "TWILIO_API_SECRET", username: "TWILIO_API_KEY" })
  })
)

/**
 * Twilio's Messages: SMS, MMS and the other channels of Twilio. Every method fails with `IntegrationError` and nothing else.
 *
 * `layerConfig` takes the credential from `TWILIO_API_KEY` and `TWILIO_API_SECRET`, or from `TWILIO_ACCOUNT_SID` and
 * `TWILIO_AUTH_TOKEN` where there is no key; and where they are set `TWILIO_BASE_URL` and the variables of the policy:
 * `HOLDFAST_TWILIO_…`, as `Resilience.layerConfig` reads them.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { accountSidConfig, Twilio } from "holdfast/providers/twilio"
 *
 * const program = Effect.gen(function*() {
 *   const accountSid = yield* accountSidConfig
 *   const twilio = yield* Twilio
 *   const message = yield* twilio.messages.send({
 *     path: { accountSid },
 *     payload: { To: "+15558675310", From: "+15005550006", Body: "Your order is on its way." }
 *   })
 *   return message.sid
 * })
 *
 * const inATest = Effect.provide(program, Twilio.layerTest)
 * ```
 *
 * @since 0.1.0
 * @category tags
 */
export class Twilio extends Provider.Tag<Twilio>()("holdfast/Twilio", definition, {
  credentials: credentialsConfig
}) {
  /**
   * A Twilio in memory, without network, credential and policies: as it is, or called with operations to replace,
   * `Twilio.layerTest({ messages: { send: () => Effect.fail(…) } })`. Every use starts empty.
   */
  static readonly layerTest: TestLayer.TestLayer<Twilio, TestLayer.Overrides<Api.TwilioApi>> = TestLayer.make(
    Twilio,
    definition,
    Emulator.make({ authorize: () => true })
  )
}
