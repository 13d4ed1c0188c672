/**
 * What Calendly answers, read tolerantly.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { Field } from "holdfast"

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
