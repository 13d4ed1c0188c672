/**
 * Calls that are stored before they are made, so that none is lost. `send` writes a call into the program's own store,
 * inside the program's own SQL transaction where there is one; a worker makes it, through the integration's own stack, as
 * often as it takes, with one idempotency key; and what cannot be delivered becomes a dead letter, or is parked.
 *
 * What is promised: a message whose `send` was acknowledged and committed is delivered at least once, whatever process
 * dies when, and messages of one partition key in their order. With a provider that honours the idempotency key, or an
 * operation that may be repeated, that is the effect of once.
 *
 * @since 0.1.0
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { CallOptions } from "../core/Call.js"
import * as Integration from "../core/Integration.js"
import { IntegrationContext } from "../core/IntegrationContext.js"
import type * as IntegrationError from "../core/IntegrationError.js"
import type { Operation } from "../core/Operation.js"
import * as DeadLetterCipher from "./DeadLetterCipher.js"
import * as orderedId from "./internal/orderedId.js"
import { make as makeService, type Workings } from "./internal/outbox.js"
import * as codec from "./internal/outboxCodec.js"
import * as core from "./internal/outboxCore.js"
import { unseal } from "./internal/outboxSealing.js"
import * as outboxWorker from "./internal/outboxWorker.js"
import type { PageOptions } from "./LeaseItem.js"
import * as LeaseQueue from "./LeaseQueue.js"
import {
  type Filter,
  type HistoryEntry,
  type Message,
  type OutboxError,
  OutboxMessage,
  type Page,
  type Receipt,
  type SendOptions,
  type Stats
} from "./OutboxMessage.js"

export * from "./OutboxMessage.js"

/**
 * The outbox of a program. Most programs need `Outbox.send` alone; the service is for operators.
 *
 * @example
 * ```ts
 * import * as Effect from "effect/Effect"
 * import { Outbox } from "holdfast"
 *
 * const report = Effect.gen(function*() {
 *   const outbox = yield* Outbox.Outbox
 *   for (const { byState, integration } of yield* outbox.stats()) {
 *     yield* Effect.log(`${integration}: ${byState.ready + byState.waiting} to go, ${byState.parked} parked`)
 *   }
 * })
 * ```
 *
 * @since 0.1.0
 * @category tags
 */
export class Outbox extends Context.Tag("holdfast/Outbox")<Outbox, {
  /**
   * Stores all of the messages or none; joins the caller's SQL transaction where there is one, and is then done when that
   * commits.
   */
  readonly send: (messages: ReadonlyArray<Message>) => Effect.Effect<ReadonlyArray<Receipt>, OutboxError>
  readonly get: (id: string) => Effect.Effect<OutboxMessage, OutboxError>
  readonly list: (filter: Filter, page?: PageOptions) => Effect.Effect<Page, OutboxError>
  /** The message's deliveries and decisions, oldest first. */
  readonly history: (id: string) => Effect.Effect<ReadonlyArray<HistoryEntry>, OutboxError>
  /** A parked message is delivered again, its attempts counted anew. */
  readonly retry: (id: string) => Effect.Effect<OutboxMessage, OutboxError>
  /** The same for all parked messages of the filter; gives their number. */
  readonly retryAll: (filter: Omit<Filter, "state">) => Effect.Effect<number, OutboxError>
  /** Gives a message up that is not being delivered; the reason goes to its history. */
  readonly discard: (id: string, reason: string) => Effect.Effect<OutboxMessage, OutboxError>
  /**
   * Nothing more of the integration is delivered, by any worker of any process, until it is resumed: within a
   * `pollInterval`, and also after a restart. What is under way comes to its end; `send` goes on storing.
   */
  readonly pause: (integration: string, reason: string) => Effect.Effect<void, OutboxError>
  readonly resume: (integration: string) => Effect.Effect<void, OutboxError>
  /** Of one integration, or of all that have had a worker. */
  readonly stats: (integration?: string) => Effect.Effect<ReadonlyArray<Stats>, OutboxError>
  /** Removes final messages that have not changed for this long; gives their number. Workers do this by `retention`. */
  readonly purge: (integration: string, olderThan: Duration.DurationInput) => Effect.Effect<number, OutboxError>
  /** @internal */
  readonly workings: Workings
}>() {}

