/**
 * One process's side of a limit that several share: the tokens it holds ahead of use, what it says of them to the store,
 * and when. No I/O and no clock: a backing carries requests and answers, and time is handed in, in milliseconds that only
 * grow.
 *
 * Alone, because the store cannot be used, it goes on with its share of the rate.
 */
import { LearnedQuota } from "./learnedQuotaCore.js"
import * as Lease from "./leaseCore.js"
import type { Config, Quota } from "./quotaCore.js"
import * as Bucket from "./tokenBucketCore.js"

/** Who waits for the tokens. */
export interface Demand {
  /** Tokens that those in line wait for; and the one at its head. */
  readonly wanted: number
  readonly headCost: number
  /** Milliseconds for which all are held anyway. */
  coolDownLeft(now: number): number
}

/** Milliseconds without use after which tokens go back. */
export const idleAfter = 200
/** Milliseconds of its own demand that a process holds ahead. */
const horizon = 250
/** Round trips of its own demand that it holds ahead. */
const trips = 4
/** Less than so many tokens in a horizon are not asked for ahead: each costs a round trip instead. */
const fewest = 2
/** Milliseconds after a request that was lost. */
const pause = 50
/** Milliseconds after a request for which there was no room. */
const shortest = 5
const longest = 500
/** Milliseconds beyond which a round trip says nothing of the next. */
const longestTrip = 250
/** Milliseconds between looks while an answer is overdue. */
const overdue = 5

const never = Number.POSITIVE_INFINITY
const epsilon = 1e-7

/** Tokens that came with one answer, the first at the head. */
interface Batch {
  left: number
  readonly given: number
  /** What the store had left before it gave them, and when: token `n` is there once this has grown to `n`. */
  readonly balance: number
  readonly at: number
}

/** A request that is under way. */
export interface Asked {
  readonly request: Lease.Request
  readonly at: number
}

export class LeasedQuota implements Quota {
  readonly #node: string
  readonly #demand: Demand
  readonly #learned = new LearnedQuota()
  #bucket: Bucket.Config | undefined

  #era = 1
  /** Of being this or that: what was reserved before the last change is lost. */
  #times = 0
  #granted = 0
  #spent = 0
  #returned = 0
  #batches: Array<Batch> = []
  #held = 0
  #reserved = 0
  /** When all that is held is lost. */
  #end = never
  /** Of `#spent`, what the store has heard of; and what it may have: the request, or only its answer, was lost. */
  #told = 0
  #said = 0
  #usedAt = Number.NEGATIVE_INFINITY

  #asked: Asked | undefined
  #pauseUntil = Number.NEGATIVE_INFINITY
  /** The last answer gave less than was needed. */
  #isShort = false
  #answeredAt = Number.NEGATIVE_INFINITY
  #balance: number | undefined
  #contenders = 1
  #processes = 1
  /** When so many were last heard of. */
  #countedAt = Number.NEGATIVE_INFINITY
  #trip = 1
  #level = 0
  #levelAt = 0
  /** While the store cannot be used. */
  #alone: Bucket.TokenBucket | undefined
  #spentAlone = 0

  constructor(options: {
    /** Unlike that of any other process, and of the process's own past. */
    readonly node: string
    readonly config: Config
    readonly demand: Demand
  }) {
    this.#node = options.node
    this.#demand = options.demand
    this.#bucket = options.config.bucket
  }

  get attached(): boolean {
    return this.#alone === undefined
  }
  get processes(): number {
    return this.#processes
  }
  /** Tokens that it has, also those whose turn has not come. */
  get held(): number {
    return this.#held
  }

