/**
 * What a dead letter is: a call that failed for good, with everything that is needed to send it again.
 *
 * No credential is ever part of it: the request holds allow-listed headers only, and the replay signs it anew.
 *
 * @since 0.1.0
 */
import type * as DateTime from "effect/DateTime"
import type * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as IntegrationError from "../core/IntegrationError.js"

/**
 * Where a letter stands.
 *
 * - `pending`: stored, waits for a replay
 * - `replaying`: a worker holds it by a lease; when that worker dies the letter is `pending` again at the lease's end
 * - `replayed`: sent again, and it succeeded (final)
 * - `parked`: failed too many replays; only `replay(id, { force: true })` or an explicit filter takes it up
 * - `discarded`: somebody decided that it is not to be sent (final)
 *
 * @since 0.1.0
 * @category models
 */
export const State = Schema.Literal("pending", "replaying", "replayed", "parked", "discarded")

/**
 * @since 0.1.0
 * @category models
 */
export type State = typeof State.Type

/**
 * A body that can be read: text as it is, anything else as Base64.
 *
 * @since 0.1.0
 * @category models
 */
export const PlainBody = Schema.Union(
  Schema.TaggedStruct("Text", { value: Schema.String }),
  Schema.TaggedStruct("Base64", { value: Schema.String })
)

/**
 * @since 0.1.0
 * @category models
 */
export type PlainBody = typeof PlainBody.Type

/**
 * A body as `DeadLetterCipher` has encrypted it, for one letter alone.
 *
 * @since 0.1.0
 * @category models
 */
export const EncryptedBody = Schema.TaggedStruct("Encrypted", {
  /** Which key it takes. */
  keyId: Schema.String,
  /** Base64. */
  iv: Schema.String,
  /** Base64; ends with the tag that shows whether somebody changed it. */
  value: Schema.String
})

/**
 * @since 0.1.0
 * @category models
 */
export type EncryptedBody = typeof EncryptedBody.Type

/**
 * The body of a stored request: encrypted where the program has a `DeadLetterCipher`, and as it was sent elsewhere.
 *
 * @since 0.1.0
 * @category models
 */
export const Body = Schema.Union(...PlainBody.members, EncryptedBody)

/**
 * @since 0.1.0
 * @category models
 */
export type Body = typeof Body.Type

/**
 * The request of a dead letter.
 *
 * @since 0.1.0
 * @category models
 */
export class DeadLetterRequest extends Schema.Class<DeadLetterRequest>("holdfast/DeadLetterRequest")({
  method: Schema.String,
  /** Path and query, relative to the integration's base URL. */
  url: Schema.String,
  /** Allow-listed headers only; the caller has filtered them. */
  headers: Schema.Record({ key: Schema.String, value: Schema.String }),
  body: Schema.optional(Body),
  contentType: Schema.optional(Schema.String),
  /** The path with its parameters' names, `/crm/v3/objects/contacts/:id`. */
  template: Schema.optional(Schema.String),
  /** The operation may be sent twice with the effect of once. */
  idempotent: Schema.optional(Schema.Boolean),
  /** Tokens that it takes from the rate limiter. */
  cost: Schema.optional(Schema.Number),
  /** An attempt, of the call or of a replay, may have been acted on although no success came back. */
  mayHaveBeenProcessed: Schema.optional(Schema.Boolean),
  /**
   * What was taken out before it was stored, `body.card.number`, and no replay can put back: until it is edited, the
   * letter cannot be replayed.
   */
  redacted: Schema.optional(Schema.Array(Schema.String))
}) {}

/**
 * A request as it was before an edit.
 *
 * @since 0.1.0
 * @category models
 */
export class Revision extends Schema.Class<Revision>("holdfast/DeadLetterRevision")({
  /** Of the letter that had it. */
  version: Schema.Int,
  request: DeadLetterRequest,
  idempotencyKey: Schema.String,
  replacedAt: Schema.DateTimeUtc
}) {}

