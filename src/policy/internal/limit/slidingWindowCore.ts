/**
 * A sliding window, exact: in no stretch of its length are more than `limit` tokens taken. It keeps a log of what was
 * taken when, in groups, so that its memory is bounded whatever the limit.
 */

export interface Config {
  /** Tokens in any window. */
  readonly limit: number
  /** Its length, in milliseconds. */
  readonly window: number
}

/**
 * Tokens closer together than a 2048th of the window are one group, which counts as taken when its last one was: at worst
 * a token comes back that much late, never early.
 */
export const grains = 2048

// sums of fractions may stand a hair above the whole token that they stand for
const epsilon = 1e-7

/** Time is handed in, in milliseconds that only grow. */
export class SlidingWindow {
  #config: Config
  /** A ring of groups, oldest first: `#size` of them from `#start`. */
  #ats = new Float64Array(8)
  #costs = new Float64Array(8)
  #start = 0
  #size = 0
  /** When the first token of the youngest group was taken. */
  #youngest = 0
  /** Tokens in the log. */
  #used = 0
  #reserved = 0

  constructor(config: Config) {
    this.#config = config
  }

  /** Groups in the log, for whoever wonders about its memory. */
  get size(): number {
    return this.#size
  }

  #index(position: number): number {
    return (this.#start + position) % this.#ats.length
  }

  #dropOldest(): void {
    this.#used -= this.#costs[this.#start]!
    this.#start = this.#index(1)
    this.#size--
    // sums of fractions must not stay behind
    if (this.#size === 0) this.#used = 0
  }

  #expire(now: number): void {
    while (this.#size > 0 && this.#ats[this.#start]! + this.#config.window <= now) this.#dropOldest()
  }

  #grow(): void {
    const ats = new Float64Array(this.#ats.length * 2)
    const costs = new Float64Array(this.#ats.length * 2)
    for (let i = 0; i < this.#size; i++) {
      ats[i] = this.#ats[this.#index(i)]!
      costs[i] = this.#costs[this.#index(i)]!
    }
    this.#ats = ats
    this.#costs = costs
    this.#start = 0
  }

  #push(cost: number, at: number): void {
    this.#used += cost
    if (this.#size > 0 && at - this.#youngest < this.#config.window / grains) {
      const last = this.#index(this.#size - 1)
      this.#ats[last] = Math.max(this.#ats[last]!, at)
      this.#costs[last]! += cost
      return
    }
    if (this.#size === this.#ats.length) this.#grow()
    const next = this.#index(this.#size++)
    this.#ats[next] = at
    this.#costs[next] = cost
    this.#youngest = at
  }

  /**
   * Milliseconds until `cost` tokens beyond those of `ahead` may be taken, if those ahead take theirs as soon as they may.
   * What costs more than the limit waits for an empty window, and uses up those that follow. Exact for the first in line;
   * for others it may fall short where those ahead take several tokens at a time.
   */
  waitFor(cost: number, ahead: number, now: number): number {
    this.#expire(now)
    const { limit, window } = this.#config
    // in the order in which tokens are taken, each follows the one `limit` places before it by a window
    const place = ahead + Math.min(cost, limit)
    const rounds = Math.max(0, Math.ceil((place - epsilon) / limit) - 1)
    let missing = place - rounds * limit - (limit - this.#used - this.#reserved)
    if (missing <= epsilon) return rounds * window
    for (let i = 0; i < this.#size; i++) {
      const index = this.#index(i)
      missing -= this.#costs[index]!
      if (missing <= epsilon) return this.#ats[index]! + (rounds + 1) * window - now
    }
    return (rounds + 1) * window
  }

  spend(cost: number, now: number): void {
    const { limit, window } = this.#config
    let at = now
    let rest = cost
    for (; rest > limit; rest -= limit) {
      this.#push(limit, at)
      at += window
    }
    if (rest > 0) this.#push(rest, at)
  }

  /** Is in no group: it is as young as can be until it is used. */
  reserve(cost: number): void {
    this.#reserved += cost
  }

  use(cost: number, _at: number, now: number): void {
    this.#reserved -= cost
    this.spend(cost, now)
  }

  cancel(cost: number): void {
    this.#reserved -= cost
  }

  refund(cost: number, at: number, now: number): void {
    this.#expire(now)
    const { limit, window } = this.#config
    for (let rest = cost, from = at; rest > 0; rest -= limit, from += window) {
      if (from + window > now) this.#takeOut(Math.min(rest, limit), from)
    }
  }

  /** From the group that it was put into: the oldest one that does not seem older than it is. */
  #takeOut(cost: number, at: number): void {
    let position = this.#size
    while (position > 0 && this.#ats[this.#index(position - 1)]! >= at) position--
    if (position === this.#size) return
    const index = this.#index(position)
    const out = Math.min(cost, this.#costs[index]!)
    this.#costs[index]! -= out
    this.#used -= out
  }

  available(now: number): number {
    this.#expire(now)
    return this.#config.limit - this.#used - this.#reserved
  }

  isFull(now: number): boolean {
    this.#expire(now)
    return this.#used + this.#reserved <= epsilon
  }

  /** What was taken stays in the log, for as long as the new window says. */
  reconfigure(config: Config): void {
    this.#config = config
  }
}
