/**
 * Calendly's API, declared: from this come the typed client, the names of operations, and the emulator.
 *
 * @since 0.1.0
 */
import * as HttpApi from "@effect/platform/HttpApi"
import * as HttpApiEndpoint from "@effect/platform/HttpApiEndpoint"
import * as HttpApiGroup from "@effect/platform/HttpApiGroup"
import * as Schema from "effect/Schema"
import { Operation } from "holdfast"
import * as Schemas from "./Schemas.js"

const event = Schema.Struct({ event: Schemas.Id("scheduled_events") })

const users = HttpApiGroup.make("users").add(
  HttpApiEndpoint.get("me", "/users/me").addSuccess(Schemas.UserResource)
)

const eventTypes = HttpApiGroup.make("eventTypes")
  .add(
    HttpApiEndpoint.get("list", "/event_types").setUrlParams(Schemas.EventTypeListParams)
      .addSuccess(Schemas.EventTypePage)
  )
  .add(
    HttpApiEndpoint.get("availableTimes", "/event_type_available_times").setUrlParams(Schemas.AvailableTimesParams)
      .addSuccess(Schemas.AvailableTimes)
  )

const events = HttpApiGroup.make("events")
  .add(
    HttpApiEndpoint.get("list", "/scheduled_events").setUrlParams(Schemas.EventListParams)
      .addSuccess(Schemas.EventPage)
  )
  .add(HttpApiEndpoint.get("get", "/scheduled_events/:event").setPath(event).addSuccess(Schemas.EventResource))
  .add(
    HttpApiEndpoint.post("cancel", "/scheduled_events/:event/cancellation").setPath(event)
      .setPayload(Schemas.CancelInput).addSuccess(Schemas.CancellationResource, { status: 201 })
  )

const invitees = HttpApiGroup.make("invitees")
  .add(
    HttpApiEndpoint.get("list", "/scheduled_events/:event/invitees").setPath(event)
      .setUrlParams(Schemas.InviteeListParams).addSuccess(Schemas.InviteePage)
  )
  .add(
    HttpApiEndpoint.post("book", "/invitees").setPayload(Schemas.BookInput)
      .addSuccess(Schemas.InviteeResource, { status: 201 })
      // bookings have a limit of their own, 10 a minute: five tokens each keep them under it
      .annotate(Operation.Cost, 5)
  )

const noShows = HttpApiGroup.make("noShows")
  .add(
    HttpApiEndpoint.post("create", "/invitee_no_shows").setPayload(Schemas.NoShowInput)
      .addSuccess(Schemas.NoShowResource, { status: 201 })
  )
  .add(
    HttpApiEndpoint.del("delete", "/invitee_no_shows/:noShow")
      .setPath(Schema.Struct({ noShow: Schemas.Id("invitee_no_shows") }))
  )

const links = HttpApiGroup.make("links").add(
  HttpApiEndpoint.post("create", "/scheduling_links").setPayload(Schemas.LinkInput)
    .addSuccess(Schemas.LinkResource, { status: 201 })
)

const webhooks = HttpApiGroup.make("webhooks")
  .add(
    HttpApiEndpoint.post("create", "/webhook_subscriptions").setPayload(Schemas.WebhookInput)
      .addSuccess(Schemas.WebhookResource, { status: 201 })
      .annotate(Operation.Redact, ["signing_key"])
  )
  .add(
    HttpApiEndpoint.get("list", "/webhook_subscriptions").setUrlParams(Schemas.WebhookListParams)
      .addSuccess(Schemas.WebhookPage)
  )
  .add(
    HttpApiEndpoint.del("delete", "/webhook_subscriptions/:webhook")
      .setPath(Schema.Struct({ webhook: Schemas.Id("webhook_subscriptions") }))
  )

/**
 * The declaration of version 2, which names no version in its paths.
 *
 * @since 0.1.0
 * @category api
 */
export const CalendlyApi = HttpApi.make("calendly")
  .add(users)
  .add(eventTypes)
  .add(events)
  .add(invitees)
  .add(noShows)
  .add(links)
  .add(webhooks)

/**
 * @since 0.1.0
 * @category models
 */
export type CalendlyApi = typeof CalendlyApi
