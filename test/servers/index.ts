/**
 * The servers that the run shares, from a test. Whoever restarts, stalls or empties a server takes one of its own, by
 * `RedisServer.make` or `PostgresServer.make`.
 */
import * as PgClient from "@effect/sql-pg/PgClient"
import * as SqlClient from "@effect/sql/SqlClient"
import { Effect, Layer, Redacted } from "effect"
import { randomBytes } from "node:crypto"
import { inject } from "vitest"

const unique = (): string => randomBytes(6).toString("hex")

const urlOf = async (server: "redis" | "postgres"): Promise<string> => {
  const response = await fetch(`${inject("servers")}/${server}`)
  const text = await response.text()
  if (!response.ok) throw new Error(text)
  return text
}

const ask = (server: "redis" | "postgres"): Effect.Effect<string> => Effect.promise(() => urlOf(server))

/** The shared Redis, and a prefix of one's own for keys and channels. */
export const redis: Effect.Effect<{ readonly url: string; readonly prefix: string }> = Effect.map(
  ask("redis"),
  (url) => ({ prefix: `test:${unique()}:`, url })
)

/** A client of any database. */
export const client = (url: string, options: Partial<PgClient.PgClientConfig> = {}) =>
  PgClient.layer({ ...options, url: Redacted.make(url) })

/** The URL of a database of one's own on the shared PostgreSQL, which is gone with the scope. */
export const database = Effect.gen(function*() {
  const shared = yield* ask("postgres")
  const name = `holdfast_test_${unique()}`
  const administer = <A, E>(run: (sql: SqlClient.SqlClient) => Effect.Effect<A, E>) =>
    Effect.flatMap(SqlClient.SqlClient, run).pipe(
      Effect.provide(client(shared, { maxConnections: 1 })),
      Effect.orDie
    )
  yield* Effect.acquireRelease(
    administer((sql) => sql.unsafe(`CREATE DATABASE ${name}`)),
    () =>
      administer((sql) =>
        Effect.gen(function*() {
          // a client that is just saying goodbye should not be told that it is thrown out
          for (let looks = 0; looks < 50; looks++) {
            const left = yield* sql`SELECT 1 FROM pg_stat_activity WHERE datname = ${name}`
            if (left.length === 0) break
            yield* sql`SELECT pg_sleep(0.02)`
          }
          yield* sql.unsafe(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`)
        })
      )
  )
  const url = new URL(shared)
  url.pathname = `/${name}`
  return url.href
})

/** A client of a database of its own. */
export const postgres = Layer.unwrapScoped(Effect.map(database, (url) => client(url)))
