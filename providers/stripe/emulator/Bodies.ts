/**
 * Stripe's own error bodies, for the emulator.
 *
 * Source: https://docs.stripe.com/api/errors and https://docs.stripe.com/rate-limits.
 *
 * @since 0.1.0
 */
import { Emulator } from "holdfast/testing"

/**
 * The error in a body.
 *
 * @since 0.1.0
 * @category models
 */
export interface StripeError {
  /** `api_error`, `card_error`, `idempotency_error`, `invalid_request_error` … */
  readonly type: string
  readonly code?: string
  readonly decline_code?: string
  readonly message?: string
  readonly param?: string
  readonly doc_url?: string
  readonly charge?: string
  readonly payment_intent?: unknown
}

/**
 * @since 0.1.0
 * @category bodies
 */
export const of = (error: StripeError): { readonly error: StripeError } => ({ error })

/**
 * Of a 429 for the rate. Which limit it was stands in the header `Stripe-Rate-Limited-Reason`.
 *
 * @since 0.1.0
 * @category bodies
 */
export const rateLimit = of({
  code: "rate_limit",
  message: "Too many requests in too short a time.",
  type: "rate_limit_error"
})

/**
 * Of a 429 for an object at which somebody else is at work.
 *
 * @since 0.1.0
 * @category bodies
 */
export const lockTimeout = of({
  code: "lock_timeout",
  message: "Another request is at work on this object.",
  type: "invalid_request_error"
})

/**
 * Of a 402: the issuer declines.
 *
 * @since 0.1.0
 * @category bodies
 */
export const declined = (declineCode: string, more: Partial<StripeError> = {}) =>
  of({
    code: "card_declined",
    decline_code: declineCode,
    doc_url: "https://docs.stripe.com/error-codes/card-declined",
    message: "The card was declined.",
    type: "card_error",
    ...more
  })

/**
 * Of a 409: the first request under this key is still under way.
 *
 * @since 0.1.0
 * @category bodies
 */
export const keyInUse = of({
  code: "idempotency_key_in_use",
  message: "The first request with this idempotency key is still under way.",
  type: "idempotency_error"
})

/**
 * What the emulator refuses, in the fields of Stripe.
 *
 * @since 0.1.0
 * @category errors
 */
export const refusal = (
  status: number,
  { code, message, ...details }: StripeError & { readonly message: string },
  headers?: Readonly<Record<string, string>>
): Emulator.EmulatorError =>
  new Emulator.EmulatorError({
    status,
    message,
    details,
    ...(code === undefined ? undefined : { code }),
    ...(headers === undefined ? undefined : { headers })
  })

/**
 * @since 0.1.0
 * @category errors
 */
export const invalid = (
  message: string,
  more: { readonly code?: string; readonly param?: string } = {}
): Emulator.EmulatorError => refusal(400, { message, type: "invalid_request_error", ...more })

/**
 * Of an id in a path 404, of one in a parameter 400.
 *
 * @since 0.1.0
 * @category errors
 */
export const missing = (kind: string, id: string, param?: string): Emulator.EmulatorError =>
  refusal(param === undefined ? 404 : 400, {
    code: "resource_missing",
    message: `There is no ${kind} ${id}.`,
    param: param ?? "id",
    type: "invalid_request_error"
  })

/** `automatic_payment_methods.enabled`, as Stripe writes it: `automatic_payment_methods[enabled]`. */
const paramOf = (path: string): string => {
  const [root = "", ...rest] = path.split(".")
  return rest.reduce((name, part) => `${name}[${part}]`, root)
}

const injected = (status: number): { readonly error: StripeError } => {
  if (status === 402) return declined("generic_decline")
  if (status === 409) return keyInUse
  if (status === 429) return rateLimit
  const type = status >= 500 ? "api_error" : status === 401 ? "authentication_error" : "invalid_request_error"
  return of({ message: `The emulator was told to answer ${status}.`, type })
}

/**
 * Any failure of the emulator, in Stripe's words.
 *
 * @since 0.1.0
 * @category bodies
 */
export const error = (failure: Emulator.Failure): Emulator.ErrorAnswer => {
  const { code, details, issues, message, status } = failure
  switch (failure.kind) {
    case "rateLimit":
      return { body: rateLimit, headers: { "stripe-rate-limited-reason": failure.quota?.quota.name ?? "global-rate" } }
    case "fault":
      return { body: injected(status) }
    case "unauthorized":
      return { body: of({ message: "No valid API key was provided.", type: "authentication_error" }) }
    case "handler":
      return { body: { error: { ...details, message, ...(code === undefined ? undefined : { code }) } } }
    case "defect":
      return { body: of({ message, type: "api_error" }) }
    case "invalid": {
      const [first] = issues
      return {
        body: of({
          message,
          type: "invalid_request_error",
          ...(first === undefined ? undefined : { param: paramOf(first.path) }),
          ...(first?.message === "is missing" ? { code: "parameter_missing" } : undefined)
        })
      }
    }
    default:
      return { body: of({ message, type: "invalid_request_error" }) }
  }
}
