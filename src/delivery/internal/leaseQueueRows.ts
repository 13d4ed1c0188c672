/** Rows of `holdfast_lease_items` and `holdfast_lease_ledger`, from and to the core's records. */
import type * as core from "./leaseQueueCore.js"

/** PostgreSQL's driver gives a BIGINT as text. */
type Integer = number | string

export interface ItemRow {
  readonly seq: Integer
  readonly id: string
  readonly queue: string
  readonly state: core.State
  readonly partition_key: string | null
  readonly on_park: "block" | "skip"
  readonly dedupe_key: string | null
  readonly dedupe_until: Integer
  readonly priority: Integer
  readonly not_before: Integer
  readonly attempts: Integer
  readonly stalls: Integer
  readonly token: Integer
  readonly lease_owner: string | null
  readonly lease_since: Integer | null
  readonly lease_until: Integer | null
  readonly lease_from: core.LeasedFrom | null
  readonly version: Integer
  readonly payload: string
  readonly last_error: string | null
  readonly source: string
  readonly kind: string
  readonly reason: string
  readonly signature: string
  readonly attempted_at: Integer | null
  readonly failed_at: Integer | null
  readonly created_at: Integer
  readonly updated_at: Integer
}

export const toItem = (row: ItemRow): core.Item => ({
  seq: Number(row.seq),
  id: row.id,
  queue: row.queue,
  state: row.state,
  partitionKey: row.partition_key ?? undefined,
  onPark: row.on_park,
  dedupeKey: row.dedupe_key ?? undefined,
  dedupeUntil: Number(row.dedupe_until),
  priority: Number(row.priority),
  notBefore: Number(row.not_before),
  attempts: Number(row.attempts),
  stalls: Number(row.stalls),
  token: Number(row.token),
  lease: row.lease_owner === null || row.lease_until === null
    ? undefined
    : {
      owner: row.lease_owner,
      token: Number(row.token),
      since: Number(row.lease_since),
      until: Number(row.lease_until),
      from: row.lease_from ?? "ready"
    },
  version: Number(row.version),
  payload: row.payload,
  lastError: row.last_error ?? undefined,
  source: row.source,
  kind: row.kind,
  reason: row.reason,
  signature: row.signature,
  failedAt: row.failed_at === null ? undefined : Number(row.failed_at),
  attemptedAt: row.attempted_at === null ? undefined : Number(row.attempted_at),
  createdAt: Number(row.created_at),
  updatedAt: Number(row.updated_at)
})

/** The columns that steps change. */
export const changing = (item: core.Item) => ({
  state: item.state,
  not_before: item.notBefore,
  attempts: item.attempts,
  stalls: item.stalls,
  token: item.token,
  lease_owner: item.lease?.owner ?? null,
  lease_since: item.lease?.since ?? null,
  lease_until: item.lease?.until ?? null,
  lease_from: item.lease?.from ?? null,
  version: item.version,
  payload: item.payload,
  last_error: item.lastError ?? null,
  reason: item.reason,
  signature: item.signature,
  attempted_at: item.attemptedAt ?? null,
  failed_at: item.failedAt ?? null,
  updated_at: item.updatedAt
})

/** All columns but `seq`, which the store gives. */
export const fromItem = (item: core.Item) => ({
  id: item.id,
  queue: item.queue,
  partition_key: item.partitionKey ?? null,
  on_park: item.onPark,
  dedupe_key: item.dedupeKey ?? null,
  dedupe_until: item.dedupeUntil,
  priority: item.priority,
  source: item.source,
  kind: item.kind,
  created_at: item.createdAt,
  ...changing(item)
})

export interface EntryRow {
  readonly item_id: string
  readonly token: Integer | null
  readonly owner: string | null
  readonly started_at: Integer | null
  readonly at: Integer
  readonly outcome: core.Outcome
  readonly detail: string | null
  readonly not_before: Integer | null
}

const optional = (value: Integer | null): number | undefined => value === null ? undefined : Number(value)

export const toEntry = (row: EntryRow): core.Entry => ({
  itemId: row.item_id,
  token: optional(row.token),
  owner: row.owner ?? undefined,
  startedAt: optional(row.started_at),
  at: Number(row.at),
  outcome: row.outcome,
  detail: row.detail ?? undefined,
  notBefore: optional(row.not_before)
})

export const fromEntry = (entry: core.Entry) => ({
  item_id: entry.itemId,
  token: entry.token ?? null,
  owner: entry.owner ?? null,
  started_at: entry.startedAt ?? null,
  at: entry.at,
  outcome: entry.outcome,
  detail: entry.detail ?? null,
  not_before: entry.notBefore ?? null
})