/**
 * A call that failed for good.
 *
 * @since 0.1.0
 * @category models
 */
export class DeadLetter extends Schema.Class<DeadLetter>("holdfast/DeadLetter")({
  /** Ordered by time of capture. */
  id: Schema.String,
  /** Id of the integration, `hubspot`. */
  integration: Schema.String,
  /** Name of the operation, `contacts.create`. */
  operation: Schema.String,
  request: DeadLetterRequest,
  /** Of the last attempt, replays included. */
  error: IntegrationError.IntegrationError,
  /** Requests that were sent for the captured call, replays not included. */
  attempts: Schema.Int,
  firstAttemptAt: Schema.DateTimeUtc,
  /** Of the call, or of its last replay. */
  lastAttemptAt: Schema.DateTimeUtc,
  correlationId: Schema.String,
  tenantId: Schema.optional(Schema.String),
  connectionId: Schema.optional(Schema.String),
  userId: Schema.optional(Schema.String),
  /** A replay sends the same key as the call did, unless the letter was edited. */
  idempotencyKey: Schema.String,
  /** Letters of one key are replayed in order. */
  partitionKey: Schema.optional(Schema.String),
  state: State,
  /** Replays that ran to an end, failed or not. */
  replays: Schema.Int,
  /** What edits have replaced, the captured request first. None where there was no edit. */
  earlier: Schema.optional(Schema.Array(Revision)),
  /** Grows with each change of the stored call. */
  version: Schema.Int,
  createdAt: Schema.DateTimeUtc,
  updatedAt: Schema.DateTimeUtc,
  metadata: Schema.Record({ key: Schema.String, value: Schema.String })
}) {
  /** The request as it was captured, whatever edits have made of it. */
  get original(): DeadLetterRequest {
    return this.earlier?.[0]?.request ?? this.request
  }

  /** What its error has in common with others, `ServerError 503`. */
  get signature(): string {
    return signatureOf(this.error)
  }
}

/** Codes are the provider's, who is not asked how long they may be. */
const maxCode = 100

/**
 * What an error has in common with others like it, and what differs from call to call left out: its tag, its status, the
 * provider's code, and the phase or the scope. Messages are no part of it.
 *
 * @example
 * ```ts
 * import { DeadLetterQueue, IntegrationError } from "holdfast"
 *
 * const error = new IntegrationError.ServerError({
 *   correlationId: "c-1",
 *   integration: "hubspot",
 *   message: "no healthy upstream",
 *   operation: "contacts.create",
 *   status: 503
 * })
 *
 * DeadLetterQueue.signatureOf(error) // "ServerError 503"
 * ```
 *
 * @since 0.1.0
 * @category models
 */
export const signatureOf = (error: IntegrationError.IntegrationError): string => {
  const parts: Array<string | number | undefined> = [
    error._tag,
    error.status,
    error.code?.replaceAll(/\s+/g, " ").slice(0, maxCode)
  ]
  if (error._tag === "NetworkError") parts.push(error.phase)
  if (error._tag === "TimeoutError") parts.push(error.scope)
  return parts.filter((part) => part !== undefined && part !== "").join(" ")
}

/**
 * What is handed in when a call is captured.
 *
 * @since 0.1.0
 * @category models
 */
export interface NewDeadLetter {
  /** A ULID, made by the caller, so that what was encrypted for the letter stays its own. Default a new one. */
  readonly id?: string | undefined
  readonly integration: string
  readonly operation: string
  readonly request: DeadLetterRequest
  readonly error: IntegrationError.IntegrationError
  readonly attempts: number
  readonly firstAttemptAt: DateTime.Utc
  readonly lastAttemptAt: DateTime.Utc
  readonly correlationId: string
  readonly tenantId?: string | undefined
  readonly connectionId?: string | undefined
  readonly userId?: string | undefined
  readonly idempotencyKey: string
  /** Of a letter that was edited in another queue. */
  readonly earlier?: ReadonlyArray<Revision> | undefined
  readonly partitionKey?: string | undefined
  readonly metadata: { readonly [key: string]: string }
}

