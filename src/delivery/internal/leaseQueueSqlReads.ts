/** The lease queue's lists and counts in SQL. Every state is a range of its own in an index, so that no list sorts. */
import type * as SqlClient from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import type * as Statement from "@effect/sql/Statement"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { Page, Stats } from "../LeaseItem.js"
import * as core from "./leaseQueueCore.js"
import * as input from "./leaseQueueInput.js"
import { type ItemRow, toItem } from "./leaseQueueRows.js"

export const make = (sql: SqlClient.SqlClient) => {
  const labelled = (query: input.Query): Array<Statement.Fragment> => {
    const clauses: Array<Statement.Fragment> = []
    if (query.source !== undefined) clauses.push(sql`source = ${query.source}`)
    if (query.kind !== undefined) clauses.push(sql`kind = ${query.kind}`)
    for (const [label, values] of [["reason", query.reasons], ["signature", query.signatures]] as const) {
      if (values === undefined) continue
      clauses.push(values.length === 1 ? sql`${sql.literal(label)} = ${values[0]}` : sql.in(label, values))
    }
    return clauses
  }

  const rest = (query: input.Query): Array<Statement.Fragment> => {
    const clauses = labelled(query)
    if (query.createdBefore !== undefined) clauses.push(sql`created_at <= ${query.createdBefore}`)
    if (query.createdAfter !== undefined) clauses.push(sql`created_at >= ${query.createdAfter}`)
    if (query.upTo !== undefined) clauses.push(sql`seq <= ${query.upTo}`)
    return clauses
  }

  const beyond = (keyset: input.Keyset): Array<Statement.Fragment> => {
    if (keyset.after === undefined) {
      return []
    }
    const { id, updatedAt } = keyset.after
    const sign = sql.literal(keyset.descending ? "<" : ">")
    return [
      keyset.orderBy === "id" ? sql`id ${sign} ${id}` : sql`(updated_at, id) ${sign} (${updatedAt}, ${id})`
    ]
  }

  const statement = (query: input.Query, keyset: input.Keyset): Statement.Statement<ItemRow> => {
    const direction = keyset.descending ? "DESC" : "ASC"
    const order = sql.literal(
      keyset.orderBy === "id" ? `ORDER BY id ${direction}` : `ORDER BY updated_at ${direction}, id ${direction}`
    )
    const branch = (state: core.State) =>
      sql<ItemRow>`SELECT * FROM holdfast_lease_items WHERE ${
        sql.and([sql`queue = ${query.queue}`, sql`state = ${state}`, ...rest(query), ...beyond(keyset)])
      } ${order} LIMIT ${keyset.limit + 1}`
    const first = query.states[0]
    return query.states.length === 1 && first !== undefined
      ? branch(first)
      : sql<ItemRow>`SELECT * FROM (${
        sql.join(" UNION ALL ", false)(query.states.map((state) => sql`SELECT * FROM (${branch(state)}) AS branch`))
      }) AS branches ${order} LIMIT ${keyset.limit + 1}`
  }

  const list = (query: input.Query, keyset: input.Keyset): Effect.Effect<Page, SqlError> =>
    query.states.length === 0
      ? Effect.succeed({ items: [], next: Option.none() })
      : Effect.map(statement(query, keyset), (rows) => {
        const items = rows.slice(0, keyset.limit).map(toItem)
        const last = items[items.length - 1]
        return {
          items,
          next: rows.length > items.length && last !== undefined
            ? Option.some(input.cursor(keyset, last))
            : Option.none()
        }
      })

  /** Whether all that is asked is what the database counts by itself. */
  const isCounted = (query: input.Query): Effect.Effect<boolean, SqlError> =>
    query.createdBefore !== undefined || query.createdAfter !== undefined
      ? Effect.succeed(false)
      : query.upTo === undefined
      ? Effect.succeed(true)
      : Effect.map(watermark, (last) => last <= (query.upTo ?? 0))

  const meant = (query: input.Query): Statement.Fragment =>
    sql.and([sql`queue = ${query.queue}`, sql.in("state", query.states), ...labelled(query)])

  /** The items themselves, where what is asked is not counted. */
  const among = (query: input.Query): Statement.Fragment =>
    sql`(SELECT state, source, kind, reason, signature, created_at, failed_at, 1 AS items FROM holdfast_lease_items WHERE ${
      sql.and([sql`queue = ${query.queue}`, sql.in("state", query.states), ...rest(query)])
    }) AS found`

  const counted = (query: input.Query): Statement.Fragment =>
    sql`(SELECT state, source, kind, reason, signature, sum(items) AS items FROM holdfast_lease_counts
WHERE ${meant(query)} GROUP BY state, source, kind, reason, signature HAVING sum(items) > 0) AS found`

  const groups = (
    query: input.Query,
    by: "state" | "source" | "kind" | "reason"
  ): Effect.Effect<ReadonlyMap<string, number>, SqlError> => {
    const label = sql.literal(by)
    return query.states.length === 0
      ? Effect.succeed(new Map())
      : Effect.flatMap(isCounted(query), (isCounted) =>
        Effect.map(
          sql<{ label: string; items: number | string }>`SELECT ${label} AS label, sum(items) AS items
FROM ${isCounted ? counted(query) : among(query)} GROUP BY ${label}`,
          (rows) => new Map(rows.map((row) => [row.label, Number(row.items)] as const))
        ))
  }

  const failures = (query: input.Query): Effect.Effect<ReadonlyArray<core.Failure>, SqlError> => {
    const alike = sql.and([
      sql`queue = ${query.queue}`,
      sql.literal("state = found.state AND signature = found.signature AND signature <> ''"),
      sql.literal("source = found.source AND kind = found.kind AND reason = found.reason")
    ])
    type Row = { [K in keyof core.Failure]: K extends "items" | "first" | "last" ? number | string : string }
    const rows = (isCounted: boolean) =>
      isCounted
        ? sql<Row>`SELECT source, kind, reason, signature, items,
(SELECT created_at FROM holdfast_lease_items WHERE ${alike} ORDER BY created_at LIMIT 1) AS first,
(SELECT coalesce(failed_at, created_at) FROM holdfast_lease_items WHERE ${alike}
ORDER BY coalesce(failed_at, created_at) DESC LIMIT 1) AS last
FROM ${counted(query)} WHERE signature <> ''`
        : sql<Row>`SELECT source, kind, reason, signature, sum(items) AS items, min(created_at) AS first,
max(coalesce(failed_at, created_at)) AS last FROM ${among(query)} WHERE signature <> ''
GROUP BY source, kind, reason, signature`
    return query.states.length === 0
      ? Effect.succeed([])
      : Effect.map(Effect.flatMap(isCounted(query), rows), (rows) =>
        core.addFailures(rows.map((row) => ({
          ...row,
          items: Number(row.items),
          first: Number(row.first),
          last: Number(row.last)
        }))))
  }

  const oldest = (queue: string, state: core.State) =>
    sql<{ created_at: number | string }>`SELECT created_at FROM holdfast_lease_items
WHERE queue = ${queue} AND state = ${state} ORDER BY id LIMIT 1`

  const stats = (queue: string): Effect.Effect<Stats, SqlError> =>
    Effect.gen(function*() {
      const counts = yield* groups(input.filter({ queue }), "state")
      const firsts = yield* Effect.forEach(core.liveStates, (state) => oldest(queue, state))
      const times = firsts.flatMap((rows) => rows.map((row) => Number(row.created_at)))
      const count = (state: core.State) => counts.get(state) ?? 0
      return {
        byState: {
          waiting: count("waiting"),
          ready: count("ready"),
          leased: count("leased"),
          done: count("done"),
          parked: count("parked"),
          poison: count("poison"),
          discarded: count("discarded")
        },
        oldest: times.length === 0 ? Option.none() : Option.some(Math.min(...times))
      }
    })

  const watermark: Effect.Effect<number, SqlError> = Effect.map(
    sql<{ seq: number | string | null }>`SELECT max(seq) AS seq FROM holdfast_lease_items`,
    (rows) => Number(rows[0]?.seq ?? 0)
  )

  return { list, groups, failures, labelled, stats, watermark }
}
