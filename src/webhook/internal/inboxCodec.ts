/** Events of the inbox as items of a lease queue, and back. */
import * as DateTime from "effect/DateTime"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { Body, type PlainBody } from "../../delivery/DeadLetter.js"
import type * as LeaseItem from "../../delivery/LeaseItem.js"
import * as KnownSecrets from "../../internal/knownSecrets.js"
import { Failure, type Filter, HistoryEntry, InboxError, InboxEvent, type State, Via } from "../InboxEvent.js"
import { textOf } from "./source.js"

const Stored = Schema.Struct({
  body: Body,
  connectionId: Schema.optional(Schema.String),
  delivery: Schema.String,
  entity: Schema.optional(Schema.String),
  eventId: Schema.optional(Schema.String),
  headers: Schema.Record({ key: Schema.String, value: Schema.String }),
  /** Milliseconds. */
  time: Schema.optional(Schema.Number),
  via: Via
})

export type Stored = typeof Stored.Type

const decodeStored = Schema.decodeUnknownEither(Schema.parseJson(Stored))

export const encode: (stored: Stored) => string = Schema.encodeSync(Schema.parseJson(Stored))

export const decode = (item: Pick<LeaseItem.Item, "id" | "payload">): Either.Either<Stored, InboxError> =>
  Either.mapLeft(
    decodeStored(item.payload),
    (cause) =>
      new InboxError({ cause, message: `event ${item.id} cannot be read by this version`, reason: "undecodable" })
  )

export const toBody = (bytes: Uint8Array): PlainBody =>
  Option.match(textOf(bytes), {
    onNone: () => ({ _tag: "Base64", value: Buffer.from(bytes).toString("base64") }),
    onSome: (value) => ({ _tag: "Text", value })
  })

export const toBytes = (body: PlainBody): Uint8Array =>
  Buffer.from(body.value, body._tag === "Text" ? "utf8" : "base64")

// --- errors

const FailureJson = Schema.parseJson(Failure)

const longestMessage = 2000

const messageOf = (error: unknown): string =>
  typeof error === "object" && error !== null && "message" in error && typeof error.message === "string"
    ? error.message
    : typeof error === "string"
    ? error
    : Option.getOrElse(Option.liftThrowable(() => JSON.stringify(error) ?? String(error))(), () => String(error))

const tagOf = (error: unknown): string => {
  if (typeof error !== "object" || error === null) return "Error"
  if ("_tag" in error && typeof error._tag === "string") return error._tag
  return error instanceof Error ? error.name : "Error"
}

/** What a handler failed with, as it is kept. */
export const failureOf = (error: unknown): Failure =>
  clean(new Failure({ message: messageOf(error).slice(0, longestMessage), tag: tagOf(error).slice(0, 100) }))

const clean = ({ message, tag }: Failure): Failure =>
  new Failure({ message: KnownSecrets.scrub(message), tag: KnownSecrets.scrub(tag) })

export const encodeFailure: (failure: Failure) => string = Schema.encodeSync(FailureJson)

const decodeFailure = Schema.decodeUnknownEither(FailureJson)

export const describe = ({ message, tag }: Failure): string => `${tag}: ${message}`

// --- states

/** The labels of what is ignored. */
export const stale = "Stale"
export const unconfirmed = "Unconfirmed"
export const ignoredReasons = [stale, unconfirmed] as const

const ignoredOf = (item: Pick<LeaseItem.Item, "state" | "reason">): "stale" | "unconfirmed" | undefined =>
  item.state !== "discarded" && item.state !== "parked"
    ? undefined
    : item.reason === stale
    ? "stale"
    : item.reason === unconfirmed
    ? "unconfirmed"
    : undefined

const stateOf: { readonly [S in LeaseItem.State]: State } = {
  discarded: "discarded",
  done: "handled",
  leased: "handling",
  parked: "dead",
  poison: "dead",
  ready: "ready",
  waiting: "waiting"
}

const itemStates: { readonly [S in State]: ReadonlyArray<LeaseItem.State> } = {
  dead: ["parked", "poison"],
  discarded: ["discarded"],
  handled: ["done"],
  handling: ["leased"],
  ignored: ["discarded", "parked"],
  ready: ["ready"],
  waiting: ["waiting"]
}

export const toState = (item: Pick<LeaseItem.Item, "state" | "reason">): State =>
  ignoredOf(item) === undefined ? stateOf[item.state] : "ignored"

/** `ignored`: how many of the discarded ones are. */
export const byState = (
  counts: { readonly [S in LeaseItem.State]: number },
  ignored: number
): { readonly [S in State]: number } => ({
  dead: counts.parked + counts.poison,
  discarded: Math.max(counts.discarded - ignored, 0),
  handled: counts.done,
  handling: counts.leased,
  ignored,
  ready: counts.ready,
  waiting: counts.waiting
})

export const toQuery = (queue: string, { errorTag, state, type }: Filter): LeaseItem.Filter => ({
  kind: type,
  queue,
  reason: errorTag ?? (state === "ignored" ? ignoredReasons : undefined),
  states: state === undefined ? undefined : itemStates[state]
})

export const toEvent = (item: LeaseItem.Item): Either.Either<InboxEvent, InboxError> =>
  Either.map(decode(item), ({ time, ...stored }) =>
    new InboxEvent({
      ...stored,
      attempts: item.attempts,
      error: item.lastError === undefined ? undefined : Either.getOrUndefined(decodeFailure(item.lastError)),
      id: item.id,
      ignored: ignoredOf(item),
      notBefore: DateTime.unsafeMake(Math.min(item.notBefore, 8.64e15)),
      receivedAt: DateTime.unsafeMake(item.createdAt),
      source: item.source,
      stalls: item.stalls,
      state: toState(item),
      time: time === undefined ? undefined : DateTime.unsafeMake(time),
      type: item.kind,
      updatedAt: DateTime.unsafeMake(item.updatedAt)
    }))

const outcomes: { readonly [O in LeaseItem.Entry["outcome"]]: HistoryEntry["outcome"] } = {
  completed: "handled",
  discarded: "discarded",
  edited: "edited",
  failed: "failed",
  parked: "parked",
  released: "released",
  stalled: "stalled",
  unparked: "replayed"
}

export const toHistoryEntry = (entry: LeaseItem.Entry): HistoryEntry =>
  new HistoryEntry({
    at: DateTime.unsafeMake(entry.at),
    detail: entry.detail,
    notBefore: entry.notBefore === undefined ? undefined : DateTime.unsafeMake(Math.min(entry.notBefore, 8.64e15)),
    outcome: outcomes[entry.outcome],
    owner: entry.owner,
    startedAt: entry.startedAt === undefined ? undefined : DateTime.unsafeMake(entry.startedAt)
  })
