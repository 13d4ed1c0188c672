/**
 * Idempotency in a SQL database, over the `SqlClient` of the context: PostgreSQL for any number of processes, SQLite for
 * those of one host (`Idempotency/Sqlite` opens a file for it).
 *
 * All times are the database's. What is kept is committed apart from the caller's transaction, since others must see that a
 * key is being run. The table is `holdfast_idempotency_1`; it is made where it is missing, and rows go when their time is
 * over.
 *
 * @since 0.1.0
 */
import * as SqlClient from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import * as Idempotency from "../Idempotency.js"
import * as SqlStore from "../internal/idempotencySqlStore.js"
import type { StoreError } from "../internal/idempotencyStore.js"

/**
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** Processes share what they have the same space for. Default `default`. */
  readonly space?: string | undefined
}

const setup = ({ cause, message }: StoreError) =>
  new Idempotency.IdempotencyError({
    cause,
    key: "",
    message:
      `the table of idempotency keys could not be made (${message}): see that the database can be reached, and that ` +
      "its user may create tables",
    reason: "storage"
  })

/**
 * @since 0.1.0
 * @category constructors
 */
export const make = (
  options: Options = {}
): Effect.Effect<
  Idempotency.Idempotency["Type"],
  Idempotency.IdempotencyError,
  SqlClient.SqlClient | Scope.Scope
> =>
  Effect.gen(function*() {
    const sql = yield* SqlClient.SqlClient
    const store = yield* Effect.mapError(SqlStore.make(sql, { space: options.space ?? "default" }), setup)
    return Idempotency.fromStore(store)
  })

/**
 * @since 0.1.0
 * @category layers
 */
export const layer = (
  options: Options = {}
): Layer.Layer<Idempotency.Idempotency, Idempotency.IdempotencyError, SqlClient.SqlClient> =>
  Layer.scoped(Idempotency.Idempotency, make(options))
