/**
 * What Cal.com answers, read tolerantly.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { Field } from "holdfast"

/** Everything stands in `data`. An answer whose `status` is `error` never gets here. */
const answer = <A, I>(data: Schema.Schema<A, I>) => Schema.Struct({ status: Schema.String, data })

/**
 * @since 0.1.0
 * @category read
 */
export const Me = Schema.Struct({
  id: Schema.Int,
  username: Field.maybe(Schema.String),
  email: Schema.String,
  name: Field.maybe(Schema.String),
  avatarUrl: Field.maybe(Schema.String),
  bio: Field.maybe(Schema.String),
  timeFormat: Field.maybe(Schema.Number),
  defaultScheduleId: Field.maybe(Schema.Int),
  weekStart: Field.maybe(Schema.String),
  timeZone: Field.maybe(Schema.String),
  organizationId: Field.maybe(Schema.Int)
})

/**
 * @since 0.1.0
 * @category read
 */
export const MeAnswer = answer(Me)

/**
 * @since 0.1.0
 * @category read
 */
export const Host = Schema.Struct({
  id: Field.maybe(Schema.Union(Schema.Number, Schema.String)),
  name: Field.maybe(Schema.String),
  email: Field.maybe(Schema.String),
  username: Field.maybe(Schema.String),
  timeZone: Field.maybe(Schema.String)
})

/**
 * `seatUid`: of an event type with seats.
 *
 * @since 0.1.0
 * @category read
 */
export const Attendee = Schema.Struct({
  name: Field.maybe(Schema.String),
  email: Field.maybe(Schema.String),
  displayEmail: Field.maybe(Schema.String),
  timeZone: Field.maybe(Schema.String),
  language: Field.maybe(Schema.String),
  absent: Field.maybe(Schema.Boolean),
  phoneNumber: Field.maybe(Schema.String),
  seatUid: Field.maybe(Schema.String)
})

/**
 * One booking, `duration` in minutes. `status` is `accepted`, `pending`, `cancelled` or `rejected`. One that was moved is
 * cancelled and has `rescheduledToUid`; the new one has `rescheduledFromUid`. `recurringBookingUid` is what the bookings of a
 * series share.
 *
 * @since 0.1.0
 * @category read
 */
export const Booking = Schema.Struct({
  id: Schema.Int,
  uid: Schema.String,
  title: Field.maybe(Schema.String),
  description: Field.maybe(Schema.String),
  hosts: Field.list(Host),
  status: Schema.String,
  start: Schema.String,
  end: Schema.String,
  duration: Field.maybe(Schema.Number),
  eventTypeId: Field.maybe(Schema.Int),
  eventType: Field.maybe(Schema.Struct({ id: Schema.Int, slug: Field.maybe(Schema.String) })),
  location: Field.maybe(Schema.String),
  meetingUrl: Field.maybe(Schema.String),
  absentHost: Field.maybe(Schema.Boolean),
  createdAt: Field.maybe(Schema.String),
  updatedAt: Field.maybe(Schema.String),
  attendees: Field.list(Attendee),
  guests: Field.list(Schema.String),
  bookingFieldsResponses: Field.maybe(Schema.Record({ key: Schema.String, value: Schema.Unknown })),
  metadata: Field.maybe(Schema.Record({ key: Schema.String, value: Schema.Unknown })),
  rating: Field.maybe(Schema.Number),
  icsUid: Field.maybe(Schema.String),
  cancellationReason: Field.maybe(Schema.String),
  cancelledByEmail: Field.maybe(Schema.String),
  reschedulingReason: Field.maybe(Schema.String),
  rescheduledByEmail: Field.maybe(Schema.String),
  rescheduledFromUid: Field.maybe(Schema.String),
  rescheduledToUid: Field.maybe(Schema.String),
  recurringBookingUid: Field.maybe(Schema.String)
})

/**
 * One booking, or all of a series: those of an event type that recurs come together.
 *
 * @since 0.1.0
 * @category read
 */
