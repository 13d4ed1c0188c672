/**
 * The ERP, emulated: with its revisions, its jobs, and faults that come with a 200.
 *
 * @since 0.1.0
 */
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import { Emulator, EmulatorServer } from "holdfast/testing"
import * as Api from "./Api.js"
import type { Item, Job, PurchaseOrder } from "./Schemas.js"

/**
 * @since 0.1.0
 * @category models
 */
export interface State {
  readonly items: Map<string, typeof Item.Type>
  readonly purchaseOrders: Map<string, typeof PurchaseOrder.Type>
  readonly jobs: Map<string, typeof Job.Type>
}

const item = (sku: string, description: string, onHand: number): readonly [string, typeof Item.Type] => [
  sku,
  { description, modifiedAt: "2026-01-01T00:00:00.000Z", onHand, revision: "1", sku }
]

const makeState = (): State => ({
  items: new Map([
    item("engine", "Analytical engine", 10),
    item("card", "Punched card", 5000),
    item("wheel", "Wheel", 0)
  ]),
  jobs: new Map(),
  purchaseOrders: new Map()
})

const fault = (status: number, code: string, message: string) => new Emulator.EmulatorError({ code, message, status })

const found = <A>(map: ReadonlyMap<string, A>, key: string, what: string) =>
  Effect.mapError(Effect.fromNullable(map.get(key)), () => fault(200, "ERP-200", `there is no ${what} ${key}`))

const handlers = (state: State): Emulator.Handlers<Api.ErpApi> => ({
  items: {
    adjust: ({ headers, path, payload }, exchange) =>
      Effect.gen(function*() {
        const before = yield* found(state.items, path.sku, "item")
        if (headers["if-match"] !== before.revision) {
          return yield* fault(412, "ERP-300", `item ${path.sku} is at revision ${before.revision}`)
        }
        const onHand = before.onHand + payload.delta
        if (onHand < 0) return yield* fault(200, "ERP-100", `there are ${before.onHand} of ${path.sku}`)
        const after = {
          ...before,
          modifiedAt: DateTime.formatIso(DateTime.unsafeMake(exchange.now)),
          onHand,
          revision: String(Number(before.revision) + 1)
        }
        state.items.set(path.sku, after)
        exchange.changed({ key: path.sku, kind: "adjusted", resource: "items" })
        return after
      }),
    get: ({ path }) => found(state.items, path.sku, "item"),
    list: ({ urlParams: { modifiedAfter, skip = 0, top = 100 } }) =>
      Effect.sync(() => {
        const all = [...state.items.values()].filter(({ modifiedAt }) =>
          modifiedAfter === undefined || Date.parse(modifiedAt) >= Date.parse(modifiedAfter)
        )
        return { count: all.length, value: all.slice(skip, skip + top) }
      })
  },
  jobs: { get: ({ path }) => found(state.jobs, path.id, "job") },
  purchaseOrders: {
    get: ({ path }) => found(state.purchaseOrders, path.number, "purchase order"),
    put: ({ path, payload }, exchange) =>
      Effect.gen(function*() {
        if (state.purchaseOrders.get(path.number)?.state === "released") {
          return yield* fault(409, "ERP-300", `purchase order ${path.number} is released`)
        }
        const order = { ...payload, number: path.number, state: "draft" }
        const kind = state.purchaseOrders.has(path.number) ? "updated" : "created"
        state.purchaseOrders.set(path.number, order)
        exchange.changed({ key: path.number, kind, resource: "purchaseOrders" })
        return order
      }),
    release: ({ path }, exchange) =>
      Effect.gen(function*() {
        const order = yield* found(state.purchaseOrders, path.number, "purchase order")
        if (order.state === "released") {
          return yield* fault(409, "ERP-300", `purchase order ${path.number} is released`)
        }
        state.purchaseOrders.set(path.number, { ...order, state: "released" })
        const job = { id: `job-${state.jobs.size + 1}`, result: `released ${path.number}`, state: "done" }
        state.jobs.set(job.id, job)
        exchange.changed({ key: path.number, kind: "released", resource: "purchaseOrders" })
        return job
      })
  },
  system: { ping: () => Effect.succeed({ company: "Analytical Engines", release: "7.2" }) }
})

const codes: Readonly<Record<number, string>> = { 400: "ERP-100", 401: "ERP-400", 404: "ERP-200", 429: "ERP-910" }

/**
 * Starts an ERP in memory, with three items: `engine`, `card` and `wheel`. It wants any user with a password, unless
 * `authorize` says otherwise.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options: Emulator.Options = {}): Effect.Effect<Emulator.Emulator<State>> =>
  Emulator.make({
    authorize: Emulator.anyBasic,
    error: ({ code, message, status }) => ({
      body: { fault: { code: code ?? codes[status] ?? "ERP-500", text: message } }
    }),
    handlers,
    integration: { api: Api.ErpApi, id: "erp", version: "7.2" },
    snapshot: ({ items, jobs, purchaseOrders }) => ({
      items: [...items.values()],
      jobs: [...jobs.values()],
      purchaseOrders: [...purchaseOrders.values()]
    }),
    state: makeState
  }, options)

/**
 * An ERP on a free port of 127.0.0.1 (or on `port`), for as long as the scope lasts.
 *
 * @since 0.1.0
 * @category constructors
 */
export const serve: EmulatorServer.Serve<Emulator.Options, State> = EmulatorServer.serving(make)
