/**
 * The lease queue in a SQL database, over the `SqlClient` of the context: PostgreSQL, whose own clock is the only one, or
 * SQLite. Workers skip what another one has locked, and wait for nobody.
 *
 * An offer joins the transaction in which it is made: when that is rolled back, nothing was offered. Outside of one,
 * offers that arrive together are committed together. The tables are `holdfast_lease_items` and
 * `holdfast_lease_ledger`; they are created by migrations kept in `holdfast_migrations`, once, however many processes
 * start together.
 *
 * @since 0.1.0
 */
import type * as SqlClient from "@effect/sql/SqlClient"
import type * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as internal from "../internal/leaseQueueSql.js"
import * as LeaseQueue from "../LeaseQueue.js"

/**
 * @since 0.1.0
 * @category models
 */
export interface Options extends internal.Options {}

/**
 * @since 0.1.0
 * @category constructors
 */
export const make = (
  options?: Options
): Effect.Effect<LeaseQueue.LeaseQueue["Type"], LeaseQueue.LeaseQueueError, SqlClient.SqlClient> =>
  internal.make(options)

/**
 * The lease queue over the `SqlClient` of the context.
 *
 * @example
 * ```ts
 * import * as SqliteClient from "@effect/sql-sqlite-node/SqliteClient"
 * import * as Layer from "effect/Layer"
 * import * as LeaseQueueSql from "holdfast/delivery/LeaseQueue/Sql"
 *
 * const queue = Layer.provide(LeaseQueueSql.layer(), SqliteClient.layer({ filename: "app.db" }))
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (
  options?: Options
): Layer.Layer<LeaseQueue.LeaseQueue, LeaseQueue.LeaseQueueError, SqlClient.SqlClient> =>
  Layer.effect(LeaseQueue.LeaseQueue, make(options))
