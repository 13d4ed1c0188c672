/**
 * Further requests (retries, hedges) allowed in proportion to calls, with a floor for quiet times: a bucket that calls
 * and time fill, and further requests empty. Bounds what an outage is amplified to: over `t` seconds with `n` calls no
 * more than `10 × minPerSecond + ratio × n + minPerSecond × t`, and never fewer than one.
 */
export class Budget {
  ratio: number
  minPerSecond: number
  #capacity: number
  #tokens: number
  #at: number

  constructor(ratio: number, minPerSecond: number, now: number) {
    this.ratio = ratio
    this.minPerSecond = minPerSecond
    this.#capacity = capacityOf(minPerSecond)
    this.#tokens = this.#capacity
    this.#at = now
  }

  /** The newest configuration wins; what has been spent stays spent. */
  configure(ratio: number, minPerSecond: number): void {
    this.ratio = ratio
    this.minPerSecond = minPerSecond
    this.#capacity = capacityOf(minPerSecond)
    this.#tokens = Math.min(this.#tokens, this.#capacity)
  }

  /** A call has begun. */
  deposit(): void {
    this.#tokens = Math.min(this.#capacity, this.#tokens + this.ratio)
  }

  /** Whether another request may be sent; takes the token. */
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

/** Ten seconds' worth, and at least one. */
const capacityOf = (minPerSecond: number): number => Math.max(1, minPerSecond * 10)
