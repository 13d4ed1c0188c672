/**
 * A durable place for what others send: each event is stored before it is answered, and handled later, by a worker, as
 * often as it takes. Webhooks come in by `Webhook.route`, what is pulled by `Inbox.poll`; both are told apart from repeats
 * by the same ids.
 *
 * What is promised: an event that was acknowledged is given to its handler at least once, whatever process dies when, and a
 * repeat of it within `remember` is not. Events of one entity are handled one at a time; one that is older than what was
 * handled before is stale, and is not handled at all. What a handler writes within `Inbox.commit` is written exactly once.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Option from "effect/Option"
import { randomUUID } from "node:crypto"
import * as DeadLetterCipher from "../delivery/DeadLetterCipher.js"
import type { PageOptions } from "../delivery/LeaseItem.js"
import * as LeaseQueue from "../delivery/LeaseQueue.js"
import {
  type Arrival,
  type Filter,
  type HistoryEntry,
  InboxError,
  InboxEvent,
  type NewEvent,
  type Page,
  type Receipt,
  type Rejected,
  type RejectedFilter,
  type Rejection,
  type Stats
} from "./InboxEvent.js"
import type { Handler } from "./InboxHandler.js"
import type { Source } from "./InboxSource.js"
import { make as makeService, type Options as ServiceOptions, type Workings } from "./internal/inbox.js"
import * as core from "./internal/inboxCore.js"
import * as inboxPoll from "./internal/inboxPoll.js"
import * as Sealing from "./internal/inboxSealing.js"
import * as inboxWorker from "./internal/inboxWorker.js"

export * from "./InboxEvent.js"
export * from "./InboxHandler.js"
export * from "./InboxSource.js"

/**
 * The inbox of a program, for receivers and for operators.
 *
 * @since 0.1.0
 * @category tags
 */
export class Inbox extends Context.Tag("holdfast/Inbox")<Inbox, {
  /**
   * Stores those of the events that are not there yet: all of them or none, done when it is committed. Joins the caller's SQL
   * transaction where there is one.
   */
  readonly offer: (
    source: Source<unknown>,
    events: ReadonlyArray<NewEvent>,
    arrival?: Arrival
  ) => Effect.Effect<ReadonlyArray<Receipt>, InboxError>
  readonly get: (id: string) => Effect.Effect<InboxEvent, InboxError>
  readonly list: (filter: Filter, page?: PageOptions) => Effect.Effect<Page<InboxEvent>, InboxError>
  /** What was done with the event, and decided on it, oldest first. */
  readonly history: (id: string) => Effect.Effect<ReadonlyArray<HistoryEntry>, InboxError>
  /** A dead event is handled again, its attempts counted anew. */
  readonly replay: (id: string) => Effect.Effect<InboxEvent, InboxError>
  /** The same for all dead events of the filter; gives their number. */
  readonly replayAll: (filter: Omit<Filter, "state">) => Effect.Effect<number, InboxError>
  /** Gives an event up that nobody is handling; the reason goes to its history. */
  readonly discard: (id: string, reason: string) => Effect.Effect<InboxEvent, InboxError>
  /** Events are stored, and not handled, by any process until `resume`. */
  readonly pause: (source: string, reason: string) => Effect.Effect<void, InboxError>
  readonly resume: (source: string) => Effect.Effect<void, InboxError>
  /** Of one source, or of all that have had a worker. */
  readonly stats: (source?: string) => Effect.Effect<ReadonlyArray<Stats>, InboxError>
  /** Removes final events that are older, and whose ids need not be remembered any more; gives their number. */
  readonly purge: (source: string, olderThan: Duration.DurationInput) => Effect.Effect<number, InboxError>
  /** Keeps a request that was refused, within bounds. Gives whether it was kept, and never fails. */
  readonly reject: (rejection: Rejection) => Effect.Effect<boolean>
  /** What was refused, the oldest first. */
  readonly rejected: (filter?: RejectedFilter, page?: PageOptions) => Effect.Effect<Page<Rejected>, InboxError>
  readonly forgetRejected: (olderThan: Duration.DurationInput) => Effect.Effect<number, InboxError>
  /** @internal */
  readonly workings: Workings
}>() {}

/**
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** Begins the names of its queues in the store. Default `inbox`. */
  readonly queue?: string | undefined
  /** How many refused requests are kept, the newest of them. Default 1000. */
  readonly maxRejected?: number | undefined
  /** How much of the body of each, in bytes. Default 2048. */
  readonly maxRejectedBytes?: number | undefined
}

/** @internal */
export const makeWith = (options: ServiceOptions, transaction?: Workings["transaction"]) =>
  Effect.map(makeService(options, transaction), ({ service, workings }) => Inbox.of({ ...service, workings }))