export const BookingAnswer = answer(Schema.Union(Booking, Schema.Array(Booking)))

/**
 * @since 0.1.0
 * @category read
 */
export const Paging = Schema.Struct({
  totalItems: Field.maybe(Schema.Int),
  remainingItems: Field.maybe(Schema.Int),
  returnedItems: Field.maybe(Schema.Int),
  itemsPerPage: Field.maybe(Schema.Int),
  currentPage: Field.maybe(Schema.Int),
  totalPages: Field.maybe(Schema.Int),
  hasNextPage: Schema.Boolean,
  hasPreviousPage: Field.maybe(Schema.Boolean)
})

/**
 * @since 0.1.0
 * @category read
 */
export const BookingPage = Schema.Struct({
  status: Schema.String,
  data: Schema.Array(Booking),
  pagination: Paging
})

/**
 * The times at which something can be booked, by day: `YYYY-MM-DD`, in the time zone that was asked for. `end` with the
 * format `range`.
 *
 * @since 0.1.0
 * @category read
 */
export const SlotsAnswer = answer(
  Schema.Record({
    key: Schema.String,
    value: Schema.Array(Schema.Struct({ start: Schema.String, end: Field.maybe(Schema.String) }))
  })
)

/**
 * @since 0.1.0
 * @category read
 */
export const EventType = Schema.Struct({
  id: Schema.Int,
  ownerId: Field.maybe(Schema.Int),
  title: Field.maybe(Schema.String),
  slug: Schema.String,
  lengthInMinutes: Field.maybe(Schema.Number),
  description: Field.maybe(Schema.String),
  hidden: Field.maybe(Schema.Boolean),
  scheduleId: Field.maybe(Schema.Int),
  locations: Field.maybe(Schema.Array(Schema.Unknown)),
  bookingFields: Field.maybe(Schema.Array(Schema.Unknown)),
  metadata: Field.maybe(Schema.Unknown)
})

/**
 * @since 0.1.0
 * @category read
 */
export const EventTypeAnswer = answer(EventType)

/**
 * @since 0.1.0
 * @category read
 */
export const EventTypesAnswer = answer(Schema.Array(EventType))

/**
 * @since 0.1.0
 * @category read
 */
export const Webhook = Schema.Struct({
  id: Schema.Union(Schema.String, Schema.Int),
  userId: Field.maybe(Schema.Int),
  subscriberUrl: Schema.String,
  active: Field.maybe(Schema.Boolean),
  triggers: Field.list(Schema.String),
  payloadTemplate: Field.maybe(Schema.String),
  version: Field.maybe(Schema.String),
  secret: Field.maybe(Schema.Redacted(Schema.String))
})

/**
 * @since 0.1.0
 * @category read
 */
export const WebhookAnswer = answer(Webhook)

/**
 * @since 0.1.0
 * @category read
 */
export const WebhooksAnswer = answer(Schema.Array(Webhook))

/**
 * What a webhook brings of a booking, where its subscription has no `payloadTemplate`.
 *
 * @since 0.1.0
 * @category webhooks
 */
export const BookingWebhook = Schema.Struct({
  triggerEvent: Schema.String,
  createdAt: Schema.String,
  payload: Schema.Struct({
    uid: Schema.String,
    bookingId: Field.maybe(Schema.Int),
    eventTypeId: Field.maybe(Schema.Int),
    type: Field.maybe(Schema.String),
    title: Field.maybe(Schema.String),
    startTime: Field.maybe(Schema.String),
    endTime: Field.maybe(Schema.String),
    status: Field.maybe(Schema.String),
    organizer: Field.maybe(Host),
    attendees: Field.list(Attendee),
    responses: Field.maybe(Schema.Unknown),
    location: Field.maybe(Schema.Unknown),
    metadata: Field.maybe(Schema.Unknown),
    rescheduleUid: Field.maybe(Schema.String),
    cancellationReason: Field.maybe(Schema.String)
  })
})
