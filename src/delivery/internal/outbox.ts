/** The outbox over a lease queue: one queue an integration, so that none waits behind another. */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import type * as LeaseItem from "../LeaseItem.js"
import * as LeaseQueue from "../LeaseQueue.js"
import * as LeaseWorker from "../LeaseWorker.js"
import {
  type Filter,
  type HistoryEntry,
  type Message,
  OutboxError,
  type OutboxMessage,
  type Page,
  type Receipt,
  type Stats
} from "../OutboxMessage.js"
import * as QueueControl from "../QueueControl.js"
import * as codec from "./outboxCodec.js"
import * as Sealing from "./outboxSealing.js"

/** What workers need of it. */
export interface Workings {
  readonly queue: LeaseQueue.LeaseQueue["Type"]
  readonly control: QueueControl.QueueControl
  readonly sealing: Sealing.Sealing
  readonly queueOf: (integration: string) => string
  /** Calls back when this process has sent a message to the integration; gives the way to stop that. */
  readonly onSent: (integration: string, listener: () => void) => () => void
}

export const storageError = (error: LeaseItem.LeaseQueueError): OutboxError =>
  new OutboxError({ cause: error, message: `the outbox cannot be reached: ${error.message}`, reason: "storage" })

const notFound = (id: string): OutboxError =>
  new OutboxError({ message: `there is no message ${id} in the outbox`, reason: "not-found" })

/** As a message is named in errors and histories. */
const refused = (id: string) => (error: LeaseItem.LeaseQueueError): OutboxError => {
  switch (error.reason) {
    case "not-found":
      return notFound(id)
    case "state":
    case "held":
    case "version":
    case "stale":
      return new OutboxError({ cause: error, message: `message ${id}: ${error.message}`, reason: "state" })
    default:
      return storageError(error)
  }
}

