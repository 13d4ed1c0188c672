/**
 * Acuity's API, declared: from this come the typed client, the names of operations, and the emulator.
 *
 * @since 0.1.0
 */
import * as HttpApi from "@effect/platform/HttpApi"
import * as HttpApiEndpoint from "@effect/platform/HttpApiEndpoint"
import * as HttpApiGroup from "@effect/platform/HttpApiGroup"
import * as Schema from "effect/Schema"
import { Operation } from "holdfast"
import * as Schemas from "./Schemas.js"

// which of 200 and 201 something new is answered with, and which of 200 and 204 something deleted, is not documented for
// certain: either will do
const created = { status: 201 }
const empty = { status: 204 }
const ok = { status: 200 }

const account = HttpApiGroup.make("account").add(HttpApiEndpoint.get("me", "/me").addSuccess(Schemas.Me))

const appointments = HttpApiGroup.make("appointments")
  .add(
    HttpApiEndpoint.get("list", "/appointments").setUrlParams(Schemas.AppointmentListParams)
      .addSuccess(Schemas.Appointments)
  )
  .add(
    HttpApiEndpoint.get("get", "/appointments/:id").setPath(Schemas.byId).setUrlParams(Schemas.AppointmentGetParams)
      .addSuccess(Schemas.Appointment)
  )
  .add(
    HttpApiEndpoint.post("create", "/appointments").setUrlParams(Schemas.WriteParams)
      .setPayload(Schemas.AppointmentInput).addSuccess(Schemas.Appointment).addSuccess(Schemas.Appointment, created)
  )
  .add(
    HttpApiEndpoint.put("update", "/appointments/:id").setPath(Schemas.byId).setUrlParams(Schemas.WriteParams)
      .setPayload(Schemas.AppointmentUpdate).addSuccess(Schemas.Appointment)
  )
  .add(
    HttpApiEndpoint.put("reschedule", "/appointments/:id/reschedule").setPath(Schemas.byId)
      .setUrlParams(Schemas.WriteParams).setPayload(Schemas.Reschedule).addSuccess(Schemas.Appointment)
  )
  .add(
    HttpApiEndpoint.put("cancel", "/appointments/:id/cancel").setPath(Schemas.byId).setUrlParams(Schemas.WriteParams)
      .setPayload(Schemas.Cancel).addSuccess(Schemas.Appointment)
  )

const appointmentTypes = HttpApiGroup.make("appointmentTypes").add(
  HttpApiEndpoint.get("list", "/appointment-types").setUrlParams(Schemas.TypeListParams)
    .addSuccess(Schema.Array(Schemas.AppointmentType))
)

const calendars = HttpApiGroup.make("calendars").add(
  HttpApiEndpoint.get("list", "/calendars").addSuccess(Schema.Array(Schemas.Calendar))
)

const availability = HttpApiGroup.make("availability")
  .add(
    HttpApiEndpoint.get("dates", "/availability/dates").setUrlParams(Schemas.DatesParams)
      .addSuccess(Schema.Array(Schemas.AvailableDate))
  )
  .add(
    HttpApiEndpoint.get("times", "/availability/times").setUrlParams(Schemas.TimesParams)
      .addSuccess(Schema.Array(Schemas.AvailableTime))
  )
  .add(
    // asks, and books nothing
    HttpApiEndpoint.post("check", "/availability/check-times").setPayload(Schemas.CheckInput)
      .addSuccess(Schemas.Checked).annotate(Operation.Safe, true)
  )

const clients = HttpApiGroup.make("clients")
  .add(
    HttpApiEndpoint.get("list", "/clients").setUrlParams(Schemas.ClientListParams)
      .addSuccess(Schema.Array(Schemas.Client))
  )
  .add(
    HttpApiEndpoint.post("create", "/clients").setPayload(Schemas.ClientInput)
      .addSuccess(Schemas.Client).addSuccess(Schemas.Client, created)
  )
  .add(
    HttpApiEndpoint.put("update", "/clients").setUrlParams(Schemas.ClientKey).setPayload(Schemas.ClientInput)
      .addSuccess(Schemas.Client)
  )
  .add(
    HttpApiEndpoint.del("delete", "/clients").setUrlParams(Schemas.ClientKey)
      .addSuccess(Schema.Void, empty).addSuccess(Schema.Void, ok)
  )

const webhooks = HttpApiGroup.make("webhooks")
  .add(HttpApiEndpoint.get("list", "/webhooks").addSuccess(Schema.Array(Schemas.Webhook)))
  .add(
    HttpApiEndpoint.post("create", "/webhooks").setPayload(Schemas.WebhookInput)
      .addSuccess(Schemas.Webhook).addSuccess(Schemas.Webhook, created)
  )
  .add(
    HttpApiEndpoint.del("delete", "/webhooks/:id").setPath(Schemas.byId)
      .addSuccess(Schema.Void, empty).addSuccess(Schema.Void, ok)
  )

/**
 * @since 0.1.0
 * @category api
 */
export const AcuityApi = HttpApi.make("acuity").add(account).add(appointments).add(appointmentTypes).add(calendars)
  .add(availability).add(clients).add(webhooks).prefix("/api/v1")

/**
 * @since 0.1.0
 * @category models
 */
export type AcuityApi = typeof AcuityApi
