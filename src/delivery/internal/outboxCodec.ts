/** Messages of the outbox as items of a lease queue, and back. */
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import type * as IntegrationContext from "../../core/IntegrationContext.js"
import * as IntegrationError from "../../core/IntegrationError.js"
import { EncryptedBody } from "../DeadLetter.js"
import type * as LeaseItem from "../LeaseItem.js"
import { type Filter, HistoryEntry, type Message, OutboxError, OutboxMessage, type State } from "../OutboxMessage.js"

const optional = Schema.optional(Schema.String)

const Stored = Schema.Struct({
  /** One of the two. */
  input: Schema.optional(Schema.Unknown),
  sealed: Schema.optional(EncryptedBody),
  idempotencyKey: Schema.String,
  correlationId: Schema.String,
  tenantId: optional,
  connectionId: optional,
  userId: optional,
  metadata: Schema.Record({ key: Schema.String, value: Schema.String })
})

export type Stored = typeof Stored.Type

const decodeStored = Schema.decodeUnknownEither(Schema.parseJson(Stored))

const decodeError = Schema.decodeUnknownEither(Schema.parseJson(IntegrationError.IntegrationError))

export const unreadable = (id: string) => (cause: unknown): OutboxError =>
  new OutboxError({ reason: "undecodable", message: `message ${id} cannot be read by this version`, cause })

/** The part of a message that has no column of its own. `input` is JSON. */
export const encode = (
  input: string,
  idempotencyKey: string,
  context: IntegrationContext.Fields & { readonly correlationId: string }
): string =>
  JSON.stringify(
    {
      input: JSON.parse(input),
      idempotencyKey,
      correlationId: context.correlationId,
      tenantId: context.tenantId,
      connectionId: context.connectionId,
      userId: context.userId,
      metadata: { ...context.metadata }
    } satisfies Stored
  )

export const decode = (item: Pick<LeaseItem.Item, "id" | "payload">): Either.Either<Stored, OutboxError> =>
  Either.mapLeft(decodeStored(item.payload), unreadable(item.id))

/** Keys are chosen by callers, so that two tenants may well choose the same. */
export const dedupeKey = (
  operation: string,
  context: IntegrationContext.Fields,
  idempotencyKey: string
): string => JSON.stringify([operation, context.tenantId ?? "", context.connectionId ?? "", idempotencyKey])

export const toNewItem = (queue: string, message: Message, now: number): LeaseItem.NewItem => {
  const { dedupeFor, delay, notBefore, onPark, partitionKey, priority } = message.options
  const until = notBefore === undefined ? 0 : DateTime.toEpochMillis(notBefore) - now
  return {
    queue,
    payload: message.payload,
    partitionKey,
    onPark,
    dedupeKey: message.dedupeKey,
    dedupeFor,
    priority,
    delay: Math.max(delay === undefined ? 0 : Duration.toMillis(delay), until, 0),
    source: message.integration,
    kind: message.operation
  }
}

const stateOf: { readonly [S in LeaseItem.State]: State } = {
  waiting: "waiting",
  ready: "ready",
  leased: "delivering",
  done: "delivered",
  parked: "parked",
  poison: "parked",
  discarded: "discarded"
}

const itemStates: { readonly [S in State]: ReadonlyArray<LeaseItem.State> } = {
  waiting: ["waiting"],
  ready: ["ready"],
  delivering: ["leased"],
  delivered: ["done"],
  parked: ["parked", "poison"],
  discarded: ["discarded"]
}

export const toState = (item: Pick<LeaseItem.Item, "state">): State => stateOf[item.state]

export const byState = (counts: { readonly [S in LeaseItem.State]: number }): { readonly [S in State]: number } => {
  const sum = (state: State) => itemStates[state].reduce((total, of) => total + counts[of], 0)
  return {
    waiting: sum("waiting"),
    ready: sum("ready"),
    delivering: sum("delivering"),
    delivered: sum("delivered"),
    parked: sum("parked"),
    discarded: sum("discarded")
  }
}

export const toMessage = (item: LeaseItem.Item): Either.Either<OutboxMessage, OutboxError> =>
  Either.map(decode(item), ({ input, sealed, ...stored }) => {
    const error = item.lastError === undefined ? undefined : Either.getOrUndefined(decodeError(item.lastError))
    return new OutboxMessage({
      ...stored,
      encrypted: sealed,
      input,
      id: item.id,
      integration: item.source,
      operation: item.kind,
      partitionKey: item.partitionKey,
      priority: item.priority,
      state: toState(item),
      attempts: item.attempts,
      stalls: item.stalls,
      notBefore: DateTime.unsafeMake(Math.min(item.notBefore, 8.64e15)),
      error,
      deadLetterId: item.reason === deadLettered ? error?.deadLetterId : undefined,
      createdAt: DateTime.unsafeMake(item.createdAt),
      updatedAt: DateTime.unsafeMake(item.updatedAt)
    })
  })

/** The label of what has become a dead letter; all others have the tag of their error. */
export const deadLettered = "dead-lettered"

export const toHistoryEntry = (entry: LeaseItem.Entry): HistoryEntry =>
  new HistoryEntry({
    startedAt: entry.startedAt === undefined ? undefined : DateTime.unsafeMake(entry.startedAt),
    at: DateTime.unsafeMake(entry.at),
    owner: entry.owner,
    outcome: entry.outcome === "completed" ? "delivered" : entry.outcome === "unparked" ? "retried" : entry.outcome,
    detail: entry.detail,
    notBefore: entry.notBefore === undefined ? undefined : DateTime.unsafeMake(Math.min(entry.notBefore, 8.64e15))
  })

export const toQuery = (queue: string, filter: Filter): LeaseItem.Filter => ({
  queue,
  states: filter.state === undefined
    ? undefined
    : (typeof filter.state === "string" ? [filter.state] : filter.state).flatMap((state) => itemStates[state]),
  kind: filter.operation,
  reason: filter.errorTag
})