export const make = (options: { readonly queue?: string | undefined }) =>
  Effect.gen(function*() {
    const queue = yield* LeaseQueue.LeaseQueue
    const name = options.queue ?? "outbox"
    const control = QueueControl.make(queue, name)
    const sealing = yield* Sealing.make
    const news = LeaseWorker.makeNews()
    const queueOf = (integration: string) => `${name}/${integration}`

    const workings: Workings = {
      queue,
      control,
      sealing,
      queueOf,
      onSent: news.listen
    }

    const inputOf = (message: Message, payload: string): Effect.Effect<string, OutboxError> =>
      Effect.flatMap(codec.decode({ id: message.idempotencyKey, payload }), (stored) =>
        Effect.map(sealing.open(message, stored), (input) => JSON.stringify(input)))

    /** A message that is taken for one that was sent before, and is not, would be lost without a word. */
    const confirm = (message: Message, id: string): Effect.Effect<void, OutboxError> =>
      Effect.gen(function*() {
        const found = yield* Effect.mapError(queue.get(id), storageError)
        if (Option.isNone(found)) {
          return
        }
        if ((yield* inputOf(message, message.payload)) === (yield* inputOf(message, found.value.payload))) {
          return
        }
        return yield* new OutboxError({
          message:
            `the message was not stored: idempotency key "${message.idempotencyKey}" of ${message.integration} ${message.operation} ` +
            `belongs to message ${id}, whose input is another: give what is another message another key`,
          reason: "conflict"
        })
      })

    const send = (messages: ReadonlyArray<Message>): Effect.Effect<ReadonlyArray<Receipt>, OutboxError> =>
      Effect.gen(function*() {
        const now = yield* Clock.currentTimeMillis
        const sealed = yield* Effect.forEach(messages, sealing.seal)
        const offered = yield* Effect.mapError(
          queue.offer(sealed.map((message) =>
            codec.toNewItem(queueOf(message.integration), message, now)
          )),
          storageError
        )
        const receipts: Array<Receipt> = []
        for (const [index, message] of messages.entries()) {
          const answer = offered[index]
          if (answer === undefined) return yield* Effect.dieMessage("a lease queue gave no answer to an offer")
          receipts.push({ ...answer, idempotencyKey: message.idempotencyKey })
        }
        for (const integration of new Set(messages.map((message) => message.integration))) news.tell(integration)
        for (const [index, message] of messages.entries()) {
          const receipt = receipts[index]
          if (receipt?.created === false) yield* confirm(message, receipt.id)
        }
        return receipts
      })

    /** Of this outbox, and not of whatever else is in the store. */
    const find = (id: string): Effect.Effect<LeaseItem.Item, OutboxError> =>
      Effect.flatMap(Effect.mapError(queue.get(id), storageError), (found) =>
        Option.isSome(found) && found.value.queue === queueOf(found.value.source)
          ? Effect.succeed(found.value)
          : notFound(id))

    const decide = (
      id: string,
      step: Effect.Effect<LeaseItem.Item, LeaseItem.LeaseQueueError>
    ): Effect.Effect<OutboxMessage, OutboxError> =>
      Effect.zipRight(find(id), Effect.flatMap(Effect.mapError(step, refused(id)), codec.toMessage))

    const retry = (id: string): Effect.Effect<OutboxMessage, OutboxError> =>
      Effect.tap(decide(id, queue.unpark(id)), (message) =>
        Effect.sync(() =>
          news.tell(message.integration)
        ))

    const list = (
      filter: Filter,
      page?: LeaseItem.PageOptions
    ): Effect.Effect<Page, OutboxError> =>
      Effect.map(
        Effect.mapError(queue.list(codec.toQuery(queueOf(filter.integration), filter), page), storageError),
        ({ items, next }) => {
          const messages = items.flatMap((item) =>
            Either.match(codec.toMessage(item), {
              onLeft: () => [],
              onRight: (message) => [message]
            })
          )
          return { items: messages, next, undecodable: items.length - messages.length }
        }
      )

    const retryAll = (filter: Omit<Filter, "state">): Effect.Effect<number, OutboxError> =>
      LeaseQueue.unparkAll(queue, codec.toQuery(queueOf(filter.integration), { ...filter, state: "parked" })).pipe(
        Effect.mapError(storageError),
        Effect.tap(() => Effect.sync(() => news.tell(filter.integration)))
      )

    const statsOf = (integration: string): Effect.Effect<Stats, OutboxError> =>
      Effect.gen(function*() {
        const of = queueOf(integration)
        const now = yield* Clock.currentTimeMillis
        const { byState, oldest } = yield* queue.stats(of)
        const reasons = yield* queue.groups({ queue: of, states: ["discarded"] }, "reason")
        return {
          integration,
          byState: codec.byState(byState),
          deadLettered: reasons.get(codec.deadLettered) ?? 0,
          paused: yield* control.paused(integration),
          oldestAge: Option.map(oldest, (at) => Duration.millis(Math.max(now - at, 0)))
        }
      }).pipe(Effect.mapError(storageError))

    return {
      service: {
        send: (messages: ReadonlyArray<Message>) => send(messages),
        get: (id: string) => Effect.flatMap(find(id), codec.toMessage),
        list,
        history: (id: string): Effect.Effect<ReadonlyArray<HistoryEntry>, OutboxError> =>
          Effect.zipRight(
            find(id),
            Effect.mapBoth(queue.history(id), {
              onFailure: storageError,
              onSuccess: (entries) => entries.map(codec.toHistoryEntry)
            })
          ),
        retry,
        retryAll,
        discard: (id: string, reason: string) => decide(id, queue.discard(id, { detail: reason })),
        pause: (integration: string, reason: string) =>
          Effect.mapError(control.pause(integration, reason), storageError),
        resume: (integration: string) =>
          Effect.zipRight(
            Effect.mapError(control.resume(integration), storageError),
            Effect.sync(() => news.tell(integration))
          ),
        stats: (integration?: string): Effect.Effect<ReadonlyArray<Stats>, OutboxError> =>
          integration === undefined
            ? Effect.flatMap(Effect.mapError(control.names(), storageError), Effect.forEach(statsOf))
            : Effect.map(statsOf(integration), (stats) => [stats]),
        purge: (integration: string, olderThan: Duration.DurationInput) =>
          Effect.mapError(queue.purge({ queue: queueOf(integration), olderThan }), storageError)
      },
      workings
    }
  })
