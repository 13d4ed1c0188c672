/** A store in memory that several processes of a test share: what a backing has to do, without a server. */
import { Clock, Effect, type Layer, Layer as Layers } from "effect"
import { RateLimit } from "holdfast"
import * as Lease from "../../../src/policy/internal/limit/leaseCore.js"
import * as Leased from "../../../src/policy/internal/limit/leasedLimiters.js"

export class SharedMemory {
  readonly ledgers = new Map<string, Lease.Ledger>()
  readonly #listeners = new Set<Leased.Listener>()
  /** What every step waits for, or fails with. */
  fault: Effect.Effect<void, Leased.StoreError> = Effect.void
  steps = 0

  ledger(key: string): Lease.Ledger {
    let ledger = this.ledgers.get(key)
    if (ledger === undefined) this.ledgers.set(key, ledger = Lease.empty())
    return ledger
  }

  readonly store: Leased.LeaseStore = {
    coolDown: (key, millis) =>
      this.#step((now) => {
        const left = Lease.coolDown(this.ledger(key), millis, now)
        for (const { coolDown } of this.#listeners) coolDown(key, left)
      }),
    listen: (listener) =>
      Effect.zipRight(
        Effect.sync(() => {
          this.#listeners.add(listener)
          listener.attached()
        }),
        Effect.addFinalizer(() => Effect.sync(() => this.#listeners.delete(listener)))
      ),
    settle: (key, bucket, request) => this.#step((now) => Lease.settle(this.ledger(key), bucket, request, now))
  }

  #step<A>(step: (now: number) => A): Effect.Effect<A, Leased.StoreError> {
    return Effect.zipRight(
      Effect.suspend(() => {
        this.steps++
        return this.fault
      }),
      // a clock that has nothing to do with that of a process
      Effect.map(Clock.currentTimeMillis, (now) => step(now + 1_000_000_000))
    )
  }

  readonly layer: Layer.Layer<RateLimit.RateLimiters> = Layers.scoped(
    RateLimit.RateLimiters,
    Effect.map(Leased.make(this.store, { name: "the store", timeout: 250 }), RateLimit.fromLimiters)
  )
}
