/**
 * A first-in first-out queue whose members can leave from the middle: every step is O(1). A member is its own link, and
 * can be in one queue at a time.
 */
export class Link {
  /** @internal */
  queue: Fifo<Link> | undefined
  /** @internal */
  previous: Link | undefined
  /** @internal */
  next: Link | undefined
}

export class Fifo<A extends Link> {
  #head: A | undefined
  #tail: A | undefined
  #size = 0

  get size(): number {
    return this.#size
  }

  get head(): A | undefined {
    return this.#head
  }

  get tail(): A | undefined {
    return this.#tail
  }

  has(member: A): boolean {
    return member.queue === this
  }

  push(member: A): void {
    this.insertAfter(this.#tail, member)
  }

  /** After a member of the queue, or at its head. */
  insertAfter(before: A | undefined, member: A): void {
    if (member.queue !== undefined) throw new Error("a member can be in one queue at a time, and there once")
    const after = before === undefined ? this.#head : before.next as A | undefined
    member.queue = this
    member.previous = before
    member.next = after
    if (before === undefined) this.#head = member
    else before.next = member
    if (after === undefined) this.#tail = member
    else after.previous = member
    this.#size++
  }

  shift(): A | undefined {
    const member = this.#head
    if (member !== undefined) this.remove(member)
    return member
  }

  /** Nothing happens when the member is not in the queue. */
  remove(member: A): boolean {
    if (member.queue !== this) return false
    const { next, previous } = member as { next: A | undefined; previous: A | undefined }
    if (previous === undefined) this.#head = next
    else previous.next = next
    if (next === undefined) this.#tail = previous
    else next.previous = previous
    member.queue = member.previous = member.next = undefined
    this.#size--
    return true
  }

  /** In order; the member that is looked at may leave meanwhile. */
  *[Symbol.iterator](): Generator<A> {
    for (let member = this.#head; member !== undefined;) {
      const next = member.next as A | undefined
      yield member
      member = next
    }
  }
}
