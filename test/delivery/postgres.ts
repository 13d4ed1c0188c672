/** PostgreSQL, for suites whose time is a test's clock. */
import * as PgClient from "@effect/sql-pg/PgClient"
import type * as SqlClient from "@effect/sql/SqlClient"
import * as Statement from "@effect/sql/Statement"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { createRequire } from "node:module"
import * as servers from "../servers/index.js"
import { turn } from "../turn.js"

/** The driver brings no types of its own. */
interface Pool {
  readonly totalCount: number
  readonly idleCount: number
  readonly waitingCount: number
  readonly end: () => Promise<void>
  readonly on: (event: "error", listener: () => void) => Pool
}
const { Pool } = createRequire(import.meta.url)("pg") as {
  readonly Pool: new(options: { readonly connectionString: string }) => Pool
}

let pool: Pool | undefined

/**
 * Waits until no connection has been in use for some turns of the event loop: what is left is waiting for the clock, since
 * between two statements nothing else takes a turn.
 */
export const settled: Effect.Effect<void> = Effect.gen(function*() {
  for (let quiet = 0; quiet < 25; quiet++) {
    yield* turn
    if (pool !== undefined && (pool.idleCount < pool.totalCount || pool.waitingCount > 0)) quiet = 0
  }
})

/** The server's clock is the only one in production. Here it shows what the test's clock does. */
const clock = Statement.setTransformer((statement, sql) => {
  const [text] = statement.compile(true)
  return text.includes("clock_timestamp()")
    ? Effect.map(Clock.currentTimeMillis, (now) => sql`SELECT ${String(now)}::bigint AS now`)
    : Effect.succeed(statement)
})

/** A client of an empty database, whose clock is the test's. */
export const client: Layer.Layer<PgClient.PgClient | SqlClient.SqlClient> = Layer.merge(
  Layer.orDie(Layer.unwrapScoped(Effect.map(servers.database, (connectionString) =>
    PgClient.layerFromPool({
      acquire: Effect.acquireRelease(
        Effect.sync(() => pool = new Pool({ connectionString }).on("error", () => {})),
        (pool) => Effect.promise(() => pool.end())
      ) as never
    })))),
  clock
)