/**
 * A call, checked and written down. Where its input is not what the operation takes, it fails as the call itself would,
 * and nothing is stored.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Outbox } from "holdfast"
 * import { HubSpot } from "holdfast/providers/hubspot"
 *
 * // all or none
 * const both = Effect.gen(function*() {
 *   const outbox = yield* Outbox.Outbox
 *   const { contacts, deals } = HubSpot.operations
 *   return yield* outbox.send([
 *     yield* Outbox.message(contacts.create, { payload: { properties: { email: "ada@example.com" } } }),
 *     yield* Outbox.message(deals.create, { payload: { properties: { dealname: "Engine" } } })
 *   ])
 * })
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const message = <Input>(
  operation: Integration.Handle<Input>,
  input: Input,
  options: SendOptions = {}
): Effect.Effect<Message, IntegrationError.ValidationError> =>
  Effect.gen(function*() {
    const json = yield* operation.encode(input)
    const wishes = yield* CallOptions
    const context = yield* IntegrationContext
    const given = options.idempotencyKey ?? wishes.idempotencyKey
    const idempotencyKey = given ?? crypto.randomUUID()
    return {
      integration: operation.operation.integration,
      operation: operation.operation.name,
      idempotencyKey,
      dedupeKey: given === undefined ? undefined : codec.dedupeKey(operation.operation.name, context, given),
      options: { ...options, partitionKey: options.partitionKey ?? wishes.partitionKey },
      payload: codec.encode(json, idempotencyKey, {
        ...context,
        correlationId: context.correlationId ?? crypto.randomUUID()
      })
    }
  })

/**
 * Makes a call durable: it is made by a worker, later, and surely. Inside of `sql.withTransaction` it is part of the
 * transaction: gone when that is rolled back, and not visible to a worker before it commits.
 *
 * It carries the `IntegrationContext` in force (correlation, tenant, connection), and no credential: no client of the
 * integration need be there. With an idempotency key of the caller's a second `send` is the first one.
 *
 * @example
 * ```ts
 * import * as SqlClient from "@effect/sql/SqlClient"
 * import { Effect } from "effect"
 * import { Outbox } from "holdfast"
 * import { HubSpot } from "holdfast/providers/hubspot"
 *
 * const signUp = (id: string, email: string) =>
 *   Effect.gen(function*() {
 *     const sql = yield* SqlClient.SqlClient
 *     yield* sql`INSERT INTO users ${sql.insert({ id, email })}`
 *     yield* Outbox.send(HubSpot.operations.contacts.create, { payload: { properties: { email } } }, {
 *       idempotencyKey: `sign-up-${id}`,
 *       partitionKey: email
 *     })
 *   })
 *
 * const program = Effect.flatMap(SqlClient.SqlClient, (sql) => sql.withTransaction(signUp("42", "ada@example.com")))
 * ```
 *
 * @since 0.1.0
 * @category combinators
 */
export const send = <Input>(
  operation: Integration.Handle<Input>,
  input: Input,
  options?: SendOptions
): Effect.Effect<Receipt, IntegrationError.ValidationError | OutboxError, Outbox> =>
  Effect.gen(function*() {
    const outbox = yield* Outbox
    const [receipt] = yield* outbox.send([yield* message(operation, input, options)])
    return receipt ?? (yield* Effect.dieMessage("the outbox gave no receipt"))
  })

/**
 * A message whose input is stored encrypted, with its input. Fails with reason `encrypted` where the key is not there, or is
 * another, or the input was changed.
 *
 * @since 0.1.0
 * @category combinators
 */
export const reveal = (
  message: OutboxMessage
): Effect.Effect<OutboxMessage, OutboxError, DeadLetterCipher.DeadLetterCipher> =>
  message.encrypted === undefined
    ? Effect.succeed(message)
    : Effect.flatMap(DeadLetterCipher.DeadLetterCipher, (cipher) =>
      Effect.map(
        unseal(cipher, message, message.encrypted!),
        (input) => new OutboxMessage({ ...message, encrypted: undefined, input })
      ))

