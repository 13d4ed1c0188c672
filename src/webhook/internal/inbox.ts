/** The inbox over a lease queue: one queue a source, so that none waits behind another. */
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Number from "effect/Number"
import * as Option from "effect/Option"
import { randomUUID } from "node:crypto"
import type * as LeaseItem from "../../delivery/LeaseItem.js"
import * as LeaseQueue from "../../delivery/LeaseQueue.js"
import * as LeaseWorker from "../../delivery/LeaseWorker.js"
import * as QueueControl from "../../delivery/QueueControl.js"
import {
  type Arrival,
  type Filter,
  type HistoryEntry,
  InboxError,
  type InboxEvent,
  type NewEvent,
  type Page,
  type Receipt,
  type RejectedFilter,
  type Stats
} from "../InboxEvent.js"
import * as codec from "./inboxCodec.js"
import * as core from "./inboxCore.js"
import * as Marks from "./inboxMarks.js"
import * as Rejections from "./inboxRejections.js"
import * as Sealing from "./inboxSealing.js"
import type { Read, Unreadable } from "./source.js"

/** What the service needs to know of a source. */
export interface Feed {
  readonly id: string
  readonly read: (body: Uint8Array, contentType: string) => Effect.Effect<Read<unknown>, Unreadable>
  readonly remember: Duration.Duration
  readonly onDead: "skip" | "block"
}

/** Runs an effect and what is to be done with it in one transaction of the store's. */
export type Transaction = <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E | InboxError, R>

/** What workers need of it. */
export interface Workings {
  readonly queue: LeaseQueue.LeaseQueue["Type"]
  readonly name: string
  readonly control: QueueControl.QueueControl
  readonly sealing: Sealing.Sealing
  readonly marks: Marks.Marks
  readonly transaction: Transaction | undefined
  readonly queueOf: (source: string) => string
  /** Calls back when this process has stored an event of the source; gives the way to stop that. */
  readonly onOffered: (source: string, listener: () => void) => () => void
}

export interface Options extends Rejections.Options {
  readonly queue?: string | undefined
}

export const storageError = (error: LeaseItem.LeaseQueueError): InboxError =>
  new InboxError({ cause: error, message: `the inbox cannot be reached: ${error.message}`, reason: "storage" })

const notFound = (id: string): InboxError =>
  new InboxError({ message: `there is no event ${id} in the inbox`, reason: "not-found" })

/** As an event is named in errors and histories. */
const refused = (id: string) => (error: LeaseItem.LeaseQueueError): InboxError => {
  switch (error.reason) {
    case "not-found":
      return notFound(id)
    case "state":
    case "held":
    case "version":
    case "stale":
      return new InboxError({ cause: error, message: `event ${id}: ${error.message}`, reason: "state" })
    default:
      return storageError(error)
  }
}

/** Entities of two connections are two, whatever the provider calls them; and so are their events. */
export const within = (connectionId: string | undefined, key: string): string =>
  connectionId === undefined ? key : JSON.stringify([connectionId, key])

const bytesOf = (body: unknown): Uint8Array =>
  body instanceof Uint8Array ? body : Buffer.from(JSON.stringify(body) ?? "null", "utf8")

interface Prepared extends core.Placed {
  readonly index: number
  readonly item: LeaseItem.NewItem
}

