/**
 * How providers sign what they send: a scheme for each, as data, and what is done with it.
 *
 * A scheme verifies a request from its raw parts, signs one as the provider would, knows which requests are no events but
 * questions whether somebody is there, and tells the events of a request apart. Nothing here opens a port or keeps
 * anything: it is all pure, and takes the time from its caller.
 *
 * What is not surely the provider's is refused, with a reason: also where there is no secret. A signature is compared in
 * constant time with every secret that is given, so that secrets are exchanged without a gap: give the new one and the old
 * one, for as long as the provider may sign with either.
 *
 * @since 0.1.0
 */
import type * as DateTime from "effect/DateTime"
import type * as Duration from "effect/Duration"
import * as Either from "effect/Either"
import { dual } from "effect/Function"
import * as Option from "effect/Option"
import type * as Redacted from "effect/Redacted"
import type * as Signature from "../auth/Signature.js"
import {
  type Accepted,
  type Challenge,
  type Scheme,
  type WebhookEvent,
  WebhookRefusedError,
  type WebhookRequest
} from "./internal/model.js"
import { headersOf } from "./internal/read.js"
import { acuity } from "./internal/schemes/acuity.js"
import { calCom } from "./internal/schemes/calCom.js"
import { calendly } from "./internal/schemes/calendly.js"
import { crisp } from "./internal/schemes/crisp.js"
import { docuSign } from "./internal/schemes/docuSign.js"
import { gitHub } from "./internal/schemes/gitHub.js"
import { hmac, type HmacOptions } from "./internal/schemes/hmac.js"
import { hubSpot } from "./internal/schemes/hubSpot.js"
import { intercom } from "./internal/schemes/intercom.js"
import { mailchimp } from "./internal/schemes/mailchimp.js"
import { mandrill } from "./internal/schemes/mandrill.js"
import { secretPath } from "./internal/schemes/secretPath.js"
import { sendGrid } from "./internal/schemes/sendGrid.js"
import { shopify } from "./internal/schemes/shopify.js"
import { slack } from "./internal/schemes/slack.js"
import { standardWebhooks } from "./internal/schemes/standardWebhooks.js"
import { stripe } from "./internal/schemes/stripe.js"
import { tidio } from "./internal/schemes/tidio.js"
import { twilio } from "./internal/schemes/twilio.js"
import * as Verifying from "./internal/verifying.js"

export * from "./internal/model.js"

export {
  /**
   * `X-Acuity-Signature`. Nothing is dated, and an event has no id.
   *
   * @since 0.1.0
   * @category schemes
   */
  acuity,
  /**
   * `X-Cal-Signature-256`. Nothing is dated.
   *
   * @since 0.1.0
   * @category schemes
   */
  calCom,
  /**
   * `Calendly-Webhook-Signature`, 3 minutes.
   *
   * @since 0.1.0
   * @category schemes
   */
  calendly,
  /**
   * `X-Crisp-Signature`, 5 minutes. Of plugin hooks: website hooks are not signed.
   *
   * @since 0.1.0
   * @category schemes
   */
  crisp,
  /**
   * `X-DocuSign-Signature-1` and so on. Nothing is dated.
   *
   * @since 0.1.0
   * @category schemes
   */
  docuSign,
  /**
   * `X-Hub-Signature-256`. Nothing is dated.
   *
   * @since 0.1.0
   * @category schemes
   */
  gitHub,
  /**
   * An HMAC in a header, over the body or over a timestamp and the body: for whatever is not in this list, and for hooks
   * between programs of one's own. Several such schemes have ids of their own.
   *
   * @since 0.1.0
   * @category schemes
   */
  hmac,
  /**
   * @since 0.1.0
   * @category schemes
   */
  type HmacOptions,
  /**
   * `X-HubSpot-Signature-v3`, 5 minutes; never the earlier versions, which come with it. Up to 100 events in a request.
   *
   * @since 0.1.0
   * @category schemes
   */
  hubSpot,
  /**
   * `X-Hub-Signature`, SHA-1. Nothing is dated. A `ping` is answered.
   *
   * @since 0.1.0
   * @category schemes
   */
  intercom,
  /**
   * `X-Mailchimp-Signature`, 5 minutes. Webhooks of before 2026 are not signed: `secretPath`. A `GET` is answered.
   *
   * @since 0.1.0
   * @category schemes
   */
  mailchimp,
  /**
   * `X-Mandrill-Signature`, SHA-1. Nothing is dated. Several events in a request; an empty one is answered.
   *
   * @since 0.1.0
   * @category schemes
   */
  mandrill,
  /**
   * For providers that do not sign: a secret at the end of the path. It says that the caller knows the URL, and nothing
   * about what it sends: ask the provider's API before you act on it.
   *
   * @since 0.1.0
   * @category schemes
   */
  secretPath,
  /**
   * `X-Twilio-Email-Event-Webhook-Signature`, a public key, 10 minutes. Several events in a request.
   *
   * @since 0.1.0
   * @category schemes
   */
  sendGrid,
  /**
   * `X-Shopify-Hmac-Sha256`. Nothing is dated.
   *
   * @since 0.1.0
   * @category schemes
   */
  shopify,
  /**
   * `X-Slack-Signature`, 5 minutes. A `url_verification` is answered.
   *
   * @since 0.1.0
   * @category schemes
   */
  slack,
  /**
   * `webhook-signature`, also by the names of Svix; v1 (HMAC) and v1a (Ed25519), 5 minutes.
   *
   * @since 0.1.0
   * @category schemes
   */
  standardWebhooks,
  /**
   * `Stripe-Signature`, 5 minutes.
   *
   * @since 0.1.0
   * @category schemes
   */
  stripe,
  /**
   * `x-tidio-signature`, 5 minutes.
   *
   * @since 0.1.0
   * @category schemes
   */
  tidio,
  /**
   * `X-Twilio-Signature`, SHA-1. Nothing is dated.
   *
   * @since 0.1.0
   * @category schemes
   */
  twilio
}

