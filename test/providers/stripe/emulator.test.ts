import { HttpClientRequest } from "@effect/platform"
import { describe, it } from "@effect/vitest"
import { deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { Effect } from "effect"
import { Emulator } from "holdfast/providers/stripe"
import * as Testing from "holdfast/testing"
import * as Kit from "./kit.js"

const hold = (amount: number) => ({
  payload: {
    amount,
    capture_method: "manual",
    confirm: true,
    currency: "eur",
    payment_method: "pm_card_visa"
  }
} as const)

const coded = (error: { readonly code?: string | undefined; readonly status?: number | undefined }) => [
  error.status,
  error.code
]

describe("Stripe emulator", () => {
  it.scoped("a payment that was held and is canceled gives the hold back", () =>
    Effect.gen(function*() {
      const { stripe } = yield* Kit.inProcess()
      const { id } = yield* stripe.paymentIntents.create(hold(100))
      yield* stripe.paymentIntents.cancel({ path: { id }, payload: {} })
      const { data: [charge] } = yield* stripe.charges.list({ urlParams: { payment_intent: id } })
      deepStrictEqual([charge?.captured, charge?.refunded, charge?.amount_refunded], [false, true, 100])
      const captured = yield* Effect.flip(stripe.paymentIntents.capture({ path: { id }, payload: {} }))
      deepStrictEqual(coded(captured), [400, "payment_intent_unexpected_state"])
      const again = yield* Effect.flip(stripe.paymentIntents.cancel({ path: { id }, payload: {} }))
      strictEqual(again.code, "payment_intent_unexpected_state")
    }))

  it.scoped("no more is captured than was held, no more refunded than was paid", () =>
    Effect.gen(function*() {
      const { stripe } = yield* Kit.inProcess()
      const { id } = yield* stripe.paymentIntents.create(hold(100))
      const early = yield* Effect.flip(stripe.refunds.create({ payload: { payment_intent: id } }))
      strictEqual(early.status, 400)
      const much = yield* Effect.flip(
        stripe.paymentIntents.capture({ path: { id }, payload: { amount_to_capture: 101 } })
      )
      deepStrictEqual(coded(much), [400, "amount_too_large"])
      const { latest_charge = "" } = yield* stripe.paymentIntents.capture({ path: { id }, payload: {} })
      const refund = (amount?: number) =>
        stripe.refunds.create({
          payload: { charge: latest_charge, ...(amount === undefined ? undefined : { amount }) }
        })
      strictEqual((yield* refund(60)).amount, 60)
      strictEqual((yield* Effect.flip(refund(41)))._tag, "ValidationError")
      strictEqual((yield* refund()).amount, 40)
      deepStrictEqual(coded(yield* Effect.flip(refund())), [400, "charge_already_refunded"])
    }))

  it.scoped("confirms what has a payment method, once", () =>
    Effect.gen(function*() {
      const { stripe } = yield* Kit.inProcess()
      const { id } = yield* stripe.paymentIntents.create({ payload: { amount: 100, currency: "eur" } })
      const confirm = (payment_method?: string) =>
        stripe.paymentIntents.confirm({
          path: { id },
          payload: payment_method === undefined ? {} : { payment_method }
        })
      deepStrictEqual(coded(yield* Effect.flip(confirm())), [400, "payment_intent_unexpected_state"])
      deepStrictEqual(coded(yield* Effect.flip(confirm("visa"))), [400, "resource_missing"])
      strictEqual((yield* confirm("pm_card_visa")).status, "succeeded")
      deepStrictEqual(coded(yield* Effect.flip(confirm())), [400, "payment_intent_unexpected_state"])
      const stranger = yield* Effect.flip(
        stripe.paymentIntents.create({ payload: { amount: 1, currency: "eur", customer: "cus_none" } })
      )
      deepStrictEqual(coded(stranger), [400, "resource_missing"])
    }))

  it.scoped("searches in Stripe's language", () =>
    Effect.gen(function*() {
      const { stripe } = yield* Kit.inProcess()
      for (const [amount, order] of [[100, "a-1"], [200, "a-2"], [300, "b-1"]] as const) {
        yield* stripe.paymentIntents.create({ payload: { amount, currency: "eur", metadata: { order } } })
      }
      const found = (query: string) =>
        Effect.map(
          stripe.paymentIntents.search({ urlParams: { query } }),
          ({ data }) => data.map(({ amount }) => amount)
        )
      deepStrictEqual(yield* found("metadata[\"order\"]:\"a-2\""), [200])
      deepStrictEqual(yield* found("metadata['order']~'a-' AND amount>=200"), [200])
      deepStrictEqual(yield* found("amount<200 OR amount>200"), [300, 100])
      deepStrictEqual(yield* found("-currency:\"usd\" AND -metadata[\"order\"]:\"b-1\""), [200, 100])
      deepStrictEqual(yield* found("customer:null AND status:\"requires_payment_method\" AND amount<=100"), [100])
      for (const query of ["order:7", "amount>1 AND", "amount>1 AND amount>2 OR amount>3"]) {
        const error = yield* Effect.flip(found(query))
        deepStrictEqual(
          error._tag === "ValidationError" ? error.issues.map(({ path }) => path) : error._tag,
          ["query"]
        )
      }
    }))

  it.effect("what the client's own Schemas would not send is refused in Stripe's words", () =>
    Effect.gen(function*() {
      const emulator = yield* Emulator.make()
      const send = (request: HttpClientRequest.HttpClientRequest) =>
        Testing.Emulator.httpClient(emulator).execute(
          request.pipe(HttpClientRequest.prependUrl("https://api.stripe.com"), HttpClientRequest.bearerToken("sk_test"))
        ).pipe(Effect.flatMap((response) =>
          Effect.map(response.json, (body) => {
            const { code, param, type } = (body as { readonly error: Record<string, unknown> }).error
            return [response.status, type, code, param]
          })
        ))
      const post = (path: string, form: string) =>
        send(HttpClientRequest.post(path).pipe(HttpClientRequest.bodyText(form, "application/x-www-form-urlencoded")))
      const type = "invalid_request_error"
      deepStrictEqual(yield* post("/v1/payment_intents", "currency=eur"), [400, type, "parameter_missing", "amount"])
      deepStrictEqual(
        yield* post("/v1/payment_intents", "amount=100&currency=eur&automatic_payment_methods[enabled]=maybe"),
        [400, type, undefined, "automatic_payment_methods[enabled]"]
      )
      deepStrictEqual(yield* send(HttpClientRequest.get("/v1/payment_intents?limit=101")), [
        400,
        type,
        undefined,
        "limit"
      ])
      deepStrictEqual(yield* send(HttpClientRequest.get("/v1/charges?starting_after=ch_1&ending_before=ch_2")), [
        400,
        type,
        undefined,
        "ending_before"
      ])
      deepStrictEqual(yield* send(HttpClientRequest.get("/v1/charges?starting_after=ch_1")), [
        400,
        type,
        "resource_missing",
        "starting_after"
      ])
      deepStrictEqual(yield* send(HttpClientRequest.get("/v1/nowhere")), [404, type, undefined, undefined])
      deepStrictEqual(yield* send(HttpClientRequest.del("/v1/balance")), [405, type, undefined, undefined])
    }))
})
