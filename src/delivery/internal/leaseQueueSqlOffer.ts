/**
 * Offers and partitions in SQL: a few statements for a whole batch of offers. To be run inside a write transaction.
 */
import type * as SqlClient from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import * as Effect from "effect/Effect"
import type { Offered } from "../LeaseItem.js"
import * as core from "./leaseQueueCore.js"
import { fromItem, type ItemRow } from "./leaseQueueRows.js"

/** Largest first, so that the few sizes of a multi-row insert stay prepared, whatever the size of the batch. */
const chunkSizes = [256, 128, 64, 32, 16, 8, 4, 2, 1]

const chunks = <A>(values: ReadonlyArray<A>): ReadonlyArray<ReadonlyArray<A>> => {
  const result: Array<ReadonlyArray<A>> = []
  let start = 0
  for (const size of chunkSizes) {
    for (; values.length - start >= size; start += size) {
      result.push(values.slice(start, start + size))
    }
  }
  return result
}

const pair = (queue: string, key: string): string => JSON.stringify([queue, key])

const byQueue = (
  offers: ReadonlyArray<core.Offer>,
  key: (offer: core.Offer) => string | undefined
): ReadonlyMap<string, ReadonlySet<string>> => {
  const groups = new Map<string, Set<string>>()
  for (const offer of offers) {
    const value = key(offer)
    if (value !== undefined) {
      const group = groups.get(offer.queue)
      if (group === undefined) groups.set(offer.queue, new Set([value]))
      else group.add(value)
    }
  }
  return groups
}

