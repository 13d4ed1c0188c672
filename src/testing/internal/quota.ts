import * as Duration from "effect/Duration"

/**
 * A limit that the emulator enforces: so many requests in any stretch of the window.
 *
 * @since 0.1.0
 * @category models
 */
export interface Quota {
  /** The provider's own name for it, `TEN_SECONDLY_ROLLING`. */
  readonly name: string
  readonly limit: number
  readonly window: Duration.DurationInput
  /** Which operations it counts. Default: all. */
  readonly applies?: (operation: string) => boolean
  /** Whether a refusal says how long to wait, in whole seconds. Default false. */
  readonly retryAfter?: boolean
}

/**
 * How much of a limit is left.
 *
 * @since 0.1.0
 * @category models
 */
export interface QuotaView {
  readonly quota: Quota
  readonly windowMillis: number
  readonly remaining: number
  /** Until one more request is let through; 0 when there is room. */
  readonly waitMillis: number
}

/** A rolling window: at most `limit` requests in any stretch of its length. Requests that are refused do not count. */
export class Window {
  readonly windowMillis: number
  #admitted: Array<number> = []
  /** Older entries than this one have left the window. */
  #head = 0

  constructor(readonly quota: Quota) {
    this.windowMillis = Duration.toMillis(quota.window)
  }

  view(now: number): QuotaView {
    while (this.#head < this.#admitted.length && (this.#admitted[this.#head] ?? 0) <= now - this.windowMillis) {
      this.#head++
    }
    if (this.#head > 1024 && this.#head * 2 > this.#admitted.length) {
      this.#admitted = this.#admitted.slice(this.#head)
      this.#head = 0
    }
    const remaining = this.quota.limit - (this.#admitted.length - this.#head)
    return {
      quota: this.quota,
      windowMillis: this.windowMillis,
      remaining,
      waitMillis: remaining > 0 ? 0 : (this.#admitted[this.#head] ?? now) + this.windowMillis - now
    }
  }

  take(now: number): void {
    this.#admitted.push(now)
  }
}
