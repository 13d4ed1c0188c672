import * as PgClient from "@effect/sql-pg/PgClient"
import * as SqliteClient from "@effect/sql-sqlite-node/SqliteClient"
import type * as SqlClient from "@effect/sql/SqlClient"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as RedisNode from "../../src/core/Redis/Node.js"
import type * as LeaseQueue from "../../src/delivery/LeaseQueue.js"
import * as LeaseQueueRedis from "../../src/delivery/LeaseQueue/Redis.js"
import * as LeaseQueueSql from "../../src/delivery/LeaseQueue/Sql.js"

/** A client of a PostgreSQL by its URL, or of a SQLite file by its name. */
export const client = (store: string): Layer.Layer<SqlClient.SqlClient> =>
  store.startsWith("postgres:")
    ? Layer.orDie(PgClient.layer({ maxConnections: 2, url: Redacted.make(store) }))
    : Layer.orDie(SqliteClient.layer({ filename: store }))

/** A queue, patient with a machine that is busy: on a Redis by its URL and, after a `#`, a space of one's own; or on SQL. */
export const queue = (store: string): Layer.Layer<LeaseQueue.LeaseQueue, LeaseQueue.LeaseQueueError> => {
  const [url = "", space = "main"] = store.split("#")
  return store.startsWith("redis:")
    ? LeaseQueueRedis.layer({ checkServer: false, patience: "1 minute", space }).pipe(
      Layer.provide(Layer.orDie(RedisNode.layer({ commandTimeout: "30 seconds", url })))
    )
    : Layer.provide(LeaseQueueSql.layer({ patience: "1 minute" }), client(store))
}
