/**
 * Keeps the calls that failed for good, and sends them again.
 *
 * A letter is `pending` when it is captured. A replay takes it under a lease (`replaying`), sends it through the stack
 * that is registered for its integration, with the idempotency key of the call, and makes it `replayed`, or `pending`
 * again with the new error. After `maxReplays` failures it is `parked`. A worker that dies while it replays costs
 * nothing: its lease ends, and the letter is pending again.
 *
 * @since 0.1.0
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Queue from "effect/Queue"
import type * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"
import type * as IntegrationError from "../core/IntegrationError.js"
import type {
  Change,
  DeadLetter,
  DeadLetterNotFoundError,
  DeadLetterQueueError,
  DeadLetterStateError,
  Filter,
  Group,
  LedgerEntry,
  NewDeadLetter,
  Page,
  PageOptions,
  ReplayAllOptions,
  Replayer,
  ReplayOptions,
  ReplayRefusedError,
  ReplayReport,
  Stats
} from "./DeadLetter.js"
import type {
  Edit,
  EditOptions,
  EditRefusedError,
  PurgeOptions,
  PurgeRefusedError,
  PurgeReport
} from "./DeadLetterEdit.js"
import { apply as applyEdit } from "./internal/deadLetterEdit.js"
import { make as makeService } from "./internal/deadLetterQueue.js"
import * as LeaseQueue from "./LeaseQueue.js"
import type { Job, Options as ReplayPlanOptions, Plan, ReplayOptionsError, Selection } from "./ReplayPlan.js"

export * from "./DeadLetter.js"
export * from "./DeadLetterEdit.js"

/**
 * The dead letters of a program.
 *
 * @example
 * ```ts
 * import * as Effect from "effect/Effect"
 * import { DeadLetterQueue } from "holdfast"
 *
 * const program = Effect.gen(function*() {
 *   const queue = yield* DeadLetterQueue.DeadLetterQueue
 *   const report = yield* queue.replayAll({ integration: "hubspot" }, {
 *     onProgress: (progress) => Effect.log(`${progress.id} ${progress.outcome}`)
 *   })
 *   const { items } = yield* queue.list({ state: "parked" })
 *   yield* Effect.log(`${report.replayed} sent, ${items.length} need somebody to look at them`)
 * })
 * ```
 *
 * @since 0.1.0
 * @category tags
 */