/**
 * The inbox over the `LeaseQueue` of the context.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options: Options = {}): Effect.Effect<Inbox["Type"], never, LeaseQueue.LeaseQueue> =>
  makeWith(options)

/**
 * The inbox over the `LeaseQueue` of the context, which outbox and dead letters may share. `Inbox.commit` wants `Inbox/Sql`.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (options?: Options): Layer.Layer<Inbox, never, LeaseQueue.LeaseQueue> =>
  Layer.effect(Inbox, make(options))

/**
 * An inbox in memory: gone with the process. For specs and for trying things out.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerMemory: Layer.Layer<Inbox> = Layer.provide(layer(), LeaseQueue.layerMemory)

/**
 * Stores events of a source.
 *
 * @since 0.1.0
 * @category combinators
 */
export const offer = <A>(
  source: Source<A>,
  events: ReadonlyArray<NewEvent>,
  arrival?: Arrival
): Effect.Effect<ReadonlyArray<Receipt>, InboxError, Inbox> =>
  Effect.flatMap(Inbox, (inbox) => inbox.offer(source, events, arrival))

/**
 * An event whose body is stored encrypted, with its body.
 *
 * @since 0.1.0
 * @category combinators
 */
export const reveal = (event: InboxEvent): Effect.Effect<InboxEvent, InboxError, DeadLetterCipher.DeadLetterCipher> =>
  Effect.flatMap(DeadLetterCipher.DeadLetterCipher, (cipher) => {
    const { body } = event
    return body._tag !== "Encrypted" ? Effect.succeed(event) : Effect.mapBoth(
      cipher.decrypt(Sealing.subjectOf(event.source, event.delivery), body),
      {
        onFailure: (cause) => new InboxError({ cause, message: cause.message, reason: "encrypted" }),
        onSuccess: (plain) => new InboxEvent({ ...event, body: plain })
      }
    )
  })

/**
 * When a failed handling is tried again.
 *
 * @since 0.1.0
 * @category models
 */
export interface RetryOptions {
  /** Of one event. What the handler's calls were refused (open circuit, rate limit) is not counted. Default 10. */
  readonly maxAttempts?: number | undefined
  /** Default `5 seconds`. */
  readonly initialDelay?: Duration.DurationInput | undefined
  /** Default 2. */
  readonly multiplier?: number | undefined
  /** Default `15 minutes`. What a provider asks for goes beyond it. */
  readonly maxDelay?: Duration.DurationInput | undefined
  /** Which failures may be better later. Default `defaultRetryable`. */
  readonly while?: ((error: unknown) => boolean) | undefined
}

/**
 * @since 0.1.0
 * @category models
 */
export interface WorkerOptions {
  /** Events at once, of each source, in this process. Default 10. */
  readonly concurrency?: number | undefined
  readonly retry?: RetryOptions | undefined
  /** How long a handler may take. Default `5 minutes`. */
  readonly timeout?: Duration.DurationInput | undefined
  /** For how long a worker holds an event; renewed while it is handled. Default `30 seconds`. */
  readonly lease?: Duration.DurationInput | undefined
  /** How often an idle worker looks for events of other processes, and for a pause. Default `1 second`. */
  readonly pollInterval?: Duration.DurationInput | undefined
  /** How long handlers have for their end when the worker is shut down. Default `10 seconds`. */
  readonly drain?: Duration.DurationInput | undefined
  /** How long final events are kept; their ids for as long as `remember` says. Default `7 days`; `false`: for ever. */
  readonly retention?: Duration.DurationInput | false | undefined
  /** Who holds the leases, for people to read. Default a random name. */
  readonly owner?: string | undefined
}

/**
 * What is tried again: whatever a handler fails with, but an error of a call that will be no better (`ValidationError`, say).
 *
 * @since 0.1.0
 * @category predicates
 */
export const defaultRetryable: (error: unknown) => boolean = core.defaultRetryable

const millis = (duration: Duration.DurationInput | undefined, fallback: number, least = 0): number =>
  duration === undefined ? fallback : Math.max(Math.ceil(Duration.toMillis(duration)), least)

const ownerOf = (owner: string | undefined): string => owner ?? `worker:${randomUUID()}`

/** What a worker for these needs. */
type Needs<H extends ReadonlyArray<Handler<any>>> = H[number] extends Handler<infer R> ? R : never

/**
 * Handles events of these sources until it is interrupted; then it takes no more, lets handlers come to their end within
 * `drain`, and gives the rest back. Any number of workers, in any number of processes, share the work.
 *
 * | metric | labels |
 * |---|---|
 * | `integration_inbox_total` | integration, event (`handled`, `failed`, `released`, `ignored`, `dead`, `stalled`) |
 * | `integration_inbox_duration_seconds` | integration |
 *
 * @since 0.1.0
 * @category workers
 */