/**
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** Begins the names of its queues in the store. Default `outbox`. */
  readonly queue?: string | undefined
}

/**
 * The outbox over the `LeaseQueue` of the context.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options?: Options): Effect.Effect<Outbox["Type"], never, LeaseQueue.LeaseQueue> =>
  Effect.map(makeService(options ?? {}), ({ service, workings }) => Outbox.of({ ...service, workings }))

/**
 * The outbox over the `LeaseQueue` of the context, which dead letters may share.
 *
 * @example
 * ```ts
 * import * as PgClient from "@effect/sql-pg/PgClient"
 * import { Layer, Redacted } from "effect"
 * import { DeadLetterQueue, Outbox } from "holdfast"
 * import * as LeaseQueueSql from "holdfast/delivery/LeaseQueue/Sql"
 *
 * // in the program's own database, over its own client
 * const durable = Layer.merge(Outbox.layer(), DeadLetterQueue.layer()).pipe(
 *   Layer.provide(LeaseQueueSql.layer()),
 *   Layer.provide(PgClient.layer({ url: Redacted.make("postgres://127.0.0.1/app") }))
 * )
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (options?: Options): Layer.Layer<Outbox, never, LeaseQueue.LeaseQueue> =>
  Layer.effect(Outbox, make(options))

/**
 * An outbox in memory: gone with the process. For specs and for trying things out.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerMemory: Layer.Layer<Outbox> = Layer.provide(layer(), LeaseQueue.layerMemory)

/**
 * An integration to which a worker delivers: the tag of its client, with its definition. Every provider is one; a class of
 * one's own needs a `static readonly definition`.
 *
 * @since 0.1.0
 * @category models
 */
export interface Target {
  readonly key: string
  readonly Identifier: any
  readonly definition: Integration.Definition.Any
}

/** What a worker for these needs. */
type Clients<T extends ReadonlyArray<Target>> = T[number]["Identifier"]

/**
 * When a failed delivery is tried again by the outbox, on top of what the integration's own stack retries.
 *
 * @since 0.1.0
 * @category models
 */
export interface RetryOptions {
  /** Deliveries of one message. What was refused (open circuit, rate limit, shutdown) is not counted. Default 10. */
  readonly maxAttempts?: number | undefined
  /** Default `5 seconds`. */
  readonly initialDelay?: Duration.DurationInput | undefined
  /** Default 2. */
  readonly multiplier?: number | undefined
  /** Default `15 minutes`. What the provider asks for goes beyond it. */
  readonly maxDelay?: Duration.DurationInput | undefined
  /** Which failures may be better later. Default `defaultRetryable`. */
  readonly while?: ((error: IntegrationError.IntegrationError, operation: Operation) => boolean) | undefined
}

/**
 * @since 0.1.0
 * @category models
 */
export interface WorkerOptions {
  /** Deliveries at once, of each integration, in this process. Default 10. */
  readonly concurrency?: number | undefined
  readonly retry?: RetryOptions | undefined
  /**
   * What becomes of a message that is given up. `dead-letter`: its call is captured by the `DeadLettering` of the
   * integration's stack, and the next of its partition has its turn. `park`: it stays in the outbox, and holds its
   * partition (see `SendOptions.onPark`) until somebody retries or discards it. What cannot be captured is parked. Default
   * `dead-letter`.
   */
  readonly giveUp?: "dead-letter" | "park" | undefined
  /** For how long a worker holds a message; renewed while it delivers. Default `30 seconds`. */
  readonly lease?: Duration.DurationInput | undefined
  /** How often an idle worker looks for messages of other processes, and for a pause. Default `1 second`. */
  readonly pollInterval?: Duration.DurationInput | undefined
  /** How long deliveries under way have for their end when the worker is shut down. Default `10 seconds`. */
  readonly drain?: Duration.DurationInput | undefined
  /** How long final messages are kept. Default `7 days`; `false`: until somebody purges. */
  readonly retention?: Duration.DurationInput | false | undefined
  /** Who holds the leases, for people to read. Default a random name. */
  readonly owner?: string | undefined
}

