/**
 * A token bucket: a burst of its capacity, and a steady rate after that.
 */

export interface Config {
  /** Tokens at most, and at the start: the burst. */
  readonly capacity: number
  /** Tokens per second. */
  readonly refillRate: number
}

// sums of fractions fall a hair short of the whole token that they stand for
const epsilon = 1e-7

/** Time is handed in, in milliseconds that only grow. */
export class TokenBucket {
  #config: Config
  /** Below zero where an operation cost more than the bucket holds: what it owes. */
  #tokens: number
  /** Of what is not there any more, what is reserved: it takes up its place until it is used. */
  #reserved = 0
  #at: number

  constructor(config: Config, now: number) {
    this.#config = config
    this.#tokens = config.capacity
    this.#at = now
  }

  #refill(now: number): void {
    if (now <= this.#at) return
    const { capacity, refillRate } = this.#config
    const room = Math.max(0, capacity - this.#reserved - this.#tokens)
    this.#tokens += Math.min(room, (now - this.#at) * refillRate / 1000)
    this.#at = now
  }

  /**
   * Milliseconds until `cost` tokens beyond those of `ahead` are there. What costs more than the bucket can hold waits until
   * it is full, and owes the rest.
   */
  waitFor(cost: number, ahead: number, now: number): number {
    this.#refill(now)
    const { capacity, refillRate } = this.#config
    const missing = ahead + Math.min(cost, capacity) - this.#tokens
    return missing <= epsilon ? 0 : missing / refillRate * 1000
  }

  spend(cost: number): void {
    this.#tokens -= cost
  }

  reserve(cost: number): void {
    this.#tokens -= cost
    this.#reserved += cost
  }

  use(cost: number, _at: number, now: number): void {
    this.#refill(now)
    this.#reserved -= cost
  }

  cancel(cost: number, _at: number, now: number): void {
    this.#refill(now)
    this.#reserved -= cost
    this.#tokens += cost
  }

  /** Less what has come in since: without the taking it might have run over, and none of that is owed to anybody. */
  refund(cost: number, at: number, now: number): void {
    this.#refill(now)
    const { capacity, refillRate } = this.#config
    const unused = cost - (now - at) * refillRate / 1000
    if (unused > 0) this.#tokens = Math.min(Math.max(this.#tokens, capacity - this.#reserved), this.#tokens + unused)
  }

  /** Not more than so many are there: somebody else has taken them. */
  atMost(tokens: number, now: number): void {
    this.#refill(now)
    this.#tokens = Math.min(this.#tokens, tokens - this.#reserved)
  }

  available(now: number): number {
    this.#refill(now)
    return this.#tokens
  }

  isFull(now: number): boolean {
    return this.available(now) >= this.#config.capacity - epsilon && this.#reserved <= epsilon
  }

  /** What has been earned so far is kept, up to the new capacity. */
  reconfigure(config: Config, now: number): void {
    this.#refill(now)
    this.#config = config
    this.#tokens = Math.min(this.#tokens, Math.max(0, config.capacity - this.#reserved))
  }
}
