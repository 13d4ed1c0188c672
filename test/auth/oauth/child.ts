/** One process of a program that people connect their accounts in. It tells its address, and runs until it is killed. */
import { NodeRuntime } from "@effect/platform-node"
import * as PgClient from "@effect/sql-pg/PgClient"
import { Effect, Layer, Redacted } from "effect"
import { CredentialCipher, OAuth2Client } from "holdfast"
import * as CredentialSql from "holdfast/auth/CredentialStore/Sql"
import * as CredentialSqlite from "holdfast/auth/CredentialStore/Sqlite"
import * as TransactionsSql from "holdfast/auth/OAuth2Transactions/Sql"
import * as TransactionsSqlite from "holdfast/auth/OAuth2Transactions/Sqlite"
import * as App from "./app.js"

export interface Options {
  readonly issuer: string
  readonly key: string
  readonly publicUrl: string
  readonly secret: string
  /** A file of SQLite, or the URL of a PostgreSQL. */
  readonly store: string
}

const { issuer, key, publicUrl, secret, store } = JSON.parse(process.argv[2] ?? "") as Options

const tables: Layer.Layer<App.Stores, unknown, CredentialCipher.CredentialCipher> = store.startsWith("postgres")
  ? Layer.provide(
    Layer.merge(CredentialSql.layer(), TransactionsSql.layer()),
    PgClient.layer({ url: Redacted.make(store) })
  )
  : Layer.merge(CredentialSqlite.layer({ filename: store }), TransactionsSqlite.layer({ filename: store }))

App.serve({
  client: () =>
    Effect.succeed<OAuth2Client.Client>({
      authentication: OAuth2Client.SecretBasic({ secret: Redacted.make(secret) }),
      authorizationParameters: { prompt: "consent" },
      clientId: "basic",
      issuer,
      scopes: ["openid", "offline_access"]
    }),
  publicUrl,
  stores: Layer.provide(tables, CredentialCipher.layer({ current: { id: "k1", key: Redacted.make(key) } }))
}).pipe(
  Effect.tap(({ url }) => process.stdout.write(`${url}\n`)),
  Effect.zipRight(Effect.never),
  Effect.scoped,
  NodeRuntime.runMain
)
