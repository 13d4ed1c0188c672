/** From what a caller writes to what the core takes: defaults, bounds, milliseconds. */
import * as Duration from "effect/Duration"
import type {
  AcquireOptions,
  ClaimOptions,
  FailOptions,
  Filter,
  NewItem,
  Options,
  PageOptions,
  PurgeOptions
} from "../LeaseItem.js"
import * as core from "./leaseQueueCore.js"
import * as orderedId from "./orderedId.js"

export const millis = (duration: Duration.DurationInput): number =>
  Math.min(Math.ceil(Duration.toMillis(duration)), Number.MAX_SAFE_INTEGER)

export const lease = (duration: Duration.DurationInput | undefined): number => millis(duration ?? "30 seconds")

export const limit = (value: number | undefined, fallback: number): number =>
  Math.min(Math.max(Math.trunc(value ?? fallback), 1), 500)

export const maxStalls = (options: Options | undefined): number => Math.max(Math.trunc(options?.maxStalls ?? 10), 1)

export const offer = (item: NewItem, now: number): core.Offer => ({
  id: item.id ?? orderedId.next(now),
  named: item.id !== undefined,
  queue: item.queue,
  state: item.state ?? "ready",
  partitionKey: item.partitionKey,
  onPark: item.onPark ?? "block",
  dedupeKey: item.dedupeKey,
  dedupeFor: millis(item.dedupeFor ?? "1 day"),
  priority: Math.min(Math.max(Math.trunc(item.priority ?? 0), -100), 100),
  delay: millis(item.delay ?? 0),
  payload: item.payload,
  lastError: item.lastError,
  source: item.source ?? "",
  kind: item.kind ?? "",
  reason: item.reason ?? "",
  signature: item.signature ?? ""
})

export interface Claim {
  readonly queue: string
  readonly owner: string
  readonly limit: number
  readonly lease: number
}

export const claim = (options: ClaimOptions): Claim => ({
  queue: options.queue,
  owner: options.owner,
  limit: limit(options.limit, 1),
  lease: lease(options.lease)
})

export interface Acquire {
  readonly owner: string
  readonly lease: number
  readonly states: ReadonlyArray<core.State>
  readonly ordered: boolean
}

export const acquire = (options: AcquireOptions): Acquire => ({
  owner: options.owner,
  lease: lease(options.lease),
  states: options.states ?? ["ready", "parked"],
  ordered: options.ordered ?? true
})

export interface Fail {
  readonly next: core.Next
  readonly error: string | undefined
  readonly reason: string | undefined
  readonly signature: string | undefined
  readonly detail: string | undefined
}

export const fail = (options: FailOptions): Fail => ({
  next: options.next._tag === "retry" ? { _tag: "retry", delay: millis(options.next.after) } : options.next,
  error: options.error,
  reason: options.reason,
  signature: options.signature,
  detail: options.detail
})

export interface Release {
  readonly delay: number
  readonly detail: string | undefined
}

export const release = (
  options: { readonly after?: Duration.DurationInput | undefined; readonly detail?: string | undefined } | undefined
): Release => ({
  delay: millis(options?.after ?? 0),
  detail: options?.detail
})

export interface Query {
  readonly queue: string
  readonly states: ReadonlyArray<core.State>
  readonly source: string | undefined
  readonly kind: string | undefined
  readonly reasons: ReadonlyArray<string> | undefined
  readonly signatures: ReadonlyArray<string> | undefined
  readonly createdBefore: number | undefined
  readonly createdAfter: number | undefined
  readonly upTo: number | undefined
}

const several = (value: string | ReadonlyArray<string> | undefined): ReadonlyArray<string> | undefined =>
  typeof value === "string" ? [value] : value

export const filter = (filter: Filter): Query => ({
  queue: filter.queue,
  states: filter.states === undefined ? core.states : Array.from(new Set(filter.states)),
  source: filter.source,
  kind: filter.kind,
  reasons: several(filter.reason),
  signatures: several(filter.signature),
  createdBefore: filter.createdBefore,
  createdAfter: filter.createdAfter,
  upTo: filter.upTo
})

export interface Purge {
  /** Its states are final. */
  readonly query: Query
  readonly age: number
  readonly dryRun: boolean
}

export const purge = (options: PurgeOptions): Purge => {
  const { dryRun, kind, olderThan, queue, reason, signature, source, states } = options
  return {
    query: filter({ queue, states: states ?? core.finalStates, source, kind, reason, signature }),
    age: millis(olderThan),
    dryRun: dryRun === true
  }
}

export interface Keyset {
  readonly limit: number
  readonly orderBy: "id" | "updatedAt"
  readonly descending: boolean
  readonly after: { readonly updatedAt: number; readonly id: string } | undefined
}

export const page = (options: PageOptions | undefined): Keyset => {
  const orderBy = options?.orderBy ?? "id"
  const after = options?.after
  const split = after === undefined || orderBy === "id" ? -1 : after.indexOf(":")
  return {
    limit: limit(options?.limit, 50),
    orderBy,
    descending: options?.direction === "desc",
    after: after === undefined
      ? undefined
      : { updatedAt: split < 0 ? 0 : Number(after.slice(0, split)) || 0, id: after.slice(split + 1) }
  }
}

/** Where the next page begins. */
export const cursor = (keyset: Keyset, last: core.Item): string =>
  keyset.orderBy === "id" ? last.id : `${last.updatedAt}:${last.id}`
