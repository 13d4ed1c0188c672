/**
 * The last good value of each key: bounded in number and in age. Times are milliseconds of one monotonic clock.
 */

export interface Entry<A> {
  readonly value: A
  /** When the request for it began. */
  readonly at: number
}

export class LastKnown<A> {
  // oldest write first
  readonly #entries = new Map<string, Entry<A>>()

  constructor(readonly capacity: number, readonly maxAge: number) {}

  get size(): number {
    return this.#entries.size
  }

  /** Keeps a value, unless a later request has brought one already. */
  put(key: string, value: A, at: number, now: number): void {
    const before = this.#entries.get(key)
    if (before !== undefined && before.at > at) return
    this.#entries.delete(key)
    this.#entries.set(key, { at, value })
    for (const [oldest, entry] of this.#entries) {
      if (this.#entries.size <= this.capacity && now - entry.at <= this.maxAge) break
      this.#entries.delete(oldest)
    }
  }

  /** The value of a key, when it is not too old; one that is, is dropped. */
  get(key: string, now: number): Entry<A> | undefined {
    const entry = this.#entries.get(key)
    if (entry === undefined || now - entry.at <= this.maxAge) return entry
    this.#entries.delete(key)
    return undefined
  }

  delete(key: string): void {
    this.#entries.delete(key)
  }
}
