/**
 * What the lease queue holds, and what its steps are asked with.
 *
 * @since 0.1.0
 */
import type * as Duration from "effect/Duration"
import type * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type * as core from "./internal/leaseQueueCore.js"

/**
 * - `waiting`: an item of its partition comes first
 * - `ready`: claimable once its `notBefore` has come
 * - `leased`: a worker holds it
 * - `parked`: set aside with its error
 * - `poison`: set aside because it failed or stalled too often
 * - `done`, `discarded`: final
 *
 * @since 0.1.0
 * @category models
 */
export type State = core.State

/**
 * Times are epoch milliseconds of the store's clock.
 *
 * @since 0.1.0
 * @category models
 */
export type Item = core.Item

/**
 * @since 0.1.0
 * @category models
 */
export type Lease = core.Lease

/**
 * One line of an item's history: one for each attempt, and one for each decision on it.
 *
 * @since 0.1.0
 * @category models
 */
export type Entry = core.Entry

/**
 * @since 0.1.0
 * @category models
 */
export interface NewItem {
  readonly queue: string
  /** JSON. */
  readonly payload: string
  /** Made by the caller, so that an offer whose answer was lost can be repeated. Default a new ULID. */
  readonly id?: string | undefined
  /** Default `ready`; a dead letter is offered `parked`. */
  readonly state?: "ready" | "parked" | "poison" | undefined
  /** Items of one key run one after the other, in the order of their offers. */
  readonly partitionKey?: string | undefined
  /** What a parked item does to the rest of its partition. Default `block`. */
  readonly onPark?: "block" | "skip" | undefined
  /** An offer with the key of an item that lives, or whose retention lasts, gives that item's id. */
  readonly dedupeKey?: string | undefined
  /** For how long after the offer a final item keeps its dedupe key. Default `1 day`. */
  readonly dedupeFor?: Duration.DurationInput | undefined
  /** -100 to 100, the lowest number first. Default 0. */
  readonly priority?: number | undefined
  /** Not claimable before. Default none. */
  readonly delay?: Duration.DurationInput | undefined
  /** JSON. */
  readonly lastError?: string | undefined
  /** Indexed label: who it is from or for, the integration. */
  readonly source?: string | undefined
  /** Indexed label: what it is, the operation. */
  readonly kind?: string | undefined
  /** Indexed label: why it failed last, the tag of the error. */
  readonly reason?: string | undefined
  /** Indexed label: what failed alike has the same. There should be few of them, and no secret in any. */
  readonly signature?: string | undefined
}

/**
 * @since 0.1.0
 * @category models
 */
export interface Offered {
  readonly id: string
  /** `false`: there was one of this id or dedupe key, and nothing was stored. */
  readonly created: boolean
}

/**
 * @since 0.1.0
 * @category models
 */
export interface ClaimOptions {
  readonly queue: string
  /** Who claims, for people to read. */
  readonly owner: string
  /** Default 1, at most 500. */
  readonly limit?: number | undefined
  /** Default `30 seconds`. */
  readonly lease?: Duration.DurationInput | undefined
}

/**
 * @since 0.1.0
 * @category models
 */
export interface AcquireOptions {
  /** Must be unique to this acquisition: the same owner asking again is given the lease that it has. */
  readonly owner: string
  /** Default `30 seconds`. */
  readonly lease?: Duration.DurationInput | undefined
  /** In which states the item may be taken. Default `ready` and `parked`. */
  readonly states?: ReadonlyArray<"ready" | "parked" | "poison"> | undefined
  /**
   * Refuse (`held`) while an older item of the partition is not final, or it is another one's turn. Default `true`.
   */
  readonly ordered?: boolean | undefined
}

/**
 * @since 0.1.0
 * @category models
 */
export interface FailOptions {
  /** What becomes of the item. */
  readonly next: { readonly _tag: "retry"; readonly after: Duration.DurationInput } | { readonly _tag: "park" } | {
    readonly _tag: "poison"
  }
  /** JSON; replaces `lastError`. */
  readonly error?: string | undefined
  /** Replaces the label `reason`. */
  readonly reason?: string | undefined
  /** Replaces the label `signature`. */
  readonly signature?: string | undefined
  /** For the history. */
  readonly detail?: string | undefined
}

