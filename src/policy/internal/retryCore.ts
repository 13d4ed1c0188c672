/**
 * Whether to try again, and after how long: plain functions of what is known when an attempt has failed.
 */
import type { GaveUp } from "../../core/IntegrationError.js"

export type Jitter = "full" | "equal" | "decorrelated" | "none" | number

export type OnRetryAfter = "cap" | "giveUp" | "wait"

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
  readonly onRetryAfter: OnRetryAfter
}

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

/** What is known of an attempt that has failed. */
export interface Failed {
  readonly retryable: boolean
  /** It is certain that the provider did not act on it. */
  readonly untouched: boolean
  /** May be sent twice with the effect of once. */
  readonly idempotent: boolean
  /** The body is as it was. */
  readonly bodyIsReplayable: boolean
  /** Counted from 1. */
  readonly attempt: number
}

/**
 * Why a failed attempt must not be followed by another, or `undefined`. Says nothing of the pause, the deadline, and
 * the budget, which come after it: what is refused here costs no token.
 */
export const refuses = (failed: Failed, maxAttempts: number): GaveUp | "not-retryable" | undefined => {
  if (!failed.retryable) return "not-retryable"
  if (!failed.idempotent && !failed.untouched) return "may-have-been-processed"
  if (!failed.bodyIsReplayable) return "body-consumed"
  if (failed.attempt >= maxAttempts) return "attempts"
  return undefined
}

/**
 * What the server asks for (milliseconds) goes before what was computed, and is not spread. Asked for too long a wait
 * there is no other attempt, or one at the cap, or one when it was asked for; where the computed pauses are at their end
 * (`undefined`), there is none.
 */
export const pauseOf = (
  config: Pick<Config, "maxRetryAfter" | "onRetryAfter">,
  asked: number | undefined,
  computed: number | undefined
): number | GaveUp => {
  if (computed === undefined) return "schedule"
  if (asked === undefined) return computed
  if (asked <= config.maxRetryAfter || config.onRetryAfter === "wait") return asked
  return config.onRetryAfter === "cap" ? config.maxRetryAfter : "retry-after"
}
