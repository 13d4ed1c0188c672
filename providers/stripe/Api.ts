/**
 * Stripe's API, declared: from this come the typed client, the names of operations, and the emulator.
 *
 * @since 0.1.0
 */
import * as HttpApi from "@effect/platform/HttpApi"
import * as HttpApiEndpoint from "@effect/platform/HttpApiEndpoint"
import * as HttpApiGroup from "@effect/platform/HttpApiGroup"
import * as Schema from "effect/Schema"
import { Form, Operation } from "holdfast"
import * as Schemas from "./Schemas.js"

/**
 * The version of the API that this was written for.
 *
 * @since 0.1.0
 * @category api
 */
export const version = "2026-10-28.endive"

const one = Schema.Struct({ id: Schema.NonEmptyString })

const paymentIntents = HttpApiGroup.make("paymentIntents")
  .add(
    HttpApiEndpoint.post("create", "/v1/payment_intents")
      .setPayload(Form.payload(Schemas.PaymentIntentInput))
      .addSuccess(Schemas.PaymentIntent)
  )
  .add(HttpApiEndpoint.get("get", "/v1/payment_intents/:id").setPath(one).addSuccess(Schemas.PaymentIntent))
  .add(
    HttpApiEndpoint.get("list", "/v1/payment_intents").setUrlParams(Schemas.PaymentIntentListParams)
      .addSuccess(Schemas.PaymentIntentList)
  )
  .add(
    HttpApiEndpoint.post("confirm", "/v1/payment_intents/:id/confirm").setPath(one)
      .setPayload(Form.payload(Schemas.ConfirmInput)).addSuccess(Schemas.PaymentIntent)
  )
  .add(
    HttpApiEndpoint.post("capture", "/v1/payment_intents/:id/capture").setPath(one)
      .setPayload(Form.payload(Schemas.CaptureInput)).addSuccess(Schemas.PaymentIntent)
  )
  .add(
    HttpApiEndpoint.post("cancel", "/v1/payment_intents/:id/cancel").setPath(one)
      .setPayload(Form.payload(Schemas.CancelInput)).addSuccess(Schemas.PaymentIntent)
  )
  .add(
    HttpApiEndpoint.get("search", "/v1/payment_intents/search").setUrlParams(Schemas.SearchParams)
      .addSuccess(Schemas.PaymentIntentSearchPage)
      // searches have a limit of their own, 20 a second: two tokens each keep them under it
      .annotate(Operation.Cost, 2)
  )

/**
 * Everything that is sent is a form, everything that is answered JSON.
 *
 * @since 0.1.0
 * @category api
 */
export const StripeApi = HttpApi.make("stripe")
  .add(paymentIntents)
  .add(
    HttpApiGroup.make("refunds").add(
      HttpApiEndpoint.post("create", "/v1/refunds")
        .setPayload(Form.payload(Schemas.RefundInput)).addSuccess(Schemas.Refund)
    )
  )
  .add(
    HttpApiGroup.make("charges").add(
      HttpApiEndpoint.get("list", "/v1/charges").setUrlParams(Schemas.ChargeListParams)
        .addSuccess(Schemas.ChargeList)
    )
  )
  .add(
    HttpApiGroup.make("customers").add(
      HttpApiEndpoint.post("create", "/v1/customers")
        .setPayload(Form.payload(Schemas.CustomerInput)).addSuccess(Schemas.Customer)
    )
  )
  .add(
    HttpApiGroup.make("events").add(
      HttpApiEndpoint.get("list", "/v1/events").setUrlParams(Schemas.EventListParams).addSuccess(Schemas.EventList)
    )
  )
  .add(
    HttpApiGroup.make("balance").add(HttpApiEndpoint.get("get", "/v1/balance").addSuccess(Schemas.Balance))
  )
  .add(
    HttpApiGroup.make("account").add(HttpApiEndpoint.get("get", "/v1/account").addSuccess(Schemas.Account))
  )

/**
 * @since 0.1.0
 * @category models
 */
export type StripeApi = typeof StripeApi
