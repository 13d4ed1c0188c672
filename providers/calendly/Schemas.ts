/**
 * What Calendly is sent, and what it answers.
 *
 * What is sent is strict: a request that Calendly is known to refuse fails before it leaves. What is read is tolerant:
 * unknown fields pass, `null` stands for an absent field, and an enumeration is read as a string.
 *
 * Source: Calendly's OpenAPI document (2024-04) and its guides.
 *
 * @since 0.1.0
 */
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Schema from "effect/Schema"
import { Field } from "holdfast"

// ---------------------------------------------------------------------------------------------------------------------
// ids, which are URIs
// ---------------------------------------------------------------------------------------------------------------------

/**
 * What Calendly calls the kinds of its resources, in their URIs.
 *
 * @since 0.1.0
 * @category ids
 */
export type Kind =
  | "event_types"
  | "invitee_no_shows"
  | "invitees"
  | "organizations"
  | "scheduled_events"
  | "users"
  | "webhook_subscriptions"

/**
 * The URI of one kind of resource, `https://api.calendly.com/users/AAAAAAAAAAAAAAAA`: the id by which Calendly knows it
 * everywhere but in paths.
 *
 * @since 0.1.0
 * @category ids
 */
export const Uri = (kind: Kind) =>
  Schema.String.pipe(
    Schema.pattern(new RegExp(`^https://[^/?#]+/(?:[^?#]+/)?${kind}/[\\w-]+$`), {
      message: () => `the URI of one of ${kind}, as in https://api.calendly.com/${kind}/AAAAAAAAAAAAAAAA`
    })
  )

/**
 * One resource of a kind in a path: its URI, of which the last part is sent, or that part.
 *
 * @since 0.1.0
 * @category ids
 */
export const Id = (kind: Kind) =>
  Schema.transform(
    Schema.String,
    Schema.String.pipe(
      Schema.pattern(new RegExp(`^(?:https://[^/?#]+/(?:[^?#]+/)?${kind}/)?[\\w-]+$`), {
        message: () => `one of ${kind}: its URI, or what comes last in it`
      })
    ),
    { strict: true, decode: (uuid) => uuid, encode: (id) => id.slice(id.lastIndexOf("/") + 1) }
  )

// ---------------------------------------------------------------------------------------------------------------------
// sent
// ---------------------------------------------------------------------------------------------------------------------

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

/**
 * Who comes: with `name`, or with `first_name`.
 *
 * @since 0.1.0
 * @category sent
 */