/**
 * Which letters are meant. All parts that are given must hold; an empty filter means all letters.
 *
 * @since 0.1.0
 * @category models
 */
export interface Filter {
  readonly integration?: string | undefined
  readonly operation?: string | undefined
  readonly errorTag?: IntegrationError.Tag | ReadonlyArray<IntegrationError.Tag> | undefined
  /** The `signature` of a letter or a group. */
  readonly signature?: string | ReadonlyArray<string> | undefined
  readonly state?: State | ReadonlyArray<State> | undefined
  /** Captured longer ago than this. */
  readonly olderThan?: Duration.DurationInput | undefined
  /** Captured less long ago than this. */
  readonly newerThan?: Duration.DurationInput | undefined
}

/**
 * @since 0.1.0
 * @category models
 */
export interface PageOptions {
  /** Default 50, at most 500. */
  readonly limit?: number | undefined
  /** The `next` of the page before. */
  readonly after?: string | undefined
  /** By time of capture. Default `oldest`. */
  readonly order?: "oldest" | "newest" | undefined
}

/**
 * @since 0.1.0
 * @category models
 */
export interface Page {
  readonly items: ReadonlyArray<DeadLetter>
  /** Hand it in as `after`; none on the last page. */
  readonly next: Option.Option<string>
  /** Rows of this page that could not be decoded; they are logged once and left out of `items`. */
  readonly undecodable: number
}

/**
 * One line of a letter's history.
 *
 * @since 0.1.0
 * @category models
 */
export class LedgerEntry extends Schema.Class<LedgerEntry>("holdfast/DeadLetterLedgerEntry")({
  /** When the replay began, where it was a replay. */
  startedAt: Schema.optional(Schema.DateTimeUtc),
  at: Schema.DateTimeUtc,
  /** Who did it: `process:…` for a replay. */
  owner: Schema.optional(Schema.String),
  outcome: Schema.Literal(
    "replayed",
    "failed",
    "released",
    "stalled",
    "discarded",
    "parked",
    "unparked",
    "edited"
  ),
  /** The tag and message of the error, the reason of the discard. */
  detail: Schema.optional(Schema.String)
}) {}

/**
 * @since 0.1.0
 * @category models
 */
export interface ReplayOptions {
  /** Also replay a letter that is parked. Default `false`. */
  readonly force?: boolean | undefined
}

/**
 * @since 0.1.0
 * @category models
 */
export interface ReplayReport {
  /** Letters that the run looked at: `replayed + failed + skipped`. */
  readonly selected: number
  readonly replayed: number
  /** Replays that ran and failed. */
  readonly failed: number
  /** Not replayed in this run and not charged for it: held by an older letter of its key, claimed elsewhere, refused locally, no replayer. */
  readonly skipped: number
}

/**
 * @since 0.1.0
 * @category models
 */
export interface ReplayProgress extends ReplayReport {
  /** The letter that the run has just finished with. */
  readonly id: string
  readonly outcome: "replayed" | "failed" | "skipped"
}

/**
 * @since 0.1.0
 * @category models
 */
export interface ReplayAllOptions {
  /** Letters in flight at once; letters of one partition key never are. Default 4. */
  readonly concurrency?: number | undefined
  /** Called after each letter. */
  readonly onProgress?: ((progress: ReplayProgress) => Effect.Effect<void>) | undefined
  /** The longest pause for an open breaker or another local refusal. Default `1 minute`. */
  readonly maxPause?: Duration.DurationInput | undefined
  /** Pauses in a row, per integration, before the rest of its letters is skipped. Default 10. */
  readonly maxPauses?: number | undefined
}

/**
 * Letters of one operation whose last errors are alike.
 *
 * @since 0.1.0
 * @category models
 */
