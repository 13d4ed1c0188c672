/**
 * What the inbox holds: events that came by webhook or were pulled, each with what became of it, and the requests that were
 * refused.
 *
 * @since 0.1.0
 */
import type * as DateTime from "effect/DateTime"
import type * as Duration from "effect/Duration"
import type * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { Body } from "../delivery/DeadLetter.js"
import type * as QueueControl from "../delivery/QueueControl.js"

/**
 * Where an event stands.
 *
 * - `waiting`: an older event of its entity comes first
 * - `ready`: to be handled once its time has come
 * - `handling`: a worker holds it by a lease; when that worker dies the event is `ready` again at the lease's end
 * - `handled`: final
 * - `dead`: given up, or not readable, and kept here with its error; `replay` or `discard` it
 * - `ignored`: not handled, and that is right: it is stale, or the provider's API did not confirm it (final)
 * - `discarded`: somebody decided so (final)
 *
 * @since 0.1.0
 * @category models
 */
export const State = Schema.Literal("waiting", "ready", "handling", "handled", "dead", "ignored", "discarded")

/**
 * @since 0.1.0
 * @category models
 */
export type State = typeof State.Type

/**
 * How an event came.
 *
 * @since 0.1.0
 * @category models
 */
export const Via = Schema.Literal("webhook", "poll")

/**
 * @since 0.1.0
 * @category models
 */
export type Via = typeof Via.Type

/**
 * @since 0.1.0
 * @category models
 */
export class Failure extends Schema.Class<Failure>("holdfast/InboxFailure")({
  /** The tag of the error; `Defect` of a bug, `Unreadable` of an event that is not as its Schema says. */
  tag: Schema.String,
  message: Schema.String
}) {}

/**
 * An event as it is in the store.
 *
 * @since 0.1.0
 * @category models
 */
export class InboxEvent extends Schema.Class<InboxEvent>("holdfast/InboxEvent")({
  /** Ordered by time. */
  id: Schema.String,
  /** Whose it is: `hubspot`. */
  source: Schema.String,
  /** As its source names it: `contact.creation`. */
  type: Schema.String,
  /** By which a repeat is known. None: nothing tells it from another one like it. */
  eventId: Schema.optional(Schema.String),
  /** Events of one entity are handled one after the other. */
  entity: Schema.optional(Schema.String),
  /** When it happened, by the provider. */
  time: Schema.optional(Schema.DateTimeUtc),
  /** The request, or the page of a poll, with which it came first. */
  delivery: Schema.String,
  via: Via,
  connectionId: Schema.optional(Schema.String),
  /** A few, and none that may hold a secret. */
  headers: Schema.Record({ key: Schema.String, value: Schema.String }),
  body: Body,
  state: State,
  /** Why it is ignored. */
  ignored: Schema.optional(Schema.Literal("stale", "unconfirmed")),
  /** How often it was given to a handler that came to an end with it. */
  attempts: Schema.Int,
  /** Workers that died, or lost their lease, while they had it. */
  stalls: Schema.Int,
  notBefore: Schema.DateTimeUtc,
  /** Of the last failure. */
  error: Schema.optional(Failure),
  receivedAt: Schema.DateTimeUtc,
  updatedAt: Schema.DateTimeUtc
}) {}

/**
 * An event as a handler gets it.
 *
 * @since 0.1.0
 * @category models
 */
export interface Event<out A> {
  readonly id: string
  readonly source: string
  readonly type: string
  /** What its Schema has read; without one, the JSON, else the fields of the form, else the text. */
  readonly value: A
  /** To the byte. */
  readonly body: Uint8Array
  readonly eventId: string | undefined
  readonly entity: string | undefined
  readonly time: DateTime.Utc | undefined
  readonly delivery: string
  readonly via: Via
  readonly connectionId: string | undefined
  readonly headers: Readonly<Record<string, string>>
  readonly receivedAt: DateTime.Utc
  /** From 1. */
  readonly attempt: number
  /** A newer event of its entity has been handled. Only where the source says `stale: "handle"`. */
  readonly isStale: boolean
}

/**
 * An event that is offered: what a webhook brought, or a poll.
 *
 * @since 0.1.0
 * @category models
 */
export interface NewEvent {
  /** Bytes as they came; anything else is written as JSON. */
  readonly body: unknown
  /** By which it is known again, where the source has no `eventId`. None: it is stored however often it comes. */
  readonly id?: string | undefined
}

