/**
 * Slots with a fair bounded queue. A slot that comes free is handed straight to the first in line: O(1), nobody else wakes,
 * and no newcomer can slip in between. No clock, no timer and no Effect: time is handed in, in milliseconds that only grow.
 */
import { Fifo, Link } from "../fifo.js"

export interface Config {
  /** Slots. */
  readonly limit: number
  /** Callers that may wait. */
  readonly maxQueue: number
  /** Milliseconds; `Infinity`: as long as the caller likes. */
  readonly maxWait: number
}

/** Why a caller got no slot: there is no room in line, or it has waited for too long. */
export type Refusal = "queue" | "wait"

/** One caller. */
export class Claim extends Link {
  standing: "idle" | "waiting" | "held" | "refused" = "idle"
  /** When it has waited for as long as anybody may; 0 before it waits. */
  patience = 0
  /** Its place among all who waited: who has to go back into line, goes back to it. */
  place = 0
  /** Called once, when it stops waiting for a reason that is not its own. */
  onSettled: (() => void) | undefined
}

export class Slots {
  readonly #queue = new Fifo<Claim>()
  #held = 0
  #places = 0
  #config: Config

  constructor(config: Config) {
    this.#config = config
  }

  get held(): number {
    return this.#held
  }
  get waiting(): number {
    return this.#queue.size
  }
  get limit(): number {
    return this.#config.limit
  }

  /** A slot at once, where one is free: then nobody waits for it. */
  take(claim: Claim): boolean {
    if (this.#held >= this.#config.limit) return false
    this.#held++
    claim.standing = "held"
    return true
  }

  /** Lines up, or is refused. */
  join(claim: Claim, now: number): Refusal | undefined {
    if (this.#queue.size >= this.#config.maxQueue) return "queue"
    claim.place = ++this.#places
    claim.patience = now + this.#config.maxWait
    this.#queue.push(claim)
    claim.standing = "waiting"
    return undefined
  }

  /** Lines up once more, before all who came later. */
  rejoin(claim: Claim): void {
    let before: Claim | undefined
    for (const other of this.#queue) {
      if (other.place > claim.place) break
      before = other
    }
    this.#queue.insertAfter(before, claim)
    claim.standing = "waiting"
  }

  /** Gives up a slot, or a place in line. */
  leave(claim: Claim): void {
    if (claim.standing === "held") {
      this.#held--
      this.#handOn()
    } else if (claim.standing === "waiting") this.#queue.remove(claim)
    claim.standing = "idle"
    claim.onSettled = undefined
  }

  #handOn(): void {
    while (this.#held < this.#config.limit) {
      const first = this.#queue.shift()
      if (first === undefined) return
      this.#held++
      this.#settle(first, "held")
    }
  }

  #settle(claim: Claim, standing: "held" | "refused"): void {
    claim.standing = standing
    const { onSettled } = claim
    claim.onSettled = undefined
    onSettled?.()
  }

  /** Refuses those who have waited for too long, and says when the next one will have: `Infinity` for never. */
  expire(now: number): number {
    for (let head = this.#queue.head; head !== undefined; head = this.#queue.head) {
      if (head.patience > now) return head.patience
      this.#queue.shift()
      this.#settle(head, "refused")
    }
    return Number.POSITIVE_INFINITY
  }

  /** Fewer slots are waited for: who holds one keeps it. More are handed out at once. */
  reconfigure(config: Config): void {
    this.#config = config
    this.#handOn()
  }
}
