/**
 * Rate limits that the processes of one host share through an SQLite file. See `RateLimit/Sql`.
 *
 * @since 0.1.0
 */
import * as SqliteClient from "@effect/sql-sqlite-node/SqliteClient"
import * as SqlClient from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as RateLimit from "../RateLimit.js"
import * as Sql from "./Sql.js"

/**
 * @since 0.1.0
 * @category models
 */
export interface Options extends Sql.Options {
  /** The file; made when it is not there. On a disk of the host's own: SQLite's locks do not work over a network. */
  readonly filename: string
}

/**
 * With a connection of its own: the driver stops the whole process while it waits for another one's write, and what is
 * written here need not survive a power cut.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (options: Options): Layer.Layer<RateLimit.RateLimiters> =>
  Layer.provide(
    Sql.layer(options),
    Layer.effect(
      SqlClient.SqlClient,
      Effect.tap(SqlClient.SqlClient, (sql) =>
        Effect.orDie(Effect.zipRight(sql`PRAGMA synchronous = NORMAL`, sql`PRAGMA busy_timeout = 20`)))
    ).pipe(Layer.provide(Layer.orDie(SqliteClient.layer({ filename: options.filename }))))
  )
