/** What becomes of a message whose delivery has failed: plain values in, plain values out. Times are milliseconds. */
import * as Duration from "effect/Duration"
import type { IntegrationError } from "../../core/IntegrationError.js"
import type { Operation } from "../../core/Operation.js"
import * as LeaseWorker from "../LeaseWorker.js"

export interface Policy extends LeaseWorker.Backoff {
  readonly maxAttempts: number
  readonly retryable: (error: IntegrationError, operation: Operation) => boolean
}

export type Verdict =
  /** It was not this message's turn or fault: given back, and no attempt is burnt. */
  | { readonly _tag: "release"; readonly after: number }
  | { readonly _tag: "retry"; readonly after: number }
  | { readonly _tag: "giveUp" }

/**
 * What may be better later. Beyond what is retryable at once: a deadline of the caller's that passed, a credential that
 * somebody may renew, an input that this program reads no more while a newer one may, and an answer that could not be read
 * where a second request does no harm.
 */
export const defaultRetryable = (error: IntegrationError, operation: Operation): boolean => {
  switch (error._tag) {
    case "TimeoutError":
    case "AuthenticationError":
      return true
    case "ValidationError":
      return error.status === undefined
    case "ResponseDecodeError":
      return operation.idempotent
    default:
      return error.retryable
  }
}

const asked = (error: IntegrationError): number | undefined =>
  error.retryAfter === undefined ? undefined : Math.min(Duration.toMillis(error.retryAfter), Number.MAX_SAFE_INTEGER)

/** `attempts`: those that were burnt before this one. */
export const judge = (
  error: IntegrationError,
  operation: Operation,
  attempts: number,
  policy: Policy,
  random: number
): Verdict => {
  const computed = LeaseWorker.backoff(policy, attempts + 1, random)
  const wait = asked(error)
  if (LeaseWorker.isRefusal(error)) {
    return { _tag: "release", after: Math.max(wait ?? computed, 1) }
  }
  if (attempts + 1 >= policy.maxAttempts || !policy.retryable(error, operation)) {
    return { _tag: "giveUp" }
  }
  return { _tag: "retry", after: Math.max(wait ?? 0, computed) }
}
