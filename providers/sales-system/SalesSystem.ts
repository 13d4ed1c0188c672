/**
 * An in-house sales system, as a service: what is sent once is booked once.
 *
 * @since 0.1.0
 */
import * as Config from "effect/Config"
import { Auth, Credentials, Pagination, Provider, Resilience } from "holdfast"
import { TestLayer } from "holdfast/testing"
import * as Api from "./Api.js"
import * as Emulator from "./Emulator.js"
import { classify } from "./Errors.js"
import type { Order } from "./Schemas.js"

/**
 * How the orders are walked.
 *
 * @since 0.1.0
 * @category pagination
 */
export const orders = Pagination.cursor({
  items: (page: { readonly orders: ReadonlyArray<typeof Order.Type>; readonly nextCursor?: string }) => page.orders,
  next: (page) => page.nextCursor,
  parameter: "cursor"
})

/**
 * @since 0.1.0
 * @category definition
 */
export const definition = Provider.define({
  id: "sales-system",
  name: "Sales system",
  version: "v1",
  category: "sales",
  capabilities: ["orders", "customers"],
  baseUrl: "https://sales.example.com",
  api: Api.SalesSystemApi,
  // the same id is in its log
  auth: Auth.apiKey("x-api-key").pipe(Auth.withCorrelationId("x-correlation-id")),
  classify,
  health: { operation: "system.health" },
  policy: {
    ...Resilience.presets.salesSystem,
    // honoured for a day: an order may be sent again after an answer that was lost
    idempotencyKey: { header: "idempotency-key" }
  },
  docs: "https://sales.example.com/docs",
  popularity: 1,
  credentials: ["ApiKey"],
  pagination: { "orders.list": orders },
  incremental: { "orders.list": "urlParams.updatedSince" },
  limits: ["100 requests at once and 10 a second after that, for each key", "50,000 orders a day"]
})

/**
 * Orders and customers of the sales system.
 *
 * `layerConfig` takes the key from `SALES_SYSTEM_API_KEY`, where the system is from `SALES_SYSTEM_BASE_URL`, and the
 * variables of the policy: `HOLDFAST_SALES_SYSTEM_…`.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { IdempotencyKey } from "holdfast"
 * import { SalesSystem } from "holdfast/providers/sales-system"
 *
 * const program = Effect.gen(function*() {
 *   const sales = yield* SalesSystem
 *   const order = yield* sales.orders.place({
 *     payload: {
 *       currency: "EUR",
 *       customerId: "c-1",
 *       lines: [{ quantity: 2, sku: "engine", unitPriceCents: 4200 }],
 *       reference: "order-42"
 *     }
 *   }).pipe(IdempotencyKey.provide("order-42"))
 *   return order.id
 * })
 *
 * const inATest = Effect.provide(program, SalesSystem.layerTest)
 * ```
 *
 * @since 0.1.0
 * @category tags
 */
export class SalesSystem extends Provider.Tag<SalesSystem>()("holdfast/SalesSystem", definition, {
  credentials: Config.map(Config.redacted("SALES_SYSTEM_API_KEY"), (key) => Credentials.ApiKey({ key }))
}) {
  /**
   * A sales system in memory, without network, credential and policies. Every use starts empty.
   */
  static readonly layerTest: TestLayer.TestLayer<SalesSystem, TestLayer.Overrides<Api.SalesSystemApi>> = TestLayer.make(
    SalesSystem,
    definition,
    Emulator.make({ authorize: () => true })
  )
}