/**
 * With what events came.
 *
 * @since 0.1.0
 * @category models
 */
export interface Arrival {
  /** Default a new one. */
  readonly delivery?: string | undefined
  /** Default `poll`. */
  readonly via?: Via | undefined
  readonly connectionId?: string | undefined
  readonly headers?: Readonly<Record<string, string>> | undefined
}

/**
 * @since 0.1.0
 * @category models
 */
export interface Receipt {
  readonly id: string
  /** `false`: it was there before, and nothing was stored. */
  readonly created: boolean
}

/**
 * One line of an event's history.
 *
 * @since 0.1.0
 * @category models
 */
export class HistoryEntry extends Schema.Class<HistoryEntry>("holdfast/InboxHistoryEntry")({
  /** When the handling began, where it was one. */
  startedAt: Schema.optional(Schema.DateTimeUtc),
  at: Schema.DateTimeUtc,
  /** The worker. */
  owner: Schema.optional(Schema.String),
  outcome: Schema.Literal("handled", "failed", "released", "stalled", "discarded", "parked", "replayed", "edited"),
  /** The tag and message of the error, the reason of the discard. */
  detail: Schema.optional(Schema.String),
  /** When it was to be handled next. */
  notBefore: Schema.optional(Schema.DateTimeUtc)
}) {}

/**
 * Which events are meant; all parts that are given must hold.
 *
 * @since 0.1.0
 * @category models
 */
export interface Filter {
  readonly source: string
  readonly type?: string | undefined
  readonly state?: State | undefined
  /** The tag of the last error. */
  readonly errorTag?: string | undefined
}

/**
 * @since 0.1.0
 * @category models
 */
export interface Page<A> {
  readonly items: ReadonlyArray<A>
  /** Hand it in as `after`; none on the last page. */
  readonly next: Option.Option<string>
  /** Rows of this page that this version cannot read. */
  readonly undecodable: number
}

/**
 * @since 0.1.0
 * @category models
 */
export interface Stats {
  readonly source: string
  readonly byState: { readonly [S in State]: number }
  readonly paused: Option.Option<QueueControl.Paused>
  /** Since the oldest event that is not final came. */
  readonly oldestAge: Option.Option<Duration.Duration>
}

/**
 * A request that was refused, as much of it as is kept: no signature, no query, and no more than the beginning of its body.
 *
 * @since 0.1.0
 * @category models
 */
export class Rejected extends Schema.Class<Rejected>("holdfast/InboxRejected")({
  id: Schema.String,
  at: Schema.DateTimeUtc,
  source: Schema.String,
  /** A `WebhookScheme.RefusedReason`. */
  reason: Schema.String,
  message: Schema.String,
  method: Schema.String,
  path: Schema.String,
  connectionId: Schema.optional(Schema.String),
  /** Values of a few; of all others how long they are. */
  headers: Schema.Record({ key: Schema.String, value: Schema.String }),
  /** Bytes that came. */
  size: Schema.Int,
  body: Body
}) {}

/**
 * @since 0.1.0
 * @category models
 */
export interface Rejection {
  readonly source: string
  readonly reason: string
  readonly message: string
  readonly method: string
  readonly path: string
  readonly connectionId?: string | undefined
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
}

/**
 * @since 0.1.0
 * @category models
 */
export interface RejectedFilter {
  readonly source?: string | undefined
  readonly reason?: string | undefined
}

/**
 * - `storage`: the store failed; whether the step was done is unknown, and it may be repeated
 * - `open`: the store could not be prepared
 * - `not-found`: there is no event of this id
 * - `state`: the step does not apply to the state in which the event is
 * - `undecodable`: this version cannot read the event
 * - `encrypted`: its body cannot be decrypted by this program
 * - `lost`: another worker has the event, and this one's transaction was rolled back
 * - `no-transaction`: this inbox cannot take part in the handler's transaction
 *
 * @since 0.1.0
 * @category errors
 */
export class InboxError extends Schema.TaggedError<InboxError>("holdfast/InboxError")("InboxError", {
  reason: Schema.Literal(
    "storage",
    "open",
    "not-found",
    "state",
    "undecodable",
    "encrypted",
    "lost",
    "no-transaction"
  ),
  message: Schema.String,
  cause: Schema.optional(Schema.Defect)
}) {}
