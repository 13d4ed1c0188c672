/** A connection to a store. What is not installed is not loaded. */
import * as SqlClient from "@effect/sql/SqlClient"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import * as fs from "node:fs"
import * as path from "node:path"
import type * as Redis from "../../../core/Redis.js"
import * as Records from "../../../internal/sqlRecords.js"
import { type CliError, failed, notFound } from "./exit.js"
import type { Store } from "./storeChoice.js"

export type Client =
  | {
    readonly _tag: "Sql"
    /** For people. */
    readonly name: string
    readonly sql: SqlClient.SqlClient
    /** The file, where it is SQLite. */
    readonly filename: string | undefined
  }
  | { readonly _tag: "Redis"; readonly name: string; readonly redis: Redis.Redis["Type"] }

const load = <A>(packages: string, imports: () => Promise<A>): Effect.Effect<A, CliError> =>
  Effect.tryPromise({
    catch: () => failed(`a driver cannot be loaded: npm install ${packages}`),
    try: imports
  })

/** Milliseconds that a statement may take: a purge or an index over many letters takes its time. */
const patience = { migration: 600_000, statement: 60_000 }

const sqlite = (filename: string, isToBeMade: boolean): Effect.Effect<Client, CliError, Scope.Scope> =>
  Effect.gen(function*() {
    const name = `the SQLite file ${filename}`
    if (!isToBeMade && !fs.existsSync(filename)) {
      return yield* notFound(
        `there is no file ${
          path.resolve(filename)
        }: give the file that the program uses, or make it by holdfast migrate`
      )
    }
    const SqliteFile = yield* load(
      "@effect/sql @effect/sql-sqlite-node",
      () => import("../../../internal/sqliteFile.js")
    )
    const sql = yield* Effect.mapError(
      SqliteFile.open(filename, patience.statement),
      (error) => failed(`${name} cannot be opened: ${Records.innermost(error)}`)
    )
    return { _tag: "Sql", filename, name, sql }
  })

const withPatience = (url: Redacted.Redacted, millis: number): Redacted.Redacted => {
  const patient = new URL(Redacted.value(url))
  if (!patient.searchParams.has("query_timeout")) patient.searchParams.set("query_timeout", String(millis))
  return Redacted.make(patient.href)
}

const postgres = (url: Redacted.Redacted, millis: number): Effect.Effect<Client, CliError, Scope.Scope> =>
  Effect.gen(function*() {
    const Postgres = yield* load("@effect/sql @effect/sql-pg", () => import("../../../internal/postgres.js"))
    const sql = yield* Effect.mapError(
      Layer.build(Postgres.layer({ maxConnections: 4, timeout: "10 seconds", url: withPatience(url, millis) })),
      ({ message }) => failed(message)
    )
    return {
      _tag: "Sql",
      filename: undefined,
      name: Postgres.nameOf(url),
      sql: Context.get(sql, SqlClient.SqlClient)
    }
  })

const redis = (url: Redacted.Redacted): Effect.Effect<Client, CliError, Scope.Scope> =>
  Effect.gen(function*() {
    const Node = yield* load("redis", () => import("../../../core/Redis/Node.js"))
    const redis = yield* Effect.mapError(
      Node.make({ commandTimeout: "5 seconds", url }),
      ({ message }) => failed(message)
    )
    const name = `Redis at ${new URL(Redacted.value(url)).host}`
    // it does not fail by itself where there is none
    yield* Effect.mapError(redis.send("PING"), ({ message }) => failed(`${name} cannot be reached: ${message}`))
    return { _tag: "Redis", name, redis }
  })

/** `make`: to make tables, and a SQLite file that is not there. */
export const open = (
  store: Store,
  options: { readonly make: boolean }
): Effect.Effect<Client, CliError, Scope.Scope> => {
  switch (store._tag) {
    case "Sqlite":
      return sqlite(store.filename, options.make)
    case "Postgres":
      return postgres(store.url, options.make ? patience.migration : patience.statement)
    case "Redis":
      return redis(store.url)
  }
}
