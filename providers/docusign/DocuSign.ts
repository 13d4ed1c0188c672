/**
 * DocuSign, as a service.
 *
 * @since 0.1.0
 */
import * as Config from "effect/Config"
import * as Schema from "effect/Schema"
import { Auth, Credentials, OAuth2Provider, Provider, type Resilience, WebhookScheme } from "holdfast"
import { TestLayer } from "holdfast/testing"
import * as Api from "./Api.js"
import * as Emulator from "./Emulator.js"
import { classify } from "./Errors.js"
import { envelopes, templates } from "./Pagination.js"
import { read } from "./RateLimit.js"
import { AccountId } from "./Schemas.js"

/**
 * Fits 3,000 requests in an hour for an account, which all programs on it share, and 200 in half a minute, as the developer
 * environment has it; and keeps to what the headers say of both.
 */
const policy = {
  rateLimit: { capacity: 100, refillRate: 0.8, coolDown: "30 seconds", read },
  // the window of the burst limit lasts half a minute
  retry: { maxAttempts: 4, initialDelay: "1 second", maxDelay: "30 seconds" },
  circuitBreaker: { failureThreshold: 5, resetTimeout: "1 minute", successThreshold: 2 },
  // documents are in the requests, and DocuSign converts them meanwhile
  attemptTimeout: "1 minute",
  totalTimeout: "4 minutes"
} as const satisfies Resilience.Options

/** Every account has a host of its own. Under this name there never is one, so that nobody is sent a token by mistake. */
const nowhere = "https://set-the-base-uri.docusign.invalid"

/**
 * The integration for the host of one account, the `base_uri` that `/oauth/userinfo` says of it.
 *
 * @example
 * ```ts
 * import { Provider } from "holdfast"
 * import { define, DocuSign } from "holdfast/providers/docusign"
 *
 * const demo = Provider.layer(DocuSign, define({ baseUri: "https://demo.docusign.net", environment: "demo" }))
 * ```
 *
 * @since 0.1.0
 * @category definition
 */
export const define = (options: {
  readonly baseUri?: string | undefined
  /** Which of the two OAuth hosts. Default `production`. */
  readonly environment?: "demo" | "production" | undefined
} = {}) =>
  Provider.define({
    id: "docusign",
    name: "DocuSign eSignature",
    version: "v2.1",
    category: "signatures",
    capabilities: ["envelopes", "recipients", "documents", "embedded signing", "templates", "webhooks"],
    baseUrl: options.baseUri ?? nowhere,
    api: Api.DocuSignApi,
    auth: Auth.bearer,
    // documents are none of JSON
    headers: { accept: "application/json, application/pdf;q=0.9, */*;q=0.1" },
    classify,
    health: { operation: "accounts.get" },
    policy,
    docs: "https://developers.docusign.com/docs/esign-rest-api/",
    popularity: 95,
    credentials: ["OAuth2", "Bearer"],
    oauth2: options.environment === "demo" ? OAuth2Provider.docuSignDemo : OAuth2Provider.docuSign,
    webhook: WebhookScheme.docuSign,
    pagination: { "envelopes.list": envelopes, "templates.list": templates },
    incremental: { "envelopes.list": "urlParams.from_date, with from_to_status=changed and order_by=last_modified" },
    limits: [
      "3,000 requests in an hour for an account, all programs together; by its plan more",
      "500 requests in 30 seconds; 200 in the developer environment",
      "one look at the same envelope in 15 minutes; Connect tells of changes"
    ]
  })

/**
 * DocuSign without the host of an account: `layer({ baseUrl })` says it.
 *
 * @since 0.1.0
 * @category definition
 */
export const definition = define()

/** An emulator's URL will do alone. */
const baseUriConfig: Config.Config<string> = Config.url("DOCUSIGN_BASE_URI").pipe(
  Config.validate({
    message: "must be the account's base_uri, as in https://eu.docusign.net, without /restapi",
    validation: (url) => url.pathname === "/"
  }),
  Config.map((url) => url.origin),
  Config.orElse(() => Provider.baseUrlConfig(definition))
)

/**
 * `DOCUSIGN_ACCOUNT_ID`, which every call names.
 *
 * @since 0.1.0
 * @category config
 */
export const accountIdConfig: Config.Config<string> = Config.string("DOCUSIGN_ACCOUNT_ID").pipe(
  Config.validate({
    message: "must be the id of an account, a GUID (API Account ID, not the account's number)",
    validation: Schema.is(AccountId)
  })
)

/**
 * DocuSign: envelopes, recipients, documents, embedded signing, templates, Connect. Every method fails with
 * `IntegrationError` and nothing else.
 *
 * `layer` takes the account's `base_uri` as `baseUrl`.
 * `layerConfig` takes the token from `DOCUSIGN_ACCESS_TOKEN` and the host from `DOCUSIGN_BASE_URI` (or
 * `DOCUSIGN_BASE_URL`), and where they are set the variables of the policy: `HOLDFAST_DOCUSIGN_…`, as
 * `Resilience.layerConfig` reads them.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { accountIdConfig, DocuSign } from "holdfast/providers/docusign"
 *
 * const program = Effect.gen(function*() {
 *   const accountId = yield* accountIdConfig
 *   const docusign = yield* DocuSign
 *   const { envelopes } = yield* docusign.envelopes.list({
 *     path: { accountId },
 *     urlParams: { from_date: "2026-11-01", status: "sent,delivered" }
 *   })
 *   return envelopes.map(({ emailSubject }) => emailSubject)
 * })
 *
 * const inATest = Effect.provide(program, DocuSign.layerTest)
 * ```
 *
 * @since 0.1.0
 * @category tags
 */
export class DocuSign extends Provider.Tag<DocuSign, { readonly baseUrl: string }>()("holdfast/DocuSign", definition, {
  credentials: Credentials.bearerConfig("DOCUSIGN_ACCESS_TOKEN"),
  definition: Config.map(baseUriConfig, (baseUri) => define({ baseUri }))
}) {
  /**
   * A DocuSign in memory, without network, credential and policies: as it is, or called with operations to replace,
   * `DocuSign.layerTest({ envelopes: { create: () => Effect.fail(…) } })`. Every use starts with two templates.
   */
  static readonly layerTest: TestLayer.TestLayer<DocuSign, TestLayer.Overrides<Api.DocuSignApi>> = TestLayer.make(
    DocuSign,
    definition,
    Emulator.make({ authorize: () => true })
  )
}
