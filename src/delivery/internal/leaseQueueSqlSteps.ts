/** What is done with one item of the lease queue in SQL: found, decided on by the core, written with its history. */
import type * as SqlClient from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Records from "../../internal/sqlRecords.js"
import { LeaseQueueError } from "../LeaseItem.js"
import * as core from "./leaseQueueCore.js"
import { changing, type EntryRow, fromEntry, type ItemRow, toEntry, toItem } from "./leaseQueueRows.js"
import type * as offers from "./leaseQueueSqlOffer.js"

export type Settled = { readonly _tag: "ok"; readonly item: core.Item } | {
  readonly _tag: "no"
  readonly error: LeaseQueueError
}

export const notFound = (id: string): LeaseQueueError =>
  new LeaseQueueError({ reason: "not-found", message: `there is no item ${id}` })

export type Steps = ReturnType<typeof make>

export const make = (
  sql: SqlClient.SqlClient,
  { forUpdate, lockPartition, occupied, promote }: ReturnType<typeof offers.make>,
  maxStalls: number
) => {
  // Processes on one SQLite file share a machine and its clock; a database server has one of its own
  const now: Effect.Effect<number, SqlError> = sql.onDialectOrElse({
    pg: () =>
      Effect.map(
        sql<{ now: string }>`SELECT ${sql.literal(Records.clock(true))} AS now`,
        (rows) => Number(rows[0]?.now)
      ),
    orElse: () => Clock.currentTimeMillis
  })

  const record = (entry: core.Entry) => sql`INSERT INTO holdfast_lease_ledger ${sql.insert(fromEntry(entry))}`

  const find = (id: string): Effect.Effect<Option.Option<core.Item>, SqlError> =>
    Effect.map(
      sql<ItemRow>`SELECT * FROM holdfast_lease_items WHERE id = ${id} ${forUpdate}`,
      (rows) => Option.map(Option.fromNullable(rows[0]), toItem)
    )

  const look = (id: string): Effect.Effect<Option.Option<core.Item>, SqlError> =>
    Effect.map(
      sql<ItemRow>`SELECT * FROM holdfast_lease_items WHERE id = ${id}`,
      (rows) => Option.map(Option.fromNullable(rows[0]), toItem)
    )

  const behind = (item: core.Item): Effect.Effect<boolean, SqlError> =>
    item.partitionKey === undefined
      ? Effect.succeed(false)
      : Effect.zipRight(
        lockPartition(item.queue, item.partitionKey),
        occupied(item.queue, item.partitionKey, item.seq)
      )

  const sweepOne = (item: core.Item, time: number): Effect.Effect<unknown, SqlError> =>
    Effect.flatMap(
      behind(item),
      (occupied) => persist(item, core.sweep(item, { maxStalls, occupied, now: time }), time)
    )

  const persist = (before: core.Item, decision: core.Decision, time: number): Effect.Effect<Settled, SqlError> =>
    Effect.gen(function*() {
      if (decision._tag === "refused") {
        return {
          _tag: "no",
          error: new LeaseQueueError({ reason: decision.reason, message: decision.message })
        }
      }
      if (decision._tag === "changed") {
        yield* sql`UPDATE holdfast_lease_items SET ${sql.update(changing(decision.item))} WHERE seq = ${before.seq}`
        if (decision.entry !== undefined) yield* record(decision.entry)
        if (before.partitionKey !== undefined && core.frees(before, decision.item)) {
          yield* promote(before.queue, before.partitionKey, time)
        }
      }
      return { _tag: "ok", item: decision.item }
    })

  const past = (item: core.Item, token: number): Effect.Effect<ReadonlyArray<core.Entry>, SqlError> =>
    item.lease?.token === token ? Effect.succeed([]) : Effect.map(
      sql<EntryRow>`SELECT * FROM holdfast_lease_ledger WHERE item_id = ${item.id} AND token = ${token}`,
      (rows) => rows.map(toEntry)
    )

  return { behind, find, look, now, past, persist, sweepOne }
}
