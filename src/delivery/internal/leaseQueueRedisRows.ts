/** What the scripts of the lease queue on Redis keep and answer, as the core's records. */
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import { type Entry, type Item, LeaseQueueError } from "../LeaseItem.js"
import * as core from "./leaseQueueCore.js"

export const whole = (text: string | undefined, fallback = 0): number => text === undefined ? fallback : Number(text)

export const isState = (text: string | undefined): text is core.State => core.states.some((state) => state === text)

const nonsense = (message: string): LeaseQueueError =>
  new LeaseQueueError({ message: `Redis keeps what it should not: ${message}`, reason: "storage" })

export const toItem = (fields: ReadonlyArray<string>): Either.Either<Item, LeaseQueueError> => {
  const raw = new Map<string, string>()
  for (let i = 0; i + 1 < fields.length; i += 2) raw.set(fields[i] ?? "", fields[i + 1] ?? "")
  const id = raw.get("id")
  const state = raw.get("state")
  if (id === undefined || !isState(state)) {
    return Either.left(nonsense(`the item ${id ?? "without an id"} has no state`))
  }
  const token = whole(raw.get("token"))
  const owner = raw.get("leaseOwner")
  const from = raw.get("leaseFrom")
  return Either.right({
    attemptedAt: raw.has("attemptedAt") ? whole(raw.get("attemptedAt")) : undefined,
    attempts: whole(raw.get("attempts")),
    createdAt: whole(raw.get("createdAt")),
    dedupeKey: raw.get("dedupeKey"),
    dedupeUntil: whole(raw.get("dedupeUntil")),
    id,
    kind: raw.get("kind") ?? "",
    lastError: raw.get("lastError"),
    lease: owner === undefined ? undefined : {
      from: from === "parked" || from === "poison" ? from : "ready",
      owner,
      since: whole(raw.get("leaseSince")),
      token,
      until: whole(raw.get("leaseUntil"))
    },
    notBefore: whole(raw.get("notBefore")),
    onPark: raw.get("onPark") === "skip" ? "skip" : "block",
    partitionKey: raw.get("partitionKey"),
    payload: raw.get("payload") ?? "",
    priority: whole(raw.get("priority")),
    queue: raw.get("queue") ?? "",
    reason: raw.get("reason") ?? "",
    signature: raw.get("signature") ?? "",
    failedAt: raw.has("failedAt") ? whole(raw.get("failedAt")) : undefined,
    seq: whole(raw.get("seq")),
    source: raw.get("source") ?? "",
    stalls: whole(raw.get("stalls")),
    state,
    token,
    updatedAt: whole(raw.get("updatedAt")),
    version: whole(raw.get("version"), 1)
  })
}

const LedgerLine = Schema.parseJson(Schema.Struct({
  at: Schema.Number,
  detail: Schema.optional(Schema.String),
  notBefore: Schema.optional(Schema.Number),
  outcome: Schema.Literal("completed", "failed", "released", "stalled", "discarded", "parked", "unparked", "edited"),
  owner: Schema.optional(Schema.String),
  startedAt: Schema.optional(Schema.Number),
  token: Schema.optional(Schema.Number)
}))

const decodeLedger = Schema.decodeUnknownEither(Schema.Array(LedgerLine))

export const toEntries = (id: string, reply: unknown): Either.Either<ReadonlyArray<Entry>, LeaseQueueError> =>
  Either.mapBoth(decodeLedger(reply), {
    onLeft: (error) => nonsense(`the history of item ${id} cannot be read: ${error.message}`),
    onRight: (lines) =>
      lines.map((line) => ({
        at: line.at,
        detail: line.detail,
        itemId: id,
        notBefore: line.notBefore,
        outcome: line.outcome,
        owner: line.owner,
        startedAt: line.startedAt,
        token: line.token
      }))
  })

/** All items of one state and the same labels. */
export interface Place {
  readonly name: string
  readonly state: string
  readonly source: string
  readonly kind: string
  readonly reason: string
  readonly signature: string
  readonly items: number
  /** `createdAt` of the one that comes first by its id. */
  readonly first: number
  /** `failedAt` of the last one that failed, where there is a signature. */
  readonly last: number
}

/** The scripts escape `%` and `:` as a URL does, and nothing else. */
export const toPlace = (
  name: string,
  items: string | undefined,
  first: string | undefined,
  last: string | undefined
): Place => {
  const [state = "", source = "", kind = "", reason = "", signature = ""] = name.split(":").map(decodeURIComponent)
  return { first: whole(first), items: whole(items), kind, last: whole(last), name, reason, signature, source, state }
}