export const make = (options: Options, transaction?: Transaction) =>
  Effect.gen(function*() {
    const queue = yield* LeaseQueue.LeaseQueue
    const name = options.queue ?? "inbox"
    const control = QueueControl.make(queue, name)
    const sealing = yield* Sealing.make
    const rejections = Rejections.make(queue, name, sealing, options)
    const news = LeaseWorker.makeNews()
    const queueOf = (source: string) => `${name}/${source}`

    const workings: Workings = {
      control,
      marks: Marks.make(queue, name),
      name,
      onOffered: news.listen,
      queue,
      queueOf,
      sealing,
      transaction
    }

    const prepare =
      (feed: Feed, arrival: Arrival & { readonly delivery: string }) => (event: NewEvent, index: number) =>
        Effect.gen(function*() {
          const { connectionId, delivery, headers = {}, via = "poll" } = arrival
          const body = bytesOf(event.body)
          const read = yield* Effect.either(feed.read(body, headers["content-type"] ?? ""))
          const said: Partial<Omit<Read<unknown>, "value">> = Either.isRight(read) ? read.right : {}
          const eventId = said.eventId ?? event.id
          const time = said.time === undefined ? undefined : DateTime.toEpochMillis(said.time)
          const payload = codec.encode({
            body: yield* sealing.seal(Sealing.subjectOf(feed.id, delivery), codec.toBody(body)),
            connectionId,
            delivery,
            entity: said.entity,
            eventId,
            headers: { ...headers },
            time,
            via
          })
          return {
            entity: said.entity,
            index,
            item: {
              dedupeFor: feed.remember,
              dedupeKey: eventId === undefined ? undefined : within(connectionId, eventId),
              kind: said.type,
              onPark: feed.onDead,
              partitionKey: said.entity === undefined ? undefined : within(connectionId, said.entity),
              payload,
              queue: queueOf(feed.id),
              source: feed.id,
              // it is kept, and fails alone
              ...(Either.isLeft(read)
                ? { lastError: codec.encodeFailure(codec.failureOf(read.left)), reason: "Unreadable", state: "parked" }
                : undefined)
            },
            time
          } satisfies Prepared
        })

    const offer = (
      feed: Feed,
      events: ReadonlyArray<NewEvent>,
      arrival: Arrival = {}
    ): Effect.Effect<ReadonlyArray<Receipt>, InboxError> =>
      Effect.gen(function*() {
        const delivery = arrival.delivery ?? randomUUID()
        const prepared = core.inOrder(yield* Effect.forEach(events, prepare(feed, { ...arrival, delivery })))
        const offered = yield* Effect.mapError(queue.offer(prepared.map(({ item }) => item)), storageError)
        const receipts = new Map(prepared.map(({ index }, place) => [index, offered[place]]))
        news.tell(feed.id)
        return yield* Effect.forEach(events, (_, index) => {
          const receipt = receipts.get(index)
          return receipt === undefined
            ? Effect.dieMessage("a lease queue gave no answer to an offer")
            : Effect.succeed(receipt)
        })
      })

    /** Of this inbox, and not of whatever else is in the store. */
    const find = (id: string): Effect.Effect<LeaseItem.Item, InboxError> =>
      Effect.flatMap(Effect.mapError(queue.get(id), storageError), (found) =>
        Option.isSome(found) && found.value.queue === queueOf(found.value.source)
          ? Effect.succeed(found.value)
          : notFound(id))

    const decide = (
      id: string,
      step: Effect.Effect<LeaseItem.Item, LeaseItem.LeaseQueueError>
    ): Effect.Effect<InboxEvent, InboxError> =>
      Effect.zipRight(find(id), Effect.flatMap(Effect.mapError(step, refused(id)), codec.toEvent))

    const list = (filter: Filter, page?: LeaseItem.PageOptions): Effect.Effect<Page<InboxEvent>, InboxError> =>
      Effect.map(
        Effect.mapError(queue.list(codec.toQuery(queueOf(filter.source), filter), page), storageError),
        ({ items, next }) => {
          const meant = items.filter((item) =>
            filter.state === undefined || codec.toState(item) === filter.state
          )
          const events = meant.flatMap((item) =>
            Either.match(codec.toEvent(item), { onLeft: () => [], onRight: (event) => [event] })
          )
          return { items: events, next, undecodable: meant.length - events.length }
        }
      )

    const replayAll = (filter: Omit<Filter, "state">): Effect.Effect<number, InboxError> =>
      LeaseQueue.unparkAll(
        queue,
        codec.toQuery(queueOf(filter.source), { ...filter, state: "dead" }),
        (item) => codec.toState(item) === "dead"
      ).pipe(
        Effect.mapError(storageError),
        Effect.tap(() => Effect.sync(() => news.tell(filter.source)))
      )

    const statsOf = (source: string): Effect.Effect<Stats, InboxError> =>
      Effect.gen(function*() {
        const of = queueOf(source)
        const now = yield* Clock.currentTimeMillis
        const { byState, oldest } = yield* queue.stats(of)
        const reasons = yield* queue.groups({ queue: of, states: ["discarded"] }, "reason")
        const ignored = Number.sumAll(codec.ignoredReasons.map((reason) => reasons.get(reason) ?? 0))
        return {
          byState: codec.byState(byState, ignored),
          oldestAge: Option.map(oldest, (at) => Duration.millis(Math.max(now - at, 0))),
          paused: yield* control.paused(source),
          source
        }
      }).pipe(Effect.mapError(storageError))

    return {
      service: {
        discard: (id: string, reason: string) => decide(id, queue.discard(id, { detail: reason })),
        get: (id: string) => Effect.flatMap(find(id), codec.toEvent),
        history: (id: string): Effect.Effect<ReadonlyArray<HistoryEntry>, InboxError> =>
          Effect.zipRight(
            find(id),
            Effect.mapBoth(queue.history(id), {
              onFailure: storageError,
              onSuccess: (entries) => entries.map(codec.toHistoryEntry)
            })
          ),
        list,
        offer,
        pause: (source: string, reason: string) => Effect.mapError(control.pause(source, reason), storageError),
        purge: (source: string, olderThan: Duration.DurationInput) =>
          Effect.mapError(queue.purge({ olderThan, queue: queueOf(source) }), storageError),
        forgetRejected: (olderThan: Duration.DurationInput) =>
          Effect.mapError(rejections.forget(Duration.toMillis(olderThan)), storageError),
        reject: rejections.reject,
        rejected: (filter: RejectedFilter = {}, page?: LeaseItem.PageOptions) =>
          Effect.mapError(rejections.list(filter, page), storageError),
        replay: (id: string): Effect.Effect<InboxEvent, InboxError> =>
          Effect.tap(decide(id, queue.unpark(id)), ({ source }) => Effect.sync(() => news.tell(source))),
        replayAll,
        resume: (source: string) =>
          Effect.zipRight(
            Effect.mapError(control.resume(source), storageError),
            Effect.sync(() => news.tell(source))
          ),
        stats: (source?: string): Effect.Effect<ReadonlyArray<Stats>, InboxError> =>
          source === undefined
            ? Effect.flatMap(Effect.mapError(control.names(), storageError), Effect.forEach(statsOf))
            : Effect.map(statsOf(source), (stats) => [stats])
      },
      workings
    }
  })
