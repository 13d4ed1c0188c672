/**
 * An in-house sales system, declared: orders are taken in, looked at and cancelled. A worked example of a system of one's
 * own, to be copied.
 *
 * @since 0.1.0
 */
import * as HttpApi from "@effect/platform/HttpApi"
import * as HttpApiEndpoint from "@effect/platform/HttpApiEndpoint"
import * as HttpApiGroup from "@effect/platform/HttpApiGroup"
import * as Schema from "effect/Schema"
import { Operation } from "holdfast"
import * as Schemas from "./Schemas.js"

const one = Schema.Struct({ id: Schema.NonEmptyString })

const orders = HttpApiGroup.make("orders")
  .add(
    HttpApiEndpoint.post("place", "/api/v1/orders").setPayload(Schemas.NewOrder)
      .addSuccess(Schemas.Order, { status: 201 })
  )
  .add(HttpApiEndpoint.get("get", "/api/v1/orders/:id").setPath(one).addSuccess(Schemas.Order))
  .add(HttpApiEndpoint.get("list", "/api/v1/orders").setUrlParams(Schemas.ListParams).addSuccess(Schemas.OrderPage))
  .add(
    // an order that is cancelled stays so
    HttpApiEndpoint.post("cancel", "/api/v1/orders/:id/cancel").setPath(one).setPayload(Schemas.Cancellation)
      .addSuccess(Schemas.Order).annotate(Operation.Idempotent, true)
  )

const customers = HttpApiGroup.make("customers")
  .add(HttpApiEndpoint.get("get", "/api/v1/customers/:id").setPath(one).addSuccess(Schemas.Customer))

const system = HttpApiGroup.make("system")
  .add(HttpApiEndpoint.get("health", "/api/v1/health").addSuccess(Schemas.Health))

/**
 * @since 0.1.0
 * @category api
 */
export const SalesSystemApi = HttpApi.make("sales-system").add(orders).add(customers).add(system)

/**
 * @since 0.1.0
 * @category models
 */
export type SalesSystemApi = typeof SalesSystemApi
