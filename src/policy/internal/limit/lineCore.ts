/**
 * Callers in line for tokens: fair, bounded, held back by a cool-down. No clock, no timer and no Effect: time is handed in,
 * in milliseconds that only grow, and whoever drives the line comes back when `serve` says so.
 */
import { Fifo, Link } from "../fifo.js"
import type { Quota } from "./quotaCore.js"

export interface Config {
  /** Callers that may wait. */
  readonly maxQueue: number
  /** Milliseconds. */
  readonly maxWait: number
}

/** Why a caller was not let through, and in how many milliseconds it may come back. */
export interface Refusal {
  readonly reason: "queue" | "wait"
  readonly retryAfter: number
}

/**
 * One caller. `idle`: holds nothing and waits for nothing. `waiting`: stands in line. `granted`: its tokens are reserved, and
 * it has not moved yet. `taken`: it has its tokens. `refused`: it will not get any.
 */
export class Permit extends Link {
  standing: "idle" | "waiting" | "granted" | "taken" | "refused" = "idle"
  refusal: Refusal | undefined
  /** When its tokens were taken, and in which era of the quota. */
  takenAt = 0
  era = 0
  /** When its caller gives up. */
  deadline = Number.POSITIVE_INFINITY
  /** When it has waited for as long as anybody may. */
  patience = Number.POSITIVE_INFINITY
  /** Its place among all who came: who has to go back into line, goes back to it. */
  place = 0
  /** Called once, when it stops waiting for a reason that is not its own. */
  onSettled: (() => void) | undefined

  constructor(readonly cost: number) {
    super()
  }
}

// instants are sums of fractions: a wait that ends with the patience of the caller may seem to end a hair after it
const hair = 1e-3

export class Line {
  readonly #queue = new Fifo<Permit>()
  #cost = 0
  #places = 0
  #heldUntil = Number.NEGATIVE_INFINITY

  constructor(readonly quota: Quota, public config: Config) {}

  get waiting(): number {
    return this.#queue.size
  }

  /** Tokens that those in line wait for. */
  get wanted(): number {
    return this.#cost
  }

  /** Tokens that the one at its head waits for. */
  get headCost(): number {
    return this.#queue.head?.cost ?? 0
  }

  /** Milliseconds left of the cool-down. */
  coolDownLeft(now: number): number {
    return Math.max(0, this.#heldUntil - now)
  }

  /** Tokens at once, where nobody is in line and nothing holds it. */
  take(permit: Permit, now: number): boolean {
    if (permit.place === 0) permit.place = ++this.#places
    return this.#queue.size === 0 && this.#takeAtOnce(permit, now)
  }

  #takeAtOnce(permit: Permit, now: number): boolean {
    if (now < this.#heldUntil || this.quota.take(permit.cost, now) > 0) return false
    permit.standing = "taken"
    permit.takenAt = now
    permit.era = this.quota.era(now)
    return true
  }

  /**
   * Lines up; whoever would have to wait past `deadline` or for longer than it may is refused instead, now, as are those
   * for whom there is no room.
   */
  join(permit: Permit, deadline: number, now: number): Refusal | undefined {
    const wait = this.#waitFor(permit.cost, this.#cost, now)
    permit.deadline = deadline
    permit.patience = now + this.config.maxWait
    const reason = this.#queue.size >= this.config.maxQueue ? "queue" : tooLong(permit, wait, now) ? "wait" : undefined
    if (reason === undefined) {
      this.#line(permit, this.#queue.tail)
      return undefined
    }
    permit.standing = "refused"
    return permit.refusal = { reason, retryAfter: wait }
  }

  #waitFor(cost: number, ahead: number, now: number): number {
    return Math.max(this.#heldUntil - now, this.quota.waitFor(cost, ahead, now))
  }

  #line(permit: Permit, before: Permit | undefined): void {
    this.#queue.insertAfter(before, permit)
    this.#cost += permit.cost
    permit.standing = "waiting"
  }

