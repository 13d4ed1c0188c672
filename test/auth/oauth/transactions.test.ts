/** Who is on the way to a provider: taken once, in time, by the same browser; and no use to whoever reads the database. */
import * as SqlClient from "@effect/sql/SqlClient"
import { assert, it } from "@effect/vitest"
import { Context, Effect, Exit, Layer, Option, Redacted, Scope } from "effect"
import { CredentialCipher, OAuth2Transactions } from "holdfast"
import * as TransactionsSql from "holdfast/auth/OAuth2Transactions/Sql"
import * as TransactionsSqlite from "holdfast/auth/OAuth2Transactions/Sqlite"
import { inspect } from "node:util"
import { afterAll } from "vitest"
import * as Conformance from "../../../src/testing/conformance/OAuth2Transactions.js"
import * as files from "../../delivery/files.js"
import * as servers from "../../servers/index.js"
import * as stores from "../stores.js"

const cipher = CredentialCipher.layer({ current: stores.key("k1") })

const transaction = (state: string): OAuth2Transactions.Transaction => ({
  pending: {
    nonce: Redacted.make("nonce-fake-planted"),
    redirectUri: "https://app.example/callback",
    state: Redacted.make(state),
    verifier: Redacted.make("verifier-fake-planted")
  },
  ref: { connectionId: "main", integration: "hubspot", tenantId: "acme" },
  returnTo: "/settings?tab=1",
  userId: "ada"
})

// one database for all specs
const scope = Effect.runSync(Scope.make())
afterAll(() => Effect.runPromise(Scope.close(scope, Exit.void)))
const file = Effect.runSync(Effect.cached(Scope.extend(files.file, scope)))
const shared = Effect.runSync(Effect.cached(Scope.extend(servers.database, scope)))

Conformance.suite("memory", OAuth2Transactions.layerMemory)

const sqlite = Layer.unwrapEffect(Effect.map(file, (filename) => TransactionsSqlite.layer({ filename }))).pipe(
  Layer.provide(cipher)
)
Conformance.suite("SQLite", Layer.fresh(sqlite), { clock: "live", peer: Layer.fresh(sqlite) })

const postgres = Layer.unwrapEffect(
  Effect.map(shared, (url) => Layer.provide(TransactionsSql.layer(), Layer.orDie(servers.client(url))))
).pipe(Layer.provide(cipher))
Conformance.suite("PostgreSQL", Layer.fresh(postgres), { clock: "live", peer: Layer.fresh(postgres) })

it.scopedLive("two processes that start at once make the table once", () =>
  Effect.gen(function*() {
    const url = yield* servers.database
    const one = Layer.build(
      Layer.fresh(Layer.provide(TransactionsSql.layer(), Layer.merge(cipher, servers.client(url))))
    )
    yield* Effect.all(Array.from({ length: 4 }, () => one), { concurrency: "unbounded" })
  }))

const database = {
  PostgreSQL: Effect.map(servers.database, (url) => servers.client(url)),
  SQLite: Effect.succeed(files.client)
}

for (const name of ["SQLite", "PostgreSQL"] as const) {
  it.scopedLive(`${name}: what is in the database is no use without the key, and ends by its clock`, () =>
    Effect.gen(function*() {
      const client = yield* database[name]
      const context = yield* Layer.build<never, unknown, SqlClient.SqlClient>(client)
      const sql = Context.get(context, SqlClient.SqlClient)
      const withKey = (id: string) =>
        TransactionsSql.make().pipe(
          Effect.provide(context),
          Effect.provide(CredentialCipher.layer({ current: stores.key(id) }))
        )
      const transactions = yield* withKey("k1")
      const state = "state-fake-planted"
      const browser = Redacted.value(yield* transactions.begin(transaction(state)))
      const rows = yield* sql`SELECT * FROM holdfast_oauth2_transactions`
      assert.lengthOf(rows, 1)
      const text = inspect(rows, { depth: 9, maxStringLength: null })
      for (const secret of ["planted", browser, "acme", "settings"]) assert.notInclude(text, secret)

      // of a caller that gives up its own transaction, it is taken all the same
      yield* Effect.exit(
        sql.withTransaction(Effect.zipRight(transactions.take(state, browser), Effect.fail("give up")))
      )
      if (name === "PostgreSQL") assert.isTrue(Option.isNone(yield* transactions.take(state, browser)))

      const again = Redacted.value(yield* transactions.begin(transaction("again")))
      yield* sql`UPDATE holdfast_oauth2_transactions SET expires_at = 1`
      assert.isTrue(Option.isNone(yield* transactions.take("again", again)))

      yield* sql`DELETE FROM holdfast_oauth2_transactions`
      const foreign = Redacted.value(yield* transactions.begin(transaction("foreign")))
      const error = yield* Effect.flip(Effect.flatMap(withKey("k2"), (it) => it.take("foreign", foreign)))
      assert.include(error.message, "encrypted with the key \"k1\"")

      // those that nobody comes back for are gone with the next
      for (let n = 0; n < 5; n++) yield* transactions.begin(transaction(`left-${n}`))
      yield* sql`UPDATE holdfast_oauth2_transactions SET expires_at = 1`
      yield* transactions.begin(transaction("next"))
      assert.lengthOf(yield* sql`SELECT id FROM holdfast_oauth2_transactions`, 1)
    }))
}