/**
 * Every scheme that is here; `hmac` as it is without options.
 *
 * @since 0.1.0
 * @category schemes
 */
export const all: ReadonlyArray<Scheme> = [
  acuity,
  calCom,
  calendly,
  crisp,
  docuSign,
  gitHub,
  hubSpot,
  intercom,
  mailchimp,
  mandrill,
  sendGrid,
  shopify,
  slack,
  standardWebhooks,
  stripe,
  tidio,
  twilio,
  hmac(),
  secretPath
]

/**
 * The scheme of this id, such as `stripe`.
 *
 * @since 0.1.0
 * @category schemes
 */
export const byId = (id: string): Option.Option<Scheme> => Option.fromNullable(all.find((scheme) => scheme.id === id))

/**
 * @since 0.1.0
 * @category models
 */
export interface VerifyOptions {
  readonly scheme: Scheme
  /** Any of them may have signed. None, or empty ones, refuse whatever comes. */
  readonly secrets: ReadonlyArray<Redacted.Redacted>
  readonly now: DateTime.Utc
  /**
   * How far the timestamp may be from now, in both directions, where the scheme has one. Default: as the scheme says. A
   * longer one lets requests be repeated for longer.
   */
  readonly tolerance?: Duration.DurationInput | undefined
}

/**
 * Whether a request is the provider's. Looks at the signature first and at the clock then: `too-old` and `too-new` are said
 * only of what was signed rightly.
 *
 * @example
 * ```ts
 * import { DateTime, Redacted } from "effect"
 * import { WebhookScheme } from "holdfast"
 *
 * const result = WebhookScheme.verify({
 *   method: "POST",
 *   url: "https://app.example.com/webhooks/stripe",
 *   headers: { "stripe-signature": "t=1492774577,v1=00" },
 *   body: new TextEncoder().encode("{}")
 * }, {
 *   scheme: WebhookScheme.stripe,
 *   secrets: [Redacted.make("whsec_fake"), Redacted.make("whsec_fake_before")],
 *   now: DateTime.unsafeMake("2026-11-26T08:00:00Z")
 * })
 * ```
 *
 * @since 0.1.0
 * @category combinators
 */
export const verify: {
  (options: VerifyOptions): (request: WebhookRequest) => Either.Either<Accepted, WebhookRefusedError>
  (request: WebhookRequest, options: VerifyOptions): Either.Either<Accepted, WebhookRefusedError>
} = dual(2, Verifying.verify)

/**
 * Whether the secrets are what the scheme needs, so that a program can say it when it starts, and not when the first request
 * comes.
 *
 * @since 0.1.0
 * @category combinators
 */
export const checkSecrets: {
  (secrets: ReadonlyArray<Redacted.Redacted>): (scheme: Scheme) => Either.Either<void, WebhookRefusedError>
  (scheme: Scheme, secrets: ReadonlyArray<Redacted.Redacted>): Either.Either<void, WebhookRefusedError>
} = dual(
  2,
  (scheme: Scheme, secrets: ReadonlyArray<Redacted.Redacted>) =>
    Either.map(Verifying.keys(scheme, secrets), () => undefined)
)

/**
 * @since 0.1.0
 * @category models
 */
export interface SignOptions {
  readonly scheme: Scheme
  /** Of `sendGrid`, and of `standardWebhooks` with v1a (`whsk_…`), the private key. */
  readonly secret: Redacted.Redacted
  readonly now: DateTime.Utc
  /** Of the message, where the scheme signs one. Default: made from the body, so that the same body has the same. */
  readonly id?: string | undefined
}

/**
 * The request as the provider would send it: with its headers, and where the scheme puts something into the URL, with that
 * URL. For tests, for emulators, and for webhooks that one sends oneself.
 *
 * @since 0.1.0
 * @category combinators
 */
export const sign: {
  (options: SignOptions): (request: WebhookRequest) => Either.Either<WebhookRequest, Signature.SignatureKeyError>
  (request: WebhookRequest, options: SignOptions): Either.Either<WebhookRequest, Signature.SignatureKeyError>
} = dual(2, Verifying.sign)

/**
 * What to answer where the request is no event, but asks whether somebody is there. One that is `signed` is verified before
 * it is answered.
 *
 * @since 0.1.0
 * @category combinators
 */
export const challenge: {
  (scheme: Scheme): (request: WebhookRequest) => Option.Option<Challenge>
  (request: WebhookRequest, scheme: Scheme): Option.Option<Challenge>
} = dual(2, (request: WebhookRequest, scheme: Scheme) => scheme.challenge(request))

/**
 * The events of a request that was accepted, each with the id by which it is known again. Fails with `request-malformed`
 * where the body is not the batch that the scheme promises.
 *
 * @since 0.1.0
 * @category combinators
 */
export const events: {
  (scheme: Scheme): (request: WebhookRequest) => Either.Either<ReadonlyArray<WebhookEvent>, WebhookRefusedError>
  (request: WebhookRequest, scheme: Scheme): Either.Either<ReadonlyArray<WebhookEvent>, WebhookRefusedError>
} = dual(2, (request: WebhookRequest, scheme: Scheme) =>
  Either.mapLeft(
    scheme.events(request, headersOf(request.headers)),
    ({ message, reason }) => new WebhookRefusedError({ message, reason, scheme: scheme.id })
  ))
