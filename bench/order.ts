/** What the loopback server answers, and what a typed method promises: 300 bytes of JSON. */
import * as HttpApi from "@effect/platform/HttpApi"
import * as HttpApiEndpoint from "@effect/platform/HttpApiEndpoint"
import * as HttpApiGroup from "@effect/platform/HttpApiGroup"
import * as Schema from "effect/Schema"
import * as Auth from "../src/auth/Auth.js"
import * as Integration from "../src/core/Integration.js"

const Order = Schema.Struct({
  createdAt: Schema.String,
  currency: Schema.Literal("EUR", "USD"),
  customer: Schema.Struct({ email: Schema.String, id: Schema.Number, name: Schema.String }),
  id: Schema.String,
  lines: Schema.Array(Schema.Struct({ price: Schema.Number, quantity: Schema.Number, sku: Schema.String })),
  note: Schema.String,
  paid: Schema.Boolean
})

const order: typeof Order.Type = {
  createdAt: "2025-01-31T12:00:00.000Z",
  currency: "EUR",
  customer: { email: "ada@example.com", id: 1815, name: "Ada Lovelace" },
  id: "1",
  lines: [
    { price: 12.5, quantity: 2, sku: "cog-12" },
    { price: 99, quantity: 1, sku: "engine-1" }
  ],
  note: "",
  paid: true
}

const bytes = 300

export const body: string = JSON.stringify({ ...order, note: "x".repeat(bytes - JSON.stringify(order).length) })

const api = HttpApi.make("bench").add(
  HttpApiGroup.make("orders").add(
    HttpApiEndpoint.get("get", "/orders/:id").setPath(Schema.Struct({ id: Schema.String })).addSuccess(Order)
  )
)

export const definition = Integration.define({
  api,
  auth: Auth.none,
  // replaced by the port that the server has been given
  baseUrl: "http://127.0.0.1",
  id: "bench",
  name: "Bench",
  version: "1"
})
