/**
 * The words in which webhooks are spoken of.
 *
 * @since 0.1.0
 */
import * as Data from "effect/Data"
import type * as DateTime from "effect/DateTime"
import type * as Duration from "effect/Duration"
import type * as Either from "effect/Either"
import type * as Option from "effect/Option"
import type * as Redacted from "effect/Redacted"
import type * as Signature from "../../auth/Signature.js"

/**
 * A request as it came, before anything has read it.
 *
 * @since 0.1.0
 * @category models
 */
export interface WebhookRequest {
  readonly method: string
  /**
   * The URL to which the sender sends, with scheme, host and query: the one that was given to the provider, and not one that
   * is put together from `Host` or `X-Forwarded-Host`, which the caller writes.
   */
  readonly url: string
  /** By names of any case. One that came several times, and not with the same value, is refused where it is needed. */
  readonly headers: Readonly<Record<string, string | ReadonlyArray<string> | undefined>>
  /** The bytes, as they came: never JSON that was parsed and written again, and never a text that was decoded. */
  readonly body: Uint8Array
}

/**
 * Why a request is refused.
 *
 * | reason | what it says |
 * |---|---|
 * | `secret-missing` | this side has no secret: nothing is accepted until it has |
 * | `secret-malformed` | a secret of this side is not what the scheme needs |
 * | `header-missing` | a header that the scheme needs did not come |
 * | `header-malformed` | one came that cannot be read |
 * | `request-malformed` | the URL or the body is not what the scheme signs |
 * | `signature-mismatch` | no signature is that of a secret over these bytes |
 * | `too-old`, `too-new` | signed rightly, and too long ago or too far ahead |
 *
 * @since 0.1.0
 * @category errors
 */
export type RefusedReason =
  | "secret-missing"
  | "secret-malformed"
  | "header-missing"
  | "header-malformed"
  | "request-malformed"
  | "signature-mismatch"
  | "too-old"
  | "too-new"

/**
 * A request that is not accepted. The message says what to look at, and repeats neither secret, signature nor body.
 *
 * @since 0.1.0
 * @category errors
 */
export class WebhookRefusedError extends Data.TaggedError("WebhookRefusedError")<{
  /** The scheme's id. */
  readonly scheme: string
  readonly reason: RefusedReason
  readonly message: string
  /** How far outside of its time it is; with `too-old` and `too-new`. */
  readonly by?: Duration.Duration | undefined
}> {}

/**
 * A request that is the provider's.
 *
 * @since 0.1.0
 * @category models
 */
export interface Accepted {
  /** The scheme's id. */
  readonly scheme: string
  /** Which of the secrets signed it, from 0. */
  readonly secret: number
  /** When it was signed, where the scheme says so. */
  readonly timestamp: Option.Option<DateTime.Utc>
}

/**
 * One event of a request.
 *
 * @since 0.1.0
 * @category models
 */
export interface WebhookEvent {
  /**
   * Says that it is the same event when it comes again. None where the provider sends nothing by which a repeat can be
   * told from a second event like the first: look at what the event is about, and compare.
   */
  readonly id: Option.Option<string>
  /** The event alone: the body, or the JSON of one event of a batch. */
  readonly body: Uint8Array
}

/**
 * What is to be answered.
 *
 * @since 0.1.0
 * @category models
 */
export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/**
 * A request that is no event: the provider looks whether somebody is there.
 *
 * @since 0.1.0
 * @category models
 */
export interface Challenge {
  /** `url_verification`, for logs. */
  readonly name: string
  /** Whether it is answered only when it has been verified. */
  readonly signed: boolean
  readonly answer: Answer
}

/**
 * What a request says of itself, before anybody believes it.
 *
 * @since 0.1.0
 * @category schemes
 */
export interface Claim {
  /** More than `maxSignatures` are refused: each costs a check with each secret. */
  readonly signatures: ReadonlyArray<ClaimedSignature>
  /** What is signed; where senders are known to write it in several ways, each of them. */
  readonly contents: ReadonlyArray<Uint8Array>
  /** Milliseconds since 1970. */
  readonly timestamp?: number | undefined
}

/**
 * @since 0.1.0
 * @category schemes
 */
export interface ClaimedSignature {
  /** Keys of other algorithms are not tried. */
  readonly algorithm: Signature.Algorithm
  readonly encoding: Signature.Encoding
  readonly text: string
}

/**
 * What cannot be read, and why; put into a `WebhookRefusedError`.
 *
 * @since 0.1.0
 * @category schemes
 */
export interface Fault {
  readonly reason: "header-missing" | "header-malformed" | "request-malformed" | "signature-mismatch"
  readonly message: string
}

/**
 * The headers by their names in small letters, each once.
 *
 * @since 0.1.0
 * @category schemes
 */
export interface ReadHeaders {
  readonly names: ReadonlyArray<string>
  /** `undefined` where it did not come; a fault where it came with several values. */
  readonly optional: (name: string) => Either.Either<string | undefined, Fault>
  /** A fault where it did not come, or is empty. */
  readonly required: (name: string) => Either.Either<string, Fault>
}

/**
 * What is put into a request to sign it.
 *
 * @since 0.1.0
 * @category schemes
 */
export interface Seal {
  readonly now: number
  readonly id: string
  readonly key: Signature.SigningKey
}

/**
 * How a provider signs its requests, as data.
 *
 * @since 0.1.0
 * @category schemes
 */
export interface Scheme {
  readonly id: string
  readonly title: string
  /** In small letters. */
  readonly headers: ReadonlyArray<string>
  /** In words: `timestamp.body`. */
  readonly signs: string
  /** In words: `HMAC-SHA256, hex`. */
  readonly algorithm: string
  /** What the secret is and where it is found, in words. */
  readonly secret: string
  /** How far a timestamp may be from now, in both directions; none where the provider sends none. */
  readonly tolerance: Option.Option<Duration.Duration>
  /** Whether the URL is a part of it: then it must be the one that the sender has, to the letter. */
  readonly usesUrl: boolean
  /** Whether the body cannot be changed unnoticed. It can where a provider does not sign. */
  readonly protectsBody: boolean
  readonly claim: (request: WebhookRequest, headers: ReadHeaders) => Either.Either<Claim, Fault>
  /** A secret may hold several keys. */
  readonly verifyingKeys: (
    secret: Redacted.Redacted
  ) => Either.Either<ReadonlyArray<Signature.VerifyingKey>, Signature.SignatureKeyError>
  readonly signingKey: (
    secret: Redacted.Redacted
  ) => Either.Either<Signature.SigningKey, Signature.SignatureKeyError>
  /** The request as the provider would send it. */
  readonly seal: (request: WebhookRequest, seal: Seal) => WebhookRequest
  readonly challenge: (request: WebhookRequest) => Option.Option<Challenge>
  /** Of a request that was accepted. */
  readonly events: (request: WebhookRequest, headers: ReadHeaders) => Either.Either<ReadonlyArray<WebhookEvent>, Fault>
}
