/**
 * What Cal.com is sent, strictly.
 *
 * @since 0.1.0
 */
import * as DateTime from "effect/DateTime"
import * as Schema from "effect/Schema"
import { Field } from "holdfast"

const id = Schema.Int.pipe(Schema.positive())

const whole = (least: number, most = Number.MAX_SAFE_INTEGER) =>
  Field.may(Schema.NumberFromString.pipe(Schema.int(), Schema.between(least, most)))

const idInQuery = Schema.NumberFromString.pipe(Schema.int(), Schema.positive())

const email = Schema.String.pipe(Schema.pattern(/^[^\s@]+@[^\s@]+$/, { message: () => "an e-mail address" }))

const TimeZone = Schema.String.pipe(
  Schema.filter((zone) => DateTime.zoneMakeNamed(zone)._tag === "Some" ? undefined : "a time zone, as Europe/London")
)

const order = Field.may(Schema.Literal("asc", "desc"))

const time = Field.may(Schema.DateTimeUtc)

/**
 * Query of `bookings.list`. `take` is Cal.com's 100 where it is not said. What has changed since a time: `afterUpdatedAt` with
 * `sortUpdatedAt: "asc"`.
 *
 * @since 0.1.0
 * @category sent
 */
export const BookingListParams = Schema.Struct({
  status: Field.may(Field.csv(Schema.Literal("upcoming", "recurring", "past", "cancelled", "unconfirmed"))),
  attendeeEmail: Field.may(email),
  attendeeName: Field.may(Schema.NonEmptyTrimmedString),
  bookingUid: Field.may(Schema.NonEmptyTrimmedString),
  eventTypeId: Field.may(idInQuery),
  eventTypeIds: Field.may(Field.csv(idInQuery)),
  teamId: Field.may(idInQuery),
  teamIds: Field.may(Field.csv(idInQuery)),
  afterStart: time,
  beforeEnd: time,
  afterCreatedAt: time,
  beforeCreatedAt: time,
  afterUpdatedAt: time,
  beforeUpdatedAt: time,
  sortStart: order,
  sortEnd: order,
  sortCreated: order,
  sortUpdatedAt: order,
  take: whole(1, 250),
  skip: whole(0)
})

/** With whatever blanks are around it: people write their names so. */
const Name = Schema.String.pipe(Schema.pattern(/\S/, { message: () => "a name that is not blank" }))

/**
 * Who comes. Without `email` only where the event type asks for a telephone number instead.
 *
 * @since 0.1.0
 * @category sent
 */
export const AttendeeInput = Schema.Struct({
  name: Name,
  timeZone: TimeZone,
  email: Field.may(email),
  phoneNumber: Field.may(
    Schema.String.pipe(Schema.pattern(/^\+[1-9]\d{4,14}$/, { message: () => "a number as +447700900123" }))
  ),
  language: Field.may(Schema.NonEmptyTrimmedString)
}).pipe(
  Schema.filter((one) =>
    one.email !== undefined || one.phoneNumber !== undefined ? undefined : "an attendee has an email, or a phoneNumber"
  )
)

interface What {
  readonly eventTypeId?: number
  readonly eventTypeSlug?: string
  readonly teamSlug?: string
  readonly username?: string
}

/** An event type is called by its id, or by its slug and whose it is. */
const isOneType = ({ eventTypeId, eventTypeSlug, teamSlug, username }: What) => {
  if (eventTypeId !== undefined) {
    return eventTypeSlug === undefined
      ? undefined
      : "eventTypeId or eventTypeSlug, not both"
  }
  return eventTypeSlug !== undefined && (username === undefined) !== (teamSlug === undefined)
    ? undefined
    : "which? give eventTypeId, or eventTypeSlug with username or teamSlug"
}

const slug = Field.may(Schema.NonEmptyTrimmedString)

const typeBySlug = { eventTypeSlug: slug, username: slug, teamSlug: slug, organizationSlug: slug }

/**
 * A booking. `start` is one that `slots.list` gives.
 *
 * @since 0.1.0
 * @category sent
 */
