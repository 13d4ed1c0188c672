/**
 * What Calendly is sent, strictly.
 *
 * @since 0.1.0
 */
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Schema from "effect/Schema"
import { Field } from "holdfast"
import { Uri } from "./Ids.js"

const paging = {
  count: Field.may(Schema.NumberFromString.pipe(Schema.int(), Schema.between(1, 100))),
  page_token: Field.may(Schema.String)
}

const owner = { user: Field.may(Uri("users")), organization: Field.may(Uri("organizations")) }

const owned = (params: { readonly user?: string; readonly organization?: string }) =>
  params.user !== undefined || params.organization !== undefined ? undefined : "whose? give user, or organization"

/**
 * Query of `eventTypes.list`: of a user, or of a whole organization. `count` is 1 to 100, Calendly's default 20.
 *
 * @since 0.1.0
 * @category sent
 */
export const EventTypeListParams = Schema.Struct({
  ...owner,
  active: Field.may(Schema.BooleanFromString),
  sort: Field.may(Schema.Literal("name:asc", "name:desc")),
  ...paging
}).pipe(Schema.filter(owned))

const week = Duration.toMillis("7 days")

/**
 * Query of `eventTypes.availableTimes`: at most seven days.
 *
 * @since 0.1.0
 * @category sent
 */
export const AvailableTimesParams = Schema.Struct({
  event_type: Uri("event_types"),
  start_time: Schema.DateTimeUtc,
  end_time: Schema.DateTimeUtc
}).pipe(
  Schema.filter(({ end_time, start_time }) => {
    const millis = DateTime.distance(start_time, end_time)
    return millis > 0 && millis <= week ? undefined : "end_time must be after start_time, by seven days at most"
  })
)

/**
 * Query of `events.list`. Nothing asks for what has changed since a time: events are found by when they start.
 *
 * @since 0.1.0
 * @category sent
 */
export const EventListParams = Schema.Struct({
  ...owner,
  invitee_email: Field.may(Schema.NonEmptyTrimmedString),
  status: Field.may(Schema.Literal("active", "canceled")),
  min_start_time: Field.may(Schema.DateTimeUtc),
  max_start_time: Field.may(Schema.DateTimeUtc),
  sort: Field.may(Schema.Literal("start_time:asc", "start_time:desc")),
  ...paging
}).pipe(Schema.filter(owned))

/**
 * @since 0.1.0
 * @category sent
 */
export const InviteeListParams = Schema.Struct({
  status: Field.may(Schema.Literal("active", "canceled")),
  email: Field.may(Schema.NonEmptyTrimmedString),
  sort: Field.may(Schema.Literal("created_at:asc", "created_at:desc")),
  ...paging
})

/**
 * @since 0.1.0
 * @category sent
 */
export const CancelInput = Schema.Struct({ reason: Field.may(Schema.String) })

const email = Schema.String.pipe(
  Schema.pattern(/^[^\s@]+@[^\s@]+$/, { message: () => "an e-mail address" })
)

/** With whatever blanks are around it: people write their names so. */
const Name = Schema.String.pipe(Schema.pattern(/\S/, { message: () => "a name that is not blank" }))

/**
 * Who comes: with `name`, or with `first_name`.
 *
 * @since 0.1.0
 * @category sent
 */
export const InviteeInput = Schema.Struct({
  email,
  timezone: Schema.NonEmptyTrimmedString,
  name: Field.may(Name),
  first_name: Field.may(Name),
  last_name: Field.may(Name),
  text_reminder_number: Field.may(Schema.String)
}).pipe(
  Schema.filter(({ first_name, name }) =>
    name !== undefined || first_name !== undefined ? undefined : "an invitee has a name, or a first_name"
  )
)

const Answer = Schema.Struct({ question: Schema.String, answer: Schema.String, position: Schema.Int })

/**
 * A booking. `start_time` is one that `eventTypes.availableTimes` gives.
 *
 * @since 0.1.0
 * @category sent
 */
export const BookInput = Schema.Struct({
  event_type: Uri("event_types"),
  start_time: Schema.DateTimeUtc,
  invitee: InviteeInput,
  location: Field.may(Schema.Struct({ kind: Schema.String, location: Field.may(Schema.String) })),
  questions_and_answers: Field.may(Schema.Array(Answer)),
  tracking: Field.may(Schema.partialWith(
    Schema.Struct({
      utm_campaign: Schema.String,
      utm_source: Schema.String,
      utm_medium: Schema.String,
      utm_content: Schema.String,
      utm_term: Schema.String,
      salesforce_uuid: Schema.String
    }),
    { exact: true }
  )),
  event_guests: Field.may(Schema.Array(email).pipe(Schema.maxItems(10)))
})

/**
 * @since 0.1.0
 * @category sent
 */
export const NoShowInput = Schema.Struct({ invitee: Uri("invitees") })

/**
 * A link by which one booking can be made.
 *
 * @since 0.1.0
 * @category sent
 */
export const LinkInput = Schema.Struct({
  max_event_count: Schema.Literal(1),
  owner: Uri("event_types"),
  owner_type: Schema.Literal("EventType")
})

/**
 * What a subscription can be told of.
 *
 * @since 0.1.0
 * @category sent
 */
export const WebhookEventName = Schema.Literal(
  "invitee.created",
  "invitee.canceled",
  "invitee_no_show.created",
  "invitee_no_show.deleted",
  "routing_form_submission.created"
)

/**
 * Webhooks are signed only where there is a `signing_key`, or one of the OAuth app: without either nobody could verify them.
 *
 * @since 0.1.0
 * @category sent
 */
export const WebhookInput = Schema.Struct({
  url: Schema.String.pipe(Schema.pattern(/^https:\/\/\S+$/, { message: () => "a URL with https" })),
  events: Schema.NonEmptyArray(WebhookEventName),
  organization: Uri("organizations"),
  user: Field.may(Uri("users")),
  scope: Schema.Literal("user", "organization"),
  signing_key: Field.may(Schema.Redacted(Schema.NonEmptyString))
}).pipe(
  Schema.filter(({ scope, user }) =>
    scope === "organization" || user !== undefined ? undefined : "with the scope user there is a user"
  )
)

/**
 * @since 0.1.0
 * @category sent
 */
export const WebhookListParams = Schema.Struct({
  organization: Uri("organizations"),
  scope: Schema.Literal("user", "organization"),
  user: Field.may(Uri("users")),
  ...paging
})
