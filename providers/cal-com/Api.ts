/**
 * Cal.com's API, declared: from this come the typed client, the names of operations, and the emulator.
 *
 * @since 0.1.0
 */
import * as HttpApi from "@effect/platform/HttpApi"
import * as HttpApiEndpoint from "@effect/platform/HttpApiEndpoint"
import * as HttpApiGroup from "@effect/platform/HttpApiGroup"
import * as Schema from "effect/Schema"
import { Operation } from "holdfast"
import * as Schemas from "./Schemas.js"

const booking = Schema.Struct({ bookingUid: Schema.NonEmptyTrimmedString })

const webhook = Schema.Struct({ webhookId: Schema.NonEmptyTrimmedString })

const me = HttpApiGroup.make("me").add(HttpApiEndpoint.get("get", "/v2/me").addSuccess(Schemas.MeAnswer))

const bookings = HttpApiGroup.make("bookings")
  .add(
    HttpApiEndpoint.get("list", "/v2/bookings").setHeaders(Schemas.Versioned("bookings"))
      .setUrlParams(Schemas.BookingListParams).addSuccess(Schemas.BookingPage)
  )
  .add(
    HttpApiEndpoint.get("get", "/v2/bookings/:bookingUid").setHeaders(Schemas.Versioned("bookings")).setPath(booking)
      .addSuccess(Schemas.BookingAnswer)
  )
  .add(
    HttpApiEndpoint.post("create", "/v2/bookings").setHeaders(Schemas.Versioned("bookings"))
      .setPayload(Schemas.BookingInput).addSuccess(Schemas.BookingAnswer, { status: 201 })
      .annotate(Operation.Redact, ["emailVerificationCode"])
  )
  .add(
    HttpApiEndpoint.post("reschedule", "/v2/bookings/:bookingUid/reschedule").setHeaders(Schemas.Versioned("bookings"))
      .setPath(booking).setPayload(Schemas.RescheduleInput).addSuccess(Schemas.BookingAnswer, { status: 201 })
  )
  .add(
    HttpApiEndpoint.post("cancel", "/v2/bookings/:bookingUid/cancel").setHeaders(Schemas.Versioned("bookings"))
      .setPath(booking).setPayload(Schemas.CancelInput).addSuccess(Schemas.BookingAnswer)
  )
  .add(
    HttpApiEndpoint.post("confirm", "/v2/bookings/:bookingUid/confirm").setHeaders(Schemas.Versioned("bookings"))
      .setPath(booking).addSuccess(Schemas.BookingAnswer)
  )
  .add(
    HttpApiEndpoint.post("decline", "/v2/bookings/:bookingUid/decline").setHeaders(Schemas.Versioned("bookings"))
      .setPath(booking).setPayload(Schemas.DeclineInput).addSuccess(Schemas.BookingAnswer)
  )

const slots = HttpApiGroup.make("slots").add(
  HttpApiEndpoint.get("list", "/v2/slots").setHeaders(Schemas.Versioned("slots")).setUrlParams(Schemas.SlotParams)
    .addSuccess(Schemas.SlotsAnswer)
)

const eventTypes = HttpApiGroup.make("eventTypes")
  .add(
    HttpApiEndpoint.get("list", "/v2/event-types").setHeaders(Schemas.Versioned("eventTypes"))
      .setUrlParams(Schemas.EventTypeListParams).addSuccess(Schemas.EventTypesAnswer)
  )
  .add(
    HttpApiEndpoint.post("create", "/v2/event-types").setHeaders(Schemas.Versioned("eventTypes"))
      .setPayload(Schemas.EventTypeInput).addSuccess(Schemas.EventTypeAnswer, { status: 201 })
  )

const webhooks = HttpApiGroup.make("webhooks")
  .add(
    HttpApiEndpoint.post("create", "/v2/webhooks").setPayload(Schemas.WebhookInput)
      .addSuccess(Schemas.WebhookAnswer, { status: 201 }).annotate(Operation.Redact, ["secret"])
  )
  .add(
    HttpApiEndpoint.get("list", "/v2/webhooks").setUrlParams(Schemas.WebhookListParams)
      .addSuccess(Schemas.WebhooksAnswer)
  )
  .add(HttpApiEndpoint.get("get", "/v2/webhooks/:webhookId").setPath(webhook).addSuccess(Schemas.WebhookAnswer))
  .add(
    HttpApiEndpoint.patch("update", "/v2/webhooks/:webhookId").setPath(webhook).setPayload(Schemas.WebhookChange)
      .addSuccess(Schemas.WebhookAnswer).annotate(Operation.Idempotent, true).annotate(Operation.Redact, ["secret"])
  )
  .add(HttpApiEndpoint.del("delete", "/v2/webhooks/:webhookId").setPath(webhook).addSuccess(Schemas.WebhookAnswer))

/**
 * @since 0.1.0
 * @category api
 */
export const CalComApi = HttpApi.make("cal-com").add(me).add(bookings).add(slots).add(eventTypes).add(webhooks)

/**
 * @since 0.1.0
 * @category models
 */
export type CalComApi = typeof CalComApi
