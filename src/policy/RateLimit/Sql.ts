/**
 * Rate limits that all processes on one database share, over the `SqlClient` of the context: PostgreSQL, or SQLite for the
 * processes of one host (`RateLimit/Sqlite` opens a file for it).
 *
 * A process takes tokens ahead of use, for two statements in many calls. PostgreSQL pushes cool-downs by LISTEN and NOTIFY,
 * over a connection of their own that each process opens with the client's settings; in SQLite each process looks for
 * them. All times are the database's. While it cannot be used each process goes on with its share of the rate: no call
 * fails or waits because of it.
 *
 * The table is `holdfast_limits_1`; it is made where it is missing, and rows go when nobody has used them for a while.
 *
 * @since 0.1.0
 */
import * as SqlClient from "@effect/sql/SqlClient"
import type * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import * as Leased from "../internal/limit/leasedLimiters.js"
import * as SqlStore from "../internal/limit/leaseSqlStore.js"
import * as RateLimit from "../RateLimit.js"

/**
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** How long the database may take before a process goes on alone. Default 250 milliseconds. */
  readonly timeout?: Duration.DurationInput | undefined
  /** Between two looks for cool-downs, in SQLite. Default 50 milliseconds. */
  readonly pollInterval?: Duration.DurationInput | undefined
  /** Processes share what they have the same space for. Default `default`. */
  readonly space?: string | undefined
}

/**
 * @since 0.1.0
 * @category constructors
 */
export const make = (
  options: Options = {}
): Effect.Effect<Context.Tag.Service<RateLimit.RateLimiters>, never, SqlClient.SqlClient | Scope.Scope> =>
  Effect.gen(function*() {
    const sql = yield* SqlClient.SqlClient
    const timeout = Duration.toMillis(options.timeout ?? "250 millis")
    const store = SqlStore.make(sql, {
      pollInterval: Duration.toMillis(options.pollInterval ?? "50 millis"),
      space: options.space ?? "default",
      timeout
    })
    const name = sql.onDialectOrElse({ orElse: () => "the database", pg: () => "PostgreSQL" })
    return RateLimit.fromLimiters(yield* Leased.make(store, { name, timeout }))
  })

/**
 * @example
 * ```ts
 * import * as PgClient from "@effect/sql-pg/PgClient"
 * import { Layer, Redacted } from "effect"
 * import * as RateLimitSql from "holdfast/policy/RateLimit/Sql"
 *
 * const limits = RateLimitSql.layer().pipe(
 *   Layer.provide(PgClient.layer({ url: Redacted.make("postgres://localhost/app") }))
 * )
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (options: Options = {}): Layer.Layer<RateLimit.RateLimiters, never, SqlClient.SqlClient> =>
  Layer.scoped(RateLimit.RateLimiters, make(options))
