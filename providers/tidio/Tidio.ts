/**
 * Tidio, as a service.
 *
 * @since 0.1.0
 */
import * as Config from "effect/Config"
import * as Redacted from "effect/Redacted"
import { Auth, Credentials, Provider, type Resilience, WebhookScheme } from "holdfast"
import { TestLayer } from "holdfast/testing"
import * as Api from "./Api.js"
import * as Emulator from "./Emulator.js"
import { classify } from "./Errors.js"
import { lists } from "./Pagination.js"

/**
 * Fits the plan Plus, 60 requests a minute for a project. Premium, with 120, may go to `{ capacity: 20, refillRate: 1.6 }`; a
 * plan with the products alone, with 10, has to go to `{ capacity: 2, refillRate: 0.1 }`.
 */
const policy = {
  // a 429 does not say when there are more; the limit is one of a minute, and a call is to outlast it
  rateLimit: { capacity: 10, refillRate: 0.8, coolDown: "1 minute", maxWait: "90 seconds" },
  retry: { maxAttempts: 4, initialDelay: "1 second", maxDelay: "30 seconds" },
  circuitBreaker: { failureThreshold: 5, resetTimeout: "1 minute", successThreshold: 2 },
  attemptTimeout: "30 seconds",
  totalTimeout: "4 minutes"
} as const satisfies Resilience.Options

/**
 * Tidio's OpenAPI, version 1.
 *
 * @since 0.1.0
 * @category definition
 */
export const definition = Provider.define({
  id: "tidio",
  name: "Tidio",
  version: "1",
  category: "chat",
  capabilities: ["contacts", "messages", "tickets", "operators", "departments", "products"],
  baseUrl: "https://api.tidio.com",
  api: Api.TidioApi,
  auth: Auth.headers,
  headers: { accept: "application/json; version=1" },
  classify,
  health: { operation: "project.get" },
  policy,
  docs: "https://developers.tidio.com",
  popularity: 50,
  credentials: ["Headers"],
  webhook: WebhookScheme.tidio,
  pagination: {
    "contacts.list": lists.contacts,
    "operators.list": lists.operators,
    "tickets.list": lists.tickets
  },
  limits: [
    "120 requests a minute for a project on Premium, 60 on Plus; 10, and the products alone, on smaller plans; none on the free one",
    "100 contacts or products in a batch, of which all are taken or none"
  ]
})

const header = { clientId: "x-tidio-openapi-client-id", clientSecret: "x-tidio-openapi-client-secret" } as const

/**
 * The credential of a project: the client id, `ci_…`, and the client secret, `cs_…`, which the panel shows.
 *
 * @example
 * ```ts
 * import { Redacted } from "effect"
 * import { Credentials } from "holdfast"
 * import { credential, Tidio } from "holdfast/providers/tidio"
 *
 * const tidio = Tidio.layer({
 *   credentials: Credentials.layer(
 *     credential({ clientId: Redacted.make("ci_fake"), clientSecret: Redacted.make("cs_fake") })
 *   )
 * })
 * ```
 *
 * @since 0.1.0
 * @category credentials
 */
export const credential = (keys: {
  readonly clientId: Redacted.Redacted
  readonly clientSecret: Redacted.Redacted
}): Credentials.Credential =>
  Credentials.Headers({
    headers: { [header.clientId]: keys.clientId, [header.clientSecret]: keys.clientSecret }
  })

/** Each has a beginning of its own, so that one in the place of the other is seen before it is sent. */
const begins = (headers: Readonly<Record<string, Redacted.Redacted>>, name: string, prefix: string): boolean => {
  const value = headers[name]
  return value !== undefined && Redacted.value(value).startsWith(prefix)
}

const credentialConfig = Config.validate(
  Credentials.headersConfig({ [header.clientId]: "TIDIO_CLIENT_ID", [header.clientSecret]: "TIDIO_CLIENT_SECRET" }),
  {
    message: "TIDIO_CLIENT_ID begins with ci_, and TIDIO_CLIENT_SECRET with cs_",
    validation: (credential) =>
      credential._tag === "Headers" && begins(credential.headers, header.clientId, "ci_") &&
      begins(credential.headers, header.clientSecret, "cs_")
  }
)

/**
 * Tidio: contacts and their messages, tickets, operators, departments, products. Every method fails with
 * `IntegrationError` and nothing else.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Tidio } from "holdfast/providers/tidio"
 *
 * const program = Effect.gen(function*() {
 *   const tidio = yield* Tidio
 *   const { contacts } = yield* tidio.contacts.list({ urlParams: { email: "ada@example.com" } })
 *   if (contacts.length === 0) {
 *     yield* tidio.contacts.create({ payload: { distinct_id: "42", email: "ada@example.com", first_name: "Ada" } })
 *   }
 *   const { id } = yield* tidio.tickets.create({
 *     payload: { contact_email: "ada@example.com", subject: "Order 42", message_content: "Where is it?" }
 *   })
 *   return id
 * })
 *
 * const inATest = Effect.provide(program, Tidio.layerTest)
 * ```
 *
 * @since 0.1.0
 * @category tags
 */
export class Tidio extends Provider.Tag<Tidio>()("holdfast/Tidio", definition, { credentials: credentialConfig }) {
  /**
   * A Tidio in memory, without network, credential and policies: as it is, or called with operations to replace,
   * `Tidio.layerTest({ tickets: { reply: () => Effect.fail(…) } })`. Every use starts with two operators, two departments
   * and three properties of contacts.
   */
  static readonly layerTest: TestLayer.TestLayer<Tidio, TestLayer.Overrides<Api.TidioApi>> = TestLayer.make(
    Tidio,
    definition,
    Emulator.make({ authorize: () => true })
  )
}
