import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { clockOf, monotonicMillis } from "../../internal/time.js"
import * as Fifo from "./fifo.js"
import * as Bucket from "./tokenBucket.js"

export interface Config extends Bucket.Config {
  readonly maxQueue: number
  /** Milliseconds. */
  readonly maxWait: number
}

/** Why a caller was not let through, and when it may come back. */
export interface Refusal {
  readonly reason: "queue" | "wait"
  readonly retryAfter: number
}

interface Waiter {
  readonly cost: number
  /** Monotonic milliseconds past which it does not wait. */
  readonly deadline: number
  granted: boolean
  /** Set while it waits for its turn. */
  wake: ((effect: Effect.Effect<void, Refusal>) => void) | undefined
}

/**
 * The waiters of one bucket, first in first out. The one at the head sleeps until its tokens are there and hands its
 * place on; the others cost nothing until then. There is no background fiber and no timer while nobody waits.
 */
export class Limiter {
  readonly bucket: Bucket.Bucket
  readonly #queue = new Fifo.Fifo<Waiter>()
  #queuedCost = 0

  #config: Config

  constructor(config: Config, now: number) {
    this.#config = config
    this.bucket = Bucket.initial(config, now)
  }

  reconfigure(config: Config): void {
    this.#config = config
    this.bucket.tokens = Math.min(this.bucket.tokens, config.capacity)
  }

  get waiting(): number {
    return this.#queue.size
  }

  /** Holds every caller, those who are queued too; who would wait too long because of it is refused now. */
  coolDown(millis: number, now: number): void {
    Bucket.coolDown(this.bucket, millis, now)
    for (const waiter of this.#queue) {
      if (waiter.deadline < this.bucket.cooldownUntil && waiter.wake !== undefined) {
        waiter.wake(Effect.fail({ reason: "wait", retryAfter: this.bucket.cooldownUntil - now }))
      }
    }
  }

  /** Takes tokens, now or in turn. `deadline`: monotonic milliseconds at which the caller gives up anyway. */
  acquire(wanted: number, deadline: number): Effect.Effect<void, Refusal> {
    return Effect.withFiberRuntime((fiber) => {
      const now = monotonicMillis(clockOf(fiber))
      // more than the bucket can ever hold would wait for ever
      const cost = Math.min(wanted, this.#config.capacity)
      if (this.#queue.size === 0 && Bucket.take(this.bucket, this.#config, cost, now) === 0) return Effect.void
      const wait = Bucket.estimate(this.bucket, this.#config, cost, this.#queuedCost, now)
      if (this.#queue.size >= this.#config.maxQueue) return Effect.fail({ reason: "queue", retryAfter: wait })
      const latest = Math.min(deadline, now + this.#config.maxWait)
      if (now + wait > latest) return Effect.fail({ reason: "wait", retryAfter: wait })
      return this.#queueUp({ cost, deadline: latest, granted: false, wake: undefined })
    })
  }

  #queueUp(waiter: Waiter): Effect.Effect<void, Refusal> {
    return Effect.uninterruptibleMask((restore) => {
      const node = this.#queue.push(waiter)
      this.#queuedCost += waiter.cost
      const leave = () => {
        const wasHead = this.#queue.head === waiter
        if (!this.#queue.remove(node)) return
        this.#queuedCost -= waiter.cost
        if (wasHead) this.#queue.head?.wake?.(Effect.void)
      }
      return Effect.matchCauseEffect(restore(Effect.zipRight(this.#turn(waiter), this.#serve(waiter))), {
        onSuccess: () => {
          leave()
          return Effect.void
        },
        onFailure: (cause) => {
          // interrupted between the grant and its use: the tokens were not spent
          if (waiter.granted) {
            this.bucket.tokens = Math.min(this.#config.capacity, this.bucket.tokens + waiter.cost)
          }
          leave()
          return Effect.failCause(cause)
        }
      })
    })
  }

  /** Until the waiter is at the head. */
  #turn(waiter: Waiter): Effect.Effect<void, Refusal> {
    return Effect.suspend(() =>
      this.#queue.head === waiter ? Effect.void : Effect.async<void, Refusal>((resume) => {
        waiter.wake = (effect) => {
          waiter.wake = undefined
          resume(effect)
        }
      })
    )
  }

  /** At the head: until the tokens are there. */
  #serve(waiter: Waiter): Effect.Effect<void, Refusal> {
    return Effect.withFiberRuntime((fiber) => {
      const now = monotonicMillis(clockOf(fiber))
      const wait = Bucket.take(this.bucket, this.#config, waiter.cost, now)
      if (wait === 0) {
        waiter.granted = true
        return Effect.void
      }
      if (now + wait > waiter.deadline) return Effect.fail({ reason: "wait" as const, retryAfter: wait })
      // timers count whole milliseconds; a sum of fractions must not add one
      return Effect.zipRight(Effect.sleep(Duration.millis(Math.ceil(wait - 1e-6))), this.#serve(waiter))
    })
  }
}
