/**
 * Circuit breakers that all processes on one database share, over the `SqlClient` of the context: PostgreSQL, or SQLite
 * for the processes of one host (`CircuitBreaker/Sqlite` opens a file for it).
 *
 * A process decides by what it knows, without asking: a healthy circuit costs no statement. Outcomes are reported only
 * while there are failures somewhere; a step writes one row, and locks it for that write alone. PostgreSQL pushes
 * transitions by LISTEN and NOTIFY, over a connection of their own that each process opens with the client's settings; in
 * SQLite each process looks for them. The database's clock is the only one. While the database is away, slow, or answers
 * nonsense, each process goes on with a breaker of its own, says so once, and rejoins when it can.
 *
 * The table is `holdfast_breakers_1`; it is made where it is missing, and rows go when nobody has used them for a while.
 *
 * @since 0.1.0
 */
import * as SqlClient from "@effect/sql/SqlClient"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import * as CircuitBreaker from "../CircuitBreaker.js"
import * as Fleet from "../internal/breaker/fleet.js"
import * as SqlStore from "../internal/breaker/sqlStore.js"

/**
 * @since 0.1.0
 * @category models
 */
export interface Options extends Fleet.Options {
  /** Between two looks at what has changed, in SQLite. Default 25 milliseconds. */
  readonly pollInterval?: Duration.DurationInput | undefined
  /** Processes share what they have the same space for. Default `default`. */
  readonly space?: string | undefined
}

/**
 * Waits for the database for no longer than `timeout`: whether it is there or not, the breakers are.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (
  options: Options = {}
): Effect.Effect<CircuitBreaker.CircuitBreakers["Type"], never, SqlClient.SqlClient | Scope.Scope> =>
  Effect.flatMap(SqlClient.SqlClient, (sql) =>
    Fleet.make(
      SqlStore.make(sql, {
        pollInterval: Duration.toMillis(options.pollInterval ?? "25 millis"),
        space: options.space ?? "default"
      }),
      options
    ))

/**
 * @example
 * ```ts
 * import * as PgClient from "@effect/sql-pg/PgClient"
 * import { Layer, Redacted } from "effect"
 * import * as CircuitBreakerSql from "holdfast/policy/CircuitBreaker/Sql"
 *
 * const breakers = CircuitBreakerSql.layer().pipe(
 *   Layer.provide(PgClient.layer({ url: Redacted.make("postgres://localhost/app") }))
 * )
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (options: Options = {}): Layer.Layer<CircuitBreaker.CircuitBreakers, never, SqlClient.SqlClient> =>
  Layer.scoped(CircuitBreaker.CircuitBreakers, make(options))
