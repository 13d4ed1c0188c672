/** Stripe's own SDK, over a socket. */
import { describe, it } from "@effect/vitest"
import { assertInstanceOf, assertTrue, deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { DateTime, Effect, Either, Redacted } from "effect"
import { WebhookScheme } from "holdfast"
import { Emulator } from "holdfast/providers/stripe"
import { Faults, Ledger } from "holdfast/testing"
import { Stripe } from "stripe"

const key = "sk_test_fake_key"

const started = Effect.fnUntraced(function*(options: Emulator.Options = {}, maxNetworkRetries = 0) {
  const { emulator, port } = yield* Emulator.serve(options)
  const stripe = new Stripe(key, { host: "127.0.0.1", maxNetworkRetries, port, protocol: "http", telemetry: false })
  return { emulator, stripe }
})

const failure = (call: () => Promise<unknown>) =>
  Effect.promise(() => call().then(() => Promise.reject(new Error("it has not failed")), (error: unknown) => error))

describe("the SDK of Stripe", () => {
  it.scopedLive("makes a payment that is held, captures a part of it, and refunds it", () =>
    Effect.gen(function*() {
      const { emulator, stripe } = yield* started()
      yield* Effect.promise(async () => {
        const customer = await stripe.customers.create({
          address: { city: "London", country: "GB" },
          email: "ada@example.com",
          metadata: { crm: "7" },
          name: "Ada Lovelace"
        })
        deepStrictEqual([customer.object, customer.email, customer.phone], ["customer", "ada@example.com", null])

        const held = await stripe.paymentIntents.create({
          amount: 1999,
          automatic_payment_methods: { allow_redirects: "never", enabled: true },
          capture_method: "manual",
          currency: "eur",
          customer: customer.id,
          metadata: { order: "42" }
        })
        deepStrictEqual([held.status, held.amount, held.latest_charge], ["requires_payment_method", 1999, null])
        assertTrue(held.client_secret?.startsWith(`${held.id}_secret_`) === true)

        const confirmed = await stripe.paymentIntents.confirm(held.id, { payment_method: "pm_card_visa" })
        deepStrictEqual([confirmed.status, confirmed.amount_capturable], ["requires_capture", 1999])
        const captured = await stripe.paymentIntents.capture(held.id, { amount_to_capture: 1500 })
        deepStrictEqual([captured.status, captured.amount_received], ["succeeded", 1500])
        strictEqual((await stripe.paymentIntents.retrieve(held.id)).status, "succeeded")

        const refund = await stripe.refunds.create({ amount: 500, payment_intent: held.id })
        deepStrictEqual([refund.status, refund.amount, refund.charge], ["succeeded", 500, captured.latest_charge])
        const [charge] = (await stripe.charges.list({ payment_intent: held.id })).data
        deepStrictEqual([charge?.amount_captured, charge?.amount_refunded, charge?.refunded], [1500, 999, false])

        const other = await stripe.paymentIntents.create({
          amount: 1,
          currency: "jpy",
          allowed_payment_method_types: ["card"]
        })
        const canceled = await stripe.paymentIntents.cancel(other.id, { cancellation_reason: "abandoned" })
        deepStrictEqual([canceled.status, canceled.cancellation_reason], ["canceled", "abandoned"])

        strictEqual((await stripe.balance.retrieve()).available[0]?.amount, 1000)
        strictEqual((await stripe.accounts.retrieveCurrent()).charges_enabled, true)
        const found = await stripe.paymentIntents.search({ query: "metadata['order']:'42'" })
        deepStrictEqual(found.data.map(({ id }) => id), [held.id])
      })
      assertTrue((yield* emulator.ledger).every(({ headers }) => headers["stripe-version"] === "2026-10-28.endive"))
    }))

  it.scopedLive("walks lists and searches to the end, and narrows them", () =>
    Effect.gen(function*() {
      const { stripe } = yield* started()
      yield* Effect.promise(async () => {
        for (let index = 0; index < 7; index++) {
          await stripe.paymentIntents.create({ amount: 100 + index, currency: "eur", metadata: { n: String(index) } })
        }
        const amounts: Array<number> = []
        for await (const one of stripe.paymentIntents.list({ limit: 3 })) amounts.push(one.amount)
        deepStrictEqual(amounts, [106, 105, 104, 103, 102, 101, 100])

        const searched: Array<number> = []
        for await (const one of stripe.paymentIntents.search({ limit: 2, query: "amount>102" })) {
          searched.push(one.amount)
        }
        deepStrictEqual(searched, [106, 105, 104, 103])

        const newest = (await stripe.paymentIntents.list({ limit: 2 })).data
        const back = await stripe.paymentIntents.list({ ending_before: newest[1]!.id, limit: 5 })
        deepStrictEqual([back.data.map(({ amount }) => amount), back.has_more], [[106], false])
        deepStrictEqual((await stripe.paymentIntents.list({ created: { lt: 1 } })).data, [])

        const events = await stripe.events.list({ limit: 100, types: ["payment_intent.created"] })
        strictEqual(events.data.length, 7)
        strictEqual((await stripe.events.list({ type: "charge.succeeded" })).data.length, 0)
        strictEqual((await stripe.events.list({ created: newest[0]!.created, limit: 100 })).object, "list")
      })
    }))

  it.scopedLive("knows every error for what it is", () =>
    Effect.gen(function*() {
      const { emulator, stripe } = yield* started()
      const declined = yield* failure(() =>
        stripe.paymentIntents.create({
          amount: 100,
          confirm: true,
          currency: "eur",
          payment_method: "pm_card_chargeDeclinedInsufficientFunds"
        })
      )
      assertInstanceOf(declined, Stripe.errors.StripeCardError)
      deepStrictEqual([declined.code, declined.decline_code], ["card_declined", "insufficient_funds"])
      strictEqual(declined.payment_intent?.status, "requires_payment_method")
      assertTrue(declined.requestId?.startsWith("req_") === true)

      const missing = yield* failure(() => stripe.paymentIntents.retrieve("pi_none"))
      assertInstanceOf(missing, Stripe.errors.StripeInvalidRequestError)
      deepStrictEqual([missing.statusCode, missing.code], [404, "resource_missing"])

      const wrong = yield* failure(() => stripe.paymentIntents.create({ amount: 0, currency: "eur" }))
      assertInstanceOf(wrong, Stripe.errors.StripeInvalidRequestError)
      deepStrictEqual([wrong.statusCode, wrong.param], [400, "amount"])

      const state = yield* failure(() => stripe.paymentIntents.capture("pi_000000000000000000000001"))
      assertInstanceOf(state, Stripe.errors.StripeInvalidRequestError)
      strictEqual(state.code, "payment_intent_unexpected_state")

      yield* emulator.setFaults(Faults.always(Faults.status(429)))
      assertInstanceOf(yield* failure(() => stripe.balance.retrieve()), Stripe.errors.StripeRateLimitError)
      yield* emulator.setFaults(Faults.always(Faults.status(500)))
      assertInstanceOf(yield* failure(() => stripe.balance.retrieve()), Stripe.errors.StripeAPIError)
      yield* emulator.setFaults(Faults.always(Faults.status(403)))
      assertInstanceOf(yield* failure(() => stripe.balance.retrieve()), Stripe.errors.StripePermissionError)

      const closed = yield* started({ authorize: () => false })
      const refused = yield* failure(() => closed.stripe.balance.retrieve())
      assertInstanceOf(refused, Stripe.errors.StripeAuthenticationError)
    }))

  it.scopedLive("is given the first answer again for an idempotency key, and refused other parameters", () =>
    Effect.gen(function*() {
      const { stripe } = yield* started()
      const create = (amount: number) =>
        stripe.paymentIntents.create({ amount, currency: "eur" }, { idempotencyKey: "order-42" })
      const [first, second] = yield* Effect.promise(async () => [await create(100), await create(100)] as const)
      strictEqual(first.id, second.id)
      deepStrictEqual(
        [first.lastResponse.headers["idempotent-replayed"], second.lastResponse.headers["idempotent-replayed"]],
        [undefined, "true"]
      )
      assertInstanceOf(yield* failure(() => create(101)), Stripe.errors.StripeIdempotencyError)
    }))

  it.scopedLive("retries a write whose answer was lost, and one whose key is in use, and pays once", () =>
    Effect.gen(function*() {
      const { emulator, stripe } = yield* started(
        { faults: Faults.script([Faults.resetAfter, Faults.status(409)]) },
        2
      )
      const payment = yield* Effect.promise(() =>
        stripe.paymentIntents.create({
          amount: 100,
          confirm: true,
          currency: "eur",
          metadata: { order: "42" },
          payment_method: "pm_card_visa"
        })
      )
      strictEqual(payment.status, "succeeded")
      const ledger = yield* emulator.ledger
      strictEqual(ledger.length, 3)
      strictEqual(new Set(ledger.map(({ headers }) => headers["idempotency-key"])).size, 1)
      deepStrictEqual({ ...Ledger.tally(ledger, "charges") }, { 42: { succeeded: 1 } })
    }))

  it.scopedLive("verifies a webhook that our scheme has signed, and ours one that it has signed", () =>
    Effect.gen(function*() {
      const { stripe } = yield* started()
      const payload = yield* Effect.promise(async () => {
        await stripe.customers.create({ email: "ada@example.com" })
        return JSON.stringify((await stripe.events.list()).data[0])
      })
      const now = yield* DateTime.now
      const scheme = WebhookScheme.stripe
      const secret = "whsec_fake"
      const request = (header: string): WebhookScheme.WebhookRequest => ({
        body: new TextEncoder().encode(payload),
        headers: header === "" ? {} : { "stripe-signature": header },
        method: "POST",
        url: "https://app.example.com/hooks/stripe"
      })
      const ours = Either.getOrThrow(
        WebhookScheme.sign(request(""), { now, scheme, secret: Redacted.make(secret) })
      )
      const event = stripe.webhooks.constructEvent(payload, String(ours.headers["stripe-signature"]), secret)
      strictEqual(event.type, "customer.created")

      const theirs = stripe.webhooks.generateTestHeaderString({ payload, secret })
      const verified = WebhookScheme.verify(request(theirs), { now, scheme, secrets: [Redacted.make(secret)] })
      assertTrue(Either.isRight(verified))
    }))
})