/**
 * @since 0.1.0
 * @category models
 */
export interface Filter {
  readonly queue: string
  /** Default all. */
  readonly states?: ReadonlyArray<State> | undefined
  readonly source?: string | undefined
  readonly kind?: string | undefined
  readonly reason?: string | ReadonlyArray<string> | undefined
  readonly signature?: string | ReadonlyArray<string> | undefined
  /** Epoch milliseconds; at or before. */
  readonly createdBefore?: number | undefined
  /** Epoch milliseconds; at or after. */
  readonly createdAfter?: number | undefined
  /** Only what was offered up to this `watermark`. */
  readonly upTo?: number | undefined
}

/**
 * @since 0.1.0
 * @category models
 */
export interface PurgeOptions {
  readonly queue: string
  /** For how long an item has not changed. */
  readonly olderThan: Duration.DurationInput
  /** Default both. */
  readonly states?: ReadonlyArray<typeof core.finalStates[number]> | undefined
  readonly source?: string | undefined
  readonly kind?: string | undefined
  readonly reason?: string | ReadonlyArray<string> | undefined
  readonly signature?: string | ReadonlyArray<string> | undefined
  /** Counts what would be removed, and removes nothing. Default `false`. */
  readonly dryRun?: boolean | undefined
}

/**
 * @since 0.1.0
 * @category models
 */
export interface PageOptions {
  /** Default 50, at most 500. */
  readonly limit?: number | undefined
  /** The `next` of the page before, with the same order. */
  readonly after?: string | undefined
  /** Default `id`. */
  readonly orderBy?: "id" | "updatedAt" | undefined
  /** Default `asc`. */
  readonly direction?: "asc" | "desc" | undefined
}

/**
 * @since 0.1.0
 * @category models
 */
export interface Page {
  readonly items: ReadonlyArray<Item>
  readonly next: Option.Option<string>
}

/**
 * The items that failed alike: those of the same labels. `first` is when the first of them was offered, `last` when the
 * last error came; epoch milliseconds.
 *
 * @since 0.1.0
 * @category models
 */
export type Failure = core.Failure

/**
 * @since 0.1.0
 * @category models
 */
export interface Stats {
  readonly byState: { readonly [S in State]: number }
  /** `createdAt` of the oldest item that is not final. */
  readonly oldest: Option.Option<number>
}

/**
 * - `not-found`: there is no item of this id
 * - `stale`: the token is not valid any more; somebody else may have the item
 * - `state`: the step does not apply to the state in which the item is
 * - `version`: the item was edited in between
 * - `held`: an older item of the partition comes first
 * - `storage`: the store failed; whether the step was done is unknown, and it may be repeated
 * - `setup`: the store could not be prepared
 *
 * @since 0.1.0
 * @category errors
 */
export class LeaseQueueError extends Schema.TaggedError<LeaseQueueError>("holdfast/LeaseQueueError")(
  "LeaseQueueError",
  {
    reason: Schema.Literal("not-found", "stale", "state", "version", "held", "storage", "setup"),
    message: Schema.String,
    cause: Schema.optional(Schema.Defect)
  }
) {}

/**
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** Leases that end without a result, after which an item is set aside as poison. Default 10. */
  readonly maxStalls?: number | undefined
}

/**
 * What an edit changes; what is left out stays.
 *
 * @since 0.1.0
 * @category models
 */
export interface Patch {
  /** JSON. */
  readonly payload?: string | undefined
  /** JSON. */
  readonly lastError?: string | undefined
  readonly reason?: string | undefined
  readonly signature?: string | undefined
  /** For the history. */
  readonly detail?: string | undefined
  /** Leaves no line in the history: of what changes all the time, and is nobody's decision. Default `false`. */
  readonly quiet?: boolean | undefined
}
