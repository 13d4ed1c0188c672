import type { Scope } from "effect"
import { Context, Effect, Layer } from "effect"
import { DeadLetterQueue, type LeaseQueue, Outbox, type Resilience } from "holdfast"
import type { Emulator, Faults } from "holdfast/testing"
import { passing } from "../../../src/testing/conformance/internal/deadLetterKit.js"
import * as shop from "./shop.js"

export interface Store {
  readonly name: string
  readonly layer: Layer.Layer<LeaseQueue.LeaseQueue, unknown>
  readonly settled?: Effect.Effect<void>
}

export interface Setting {
  readonly faults?: Faults.Plan
  readonly policy?: Resilience.Options
}

export class World {
  readonly seen: shop.Seen = []
  readonly pass: (duration: string) => Effect.Effect<void>

  constructor(
    readonly outbox: Outbox.Outbox["Type"],
    readonly letters: DeadLetterQueue.DeadLetterQueue["Type"],
    readonly context: Context.Context<Outbox.Outbox | DeadLetterQueue.DeadLetterQueue>,
    readonly emulator: Emulator.Emulator,
    readonly setting: Setting,
    settled: Effect.Effect<void>
  ) {
    const pass = passing(settled)
    this.pass = (duration) => pass(duration as "1 second")
  }

  /** A process of its own, as far as one can tell: its own client, breakers and worker. Ends with the scope. */
  worker(options: Outbox.WorkerOptions = {}): Effect.Effect<void, never, Scope.Scope> {
    const stack = shop.client(this.emulator, {
      seen: this.seen,
      ...(this.setting.policy === undefined ? undefined : { policy: this.setting.policy })
    }).pipe(Layer.provide(Layer.merge(shop.state, Layer.succeedContext(this.context))))
    return Effect.asVoid(
      Layer.build(
        Outbox.layerWorker([shop.Shop], { owner: "worker", ...options }).pipe(
          Layer.provide(stack),
          Layer.provide(Layer.succeedContext(this.context))
        )
      )
    )
  }

  submit(key: string, number: number, options: Outbox.SendOptions = {}) {
    return Outbox.send(shop.Shop.operations.orders.submit, { payload: { key, number } }, options).pipe(
      Effect.provide(this.context)
    )
  }

  get done() {
    return shop.done(this.emulator)
  }

  get requests() {
    return Effect.map(this.emulator.ledger, (entries) => entries.length)
  }

  get stats() {
    return Effect.map(this.outbox.stats("shop"), ([stats]) => stats!)
  }
}

export const world = (store: Store, setting: Setting = {}) =>
  Effect.gen(function*() {
    const context = yield* Layer.build(
      Layer.merge(Outbox.layer(), DeadLetterQueue.layer()).pipe(Layer.provideMerge(Layer.orDie(store.layer)))
    )
    const emulator = yield* shop.start(setting.faults)
    return new World(
      Context.get(context, Outbox.Outbox),
      Context.get(context, DeadLetterQueue.DeadLetterQueue),
      context,
      emulator,
      setting,
      store.settled ?? Effect.void
    )
  })
