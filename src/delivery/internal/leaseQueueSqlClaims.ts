/** Leases in SQL: items that are due are claimed, and those whose leases have ended are taken back. */
import type * as SqlClient from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as core from "./leaseQueueCore.js"
import type * as input from "./leaseQueueInput.js"
import { type ItemRow, toItem } from "./leaseQueueRows.js"
import type { Steps } from "./leaseQueueSqlSteps.js"
import type * as session from "./sqlSession.js"

export const make = (
  sql: SqlClient.SqlClient,
  { now, sweepOne }: Steps,
  inWrite: ReturnType<typeof session.write>
) => {
  const skipLocked = sql.onDialectOrElse({
    pg: () => sql.literal("FOR UPDATE SKIP LOCKED"),
    orElse: () => sql.literal("")
  })
  const sweepSome = (queue: string, limit: number, time: number): Effect.Effect<number, SqlError> =>
    Effect.gen(function*() {
      const rows = yield* sql<ItemRow>`SELECT * FROM holdfast_lease_items
WHERE queue = ${queue} AND state = 'leased' AND lease_until <= ${time} ORDER BY lease_until LIMIT ${limit} ${skipLocked}`
      for (const row of rows) {
        const item = toItem(row)
        yield* sweepOne(item, time)
      }
      return rows.length
    })

  const anyEnded = (queue: string, time: number): Effect.Effect<boolean, SqlError> =>
    Effect.map(
      sql`SELECT 1 AS ended FROM holdfast_lease_items
WHERE queue = ${queue} AND state = 'leased' AND lease_until <= ${time} LIMIT 1`,
      (rows) => rows.length > 0
    )

  const sweepAll = (queue: string): Effect.Effect<void, SqlError> =>
    Effect.gen(function*() {
      const time = yield* now
      while (yield* anyEnded(queue, time)) {
        yield* inWrite(sweepSome(queue, 100, time))
      }
    })

  const nextPriority = (queue: string, above: number): Effect.Effect<Option.Option<number>, SqlError> =>
    Effect.map(
      sql<{ priority: number | null }>`SELECT min(priority) AS priority FROM holdfast_lease_items
WHERE queue = ${queue} AND state = 'ready' AND priority > ${above}`,
      (rows) => Option.fromNullable(rows[0]?.priority)
    )

  const due = (queue: string, limit: number, time: number, lock: typeof skipLocked) =>
    Effect.gen(function*() {
      const found: Array<core.Item> = []
      let priority = yield* nextPriority(queue, -101)
      while (Option.isSome(priority) && found.length < limit) {
        const rows = yield* sql<ItemRow>`SELECT * FROM holdfast_lease_items
WHERE queue = ${queue} AND state = 'ready' AND priority = ${priority.value} AND not_before <= ${time}
ORDER BY not_before, id LIMIT ${limit - found.length} ${lock}`
        for (const row of rows) found.push(toItem(row))
        priority = yield* nextPriority(queue, priority.value)
      }
      return found
    })

  const claimSome = (claim: input.Claim): Effect.Effect<ReadonlyArray<core.Item>, SqlError> =>
    Effect.gen(function*() {
      const time = yield* now
      yield* sweepSome(claim.queue, 100, time)
      const found = yield* due(claim.queue, claim.limit, time, skipLocked)
      const first = found[0]
      if (first === undefined) {
        return []
      }
      const granted = found.map((item) => core.grant(item, "ready", claim.owner, claim.lease, time))
      yield* sql`UPDATE holdfast_lease_items SET state = 'leased', token = token + 1, lease_owner = ${claim.owner},
lease_since = ${time}, lease_until = ${granted[0]?.lease?.until ?? time}, lease_from = 'ready', updated_at = ${time}
WHERE ${sql.in("seq", found.map((item) => item.seq))}`
      return granted
    })

  const claim = (claim: input.Claim): Effect.Effect<ReadonlyArray<core.Item>, SqlError> =>
    Effect.gen(function*() {
      // An idle worker that looks again and again must not take the write lock each time
      const time = yield* now
      const some = (yield* anyEnded(claim.queue, time)) ||
        (yield* due(claim.queue, 1, time, sql.literal(""))).length > 0
      return some ? yield* inWrite(claimSome(claim)) : []
    })

  return { claim, sweepAll, sweepSome }
}