export const make = (sql: SqlClient.SqlClient) => {
  const forUpdate = sql.onDialectOrElse({ pg: () => sql.literal("FOR UPDATE"), orElse: () => sql.literal("") })

  const lockPartition = (queue: string, key: string): Effect.Effect<unknown, SqlError> =>
    sql.onDialectOrElse({
      pg: () => sql`SELECT pg_advisory_xact_lock(hashtextextended(${pair(queue, key)}, 0))`,
      orElse: () => Effect.void
    })

  /** Whether an item of this place in the partition must wait for another one's turn to end, or for an older one. */
  const occupied = (queue: string, key: string, seq: number): Effect.Effect<boolean, SqlError> =>
    Effect.map(
      sql`SELECT 1 AS held WHERE EXISTS (
  SELECT 1 FROM holdfast_lease_items WHERE queue = ${queue} AND partition_key = ${key}
  AND on_park IN ('block', 'skip') AND state IN ('ready', 'leased') AND seq <> ${seq}
) OR EXISTS (
  SELECT 1 FROM holdfast_lease_items WHERE queue = ${queue} AND partition_key = ${key}
  AND on_park IN ('block', 'skip') AND state = 'waiting' AND seq < ${seq}
) OR EXISTS (
  SELECT 1 FROM holdfast_lease_items WHERE queue = ${queue} AND partition_key = ${key}
  AND on_park = 'block' AND state IN ('parked', 'poison') AND seq < ${seq}
)`,
      (rows) => rows.length > 0
    )

  const oldestWaiting = (queue: string, key: string, onPark: "block" | "skip") =>
    sql`SELECT seq FROM holdfast_lease_items WHERE queue = ${queue} AND partition_key = ${key}
AND on_park = ${onPark} AND state = 'waiting' ORDER BY seq LIMIT 1`

  /** Gives the oldest that waits in a partition its turn, if that has come. */
  const promote = (queue: string, key: string, now: number): Effect.Effect<void, SqlError> =>
    Effect.gen(function*() {
      yield* lockPartition(queue, key)
      const rows = yield* sql<{ seq: number | string | null }>`SELECT min(seq) AS seq FROM (
  SELECT seq FROM (${oldestWaiting(queue, key, "block")}) AS blocking
  UNION ALL SELECT seq FROM (${oldestWaiting(queue, key, "skip")}) AS skipping
) AS waiting`
      const seq = rows[0]?.seq ?? null
      if (seq !== null && !(yield* occupied(queue, key, Number(seq)))) {
        yield* sql`UPDATE holdfast_lease_items SET state = 'ready', updated_at = ${now} WHERE seq = ${seq}`
      }
    })

  const namedIds = (offers: ReadonlyArray<core.Offer>): Effect.Effect<Set<string>, SqlError> => {
    const named = offers.filter((offer) => offer.named).map((offer) => offer.id)
    return named.length === 0
      ? Effect.succeed(new Set())
      : Effect.map(
        sql<{ id: string }>`SELECT id FROM holdfast_lease_items WHERE ${sql.in("id", named)}`,
        (rows) => new Set(rows.map((row) => row.id))
      )
  }

  /** The ids that hold the batch's dedupe keys; keys whose retention is over are set free on the way. */
  const dedupeHolders = (
    offers: ReadonlyArray<core.Offer>,
    now: number
  ): Effect.Effect<Map<string, string>, SqlError> =>
    Effect.gen(function*() {
      const holders = new Map<string, string>()
      const over: Array<number | string> = []
      for (const [queue, keys] of byQueue(offers, (offer) => offer.dedupeKey)) {
        const rows = yield* sql<
          ItemRow
        >`SELECT seq, id, state, dedupe_key, dedupe_until FROM holdfast_lease_items
WHERE queue = ${queue} AND dedupe_key IS NOT NULL AND ${sql.in("dedupe_key", Array.from(keys))} ${forUpdate}`
        for (const row of rows) {
          if (core.holdsDedupeKey({ state: row.state, dedupeUntil: Number(row.dedupe_until) }, now)) {
            holders.set(pair(queue, row.dedupe_key ?? ""), row.id)
          } else {
            over.push(row.seq)
          }
        }
      }
      if (over.length > 0) {
        yield* sql`UPDATE holdfast_lease_items SET dedupe_key = NULL WHERE ${sql.in("seq", over)}`
      }
      return holders
    })

  const occupiedPartitions = (offers: ReadonlyArray<core.Offer>): Effect.Effect<Set<string>, SqlError> =>
    Effect.gen(function*() {
      const found = new Set<string>()
      for (const [queue, keys] of byQueue(offers, (offer) => offer.partitionKey)) {
        // In one order for all, so that two batches cannot wait for each other
        for (const key of Array.from(keys).sort(core.compare)) {
          yield* lockPartition(queue, key)
          if (yield* occupied(queue, key, Number.MAX_SAFE_INTEGER)) found.add(pair(queue, key))
        }
      }
      return found
    })

  const offer = (
    offers: ReadonlyArray<core.Offer>,
    now: number
  ): Effect.Effect<ReadonlyArray<Offered>, SqlError> =>
    Effect.gen(function*() {
      const ids = yield* namedIds(offers)
      const holders = yield* dedupeHolders(offers, now)
      const full = yield* occupiedPartitions(offers)
      const items: Array<core.Item> = []
      const offered = offers.map((offer): Offered => {
        const dedupe = offer.dedupeKey === undefined ? undefined : pair(offer.queue, offer.dedupeKey)
        const holder = dedupe === undefined ? undefined : holders.get(dedupe)
        if (ids.has(offer.id)) return { id: offer.id, created: false }
        if (holder !== undefined) return { id: holder, created: false }
        const partition = offer.partitionKey === undefined ? undefined : pair(offer.queue, offer.partitionKey)
        const item = core.offer(offer, 0, partition !== undefined && full.has(partition), now)
        items.push(item)
        ids.add(item.id)
        if (dedupe !== undefined) holders.set(dedupe, item.id)
        if (partition !== undefined && core.holdsPartition(item)) full.add(partition)
        return { id: item.id, created: true }
      })
      for (const chunk of chunks(items)) {
        yield* sql`INSERT INTO holdfast_lease_items ${sql.insert(chunk.map(fromItem))}`
      }
      return offered
    })

  return { offer, promote, occupied, forUpdate, lockPartition }
}
