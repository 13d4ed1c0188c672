/**
 * A first-in first-out queue whose members can leave from the middle: every step is O(1).
 */
export class Node<A> {
  previous: Node<A> | undefined
  next: Node<A> | undefined
  queued = false
  constructor(readonly value: A) {}
}

export class Fifo<A> {
  #head: Node<A> | undefined
  #tail: Node<A> | undefined
  #size = 0

  get size(): number {
    return this.#size
  }

  get head(): A | undefined {
    return this.#head?.value
  }

  push(value: A): Node<A> {
    const node = new Node(value)
    node.previous = this.#tail
    if (this.#tail === undefined) this.#head = node
    else this.#tail.next = node
    this.#tail = node
    node.queued = true
    this.#size++
    return node
  }

  shift(): A | undefined {
    const node = this.#head
    if (node === undefined) return undefined
    this.remove(node)
    return node.value
  }

  /** Nothing happens when the node has left already. */
  remove(node: Node<A>): boolean {
    if (!node.queued) return false
    if (node.previous === undefined) this.#head = node.next
    else node.previous.next = node.next
    if (node.next === undefined) this.#tail = node.previous
    else node.next.previous = node.previous
    node.previous = undefined
    node.next = undefined
    node.queued = false
    this.#size--
    return true
  }

  *[Symbol.iterator](): Generator<A> {
    for (let node = this.#head; node !== undefined;) {
      const next: Node<A> | undefined = node.next
      yield node.value
      node = next
    }
  }
}
