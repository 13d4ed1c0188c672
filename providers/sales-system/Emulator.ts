/**
 * The sales system, emulated: with its keys, its references that are taken once, and its credit limits.
 *
 * @since 0.1.0
 */
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import { Emulator, EmulatorServer } from "holdfast/testing"
import * as Api from "./Api.js"
import type { Customer, Order } from "./Schemas.js"

/**
 * @since 0.1.0
 * @category models
 */
export interface State {
  readonly orders: Map<string, typeof Order.Type>
  readonly customers: Map<string, typeof Customer.Type>
  /** What was answered to each key, and what was asked with it. */
  readonly keys: Map<string, { readonly orderId: string; readonly payload: string }>
}

const makeState = (): State => ({
  customers: new Map([
    ["c-1", { creditLimitCents: 1_000_000, id: "c-1", name: "Analytical Engines" }],
    ["c-2", { creditLimitCents: 1000, id: "c-2", name: "Difference & Sons" }]
  ]),
  keys: new Map(),
  orders: new Map()
})

const refuse = (status: number, code: string, message: string) => new Emulator.EmulatorError({ code, message, status })

const handlers = (state: State): Emulator.Handlers<Api.SalesSystemApi> => {
  const found = (id: string) =>
    Effect.fromNullable(state.orders.get(id)).pipe(
      Effect.mapError(() => refuse(404, "ORDER_NOT_FOUND", `there is no order ${id}`))
    )
  return {
    orders: {
      place: ({ payload }, exchange) =>
        Effect.gen(function*() {
          const key = exchange.headers["idempotency-key"]
          const text = JSON.stringify(payload)
          const before = key === undefined ? undefined : state.keys.get(key)
          if (before !== undefined) {
            if (before.payload !== text) {
              return yield* refuse(422, "IDEMPOTENCY_MISMATCH", `the key ${key} was used for another order`)
            }
            return yield* found(before.orderId)
          }
          const customer = state.customers.get(payload.customerId)
          if (customer === undefined) {
            return yield* refuse(404, "CUSTOMER_NOT_FOUND", `there is no customer ${payload.customerId}`)
          }
          if ([...state.orders.values()].some(({ reference }) => reference === payload.reference)) {
            return yield* refuse(409, "DUPLICATE_REFERENCE", `there is an order ${payload.reference} already`)
          }
          const totalCents = payload.lines.reduce((sum, line) => sum + line.quantity * line.unitPriceCents, 0)
          if (totalCents > (customer.creditLimitCents ?? Number.POSITIVE_INFINITY)) {
            return yield* refuse(422, "CREDIT_LIMIT_EXCEEDED", `${customer.name} may not owe ${totalCents} cents`)
          }
          const order: typeof Order.Type = {
            ...payload,
            id: `so-${state.orders.size + 1}`,
            status: "accepted",
            totalCents,
            updatedAt: DateTime.formatIso(DateTime.unsafeMake(exchange.now))
          }
          state.orders.set(order.id, order)
          if (key !== undefined) state.keys.set(key, { orderId: order.id, payload: text })
          exchange.changed({ key: order.reference, kind: "created", resource: "orders" })
          return order
        }),
      get: ({ path }) => found(path.id),
      list: ({ urlParams }) =>
        Effect.sync(() => {
          const { cursor, limit = 50, status, updatedSince } = urlParams
          const all = [...state.orders.values()].filter((order) =>
            (status === undefined || order.status === status) &&
            (updatedSince === undefined || Date.parse(order.updatedAt) >= Date.parse(updatedSince))
          )
          const start = cursor === undefined ? 0 : all.findIndex(({ id }) => id === cursor) + 1
          const page = all.slice(start, start + limit)
          const last = page.at(-1)
          return {
            orders: page,
            ...(last === undefined || start + limit >= all.length ? undefined : { nextCursor: last.id })
          }
        }),
      cancel: ({ path, payload }, exchange) =>
        Effect.gen(function*() {
          const order = yield* found(path.id)
          if (order.status === "shipped") {
            return yield* refuse(409, "ALREADY_SHIPPED", `order ${order.id} has left the house`)
          }
          if (order.status === "cancelled") return order
          const cancelled = {
            ...order,
            note: payload.reason,
            status: "cancelled",
            updatedAt: DateTime.formatIso(DateTime.unsafeMake(exchange.now))
          }
          state.orders.set(order.id, cancelled)
          exchange.changed({ key: order.reference, kind: "cancelled", resource: "orders" })
          return cancelled
        })
    },
    customers: {
      get: ({ path }) =>
        Effect.fromNullable(state.customers.get(path.id)).pipe(
          Effect.mapError(() => refuse(404, "CUSTOMER_NOT_FOUND", `there is no customer ${path.id}`))
        )
    },
    system: { health: () => Effect.succeed({ status: "ok", version: "1" }) }
  }
}

const codes: Readonly<Record<number, string>> = { 401: "UNAUTHENTICATED", 429: "TOO_MANY_REQUESTS" }

/**
 * Starts a sales system in memory, with two customers, `c-1` and `c-2`. It wants any `x-api-key`, unless `authorize` says
 * otherwise.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options: Emulator.Options = {}): Effect.Effect<Emulator.Emulator<State>> =>
  Emulator.make({
    authorize: (headers) => (headers["x-api-key"] ?? "") !== "",
    error: ({ code, issues, message, status }) => ({
      body: {
        code: code ?? codes[status] ?? "REFUSED",
        detail: message,
        errors: issues.map((issue) => ({ detail: issue.message, field: issue.path })),
        status,
        title: "The request was not done"
      },
      headers: { "content-type": "application/problem+json" }
    }),
    handlers,
    headers: ({ requestId }) => ({ "x-request-id": requestId }),
    integration: { api: Api.SalesSystemApi, id: "sales-system", version: "v1" },
    snapshot: ({ customers, orders }) => ({ customers: [...customers.values()], orders: [...orders.values()] }),
    state: makeState
  }, options)

/**
 * A sales system on a free port of 127.0.0.1 (or on `port`), for as long as the scope lasts.
 *
 * @since 0.1.0
 * @category constructors
 */
export const serve: EmulatorServer.Serve<Emulator.Options, State> = EmulatorServer.serving(make)