export class DeadLetterQueue extends Context.Tag("holdfast/DeadLetterQueue")<DeadLetterQueue, {
  /**
   * Stores a letter and gives its id once it is durable. Cannot be interrupted once begun. Joins the caller's SQL
   * transaction where there is one. A call (integration, operation, idempotency key) that already has a letter which is
   * not final gets that letter's id; its error and attempts are brought up to date.
   */
  readonly capture: (letter: NewDeadLetter) => Effect.Effect<string, DeadLetterQueueError>
  /**
   * Stores letters of another queue, all or none, as they are: their ids, requests, errors and keys; replays are counted
   * anew. `false`: there is a letter of this id, or of this call, and it stays as it is. See `DeadLetterExport.fromNdjson`.
   */
  readonly restore: (
    letters: ReadonlyArray<DeadLetter>
  ) => Effect.Effect<ReadonlyArray<boolean>, DeadLetterQueueError>
  readonly get: (id: string) => Effect.Effect<DeadLetter, DeadLetterNotFoundError | DeadLetterQueueError>
  readonly list: (filter?: Filter, page?: PageOptions) => Effect.Effect<Page, DeadLetterQueueError>
  /** All letters of the filter, page by page, oldest first. */
  readonly stream: (filter?: Filter) => Stream.Stream<DeadLetter, DeadLetterQueueError>
  /** The letter's replays and decisions, oldest first. */
  readonly history: (
    id: string
  ) => Effect.Effect<ReadonlyArray<LedgerEntry>, DeadLetterNotFoundError | DeadLetterQueueError>
  /** Says how an integration's letters are sent again. The last one registered wins; it goes with its scope. */
  readonly register: (integration: string, replayer: Replayer) => Effect.Effect<void, never, Scope.Scope>
  /** Sends one letter again. Gives the letter in state `replayed`. */
  readonly replay: (
    id: string,
    options?: ReplayOptions
  ) => Effect.Effect<
    DeadLetter,
    IntegrationError.IntegrationError | DeadLetterNotFoundError | ReplayRefusedError | DeadLetterQueueError
  >
  /**
   * Sends the pending letters of the filter again, oldest first. Letters captured after it began are not part of the
   * run. An older letter that is not final holds the younger ones of its partition key.
   */
  readonly replayAll: (
    filter?: Filter,
    options?: ReplayAllOptions
  ) => Effect.Effect<ReplayReport, DeadLetterQueueError>
  /** What a replay of these letters would do. See `Replay.plan`. */
  readonly planReplay: (
    selection: Selection,
    options?: ReplayPlanOptions
  ) => Effect.Effect<Plan, DeadLetterQueueError | ReplayOptionsError>
  /** Runs a plan in the background, for as long as the scope lasts. See `Replay.run`. */
  readonly startReplay: (plan: Plan) => Effect.Effect<Job, never, Scope.Scope>
  /**
   * Changes what a replay sends: a new version of the letter, with a fresh idempotency key unless the edit keeps it. What
   * was there before is kept (`original`, `earlier`), and the edit is in the history.
   *
   * Refused where somebody else has changed the letter since it was read, where it is final or being replayed, and where
   * a credential would be stored or sent elsewhere.
   */
  readonly edit: (
    id: string,
    edit: Edit,
    options: EditOptions
  ) => Effect.Effect<
    DeadLetter,
    EditRefusedError | DeadLetterNotFoundError | DeadLetterStateError | DeadLetterQueueError
  >
  /** Sets a letter aside, so that no replay takes it up unless it is forced to; the reason goes to its history. */
  readonly park: (
    id: string,
    reason: string
  ) => Effect.Effect<DeadLetter, DeadLetterNotFoundError | DeadLetterStateError | DeadLetterQueueError>
  /** Gives a letter up; the reason goes to its history. */
  readonly discard: (
    id: string,
    reason: string
  ) => Effect.Effect<DeadLetter, DeadLetterNotFoundError | DeadLetterStateError | DeadLetterQueueError>
  /** Makes a parked letter pending again. */
  readonly unpark: (
    id: string
  ) => Effect.Effect<DeadLetter, DeadLetterNotFoundError | DeadLetterStateError | DeadLetterQueueError>
  /** Removes final letters (`replayed`, `discarded`) that have not changed for so long, and no other. */
  readonly purge: (options: PurgeOptions) => Effect.Effect<PurgeReport, PurgeRefusedError | DeadLetterQueueError>
  /** Takes back the letters of workers that died; gives their number. Reads and replays do this by themselves. */
  readonly sweep: Effect.Effect<number, DeadLetterQueueError>
  /** What fails, and how often: the letters of the filter by operation and signature, the most frequent first. */
  readonly groups: (filter?: Filter) => Effect.Effect<ReadonlyArray<Group>, DeadLetterQueueError>
  readonly stats: (filter?: Filter) => Effect.Effect<Stats, DeadLetterQueueError>
  /** What happens to letters in this process, from now on. A slow reader loses the oldest and holds up nobody. */
  readonly changes: Stream.Stream<Change>
  /** The same for who must not miss what happens before a stream is run: from when this has succeeded. */
  readonly subscribe: Effect.Effect<Queue.Dequeue<Change>, never, Scope.Scope>
}>() {}

/**
 * The letter as an edit would make it, or why it would be refused; changes nothing. Of one whose body is encrypted,
 * `DeadLetterCipher.reveal` comes first.
 *
 * @since 0.1.0
 * @category combinators
 */
export const previewEdit = (
  letter: DeadLetter,
  edit: Edit,
  options: EditOptions
): Effect.Effect<DeadLetter, EditRefusedError> =>
  Effect.flatMap(Clock.currentTimeMillis, (now) => applyEdit(letter, edit, options, now))

/**
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** Failed replays after which a letter is parked. Default 10. */
  readonly maxReplays?: number | undefined
  /** For how long a replay holds its letter; renewed while it runs. Default `30 seconds`. */
  readonly lease?: Duration.DurationInput | undefined
  /** Name of the queue in the store. Default `dead-letters`. */
  readonly queue?: string | undefined
  /** Who holds the leases, for people to read. Default a random name per process. */
  readonly owner?: string | undefined
}

/**
 * Dead letters over the `LeaseQueue` of the context.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (
  options?: Options
): Effect.Effect<DeadLetterQueue["Type"], never, LeaseQueue.LeaseQueue | Scope.Scope> => makeService(options ?? {})

/**
 * Dead letters over the `LeaseQueue` of the context.
 *
 * @example
 * ```ts
 * import * as Layer from "effect/Layer"
 * import { DeadLetterQueue, LeaseQueue } from "holdfast"
 *
 * const deadLetters = Layer.provide(DeadLetterQueue.layer({ maxReplays: 3 }), LeaseQueue.layerMemory)
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (options?: Options): Layer.Layer<DeadLetterQueue, never, LeaseQueue.LeaseQueue> =>
  Layer.scoped(DeadLetterQueue, make(options))

/**
 * Dead letters in memory: gone with the process. For specs and for trying things out.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerMemory: Layer.Layer<DeadLetterQueue> = Layer.provide(layer(), LeaseQueue.layerMemory)
