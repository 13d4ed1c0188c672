/**
 * Whether to try again, and after how long: plain functions of what is known when an attempt has failed.
 */
import * as Duration from "effect/Duration"
import * as IntegrationError from "../../core/IntegrationError.js"

export type Jitter = "full" | "equal" | "decorrelated" | "none" | number

export interface Config {
  readonly maxAttempts: number
  /** Milliseconds. */
  readonly initialDelay: number
  readonly multiplier: number
  /** Milliseconds. */
  readonly maxDelay: number
  readonly jitter: Jitter
  /** Milliseconds. */
  readonly maxRetryAfter: number
}

export type GiveUpReason = "not retryable" | "may have been processed" | "body was consumed" | "attempts"

/**
 * The pause before attempt `attempt + 1`, in milliseconds: exponential, capped, then spread. `random` is in [0, 1);
 * `previous` is the pause before (for decorrelated jitter).
 */
export const backoff = (config: Config, attempt: number, previous: number, random: number): number => {
  if (config.jitter === "decorrelated") {
    const upper = Math.max(config.initialDelay, previous * 3)
    return Math.min(config.maxDelay, config.initialDelay + random * (upper - config.initialDelay))
  }
  // beyond 2^1023 the power is Infinity, which the cap turns into maxDelay; 0 × Infinity would be NaN
  const raw = config.initialDelay === 0 ? 0 : config.initialDelay * Math.pow(config.multiplier, attempt - 1)
  const delay = Math.min(raw, config.maxDelay)
  switch (config.jitter) {
    case "none":
      return delay
    case "full":
      return delay * random
    case "equal":
      return delay / 2 + delay / 2 * random
    default:
      return Math.min(config.maxDelay, delay * (1 - config.jitter + 2 * config.jitter * random))
  }
}

/**
 * Why a failed attempt must not be followed by another, or `undefined`. Says nothing of the delay.
 */
export const refuses = (input: {
  readonly error: IntegrationError.IntegrationError
  readonly idempotent: boolean
  readonly bodyIsReplayable: boolean
  readonly attempt: number
  readonly maxAttempts: number
}): GiveUpReason | undefined => {
  const { error } = input
  if (!error.retryable) return "not retryable"
  const untouched = IntegrationError.surelyNotProcessed(error)
  if (!input.idempotent && !untouched) return "may have been processed"
  if (!input.bodyIsReplayable && !isLocal(error)) return "body was consumed"
  if (input.attempt >= input.maxAttempts) return "attempts"
  return undefined
}

const isLocal = (error: IntegrationError.IntegrationError): boolean =>
  error._tag === "NetworkError"
    ? error.phase === "connect"
    : error._tag === "RateLimitError" && error.origin === "local"

/**
 * What the server asks for goes before what was computed, and is not spread. Asked for too long a wait, and where the
 * computed pauses are at their end, there is no other attempt.
 */
export const delayOf = (
  error: IntegrationError.IntegrationError,
  maxRetryAfter: number,
  computed: number | "end"
): number | "retry-after" | "end" => {
  if (error.retryAfter === undefined || computed === "end") return computed
  const asked = Duration.toMillis(error.retryAfter)
  return asked > maxRetryAfter ? "retry-after" : asked
}

/** `RateLimitError 429, Retry-After`: for the record of waits. */
export const reasonOf = (error: IntegrationError.IntegrationError): string =>
  error._tag + (error.status === undefined ? "" : ` ${error.status}`) +
  (error.retryAfter === undefined ? "" : ", Retry-After")

/**
 * Retries allowed in proportion to calls, with a floor for quiet times: a bucket that calls and time fill, and retries
 * empty. Bounds what an outage is amplified to.
 */
export class Budget {
  readonly #capacity: number
  #tokens: number
  #at: number

  constructor(readonly ratio: number, readonly minPerSecond: number, now: number) {
    this.#capacity = Math.max(1, minPerSecond * 10)
    this.#tokens = this.#capacity
    this.#at = now
  }

  deposit(): void {
    this.#tokens = Math.min(this.#capacity, this.#tokens + this.ratio)
  }

  withdraw(now: number): boolean {
    if (now > this.#at) {
      this.#tokens = Math.min(this.#capacity, this.#tokens + (now - this.#at) / 1000 * this.minPerSecond)
      this.#at = now
    }
    if (this.#tokens < 1) return false
    this.#tokens--
    return true
  }
}
