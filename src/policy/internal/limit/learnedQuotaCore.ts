/**
 * What the provider says is left of its quota, and until when: a limit that was learned, not configured.
 */

/** Resets are said in whole seconds: those of one window differ by that much. */
const sameWindow = 1_000

/** Time is handed in, in milliseconds that only grow. */
export class LearnedQuota {
  /** Tokens that may still be taken before the reset; `Infinity` when nothing is known. */
  #remaining = Number.POSITIVE_INFINITY
  /** What the provider said last of this window: nothing that is given back goes above it. */
  #said = Number.POSITIVE_INFINITY
  /** When the provider's window ends, as the first answer of that window put it. */
  #resetAt = Number.NEGATIVE_INFINITY

  #forget(now: number): void {
    if (now < this.#resetAt) return
    this.#remaining = Number.POSITIVE_INFINITY
    this.#said = Number.POSITIVE_INFINITY
  }

  /**
   * Takes over an answer. Within one window answers overtake each other, and of two the lower is the later one; in another
   * window the new answer is all that counts.
   */
  learn(remaining: number, resetAfter: number, now: number): void {
    this.#forget(now)
    const resetAt = now + resetAfter
    const same = now < this.#resetAt && Math.abs(resetAt - this.#resetAt) <= sameWindow
    this.#said = same ? Math.min(this.#said, remaining) : remaining
    this.#remaining = same ? Math.min(this.#remaining, remaining) : remaining
    if (!same) this.#resetAt = resetAt
  }

  /** Milliseconds until `cost` tokens beyond those of `ahead` may be taken, for all that is known. */
  waitFor(cost: number, ahead: number, now: number): number {
    this.#forget(now)
    return this.#remaining >= ahead + cost ? 0 : this.#resetAt - now
  }

  spend(cost: number): void {
    this.#remaining -= cost
  }

  reserve(cost: number): void {
    this.spend(cost)
  }

  use(): void {}

  cancel(cost: number, _at: number, now: number): void {
    this.refund(cost, 0, now)
  }

  refund(cost: number, _at: number, now: number): void {
    this.#forget(now)
    this.#remaining = Math.min(this.#said, this.#remaining + cost)
  }

  available(now: number): number {
    this.#forget(now)
    return this.#remaining
  }

  isFull(now: number): boolean {
    return now >= this.#resetAt
  }
}