export interface Group {
  readonly integration: string
  readonly operation: string
  readonly errorTag: string
  readonly signature: string
  readonly count: number
  /** When the first of them was captured. */
  readonly firstSeen: DateTime.Utc
  /** When one of them was captured, or failed a replay, for the last time. */
  readonly lastSeen: DateTime.Utc
}

/**
 * @since 0.1.0
 * @category models
 */
export interface Stats {
  readonly total: number
  readonly byState: { readonly [S in State]: number }
  readonly byIntegration: { readonly [integration: string]: number }
  readonly byErrorTag: { readonly [tag: string]: number }
  /** Since the capture of the oldest letter that is not final. */
  readonly oldestAge: Option.Option<Duration.Duration>
  /** Rows that this process has found to be undecodable so far. */
  readonly undecodable: number
}

/**
 * What happened to a letter, in this process.
 *
 * @since 0.1.0
 * @category models
 */
export interface Change {
  readonly _tag: "Captured" | "Replaying" | "Replayed" | "ReplayFailed" | "Edited" | "Discarded" | "Parked" | "Released"
  readonly id: string
  readonly integration: string
  readonly operation: string
  /** What its last error has in common with others, `ServerError 503`. */
  readonly signature: string
  readonly at: DateTime.Utc
}

/**
 * Sends a letter's request again, through everything beneath the dead-lettering policy.
 *
 * @since 0.1.0
 * @category models
 */
export type Replayer = (letter: DeadLetter) => Effect.Effect<void, IntegrationError.IntegrationError>

/**
 * The store failed (`storage`), could not be opened or written (`open`), or holds a row that this version cannot read
 * (`undecodable`). `spilled`: the store failed, and the letter is in a local file until it is back. `encrypted`: the body
 * cannot be decrypted, as its key is not there or is another.
 *
 * @since 0.1.0
 * @category errors
 */
export class DeadLetterQueueError extends Schema.TaggedError<DeadLetterQueueError>("holdfast/DeadLetterQueueError")(
  "DeadLetterQueueError",
  {
    reason: Schema.Literal("storage", "open", "undecodable", "spilled", "encrypted"),
    message: Schema.String,
    cause: Schema.optional(Schema.Defect)
  }
) {}

/**
 * There is no letter of this id: it never was, or was purged.
 *
 * @since 0.1.0
 * @category errors
 */
export class DeadLetterNotFoundError
  extends Schema.TaggedError<DeadLetterNotFoundError>("holdfast/DeadLetterNotFoundError")("DeadLetterNotFoundError", {
    id: Schema.String
  })
{
  override get message(): string {
    return `there is no dead letter ${this.id}`
  }
}

/**
 * The replay was not begun (or, for `lease-lost`, not finished by this worker).
 *
 * - `no-replayer`: no replayer is registered for the integration in this program; provide its layer
 * - `not-pending`: replayed or discarded already
 * - `parked`: failed too many replays; `{ force: true }` replays it all the same
 * - `claimed`: another worker replays it at this moment
 * - `held`: an older letter of its partition key is not final yet
 * - `redacted`: a part of its request was not stored, and somebody has to put it back by an edit
 * - `lease-lost`: the lease ended before the replay did, and it may have been taken over
 *
 * @since 0.1.0
 * @category errors
 */
export class ReplayRefusedError extends Schema.TaggedError<ReplayRefusedError>("holdfast/ReplayRefusedError")(
  "ReplayRefusedError",
  {
    id: Schema.String,
    integration: Schema.String,
    reason: Schema.Literal("no-replayer", "not-pending", "parked", "claimed", "held", "redacted", "lease-lost"),
    message: Schema.String
  }
) {}

/**
 * The letter is not in a state in which it can be edited, discarded, parked or unparked.
 *
 * @since 0.1.0
 * @category errors
 */
export class DeadLetterStateError extends Schema.TaggedError<DeadLetterStateError>("holdfast/DeadLetterStateError")(
  "DeadLetterStateError",
  {
    id: Schema.String,
    state: State,
    message: Schema.String
  }
) {}
