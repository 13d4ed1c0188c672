/**
 * What the outbox holds: a call that is to be made, with everything that is needed to make it.
 *
 * No credential is ever part of it: the call is signed when it is made.
 *
 * @since 0.1.0
 */
import type * as DateTime from "effect/DateTime"
import type * as Duration from "effect/Duration"
import type * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as IntegrationError from "../core/IntegrationError.js"
import { EncryptedBody } from "./DeadLetter.js"
import type * as QueueControl from "./QueueControl.js"

/**
 * Where a message stands.
 *
 * - `waiting`: an older message of its partition key comes first
 * - `ready`: to be delivered once its time has come
 * - `delivering`: a worker holds it by a lease; when that worker dies the message is `ready` again at the lease's end
 * - `delivered`: the provider has taken it (final)
 * - `parked`: given up, and kept here; `retry` or `discard` it
 * - `discarded`: not to be delivered from here: somebody decided so, or it is a dead letter now (final)
 *
 * @since 0.1.0
 * @category models
 */
export const State = Schema.Literal("waiting", "ready", "delivering", "delivered", "parked", "discarded")

/**
 * @since 0.1.0
 * @category models
 */
export type State = typeof State.Type

/**
 * How a message is to be delivered. Idempotency key and partition key are, where they are not given, those of
 * `IdempotencyKey.provide` and `Call.withPartitionKey`.
 *
 * @since 0.1.0
 * @category models
 */
export interface SendOptions {
  /**
   * Sent with every attempt. A second message of the same operation with the key of one that is there is not stored.
   * Default a new one.
   */
  readonly idempotencyKey?: string | undefined
  /** Messages of one key are delivered one after the other, in the order in which they were sent. */
  readonly partitionKey?: string | undefined
  /** -100 to 100, the lowest number first. Default 0. */
  readonly priority?: number | undefined
  /** Not before that long from now. */
  readonly delay?: Duration.DurationInput | undefined
  /** Not before this time. The later one counts where there is a `delay` too. */
  readonly notBefore?: DateTime.DateTime | undefined
  /** For how long after the send an idempotency key of the caller's is remembered, at least. Default `1 day`. */
  readonly dedupeFor?: Duration.DurationInput | undefined
  /** What a parked message does to the rest of its partition. Default `block`. */
  readonly onPark?: "block" | "skip" | undefined
}

/**
 * A call that was found good and written down; `Outbox.message` makes one.
 *
 * @since 0.1.0
 * @category models
 */
export interface Message {
  readonly integration: string
  readonly operation: string
  /** JSON. */
  readonly payload: string
  /** Absent: nothing is to be taken for the same message. */
  readonly dedupeKey: string | undefined
  readonly idempotencyKey: string
  readonly options: SendOptions
}

/**
 * @since 0.1.0
 * @category models
 */
export interface Receipt {
  readonly id: string
  readonly idempotencyKey: string
  /** `false`: there was a message of this idempotency key, and nothing was stored. */
  readonly created: boolean
}

/**
 * A message as it is in the store.
 *
 * @since 0.1.0
 * @category models
 */
export class OutboxMessage extends Schema.Class<OutboxMessage>("holdfast/OutboxMessage")({
  /** Ordered by time. */
  id: Schema.String,
  integration: Schema.String,
  /** Name of the operation, `contacts.create`. */
  operation: Schema.String,
  /** The input as the operation's Schemas encode it; `undefined` where it is stored encrypted. See `Outbox.reveal`. */
  input: Schema.Unknown,
  encrypted: Schema.optional(EncryptedBody),
  idempotencyKey: Schema.String,
  partitionKey: Schema.optional(Schema.String),
  priority: Schema.Int,
  state: State,
  /** Deliveries that failed, and the one that did not. */
  attempts: Schema.Int,
  /** Workers that died, or lost their lease, while they had it. */
  stalls: Schema.Int,
  notBefore: Schema.DateTimeUtc,
  /** Of the last failed delivery. */
  error: Schema.optional(IntegrationError.IntegrationError),
  /** It was given up, and is a dead letter of this id. */
  deadLetterId: Schema.optional(Schema.String),
  correlationId: Schema.String,
  tenantId: Schema.optional(Schema.String),
  connectionId: Schema.optional(Schema.String),
  userId: Schema.optional(Schema.String),
  metadata: Schema.Record({ key: Schema.String, value: Schema.String }),
  createdAt: Schema.DateTimeUtc,
  updatedAt: Schema.DateTimeUtc
}) {}

/**
 * One line of a message's history.
 *
 * @since 0.1.0
 * @category models
 */
export class HistoryEntry extends Schema.Class<HistoryEntry>("holdfast/OutboxHistoryEntry")({
  /** When the delivery began, where it was one. */
  startedAt: Schema.optional(Schema.DateTimeUtc),
  at: Schema.DateTimeUtc,
  /** The worker. */
  owner: Schema.optional(Schema.String),
  outcome: Schema.Literal("delivered", "failed", "released", "stalled", "discarded", "parked", "retried", "edited"),
  /** The tag and message of the error, the reason of the discard. */
  detail: Schema.optional(Schema.String),
  /** When the next delivery was to be. */
  notBefore: Schema.optional(Schema.DateTimeUtc)
}) {}

/**
 * Which messages are meant; all parts that are given must hold.
 *
 * @since 0.1.0
 * @category models
 */
export interface Filter {
  readonly integration: string
  readonly operation?: string | undefined
  readonly state?: State | ReadonlyArray<State> | undefined
  /** Of the last failed delivery. */
  readonly errorTag?: IntegrationError.Tag | ReadonlyArray<IntegrationError.Tag> | undefined
}

/**
 * @since 0.1.0
 * @category models
 */
export interface Page {
  readonly items: ReadonlyArray<OutboxMessage>
  /** Hand it in as `after`; none on the last page. */
  readonly next: Option.Option<string>
  /** Rows of this page that this version cannot read. */
  readonly undecodable: number
}

/**
 * @since 0.1.0
 * @category models
 */
export type Paused = QueueControl.Paused

/**
 * @since 0.1.0
 * @category models
 */
export interface Stats {
  readonly integration: string
  readonly byState: { readonly [S in State]: number }
  /** Of those that are discarded: how many are dead letters now. */
  readonly deadLettered: number
  readonly paused: Option.Option<Paused>
  /** Since the oldest message that is not final was sent. */
  readonly oldestAge: Option.Option<Duration.Duration>
}

/**
 * - `storage`: the store failed; whether the step was done is unknown, and it may be repeated
 * - `open`: the store could not be prepared
 * - `conflict`: there is a message of this idempotency key with another input
 * - `not-found`: there is no message of this id
 * - `state`: the step does not apply to the state in which the message is
 * - `undecodable`: this version cannot read the message
 * - `encrypted`: its input cannot be decrypted by this program
 *
 * @since 0.1.0
 * @category errors
 */
export class OutboxError extends Schema.TaggedError<OutboxError>("holdfast/OutboxError")("OutboxError", {
  reason: Schema.Literal("storage", "open", "conflict", "not-found", "state", "undecodable", "encrypted"),
  message: Schema.String,
  cause: Schema.optional(Schema.Defect)
}) {}