export const BookingInput = Schema.Struct({
  start: Schema.DateTimeUtc,
  attendee: AttendeeInput,
  eventTypeId: Field.may(id),
  ...typeBySlug,
  bookingFieldsResponses: Field.may(Schema.Record({ key: Schema.String, value: Schema.Unknown })),
  guests: Field.may(Schema.Array(email)),
  location: Field.may(
    Schema.Union(
      Schema.NonEmptyTrimmedString,
      Schema.Struct({ type: Schema.NonEmptyTrimmedString }, { key: Schema.String, value: Schema.Unknown })
    )
  ),
  metadata: Field.may(Schema.Record({ key: Schema.String, value: Schema.String })),
  lengthInMinutes: Field.may(id),
  routing: Field.may(Schema.Record({ key: Schema.String, value: Schema.Unknown })),
  emailVerificationCode: Field.may(Schema.Redacted(Schema.NonEmptyString))
}).pipe(Schema.filter(isOneType))

/**
 * @since 0.1.0
 * @category sent
 */
export const RescheduleInput = Schema.Struct({
  start: Schema.DateTimeUtc,
  rescheduledBy: Field.may(email),
  reschedulingReason: Field.may(Schema.String)
})

/**
 * `cancelSubsequentBookings`: of a series, those that come after this one too.
 *
 * @since 0.1.0
 * @category sent
 */
export const CancelInput = Schema.Struct({
  cancellationReason: Field.may(Schema.String),
  cancelSubsequentBookings: Field.may(Schema.Boolean)
})

/**
 * @since 0.1.0
 * @category sent
 */
export const DeclineInput = Schema.Struct({ reason: Field.may(Schema.String) })

/**
 * Query of `slots.list`.
 *
 * @since 0.1.0
 * @category sent
 */
export const SlotParams = Schema.Struct({
  start: Schema.DateTimeUtc,
  end: Schema.DateTimeUtc,
  eventTypeId: Field.may(idInQuery),
  ...typeBySlug,
  timeZone: Field.may(TimeZone),
  duration: whole(1),
  format: Field.may(Schema.Literal("time", "range")),
  bookingUidToReschedule: Field.may(Schema.NonEmptyTrimmedString)
}).pipe(
  Schema.filter(isOneType),
  Schema.filter(({ end, start }) => DateTime.lessThan(start, end) ? undefined : "end must be after start")
)

/**
 * Query of `eventTypes.list`: one's own, or those that a user shows to everybody.
 *
 * @since 0.1.0
 * @category sent
 */
export const EventTypeListParams = Schema.Struct({ username: slug, eventSlug: slug }).pipe(
  Schema.filter(({ eventSlug, username }) =>
    eventSlug === undefined || username !== undefined ? undefined : "an eventSlug is one of a username"
  )
)

/**
 * @since 0.1.0
 * @category sent
 */
export const EventTypeInput = Schema.Struct({
  title: Schema.NonEmptyTrimmedString,
  slug: Schema.String.pipe(Schema.pattern(/^[a-z0-9]+(?:-[a-z0-9]+)*$/, { message: () => "a slug, as a-meeting" })),
  lengthInMinutes: id,
  description: Field.may(Schema.String),
  hidden: Field.may(Schema.Boolean),
  scheduleId: Field.may(id)
})

/** Cal.com adds to these now and then: what looks like one is sent. */
const Trigger = Schema.String.pipe(
  Schema.pattern(/^[A-Z]+(?:_[A-Z]+)*$/, { message: () => "a trigger, as BOOKING_CREATED" })
)

/**
 * Webhooks are signed only where there is a `secret`: without it nobody could verify them.
 *
 * @since 0.1.0
 * @category sent
 */
export const WebhookInput = Schema.Struct({
  active: Schema.Boolean,
  subscriberUrl: Schema.String.pipe(Schema.pattern(/^https?:\/\/\S+$/, { message: () => "a URL" })),
  triggers: Schema.NonEmptyArray(Trigger),
  secret: Field.may(Schema.Redacted(Schema.NonEmptyString)),
  payloadTemplate: Field.may(Schema.NonEmptyString),
  version: Field.may(Schema.Literal("2021-10-20"))
})

/**
 * What is to be another of a subscription.
 *
 * @since 0.1.0
 * @category sent
 */
export const WebhookChange = Schema.partialWith(WebhookInput, { exact: true })

/**
 * @since 0.1.0
 * @category sent
 */
export const WebhookListParams = Schema.Struct({ take: whole(1, 250), skip: whole(0) })
