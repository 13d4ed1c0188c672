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

/** An absent field, read also where it is spelled `null`. */
const maybe = <A, I, R>(schema: Schema.Schema<A, I, R>) => Schema.optionalWith(schema, { exact: true, nullable: true })

/** A field that may be left out of what is sent. */
const may = <S extends Schema.Schema.All>(schema: S) => Schema.optionalWith(schema, { exact: true })

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
  count: may(Schema.NumberFromString.pipe(Schema.int(), Schema.between(1, 100))),
  page_token: may(Schema.String)
}

const owner = { user: may(Uri("users")), organization: may(Uri("organizations")) }

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
  active: may(Schema.BooleanFromString),
  sort: may(Schema.Literal("name:asc", "name:desc")),
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
  invitee_email: may(Schema.NonEmptyTrimmedString),
  status: may(Schema.Literal("active", "canceled")),
  min_start_time: may(Schema.DateTimeUtc),
  max_start_time: may(Schema.DateTimeUtc),
  sort: may(Schema.Literal("start_time:asc", "start_time:desc")),
  ...paging
}).pipe(Schema.filter(owned))

/**
 * @since 0.1.0
 * @category sent
 */
export const InviteeListParams = Schema.Struct({
  status: may(Schema.Literal("active", "canceled")),
  email: may(Schema.NonEmptyTrimmedString),
  sort: may(Schema.Literal("created_at:asc", "created_at:desc")),
  ...paging
})

/**
 * @since 0.1.0
 * @category sent
 */
export const CancelInput = Schema.Struct({ reason: may(Schema.String) })

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
  name: may(Schema.NonEmptyTrimmedString),
  first_name: may(Schema.NonEmptyTrimmedString),
  last_name: may(Schema.NonEmptyTrimmedString),
  text_reminder_number: may(Schema.String)
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
  location: may(Schema.Struct({ kind: Schema.String, location: may(Schema.String) })),
  questions_and_answers: may(Schema.Array(Answer)),
  tracking: may(Schema.partialWith(
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
  event_guests: may(Schema.Array(email).pipe(Schema.maxItems(10)))
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
  user: may(Uri("users")),
  scope: Schema.Literal("user", "organization"),
  signing_key: may(Schema.Redacted(Schema.NonEmptyString))
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
  user: may(Uri("users")),
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
  count: maybe(Schema.Int),
  next_page: maybe(Schema.String),
  previous_page: maybe(Schema.String),
  next_page_token: maybe(Schema.String),
  previous_page_token: maybe(Schema.String)
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
  name: maybe(Schema.String),
  slug: maybe(Schema.String),
  email: Schema.String,
  scheduling_url: maybe(Schema.String),
  timezone: maybe(Schema.String),
  avatar_url: maybe(Schema.String),
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
  name: maybe(Schema.String),
  active: Schema.Boolean,
  slug: maybe(Schema.String),
  scheduling_url: Schema.String,
  duration: Schema.Number,
  kind: maybe(Schema.String),
  pooling_type: maybe(Schema.String),
  type: maybe(Schema.String),
  color: maybe(Schema.String),
  profile: maybe(
    Schema.Struct({ type: maybe(Schema.String), name: maybe(Schema.String), owner: maybe(Schema.String) })
  ),
  secret: maybe(Schema.Boolean),
  booking_method: maybe(Schema.String),
  custom_questions: maybe(Schema.Array(Schema.Unknown)),
  deleted_at: maybe(Schema.String),
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
    invitees_remaining: maybe(Schema.Int),
    start_time: Schema.String,
    scheduling_url: maybe(Schema.String)
  }))
})

/**
 * @since 0.1.0
 * @category read
 */
export const Cancellation = Schema.Struct({
  canceled_by: maybe(Schema.String),
  reason: maybe(Schema.String),
  canceler_type: maybe(Schema.String),
  created_at: maybe(Schema.String)
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
  name: maybe(Schema.String),
  status: Schema.String,
  start_time: Schema.String,
  end_time: Schema.String,
  event_type: maybe(Schema.String),
  location: maybe(Schema.Unknown),
  invitees_counter: maybe(Schema.Struct({ total: Schema.Int, active: Schema.Int, limit: Schema.Int })),
  event_memberships: maybe(Schema.Array(Schema.Struct({ user: Schema.String }))),
  event_guests: maybe(Schema.Array(Schema.Struct({ email: Schema.String, ...times }))),
  calendar_event: maybe(Schema.Unknown),
  cancellation: maybe(Cancellation),
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
  name: maybe(Schema.String),
  first_name: maybe(Schema.String),
  last_name: maybe(Schema.String),
  status: Schema.String,
  event: Schema.String,
  timezone: maybe(Schema.String),
  questions_and_answers: maybe(
    Schema.Array(Schema.Struct({
      question: Schema.String,
      answer: Schema.String,
      position: maybe(Schema.Int)
    }))
  ),
  tracking: maybe(Schema.Struct({
    utm_campaign: maybe(Schema.String),
    utm_source: maybe(Schema.String),
    utm_medium: maybe(Schema.String),
    utm_content: maybe(Schema.String),
    utm_term: maybe(Schema.String),
    salesforce_uuid: maybe(Schema.String)
  })),
  text_reminder_number: maybe(Schema.String),
  rescheduled: maybe(Schema.Boolean),
  old_invitee: maybe(Schema.String),
  new_invitee: maybe(Schema.String),
  cancel_url: maybe(Schema.String),
  reschedule_url: maybe(Schema.String),
  routing_form_submission: maybe(Schema.String),
  cancellation: maybe(Cancellation),
  payment: maybe(Schema.Unknown),
  no_show: maybe(Schema.Struct({ uri: maybe(Schema.String), created_at: maybe(Schema.String) })),
  reconfirmation: maybe(Schema.Unknown),
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
  Schema.Struct({ uri: Schema.String, invitee: Schema.String, created_at: maybe(Schema.String) })
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
  organization: maybe(Schema.String),
  user: maybe(Schema.String),
  creator: maybe(Schema.String),
  retry_started_at: maybe(Schema.String),
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
  created_by: maybe(Schema.String),
  payload: Schema.Struct({ ...Invitee.fields, scheduled_event: maybe(Event) })
})