export const worker = <const H extends ReadonlyArray<Handler<any>>>(
  handlers: H,
  options: WorkerOptions = {}
): Effect.Effect<never, never, Inbox | Needs<H>> =>
  Effect.gen(function*() {
    const { workings } = yield* Inbox
    const context = yield* Effect.context<Needs<H>>()
    const settings: inboxWorker.Options = {
      concurrency: options.concurrency,
      drain: options.drain,
      lease: millis(options.lease, 30_000, 1),
      owner: ownerOf(options.owner),
      policy: {
        initialDelay: millis(options.retry?.initialDelay, 5000),
        maxAttempts: options.retry?.maxAttempts ?? 10,
        maxDelay: millis(options.retry?.maxDelay, 15 * 60_000),
        multiplier: options.retry?.multiplier ?? 2,
        retryable: options.retry?.while ?? core.defaultRetryable
      },
      pollInterval: millis(options.pollInterval, 1000, 1),
      retention: options.retention === false ? undefined : millis(options.retention, 7 * 24 * 3_600_000),
      timeout: Duration.decode(options.timeout ?? "5 minutes")
    }
    return yield* Effect.forEach(handlers, (handler) => inboxWorker.run(workings, context, handler, settings), {
      concurrency: "unbounded",
      discard: true
    })
  }).pipe(Effect.zipRight(Effect.never))

/**
 * A worker that runs for as long as the layer's scope lasts, and drains when it closes.
 *
 * @example
 * ```ts
 * import { Effect, Layer } from "effect"
 * import { Inbox } from "holdfast"
 * import * as InboxSqlite from "holdfast/webhook/Inbox/Sqlite"
 *
 * const orders = Inbox.source({ id: "shop" })
 *
 * const main = Inbox.layerWorker([Inbox.on(orders, (event) => Effect.log(event.value))]).pipe(
 *   Layer.provide(InboxSqlite.layer({ filename: "inbox.db" })),
 *   Layer.launch
 * )
 * ```
 *
 * @since 0.1.0
 * @category workers
 */
export const layerWorker = <const H extends ReadonlyArray<Handler<any>>>(
  handlers: H,
  options?: WorkerOptions
): Layer.Layer<never, never, Inbox | Needs<H>> => Layer.scopedDiscard(Effect.forkScoped(worker(handlers, options)))

/**
 * What a poll has brought.
 *
 * @since 0.1.0
 * @category models
 */
export interface Pulled {
  readonly events: ReadonlyArray<NewEvent>
  /** From where on to ask next time; kept with the events. Default: as before. */
  readonly cursor?: string | undefined
  /** There is more right now. */
  readonly hasMore?: boolean | undefined
}

/**
 * @since 0.1.0
 * @category models
 */
export interface PollOptions<E, R> {
  /** Asks the provider: from the beginning, where there is no cursor yet. */
  readonly pull: (cursor: Option.Option<string>) => Effect.Effect<Pulled, E, R>
  /** Default `1 minute`. */
  readonly every?: Duration.DurationInput | undefined
  /** Tells several polls of one source apart. Default `main`. */
  readonly name?: string | undefined
  readonly connectionId?: string | undefined
  /** How long a process that asks is waited for; renewed while it asks. Default `1 minute`. */
  readonly lease?: Duration.DurationInput | undefined
  /** How long a pull has for its end at a shutdown. Default `10 seconds`. */
  readonly drain?: Duration.DurationInput | undefined
  readonly owner?: string | undefined
}

/**
 * Pulls the events of a source into the inbox until it is interrupted. However many processes do: one of them asks at a
 * time, from where the last one ended. What fails is logged, and tried again after growing pauses.
 *
 * @since 0.1.0
 * @category workers
 */
export const poll = <A, E, R>(
  source: Source<A>,
  options: PollOptions<E, R>
): Effect.Effect<never, never, Inbox | R> =>
  Effect.gen(function*() {
    const inbox = yield* Inbox
    const context = yield* Effect.context<R>()
    const { connectionId } = options
    return yield* inboxPoll.run({
      drain: millis(options.drain, 10_000),
      every: millis(options.every, 60_000, 1),
      lease: millis(options.lease, 60_000, 1),
      name: JSON.stringify([connectionId ?? "", options.name ?? "main"]),
      owner: ownerOf(options.owner),
      pull: (cursor) => Effect.provide(options.pull(cursor), context),
      source: source.id,
      store: (events) => inbox.offer(source, events, { connectionId, via: "poll" }),
      workings: inbox.workings
    })
  })

/**
 * A poll that runs for as long as the layer's scope lasts.
 *
 * @since 0.1.0
 * @category workers
 */
export const layerPoll = <A, E, R>(
  source: Source<A>,
  options: PollOptions<E, R>
): Layer.Layer<never, never, Inbox | R> => Layer.scopedDiscard(Effect.forkScoped(poll(source, options)))
