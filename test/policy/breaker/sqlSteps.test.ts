import * as SqliteClient from "@effect/sql-sqlite-node/SqliteClient"
import * as SqlClient from "@effect/sql/SqlClient"
import { Context, Effect, Layer } from "effect"
import type * as Shared from "../../../src/policy/internal/breaker/sharedCore.js"
import * as SqlStore from "../../../src/policy/internal/breaker/sqlStore.js"
import * as servers from "../../servers/index.js"
import { type Backing, suite } from "./stepsOfBacking.js"

const backingOf = <E>(client: Layer.Layer<SqlClient.SqlClient, E>) =>
  Effect.gen(function*() {
    const sql = Context.get(yield* Effect.orDie(Layer.build(client)), SqlClient.SqlClient)
    yield* Effect.orDie(sql`CREATE TABLE clock (now BIGINT NOT NULL)`)
    yield* Effect.orDie(sql`INSERT INTO clock VALUES (0)`)
    const space = "specs"
    const store = SqlStore.make(sql, { pollInterval: 25, space }, "(SELECT now FROM clock)")
    yield* Effect.orDie(Effect.scoped(store.subscribe(() => {})))
    const rows = sql(SqlStore.table)
    return {
      forget: (key) => Effect.orDie(sql`DELETE FROM ${rows} WHERE space = ${space} AND name = ${key}`),
      kept: (key) =>
        Effect.orDie(Effect.map(
          sql<{ kept: string }>`SELECT kept FROM ${rows} WHERE space = ${space} AND name = ${key}`,
          ([row]) => row && JSON.parse(row.kept) as Shared.Kept
        )),
      setClock: (now) => Effect.asVoid(Effect.orDie(sql`UPDATE clock SET now = ${now}`)),
      store
    } satisfies Backing
  })

suite("PostgreSQL", backingOf(servers.postgres), 30)
suite("SQLite", backingOf(SqliteClient.layer({ filename: ":memory:" })), 60)
