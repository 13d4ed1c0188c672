import type { Scope } from "effect"
import { Context, DateTime, Effect, Layer, Schema } from "effect"
import { Inbox, type LeaseQueue } from "holdfast"
import { passing } from "../../../src/testing/conformance/internal/deadLetterKit.js"

export interface Store {
  readonly name: string
  readonly layer: Layer.Layer<LeaseQueue.LeaseQueue, unknown>
  readonly settled?: Effect.Effect<void>
}

export const Order = Schema.Struct({
  at: Schema.Number,
  id: Schema.String,
  kind: Schema.optional(Schema.String),
  order: Schema.optional(Schema.String)
})

export type Order = typeof Order.Type

export const order = (id: string, order: string | undefined, at: number, more: object = {}): Inbox.NewEvent => ({
  body: { at, id, order, ...more }
})

const options: Inbox.SourceOptions<Order> = {
  entity: (event) => event.order,
  eventId: (event) => event.id,
  id: "shop",
  schema: Order,
  time: (event) => DateTime.unsafeMake(event.at),
  type: (event) => event.kind
}

export const sourceOf = (more: Partial<Inbox.SourceOptions<Order>> = {}) => Inbox.source({ ...options, ...more })

export const shop = sourceOf()

type Handle = (event: Inbox.Event<Order>) => Effect.Effect<unknown, unknown, Inbox.Handling>

export class World {
  /** What the handlers have seen. */
  readonly seen: Array<string> = []
  readonly pass: (duration: string) => Effect.Effect<void>

  constructor(
    readonly inbox: Inbox.Inbox["Type"],
    readonly context: Context.Context<Inbox.Inbox>,
    settled: Effect.Effect<void>
  ) {
    const pass = passing(settled)
    this.pass = (duration) => pass(duration as "1 second")
  }

  readonly see: Handle = (event) =>
    Effect.sync(() => this.seen.push(event.value.id + (event.isStale ? " (stale)" : "")))

  /** Ends with the scope. */
  worker(
    handle: Handle = this.see,
    { source = shop, ...options }: Inbox.WorkerOptions & { readonly source?: Inbox.Source<Order> } = {}
  ): Effect.Effect<void, never, Scope.Scope> {
    const handler = Inbox.on(source, handle)
    return Effect.asVoid(Layer.build(
      Layer.provide(
        Inbox.layerWorker([handler], { owner: "worker", ...options }),
        Layer.succeedContext(this.context)
      )
    ))
  }

  offer(...events: ReadonlyArray<Inbox.NewEvent>) {
    return this.inbox.offer(shop, events)
  }

  get stats() {
    return Effect.map(this.inbox.stats("shop"), ([stats]) => stats!)
  }

  state(id: string) {
    return Effect.map(this.inbox.get(id), ({ state }) => state)
  }

  outcomes(id: string) {
    return Effect.map(this.inbox.history(id), (entries) => entries.map(({ outcome }) => outcome))
  }
}

export const world = (store: Store, options: Inbox.Options = {}) =>
  Effect.gen(function*() {
    const context = yield* Layer.build(Layer.provide(Inbox.layer(options), Layer.orDie(store.layer)))
    return new World(Context.get(context, Inbox.Inbox), context, store.settled ?? Effect.void)
  })