export const InviteeInput = Schema.Struct({
  email,
  timezone: Schema.NonEmptyTrimmedString,
  name: Field.may(Schema.NonEmptyTrimmedString),
  first_name: Field.may(Schema.NonEmptyTrimmedString),
  last_name: Field.may(Schema.NonEmptyTrimmedString),
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

// ---------------------------------------------------------------------------------------------------------------------
// read
// ---------------------------------------------------------------------------------------------------------------------

/** A single thing stands in `resource`. */
const resource = <A, I>(schema: Schema.Schema<A, I>) => Schema.Struct({ resource: schema })

/**
 * `next_page` is a URL, which nobody needs to follow: `next_page_token` says the same.
 *
 * @since 0.1.0
 * @category read
 */
export const Paging = Schema.Struct({
  count: Field.maybe(Schema.Int),
  next_page: Field.maybe(Schema.String),
  previous_page: Field.maybe(Schema.String),
  next_page_token: Field.maybe(Schema.String),
  previous_page_token: Field.maybe(Schema.String)
})

const page = <A, I>(schema: Schema.Schema<A, I>) =>
  Schema.Struct({ collection: Schema.Array(schema), pagination: Paging })

const times = { created_at: Schema.String, updated_at: Schema.String }

/**
 * @since 0.1.0
 * @category read
 */
export const User = Schema.Struct({
  uri: Schema.String,
  name: Field.maybe(Schema.String),
  slug: Field.maybe(Schema.String),
  email: Schema.String,
  scheduling_url: Field.maybe(Schema.String),
  timezone: Field.maybe(Schema.String),
  avatar_url: Field.maybe(Schema.String),
  current_organization: Schema.String,
  ...times
})

/**
 * @since 0.1.0
 * @category read
 */
export const UserResource = resource(User)

/**
 * `duration` is in minutes.
 *
 * @since 0.1.0
 * @category read
 */
export const EventType = Schema.Struct({
  uri: Schema.String,
  name: Field.maybe(Schema.String),
  active: Schema.Boolean,
  slug: Field.maybe(Schema.String),
  scheduling_url: Schema.String,
  duration: Schema.Number,
  kind: Field.maybe(Schema.String),
  pooling_type: Field.maybe(Schema.String),
  type: Field.maybe(Schema.String),
  color: Field.maybe(Schema.String),
  profile: Field.maybe(
    Schema.Struct({
      type: Field.maybe(Schema.String),
      name: Field.maybe(Schema.String),
      owner: Field.maybe(Schema.String)
    })
  ),
  secret: Field.maybe(Schema.Boolean),
  booking_method: Field.maybe(Schema.String),
  custom_questions: Field.maybe(Schema.Array(Schema.Unknown)),
  deleted_at: Field.maybe(Schema.String),
  ...times
})

/**
 * @since 0.1.0
 * @category read
 */
export const EventTypePage = page(EventType)

/**
 * @since 0.1.0
 * @category read
 */
export const AvailableTimes = Schema.Struct({
  collection: Schema.Array(Schema.Struct({
    status: Schema.String,
    invitees_remaining: Field.maybe(Schema.Int),
    start_time: Schema.String,
    scheduling_url: Field.maybe(Schema.String)
  }))
})

/**
 * @since 0.1.0
 * @category read
 */
export const Cancellation = Schema.Struct({
  canceled_by: Field.maybe(Schema.String),
  reason: Field.maybe(Schema.String),
  canceler_type: Field.maybe(Schema.String),
  created_at: Field.maybe(Schema.String)
})

/**
 * @since 0.1.0
 * @category read
 */
export const CancellationResource = resource(Cancellation)

/**
 * @since 0.1.0
 * @category read
 */
export const Event = Schema.Struct({
  uri: Schema.String,
  name: Field.maybe(Schema.String),
  status: Schema.String,
  start_time: Schema.String,
  end_time: Schema.String,
  event_type: Field.maybe(Schema.String),
  location: Field.maybe(Schema.Unknown),
  invitees_counter: Field.maybe(Schema.Struct({ total: Schema.Int, active: Schema.Int, limit: Schema.Int })),
  event_memberships: Field.maybe(Schema.Array(Schema.Struct({ user: Schema.String }))),
  event_guests: Field.maybe(Schema.Array(Schema.Struct({ email: Schema.String, ...times }))),
  calendar_event: Field.maybe(Schema.Unknown),
  cancellation: Field.maybe(Cancellation),
  ...times
})

/**
 * @since 0.1.0
 * @category read
 */
export const EventResource = resource(Event)

/**
 * @since 0.1.0
 * @category read
 */
export const EventPage = page(Event)

/**
 * A person who comes to an event. One who was moved is a new invitee, of whom this one says `rescheduled` and `new_invitee`.
 *
 * @since 0.1.0
 * @category read
 */
export const Invitee = Schema.Struct({
  uri: Schema.String,
  email: Schema.String,
  name: Field.maybe(Schema.String),
  first_name: Field.maybe(Schema.String),
  last_name: Field.maybe(Schema.String),
  status: Schema.String,
  event: Schema.String,
  timezone: Field.maybe(Schema.String),
  questions_and_answers: Field.maybe(
    Schema.Array(Schema.Struct({
      question: Schema.String,
      answer: Schema.String,
      position: Field.maybe(Schema.Int)
    }))
  ),
  tracking: Field.maybe(Schema.Struct({
    utm_campaign: Field.maybe(Schema.String),
    utm_source: Field.maybe(Schema.String),
    utm_medium: Field.maybe(Schema.String),
    utm_content: Field.maybe(Schema.String),
    utm_term: Field.maybe(Schema.String),
    salesforce_uuid: Field.maybe(Schema.String)
  })),
  text_reminder_number: Field.maybe(Schema.String),
  rescheduled: Field.maybe(Schema.Boolean),
  old_invitee: Field.maybe(Schema.String),
  new_invitee: Field.maybe(Schema.String),
  cancel_url: Field.maybe(Schema.String),
  reschedule_url: Field.maybe(Schema.String),
  routing_form_submission: Field.maybe(Schema.String),
  cancellation: Field.maybe(Cancellation),
  payment: Field.maybe(Schema.Unknown),
  no_show: Field.maybe(Schema.Struct({ uri: Field.maybe(Schema.String), created_at: Field.maybe(Schema.String) })),
  reconfirmation: Field.maybe(Schema.Unknown),
  ...times
})

/**
 * @since 0.1.0
 * @category read
 */
export const InviteeResource = resource(Invitee)

/**
 * @since 0.1.0
 * @category read
 */
export const InviteePage = page(Invitee)

/**
 * @since 0.1.0
 * @category read
 */
export const NoShowResource = resource(
  Schema.Struct({ uri: Schema.String, invitee: Schema.String, created_at: Field.maybe(Schema.String) })
)

/**
 * @since 0.1.0
 * @category read
 */
export const LinkResource = resource(
  Schema.Struct({ booking_url: Schema.String, owner: Schema.String, owner_type: Schema.String })
)

/**
 * A subscription whose deliveries failed for a day has the state `disabled`: make another one.
 *
 * @since 0.1.0
 * @category read
 */
export const Webhook = Schema.Struct({
  uri: Schema.String,
  callback_url: Schema.String,
  state: Schema.String,
  events: Schema.Array(Schema.String),
  scope: Schema.String,
  organization: Field.maybe(Schema.String),
  user: Field.maybe(Schema.String),
  creator: Field.maybe(Schema.String),
  retry_started_at: Field.maybe(Schema.String),
  ...times
})

/**
 * @since 0.1.0
 * @category read
 */
export const WebhookResource = resource(Webhook)

/**
 * @since 0.1.0
 * @category read
 */
export const WebhookPage = page(Webhook)

/**
 * What a webhook brings of an invitee: `invitee.created`, `invitee.canceled`. Where somebody moves an event, there are both:
 * the second of a new invitee, whose `old_invitee` is the first. `scheduled_event` is not in all accounts of it.
 *
 * @since 0.1.0
 * @category webhooks
 */
export const InviteeWebhook = Schema.Struct({
  event: Schema.String,
  created_at: Schema.String,
  created_by: Field.maybe(Schema.String),
  payload: Schema.Struct({ ...Invitee.fields, scheduled_event: Field.maybe(Event) })
})
