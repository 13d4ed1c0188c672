/** Members in the order in which they were last used, linked through themselves: using one, and dropping one, is O(1). */

export interface Idle {
  before: Idle | undefined
  after: Idle | undefined
  /** Monotonic milliseconds. */
  touched: number
}

export class IdleList<A extends Idle> {
  #first: A | undefined
  #last: A | undefined

  /** The one that has not been used for the longest time. */
  get first(): A | undefined {
    return this.#first
  }

  touch(member: A, now: number): void {
    member.touched = now
    if (member === this.#last) return
    this.remove(member)
    member.before = this.#last
    if (this.#last === undefined) this.#first = member
    else this.#last.after = member
    this.#last = member
  }

  remove(member: A): void {
    const before = member.before as A | undefined
    const after = member.after as A | undefined
    if (before !== undefined) before.after = after
    else if (this.#first === member) this.#first = after
    if (after !== undefined) after.before = before
    else if (this.#last === member) this.#last = before
    member.before = undefined
    member.after = undefined
  }
}