  /** The new one goes to the store with the next request. */
  reconfigure({ bucket }: Config, now: number): void {
    if ((bucket === undefined) !== (this.#bucket === undefined)) this.#begin(this.#era + 1)
    this.#bucket = bucket
    this.#alone?.reconfigure(this.#share(), now)
  }

  #share(): Bucket.Config {
    const { capacity, refillRate } = this.#bucket ?? { capacity: never, refillRate: 0 }
    return { capacity: Math.max(1, capacity / this.#processes), refillRate: refillRate / this.#processes }
  }

  #ready(now: number): number {
    const rate = this.#bucket?.refillRate ?? 0
    let ready = 0
    for (const { at, balance, given, left } of this.#batches) {
      const there = Math.min(given, Math.floor(balance + (now - at) * rate / 1000 + epsilon))
      ready += Math.max(0, there - (given - left))
    }
    return ready
  }

  /** What it could not renew in time is lost, at the store too. */
  #lapse(now: number): void {
    if (now >= this.#end) this.#begin(this.#era + 1)
  }

  #begin(era: number): void {
    this.#era = era
    this.#times++
    this.#granted =
      this.#spent =
      this.#returned =
      this.#told =
      this.#said =
        0
    this.#batches = []
    this.#held = this.#reserved = 0
    this.#end = never
  }

  #takeOut(cost: number): void {
    let rest = cost
    for (let batch = this.#batches[0]; batch !== undefined; batch = this.#batches[0]) {
      const taken = Math.min(batch.left, rest)
      batch.left -= taken
      rest -= taken
      if (batch.left > epsilon) break
      this.#batches.shift()
    }
    this.#held = this.#batches.length === 0 ? 0 : this.#held - (cost - rest)
  }

