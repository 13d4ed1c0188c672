/** What a look at many letters costs, by the rows that PostgreSQL visits for it. */
import * as SqlClient from "@effect/sql/SqlClient"
import * as Statement from "@effect/sql/Statement"
import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as LeaseQueue from "../../src/delivery/LeaseQueue.js"
import * as LeaseQueueSql from "../../src/delivery/LeaseQueue/Sql.js"
import * as servers from "../servers/index.js"

const queue = "q"

interface Plan {
  readonly "Relation Name"?: string
  readonly "Actual Rows": number
  readonly "Actual Loops": number
  readonly "Rows Removed by Filter"?: number
  readonly Plans?: ReadonlyArray<Plan>
}

/** Has a row for each kind, and for what was written since it was last put together: not for each letter. */
const counts = "holdfast_lease_counts"

const visited = (plan: Plan): number => {
  const own = plan["Relation Name"] === undefined || plan["Relation Name"] === counts
    ? 0
    : (plan["Actual Rows"] + (plan["Rows Removed by Filter"] ?? 0)) * plan["Actual Loops"]
  return (plan.Plans ?? []).reduce((sum, part) => sum + visited(part), own)
}

const fill = (sql: SqlClient.SqlClient, from: number, to: number) =>
  sql`INSERT INTO holdfast_lease_items (id, queue, state, on_park, dedupe_until, priority, not_before, attempts, stalls,
token, version, payload, last_error, source, kind, reason, signature, created_at, updated_at)
SELECT lpad(i::text, 26, '0'), ${queue}, CASE WHEN i % 10 = 0 THEN 'ready' ELSE 'parked' END, 'block', 0, 0, 0, 0, 0, 0, 1,
'{}', '"e"', 's' || i % 5, 'k' || i % 7, 'ServerError',
CASE WHEN i % 1000 = 0 THEN 'rare' ELSE 'ServerError 50' || i % 4 END, i, i FROM generate_series(${from}::int, ${to}::int) AS i`

/** Rows that each step visits. */
const costs = (service: LeaseQueue.LeaseQueue["Type"], sql: SqlClient.SqlClient) => {
  const filters: Readonly<Record<string, LeaseQueue.Filter>> = {
    "all": { queue },
    "an integration": { queue, source: "s1" },
    "an integration and a state": { queue, source: "s1", states: ["parked", "poison"] },
    "a signature": { queue, signature: "rare" },
    "a signature of an integration": { queue, signature: "rare", source: "s0", states: ["parked"] }
  }
  const steps: Record<string, Effect.Effect<unknown, LeaseQueue.LeaseQueueError>> = {
    "claim": service.claim({ limit: 10, owner: "a", queue }),
    "from the middle": service.list({ queue }, { after: "00000000000000000000005000" }),
    "how many": service.stats(queue)
  }
  for (const [name, filter] of Object.entries(filters)) {
    steps[`list ${name}`] = service.list(filter)
    steps[`newest ${name}`] = service.list(filter, { direction: "desc" })
    steps[`group ${name}`] = service.failures(filter)
    steps[`count ${name}`] = service.groups(filter, "source")
  }
  return Effect.map(
    Effect.forEach(Object.entries(steps), ([name, step]) =>
      Effect.gen(function*() {
        const seen: Array<readonly [string, ReadonlyArray<unknown>]> = []
        yield* Statement.withTransformer(step, (statement) =>
          Effect.sync(() => {
            const [text, params] = statement.compile()
            if (text.includes("holdfast_lease")) seen.push([text, params])
            return statement
          }))
        let rows = 0
        for (const [text, params] of seen) {
          const [answer] = yield* sql.unsafe<{ "QUERY PLAN": ReadonlyArray<{ readonly Plan: Plan }> }>(
            `EXPLAIN (ANALYZE, FORMAT JSON, TIMING OFF) ${text}`,
            params
          )
          rows += visited(answer!["QUERY PLAN"][0]!.Plan)
        }
        return [name, rows] as const
      })),
    (costs) => new Map(costs)
  )
}

describe("many letters on PostgreSQL", () => {
  it.scopedLive("cost a list, a filter, a group and a claim no more than few", () =>
    Effect.gen(function*() {
      const context = yield* Layer.build(
        Layer.provideMerge(LeaseQueueSql.layer(), servers.client(yield* servers.database, { maxConnections: 1 }))
      )
      const [service, sql] = [Context.get(context, LeaseQueue.LeaseQueue), Context.get(context, SqlClient.SqlClient)]
      const [few, many] = [10_000, 100_000]
      yield* fill(sql, 1, few)
      yield* sql`VACUUM ANALYZE holdfast_lease_items`
      const before = yield* costs(service, sql)
      yield* fill(sql, few + 1, many)
      yield* sql`VACUUM ANALYZE holdfast_lease_items`
      const after = yield* costs(service, sql)
      // where there was less than a page, there may be a page now
      const page = 51
      const grown = [...after].filter(([name, rows]) => rows > 2 * Math.max(before.get(name)!, page))
      assert.deepStrictEqual(grown.map(([name, rows]) => `${name}: ${before.get(name)} and ${rows}`), [])
      const [kept] = yield* sql<{ rows: string }>`SELECT count(*) AS rows FROM ${sql(counts)}`
      assert.isBelow(Number(kept!.rows), 1_000)
      const total = (yield* service.groups({ queue }, "state")).get("parked")
      assert.strictEqual(total, many / 10 * 9)
    }), 120_000)
})