  #unline(permit: Permit): void {
    this.#queue.remove(permit)
    // sums of fractions must not stay behind
    this.#cost = this.#queue.size === 0 ? 0 : this.#cost - permit.cost
  }

  #settle(permit: Permit): void {
    const { onSettled } = permit
    permit.onSettled = undefined
    onSettled?.()
  }

  #refuse(permit: Permit, wait: number): void {
    this.#unline(permit)
    permit.standing = "refused"
    permit.refusal = { reason: "wait", retryAfter: wait }
    this.#settle(permit)
  }

  /**
   * Lets through everybody whose tokens are there, in order, and says when to come back: never, when nobody waits. Whoever
   * comes to the head and would wait for longer than it may is refused.
   */
  serve(now: number): number {
    for (let head = this.#queue.head; head !== undefined; head = this.#queue.head) {
      if (now >= this.#heldUntil && this.quota.reserve(head.cost, now) === 0) {
        this.#unline(head)
        head.standing = "granted"
        head.takenAt = now
        head.era = this.quota.era(now)
        this.#settle(head)
        continue
      }
      const wait = this.#waitFor(head.cost, 0, now)
      if (!tooLong(head, wait, now)) return now + wait
      this.#refuse(head, wait)
    }
    return Number.POSITIVE_INFINITY
  }

  /**
   * A caller whose turn it was is about to go: true. When a cool-down has begun since, or its tokens are lost, it goes back
   * into line instead, to its place, or is refused.
   */
  confirm(permit: Permit, now: number): boolean {
    const isThere = permit.era === this.quota.era(now)
    if (isThere && now >= this.#heldUntil) {
      this.quota.use(permit.cost, permit.takenAt, now)
      permit.standing = "taken"
      permit.takenAt = now
      return true
    }
    if (isThere) this.quota.cancel(permit.cost, permit.takenAt, now)
    this.#lineAgain(permit, now)
    return false
  }

  /** Back into line, to its place; those behind it who now would wait for too long are refused, as it may be itself. */
  #lineAgain(permit: Permit, now: number): void {
    let before: Permit | undefined
    for (const other of this.#queue) {
      // nobody waits for longer than those behind: the one at the head is then always the first whose patience ends
      if (other.place > permit.place) {
        permit.patience = Math.min(permit.patience, other.patience)
        break
      }
      other.patience = Math.min(other.patience, permit.patience)
      before = other
    }
    this.#line(permit, before)
    this.review(now)
  }

  /** A caller with tokens has to wait for something else: they are put back until `resume`. */
  suspend(permit: Permit, now: number): void {
    if (permit.standing !== "taken") return
    this.#unuse(permit, now)
    permit.standing = "idle"
  }

  /** What comes from an era that is over counts as used. */
  #unuse(permit: Permit, now: number): void {
    if (permit.era !== this.quota.era(now)) return
    if (permit.standing === "granted") this.quota.cancel(permit.cost, permit.takenAt, now)
    else if (permit.standing === "taken") this.quota.refund(permit.cost, permit.takenAt, now)
  }

  /** Takes the tokens once more, before all who came later: true; or else it stands in line again, or is refused. */
  resume(permit: Permit, deadline: number, now: number): boolean {
    const { head } = this.#queue
    if ((head === undefined || head.place > permit.place) && this.#takeAtOnce(permit, now)) return true
    permit.deadline = deadline
    permit.patience = now + this.config.maxWait
    this.#lineAgain(permit, now)
    return false
  }

  /** Gives up: its place in line, or the tokens that it has and did not use. */
  leave(permit: Permit, now: number): void {
    if (permit.standing === "waiting") this.#unline(permit)
    else this.#unuse(permit, now)
    permit.standing = "idle"
    permit.onSettled = undefined
  }

  /**
   * Holds everybody for so many milliseconds, those with tokens too, and refuses those for whom that is too long. Never
   * shortens a hold that is longer: false then.
   */
  coolDown(millis: number, now: number): boolean {
    if (now + millis <= this.#heldUntil || millis <= 0) return false
    this.#heldUntil = now + millis
    this.review(now)
    return true
  }

  /** Refuses those who now would wait for too long: after whatever makes waits longer. */
  review(now: number): void {
    let ahead = 0
    for (const permit of this.#queue) {
      const wait = this.#waitFor(permit.cost, ahead, now)
      if (tooLong(permit, wait, now)) this.#refuse(permit, wait)
      else ahead += permit.cost
    }
  }

  /** Nobody waits, nothing holds, nothing was taken that still counts. */
  isIdle(now: number): boolean {
    return this.#queue.size === 0 && now >= this.#heldUntil && this.quota.isFull(now)
  }
}

const tooLong = (permit: Permit, wait: number, now: number): boolean =>
  now + wait > Math.min(permit.deadline, permit.patience) + hair