  /** What is neither used nor reserved is held, and there. */
  #putBack(): void {
    const back = this.#granted - this.#returned - this.#spent - this.#reserved - this.#held
    if (back <= epsilon) return
    this.#batches.unshift({ at: 0, balance: back, given: back, left: back })
    this.#held += back
  }

  #uses(cost: number, now: number): void {
    this.#level = this.#demanded(now) + cost
    this.#levelAt = now
    this.#usedAt = now
  }

  /** Tokens used in the last horizon, the more the later. */
  #demanded(now: number): number {
    return now === this.#levelAt ? this.#level : this.#level * Math.exp((this.#levelAt - now) / horizon)
  }

  take(cost: number, now: number): number {
    const wait = this.waitFor(cost, 0, now)
    if (wait > 0) return wait
    this.#learned.spend(cost)
    if (this.#bucket === undefined) return 0
    this.#uses(cost, now)
    if (this.#alone !== undefined) {
      this.#alone.spend(cost)
      this.#spentAlone += cost
    } else {
      this.#takeOut(cost)
      this.#spent += cost
    }
    return 0
  }

  reserve(cost: number, now: number): number {
    const wait = this.waitFor(cost, 0, now)
    if (wait > 0) return wait
    this.#learned.reserve(cost)
    if (this.#bucket === undefined) return 0
    this.#uses(cost, now)
    if (this.#alone !== undefined) this.#alone.reserve(cost)
    else {
      this.#takeOut(cost)
      this.#reserved += cost
    }
    return 0
  }

  era(now: number): number {
    this.#lapse(now)
    return this.#times
  }

  use(cost: number, at: number, now: number): void {
    if (this.#bucket === undefined) return
    this.#usedAt = now
    if (this.#alone !== undefined) {
      this.#spentAlone += cost
      return this.#alone.use(cost, at, now)
    }
    this.#reserved -= cost
    this.#spent += cost
  }

  cancel(cost: number, at: number, now: number): void {
    this.#learned.cancel(cost, at, now)
    if (this.#bucket === undefined) return
    if (this.#alone !== undefined) return this.#alone.cancel(cost, at, now)
    this.#reserved -= cost
    this.#putBack()
  }

  /** What the store may have been told of stays used. */
  refund(cost: number, at: number, now: number): void {
    this.#learned.refund(cost, at, now)
    if (this.#bucket === undefined) return
    if (this.#alone !== undefined) return this.#alone.refund(cost, at, now)
    this.#spent -= Math.max(0, Math.min(cost, this.#spent - this.#said))
    this.#putBack()
  }

  waitFor(cost: number, ahead: number, now: number): number {
    const learned = this.#learned.waitFor(cost, ahead, now)
    if (this.#bucket === undefined) return learned
    if (this.#alone !== undefined) return Math.max(learned, this.#alone.waitFor(cost, ahead, now))
    this.#lapse(now)
    return Math.max(learned, this.#waitForHeld(ahead + Math.min(cost, this.#bucket.capacity), this.#bucket, now))
  }

  #waitForHeld(place: number, { refillRate }: Bucket.Config, now: number): number {
    let missing = place
    for (const { at, balance, given, left } of this.#batches) {
      if (missing <= left + epsilon) {
        const number = Math.min(given, Math.ceil(given - left + missing - epsilon))
        const wait = (number - balance) / refillRate * 1000 - (now - at)
        return wait <= epsilon ? 0 : wait
      }
      missing -= left
    }
    return missing <= epsilon ? 0 : this.#tripLeft(now) + this.#turnOf(missing, now)
  }

  /** Milliseconds until an answer may be there. */
  #tripLeft(now: number): number {
    if (this.#asked === undefined) return Math.max(0, this.#pauseUntil - now) + this.#trip
    const left = this.#asked.at + this.#trip - now
    return left > 0 ? left : overdue
  }

  /** As far as is known: what comes after the tokens that are held depends on what the others want. */
  #turnOf(missing: number, now: number): number {
    const { capacity, refillRate } = this.#bucket!
    const left = this.#left(now) ?? capacity
    return Math.max(0, missing * this.#contenders - left) / refillRate * 1000
  }

  /** What the store has left, if nobody else has taken any. */
  #left(now: number): number | undefined {
    if (this.#balance === undefined || this.#bucket === undefined) return undefined
    const { capacity, refillRate } = this.#bucket
    return Math.min(capacity, this.#balance + (now - this.#answeredAt) * refillRate / 1000)
  }

  /** One that is there, and does not last, is a matter of the bucket: several processes keep that. */
  learn(remaining: number, resetAfter: number | undefined, now: number): void {
    if (resetAfter !== undefined) this.#learned.learn(remaining, resetAfter, now)
  }

  available(now: number): number {
    const learned = this.#learned.available(now)
    if (this.#bucket === undefined) return learned
    if (this.#alone !== undefined) return Math.min(learned, this.#alone.available(now))
    this.#lapse(now)
    return Math.min(learned, this.#ready(now))
  }

  isFull(now: number): boolean {
    this.#lapse(now)
    return this.#learned.isFull(now) && this.#held === 0 && this.#reserved === 0 && this.#asked === undefined &&
      (this.#alone === undefined ? Math.floor(this.#spent) === this.#told : this.#alone.isFull(now))
  }

  /** When to ask the store; `Infinity`: not before something happens. */
  nextAsk(now: number): number {
    if (this.#asked !== undefined || this.#alone !== undefined) return never
    this.#lapse(now)
    return Math.max(this.#pauseUntil, this.#wishToAsk(now))
  }

  #wishToAsk(now: number): number {
    if (this.#answeredAt === Number.NEGATIVE_INFINITY) return now
    if (this.#bucket === undefined) return never
    const { headCost, wanted } = this.#demand
    // nobody can use them before they are lost
    if (this.#demand.coolDownLeft(now) > 0) return this.#held >= 1 ? now : never
    if (wanted > 0) {
      return this.#held + epsilon < Math.min(headCost, this.#bucket.capacity) ? now : this.#renewAt()
    }
    const level = this.#demanded(now)
    if (level >= fewest && this.#held + this.#reserved < this.#goal(level) / 2 && (this.#balance ?? 0) >= 0) return now
    const isUntold = Math.floor(this.#spent) > this.#told
    if (this.#held >= 1) return Math.min(Math.max(this.#usedAt, this.#answeredAt) + idleAfter, this.#renewAt())
    return Math.min(isUntold ? this.#usedAt + Math.min(idleAfter, this.#half()) : never, this.#renewAt())
  }

  /** What of its demand the store may let it hold. */
  #goal(level: number): number {
    const { capacity, refillRate } = this.#bucket!
    return Math.min(level, Lease.share(capacity, refillRate, this.#contenders))
  }

  /** Milliseconds in which half of what there can be comes in: what has been used takes its place until it is reported. */
  #half(): number {
    const { capacity, refillRate } = this.#bucket!
    return Math.max(shortest, capacity / refillRate * 500)
  }

  #renewAt(): number {
    return this.#held + this.#reserved >= 1 ? (this.#end + this.#answeredAt) / 2 : never
  }

  /** What to ask the store. It is under way until `answered` or `lost`. */
  ask(now: number): Asked {
    this.#lapse(now)
    const { headCost, wanted } = this.#demand
    const isIdle = wanted === 0 && now - Math.max(this.#usedAt, this.#answeredAt) >= idleAfter
    const wants = this.#bucket !== undefined && !isIdle && this.#demand.coolDownLeft(now) === 0
    // part of what is needed helps nobody, and keeps it from others
    if (!wants || (this.#isShort && this.#held + epsilon < Math.min(headCost, this.#bucket!.capacity))) this.#giveBack()
    const ahead = this.#demanded(now) * Math.max(1, trips * this.#trip / horizon)
    const capacity = this.#bucket?.capacity ?? 0
    const spent = Math.floor(this.#spent + epsilon)
    this.#said = Math.max(this.#said, spent)
    // held too, as the store sees it
    const bound = this.#reserved + Math.max(0, this.#spent - spent)
    // one that costs more than there can be is owed
    this.#granted = Math.max(this.#granted, spent + this.#returned)
    const request: Lease.Request = {
      age: Math.max(0, Math.floor(Math.min(now - this.#usedAt, 1e9))),
      debt: this.#debt(now),
      era: this.#era,
      granted: this.#granted,
      initial: Math.floor(this.#left(now) ?? capacity),
      need: wants ? Math.ceil(Math.min(headCost, capacity) + bound - epsilon) : 0,
      node: this.#node,
      returned: this.#returned,
      spent,
      want: wants ? Math.ceil(wanted + ahead + bound - epsilon) : 0
    }
    return this.#asked = { at: now, request }
  }

  #giveBack(): void {
    const back = Math.floor(this.#held + epsilon)
    if (back < 1) return
    this.#returned += back
    // those whose turn comes last
    for (let rest = back; rest > epsilon;) {
      const batch = this.#batches.at(-1)!
      const taken = Math.min(batch.left, rest)
      batch.left -= taken
      rest -= taken
      if (batch.left <= epsilon) this.#batches.pop()
    }
    this.#held = this.#batches.length === 0 ? 0 : this.#held - back
  }

  /** What it used of its share, and has not come in again: the store, which has not seen it, must not make more of it. */
  #debt(now: number): number {
    if (this.#alone === undefined) return 0
    const lacking = this.#share().capacity - this.#alone.available(now)
    return Math.max(0, Math.ceil(Math.min(lacking, this.#spentAlone) - epsilon))
  }

  /** Everything that it holds and nobody waits for goes back: the last request of a process that ends. */
  end(now: number): Lease.Request {
    this.#giveBack()
    return { ...this.ask(now).request, need: 0, want: 0 }
  }

  /** What came too late comes again with the next answer. */
  answered(asked: Asked, answer: Lease.Answer, now: number): void {
    if (asked !== this.#asked) return
    const { at, request } = asked
    this.#asked = undefined
    // a store that has forgotten knows fewer than there are, and alone each would take too large a share
    if (answer.processes >= this.#processes || now - this.#countedAt >= Lease.presence) {
      this.#processes = answer.processes
      this.#countedAt = now
    }
    this.#contenders = Math.max(1, answer.contenders)
    this.#trip += (Math.max(1, Math.min(now - at, longestTrip)) - this.#trip) / 4
    this.#lapse(now)
    if (this.#alone !== undefined) this.#begin(this.#era)
    this.#alone = undefined
    this.#balance = this.#bucket === undefined ? undefined : answer.balance
    this.#answeredAt = now
    if (answer.era > this.#era) return this.#begin(answer.era)
    if (request.era !== this.#era) return
    this.#told = Math.max(this.#told, request.spent)
    const given = answer.granted - this.#granted
    if (given > 0) {
      this.#granted = answer.granted
      this.#batches.push({ at: now, balance: answer.balance + given, given, left: given })
      this.#held += given
    }
    this.#end = answer.lease > 0 ? at + answer.lease : never
    const stored = answer.granted - request.spent - request.returned
    this.#isShort = stored < request.need
    if (this.#bucket !== undefined && given <= 0 && stored < Math.max(request.need, this.#goal(request.want))) {
      // there was no room: those who have some must use them first
      const turn = 500 * (answer.isNext ? 1 : this.#contenders) / this.#bucket.refillRate
      this.#pauseUntil = now + Math.max(shortest, Math.min(longest, turn))
    }
  }

  /** No answer has arrived, and none will. */
  lost(now: number): void {
    this.#asked = undefined
    this.#pauseUntil = now + pause
  }

  /** The store cannot be used: from now on alone. What it holds it may still use, at the pace of its share. */
  detach(now: number): void {
    if (this.#alone !== undefined) return
    this.#lapse(now)
    const held = this.#ready(now)
    this.#begin(this.#era + 1)
    this.#asked = undefined
    const share = this.#share()
    this.#alone = new Bucket.TokenBucket(share, now)
    this.#spentAlone = 0
    this.#alone.atMost(Math.min(held, share.capacity), now)
  }
}
