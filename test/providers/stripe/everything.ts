/** Every operation of Stripe, its answer checked. */
import { assertTrue, deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { Effect, Redacted } from "effect"
import type * as Kit from "./kit.js"

export const everything = Effect.fnUntraced(function*(stripe: Kit.Client) {
  const customer = yield* stripe.customers.create({
    payload: {
      address: { city: "London", country: "GB", line1: "St James's Square 12" },
      email: "ada@example.com",
      metadata: { "crm id": "7" },
      name: "Ada Lovelace"
    }
  })
  strictEqual(customer.email, "ada@example.com")
  deepStrictEqual(customer.metadata, { "crm id": "7" })

  const held = yield* stripe.paymentIntents.create({
    payload: {
      amount: 1999,
      automatic_payment_methods: { allow_redirects: "never", enabled: true },
      capture_method: "manual",
      currency: "eur",
      customer: customer.id,
      description: "order 42, & more",
      metadata: { order: "42" },
      receipt_email: "ada@example.com",
      statement_descriptor_suffix: "ORDER 42"
    }
  })
  strictEqual(held.status, "requires_payment_method")
  strictEqual(held.customer, customer.id)
  assertTrue(held.client_secret !== undefined && Redacted.value(held.client_secret).startsWith(held.id))

  const confirmed = yield* stripe.paymentIntents.confirm({
    path: { id: held.id },
    payload: { off_session: true, payment_method: "pm_card_visa", return_url: "https://shop.example.com/done?order=42" }
  })
  strictEqual(confirmed.status, "requires_capture")
  strictEqual(confirmed.amount_capturable, 1999)

  const captured = yield* stripe.paymentIntents.capture({
    path: { id: held.id },
    payload: { amount_to_capture: 1500, metadata: { shipped: "yes" } }
  })
  deepStrictEqual([captured.status, captured.amount_received], ["succeeded", 1500])
  deepStrictEqual(captured.metadata, { order: "42", shipped: "yes" })
  strictEqual((yield* stripe.paymentIntents.get({ path: { id: held.id } })).latest_charge, confirmed.latest_charge)

  const refund = yield* stripe.refunds.create({
    payload: { amount: 500, metadata: { ticket: "9" }, payment_intent: held.id, reason: "requested_by_customer" }
  })
  deepStrictEqual([refund.amount, refund.status, refund.charge], [500, "succeeded", confirmed.latest_charge])

  const abandoned = yield* stripe.paymentIntents.create({
    payload: { allowed_payment_method_types: ["card", "link"], amount: 100, currency: "usd" }
  })
  const canceled = yield* stripe.paymentIntents.cancel({
    path: { id: abandoned.id },
    payload: { cancellation_reason: "abandoned" }
  })
  deepStrictEqual([canceled.status, canceled.cancellation_reason], ["canceled", "abandoned"])

  const listed = yield* stripe.paymentIntents.list({
    urlParams: { created: { gte: 0, lt: 4_000_000_000 }, customer: customer.id, limit: 10 }
  })
  deepStrictEqual([listed.data.map(({ id }) => id), listed.has_more], [[held.id], false])

  const found = yield* stripe.paymentIntents.search({
    urlParams: { limit: 10, query: "status:\"succeeded\" AND metadata[\"order\"]:\"42\"" }
  })
  deepStrictEqual(found.data.map(({ id }) => id), [held.id])

  const charges = yield* stripe.charges.list({ urlParams: { payment_intent: held.id } })
  deepStrictEqual(charges.data.map(({ amount_refunded, captured }) => [amount_refunded, captured]), [[999, true]])

  const events = yield* stripe.events.list({
    urlParams: { delivery_success: true, types: ["payment_intent.succeeded", "charge.refunded"] }
  })
  deepStrictEqual(events.data.map(({ type }) => type), ["charge.refunded", "payment_intent.succeeded"])
  strictEqual(events.data[1]?.data.object.id, held.id)
  strictEqual((yield* stripe.events.list({ urlParams: { type: "customer.*" } })).data.length, 1)

  deepStrictEqual((yield* stripe.balance.get()).available, [{ amount: 1000, currency: "eur" }])
  strictEqual((yield* stripe.account.get()).default_currency, "eur")
})
