/**
 * Things by key, made on first use and forgotten when nobody has used them for a while. No timer and no fiber: whoever adds
 * a key looks at a few of the others.
 */

interface Entry<A> {
  readonly value: A
  usedAt: number
  /** Who must not lose it. */
  holders: number
}

/** Enough for more to be forgotten than is added. */
const looksPerAddition = 2

export class Keyed<A> {
  readonly #entries = new Map<string, Entry<A>>()
  #round = this.#entries.entries()

  constructor(
    readonly make: (key: string, now: number) => A,
    /** Whether it may be forgotten after so many milliseconds without use. */
    readonly mayForget: (value: A, unusedFor: number, now: number) => boolean,
    readonly onForget?: (value: A) => void
  ) {}

  get size(): number {
    return this.#entries.size
  }

  /** Those that are not forgotten. */
  all(now: number): ReadonlyArray<readonly [key: string, value: A]> {
    const all: Array<readonly [string, A]> = []
    for (const [key, entry] of this.#entries) if (!this.#isOver(entry, now)) all.push([key, entry.value])
    return all
  }

  get(key: string, now: number): A {
    return this.#use(key, now).value
  }

  /** What there is, without using it. */
  peek(key: string, now: number): A | undefined {
    const entry = this.#entries.get(key)
    return entry === undefined || this.#isOver(entry, now) ? undefined : entry.value
  }

  /** Is not forgotten until `release`. */
  hold(key: string, now: number): A {
    const entry = this.#use(key, now)
    entry.holders++
    return entry.value
  }

  release(key: string, now: number): void {
    const entry = this.#entries.get(key)
    if (entry === undefined) return
    entry.holders--
    entry.usedAt = now
  }

  #use(key: string, now: number): Entry<A> {
    const existing = this.#entries.get(key)
    if (existing !== undefined && !this.#isOver(existing, now)) {
      existing.usedAt = now
      return existing
    }
    if (existing !== undefined) this.onForget?.(existing.value)
    const entry = { value: this.make(key, now), usedAt: now, holders: 0 }
    this.#entries.set(key, entry)
    for (let i = 0; i < looksPerAddition; i++) this.#lookAtNext(now)
    return entry
  }

  #lookAtNext(now: number): void {
    let next = this.#round.next()
    if (next.done === true) {
      this.#round = this.#entries.entries()
      next = this.#round.next()
    }
    if (next.done === true || !this.#isOver(next.value[1], now)) return
    this.#entries.delete(next.value[0])
    this.onForget?.(next.value[1].value)
  }

  #isOver({ holders, usedAt, value }: Entry<A>, now: number): boolean {
    return holders === 0 && this.mayForget(value, now - usedAt, now)
  }
}
