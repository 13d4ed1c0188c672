/**
 * What a limiter takes its tokens from: the limits of this process, configured and learned, all of which must agree.
 */
import { LearnedQuota } from "./learnedQuotaCore.js"
import * as Window from "./slidingWindowCore.js"
import * as Bucket from "./tokenBucketCore.js"

/** What one limit and several of them have in common. Time is handed in, in milliseconds that only grow. */
interface Tokens {
  /** Milliseconds until `cost` tokens beyond those of `ahead` may be there. */
  waitFor(cost: number, ahead: number, now: number): number
  /** Tokens that were reserved at `at` are used now. */
  use(cost: number, at: number, now: number): void
  /** Tokens that were reserved at `at` are not needed. */
  cancel(cost: number, at: number, now: number): void
  /** Tokens that were taken at `at` were not used after all. */
  refund(cost: number, at: number, now: number): void
  /** Tokens that may be taken at once. */
  available(now: number): number
  /** As new: nothing is lost when it is forgotten. */
  isFull(now: number): boolean
}

/** Where the tokens of a line of callers come from. */
export interface Quota extends Tokens {
  /** Takes `cost` tokens to be used now, and gives 0; or takes nothing, and gives the milliseconds until they may be there. */
  take(cost: number, now: number): number
  /** The same for somebody who will use them a little later: until then they still take up their place. */
  reserve(cost: number, now: number): number
  /** Grows whenever all that was reserved before is lost. */
  era(now: number): number
  /** Takes over what the provider says is left; without `resetAfter` (milliseconds) it holds for this moment alone. */
  learn(remaining: number, resetAfter: number | undefined, now: number): void
}

/** One limit of several. */
export interface Limit extends Tokens {
  /** Takes what `waitFor` said is there. */
  spend(cost: number, now: number): void
  reserve(cost: number, now: number): void
}

export interface Config {
  readonly bucket: Bucket.Config | undefined
  readonly window: Window.Config | undefined
}

export class LocalQuota implements Quota {
  #bucket: Bucket.TokenBucket | undefined
  #window: Window.SlidingWindow | undefined
  readonly #learned = new LearnedQuota()
  #limits: ReadonlyArray<Limit> = [this.#learned]

  constructor(config: Config, now: number) {
    this.reconfigure(config, now)
  }

  /** Another configuration from now on. What was taken stays taken, where the kind of limit stays. */
  reconfigure({ bucket, window }: Config, now: number): void {
    if (bucket !== undefined) this.#bucket?.reconfigure(bucket, now)
    this.#bucket = bucket === undefined ? undefined : this.#bucket ?? new Bucket.TokenBucket(bucket, now)
    if (window !== undefined) this.#window?.reconfigure(window)
    this.#window = window === undefined ? undefined : this.#window ?? new Window.SlidingWindow(window)
    this.#limits = [this.#bucket, this.#window, this.#learned].filter((limit) => limit !== undefined)
  }

  take(cost: number, now: number): number {
    const wait = this.waitFor(cost, 0, now)
    if (wait === 0) { for (const limit of this.#limits) limit.spend(cost, now) }
    return wait
  }

  reserve(cost: number, now: number): number {
    const wait = this.waitFor(cost, 0, now)
    if (wait === 0) { for (const limit of this.#limits) limit.reserve(cost, now) }
    return wait
  }

  /** Nothing is ever lost. */
  era(): number {
    return 0
  }

  use(cost: number, at: number, now: number): void {
    for (const limit of this.#limits) limit.use(cost, at, now)
  }

  cancel(cost: number, at: number, now: number): void {
    for (const limit of this.#limits) limit.cancel(cost, at, now)
  }

  refund(cost: number, at: number, now: number): void {
    for (const limit of this.#limits) limit.refund(cost, at, now)
  }

  waitFor(cost: number, ahead: number, now: number): number {
    let wait = 0
    for (const limit of this.#limits) wait = Math.max(wait, limit.waitFor(cost, ahead, now))
    return wait
  }

  learn(remaining: number, resetAfter: number | undefined, now: number): void {
    if (resetAfter === undefined) this.#bucket?.atMost(remaining, now)
    else this.#learned.learn(remaining, resetAfter, now)
  }

  available(now: number): number {
    let tokens = Number.POSITIVE_INFINITY
    for (const limit of this.#limits) tokens = Math.min(tokens, limit.available(now))
    return tokens
  }

  isFull(now: number): boolean {
    return this.#limits.every((limit) => limit.isFull(now))
  }
}
