/** The databases that credentials are kept in, each empty and with a way to look at what is in it. */
import * as SqlClient from "@effect/sql/SqlClient"
import { Context, Effect, Layer, Redacted, type Scope } from "effect"
import { CredentialCipher, Credentials, CredentialStore } from "holdfast"
import * as CredentialSql from "holdfast/auth/CredentialStore/Sql"
import * as CredentialSqlite from "holdfast/auth/CredentialStore/Sqlite"
import * as files from "../delivery/files.js"
import * as servers from "../servers/index.js"

export const key = (id: string, fill = 1): CredentialCipher.Key => ({
  id,
  key: Redacted.make(Buffer.alloc(32, fill).toString("base64"))
})

export const apiKey = (text: string): Credentials.Credential => Credentials.ApiKey({ key: Redacted.make(text) })

export const textOf = (credential: Credentials.Credential): string =>
  credential._tag === "ApiKey" ? Redacted.value(credential.key) : credential._tag

export interface Database {
  /** A process of its own, with these keys. */
  readonly open: (
    keys: CredentialCipher.Options
  ) => Effect.Effect<CredentialStore.CredentialStore["Type"], never, Scope.Scope>
  readonly sql: SqlClient.SqlClient
  /** The file, where it is one. */
  readonly filename: string | undefined
}

const storeOf = <E>(
  layer: Layer.Layer<CredentialStore.CredentialStore, E, CredentialCipher.CredentialCipher>
) =>
(keys: CredentialCipher.Options) =>
  Effect.map(
    Layer.build(Layer.orDie(Layer.fresh(Layer.provide(layer, CredentialCipher.layer(keys))))),
    Context.get(CredentialStore.CredentialStore)
  )

export const databases = {
  PostgreSQL: Effect.gen(function*() {
    const url = yield* servers.database
    const sql = Context.get(yield* Layer.build(Layer.orDie(servers.client(url))), SqlClient.SqlClient)
    return {
      filename: undefined,
      open: storeOf(Layer.suspend(() => Layer.provide(CredentialSql.layer(), Layer.orDie(servers.client(url))))),
      sql
    } satisfies Database
  }),
  SQLite: Effect.gen(function*() {
    const filename = yield* files.file
    const SqliteClient = yield* Effect.promise(() => import("@effect/sql-sqlite-node/SqliteClient"))
    const sql = Context.get(yield* Layer.build(SqliteClient.layer({ filename })), SqlClient.SqlClient)
    return { filename, open: storeOf(CredentialSqlite.layer({ filename })), sql } satisfies Database
  })
}