/**
 * What is tried again: whatever is `retryable`, a total timeout, a refused credential (somebody may renew it), a message
 * that this program cannot read (a newer one may), and an answer that cannot be read where the operation is idempotent.
 *
 * @since 0.1.0
 * @category predicates
 */
export const defaultRetryable: (error: IntegrationError.IntegrationError, operation: Operation) => boolean =
  core.defaultRetryable

const millis = (duration: Duration.DurationInput | undefined, fallback: number): number =>
  duration === undefined ? fallback : Math.max(Math.ceil(Duration.toMillis(duration)), 0)

/**
 * Delivers messages of these integrations until it is interrupted; then it claims no more, lets what is under way come to
 * its end within `drain`, and gives the rest back. Any number of workers, in any number of processes, share the work.
 *
 * An open circuit, a rate limit and a shutdown give a message back unharmed. A failure that may pass is tried again with
 * exponential pauses; another one, or one too many, is given up.
 *
 * | metric | labels |
 * |---|---|
 * | `integration_outbox_total` | integration, event (`delivered`, `failed`, `released`, `dead_lettered`, `parked`, `stalled`) |
 *
 * @since 0.1.0
 * @category workers
 */
export const worker = <const T extends ReadonlyArray<Target>>(
  targets: T,
  options: WorkerOptions = {}
): Effect.Effect<never, never, Outbox | Clients<T>> =>
  Effect.gen(function*() {
    const { workings } = yield* Outbox
    const context = yield* Effect.context<Clients<T>>()
    const owner = options.owner ?? `worker:${orderedId.next(yield* Clock.currentTimeMillis)}`
    return yield* Effect.forEach(targets, (target) =>
      outboxWorker.run(workings, {
        client: context.unsafeMap.get(target.key) as object,
        concurrency: Math.max(Math.trunc(options.concurrency ?? 10), 1),
        drain: millis(options.drain, 10_000),
        giveUp: options.giveUp ?? "dead-letter",
        integration: target.definition.id,
        lease: Math.max(millis(options.lease, 30_000), 1),
        operations: Integration.operationsByName(target.definition),
        owner,
        policy: {
          initialDelay: millis(options.retry?.initialDelay, 5000),
          maxAttempts: options.retry?.maxAttempts ?? 10,
          maxDelay: millis(options.retry?.maxDelay, 15 * 60_000),
          multiplier: options.retry?.multiplier ?? 2,
          retryable: options.retry?.while ?? core.defaultRetryable
        },
        pollInterval: Math.max(millis(options.pollInterval, 1000), 1),
        retention: options.retention === false ? undefined : millis(options.retention, 7 * 24 * 3_600_000)
      }), { concurrency: "unbounded", discard: true })
  }).pipe(Effect.zipRight(Effect.never))

/**
 * A worker that runs for as long as the layer's scope lasts, and drains when it closes. Give it several times where
 * integrations want different options.
 *
 * @example
 * ```ts
 * import { Effect, Layer } from "effect"
 * import { DeadLetterQueue, Holdfast, LeaseQueue, Outbox, Transport } from "holdfast"
 * import { HubSpot } from "holdfast/providers/hubspot"
 *
 * const main = Outbox.layerWorker([HubSpot], { concurrency: 4 }).pipe(
 *   Layer.provide(HubSpot.layerConfig),
 *   Layer.provide(Outbox.layerMemory),
 *   Layer.provide(Holdfast.layerMemory),
 *   Layer.provide(Transport.layer),
 *   Layer.launch
 * )
 * ```
 *
 * @since 0.1.0
 * @category workers
 */
export const layerWorker = <const T extends ReadonlyArray<Target>>(
  targets: T,
  options?: WorkerOptions
): Layer.Layer<never, never, Outbox | Clients<T>> => Layer.scopedDiscard(Effect.forkScoped(worker(targets, options)))
