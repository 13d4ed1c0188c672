/** The outbox on a store by its URL (of Redis with `#` and a prefix of one's own), or by the name of its file. */
import * as PgClient from "@effect/sql-pg/PgClient"
import * as SqlClient from "@effect/sql/SqlClient"
import { Effect, Layer, Redacted } from "effect"
import { Outbox } from "holdfast"
import * as RedisNode from "holdfast/core/Redis/Node"
import * as LeaseQueueRedis from "holdfast/delivery/LeaseQueue/Redis"
import * as OutboxSql from "holdfast/delivery/Outbox/Sql"
import { client as smallClient } from "../../delivery/store.js"

/** With as many connections as a worker's deliveries can do something with. */
const client = (store: string): Layer.Layer<SqlClient.SqlClient> =>
  store.startsWith("postgres:")
    ? Layer.orDie(PgClient.layer({ maxConnections: 8, url: Redacted.make(store) }))
    : smallClient(store)

/** A worker that is killed in the middle is not what makes these messages poison. */
const maxStalls = 1000

export const outbox = (store: string): Layer.Layer<Outbox.Outbox, unknown> => {
  const [url = "", prefix = ""] = store.split("#")
  return url.startsWith("redis:")
    ? Layer.provide(
      Outbox.layer(),
      Layer.provide(LeaseQueueRedis.layer({ checkServer: false, maxStalls, prefix }), RedisNode.layer({ url }))
    )
    : Layer.provide(OutboxSql.layer({ maxStalls, patience: "1 minute" }), client(store))
}

/** All that a database holds of it, as text; of another store, nothing. */
export const textOf = (store: string) =>
  store.startsWith("redis:") ? Effect.succeed("") : Effect.gen(function*() {
    const sql = yield* SqlClient.SqlClient
    const items = yield* sql`SELECT payload, last_error FROM holdfast_lease_items`
    const ledger = yield* sql`SELECT detail FROM holdfast_lease_ledger`
    return JSON.stringify([items, ledger])
  }).pipe(Effect.provide(client(store)))
