/**
 * A concurrency limit that finds itself, by additive increase and multiplicative decrease. It goes by losses alone: on the
 * client a longer answer time says as much of the work that was asked for, of the network and of this process as of the
 * provider, whereas a refusal is the provider's own word.
 */

export interface Config {
  readonly min: number
  readonly max: number
  readonly initial: number
  /** What is left of the limit after a loss: above 0 and below 1. */
  readonly backoffRatio: number
}

/** What a call says: that there was too much of it, that there was not, or nothing. */
export type Outcome = "loss" | "success" | "ignored"

export class AdaptiveLimit {
  #config: Config
  #limit: number
  /** Grows with each cut: what was under way then was sent under the limit from before. */
  #era = 0

  constructor(config: Config) {
    this.#config = config
    this.#limit = config.initial
  }

  /** Whole, and within its bounds. */
  get limit(): number {
    return Math.floor(this.#limit)
  }

  /** To be kept by a call that begins, and shown when it ends. */
  get era(): number {
    return this.#era
  }

  /**
   * Takes in how a call ended. One crowd of calls is one loss, however many of them are lost: those that began before the
   * last cut say nothing of the limit since. A full round of successes makes room for one more, where at least half of what
   * is allowed was in use; else nobody knows whether more would have been too much. `true` when the limit has changed.
   */
  record(outcome: Outcome, era: number, underWay: number): boolean {
    if (outcome === "ignored" || era !== this.#era) return false
    const before = this.limit
    if (outcome === "loss") {
      this.#limit = Math.max(this.#config.min, Math.min(before * this.#config.backoffRatio, before - 1))
      this.#era++
    } else if (underWay * 2 >= before) {
      this.#limit = Math.min(this.#config.max, this.#limit + 1 / before)
    }
    return this.limit !== before
  }

  /** As new. */
  reset(): void {
    this.#limit = this.#config.initial
    this.#era++
  }

  /** Other bounds from now on; what has been found out is kept within them. */
  reconfigure(config: Config): void {
    this.#config = config
    this.#limit = Math.min(config.max, Math.max(config.min, this.#limit))
  }
}
