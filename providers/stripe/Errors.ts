/**
 * What Stripe's error bodies say.
 *
 * Source: https://docs.stripe.com/api/errors, https://docs.stripe.com/rate-limits, Stripe's OpenAPI document, and the retry
 * rule of Stripe's own SDK (stripe 23.1.0, RequestSender and Error).
 *
 * @since 0.1.0
 */
import * as Option from "effect/Option"
import { Body, type Classification, type IntegrationError } from "holdfast"

/** The error in a body. OAuth's own is a text there, and is none of these. */
const errorOf = (body: unknown): Body.Fields | undefined => Body.record(Body.record(body)?.error)

/** What the type of an error says whatever status it comes with. */
const tags: Readonly<Record<string, Classification.ResponseTag>> = {
  authentication_error: "AuthenticationError",
  rate_limit_error: "RateLimitError"
}

interface Reading {
  readonly tag?: Classification.ResponseTag | undefined
  readonly retryable?: boolean
  /** What to do about it, where the message does not say so. */
  readonly advice?: string
}

const isLock = (code: string | undefined): boolean => code === "lock_timeout"

const isLimit = (status: number, code: string | undefined): boolean => status === 429 || code === "rate_limit"

const read = (
  status: number,
  type: string | undefined,
  code: string | undefined,
  reason: string | undefined
): Reading => {
  // two requests for one object: waiting for one's turn helps, sending everything else more slowly does not
  if (isLock(code)) return { retryable: true, tag: "ConflictError" }
  // of one object, and of an hour: no wait that a retry could sit out
  if (code === "payment_intent_rate_limit_exceeded") return { retryable: false, tag: "RateLimitError" }
  if (isLimit(status, code)) {
    return {
      tag: "RateLimitError",
      ...(reason === undefined ? undefined : { advice: `the limit is ${reason}` })
    }
  }
  // somebody else is at it, under the same key or at the same object
  if (status === 409) return { retryable: true, tag: "ConflictError" }
  if (type === "idempotency_error") {
    return { advice: "a call with other parameters needs an idempotency key of its own", tag: "ValidationError" }
  }
  if (type === "card_error") return { retryable: false, tag: "ValidationError" }
  if (status === 424) return { tag: "ServerError" }
  return { tag: tags[type ?? ""] }
}

/** Stripe's own word on whether to try again, and whether the answer can be another one at all. */
const retryableOf = (headers: Classification.ResponseView["headers"]): boolean | undefined => {
  const said = headers["stripe-should-retry"]
  if (said === "true") return true
  if (said === "false") return false
  // the answer is stored under the key of the call: the same will come each time
  return headers["idempotent-replayed"] === "true" ? false : undefined
}

/**
 * Stripe's reading of its own answers. The body counts first: the error's `code` is Stripe's, or else its `type`.
 *
 * - `Stripe-Should-Retry` decides over `retryable`. Without it, an error that is replayed for an idempotency key is not
 *   retryable: the same comes again for a day.
 * - `lock_timeout`, a 429: a `ConflictError`, retryable. Other 429s: a `RateLimitError`, whose message names the limit.
 * - `payment_intent_rate_limit_exceeded`, too many updates of one payment in an hour: not retryable.
 * - 409: a `ConflictError`, retryable. `idempotency_error` otherwise: a `ValidationError`.
 * - `card_error`: a `ValidationError`; see `declineCode`.
 * - the message ends with the id of the request, by which Stripe's support and dashboard find it; `details` has no
 *   `client_secret`.
 *
 * @since 0.1.0
 * @category classification
 */
export const classify: Classification.Classifier = ({ body, headers, status }) => {
  if (status >= 200 && status < 300) return undefined
  const error = errorOf(body) ?? {}
  const type = Body.text(error.type)
  const code = Body.text(error.code)
  const message = Body.text(error.message)
  const reading = read(status, type, code, headers["stripe-rate-limited-reason"])
  const retryable = retryableOf(headers) ?? reading.retryable
  const decline = Body.text(error.decline_code)
  const request = headers["request-id"]
  const remarks = [
    ...(reading.advice === undefined ? [] : [reading.advice]),
    ...(decline === undefined ? [] : [`decline code ${decline}`]),
    ...(request === undefined ? [] : [`request ${request}`])
  ]
  const param = Body.text(error.param)
  return {
    tag: reading.tag,
    code: code ?? type,
    ...(retryable === undefined ? undefined : { retryable }),
    ...(message === undefined ? undefined : {
      message: remarks.length === 0 ? message : `${message} (${remarks.join(", ")})`
    }),
    ...(param === undefined || message === undefined ? undefined : { issues: [{ message, path: param }] })
  }
}

const detailOf = (error: IntegrationError.IntegrationError, name: string): Option.Option<string> =>
  Option.fromNullable(Body.text(errorOf(error.details)?.[name]))

/**
 * Why the issuer of a card has declined it, `insufficient_funds`. None where it was not a card that was declined, or its
 * issuer does not say why.
 *
 * @example
 * ```ts
 * import { Effect, Option } from "effect"
 * import { Stripe, StripeErrors } from "holdfast/providers/stripe"
 *
 * const pay = (id: string) =>
 *   Stripe.pipe(
 *     Effect.flatMap((stripe) => stripe.paymentIntents.confirm({ path: { id }, payload: {} })),
 *     Effect.as("paid"),
 *     Effect.catchTag("ValidationError", (error) =>
 *       Option.match(StripeErrors.declineCode(error), {
 *         onNone: () => Effect.fail(error),
 *         onSome: (code) => Effect.succeed(`declined: ${code}`)
 *       }))
 *   )
 * ```
 *
 * @since 0.1.0
 * @category accessors
 */
export const declineCode = (error: IntegrationError.IntegrationError): Option.Option<string> =>
  detailOf(error, "decline_code")

/**
 * The id of the payment that was declined: it can be confirmed again, with another payment method.
 *
 * @since 0.1.0
 * @category accessors
 */
export const paymentIntentId = (error: IntegrationError.IntegrationError): Option.Option<string> =>
  Option.fromNullable(Body.text(Body.record(errorOf(error.details)?.payment_intent)?.id))
