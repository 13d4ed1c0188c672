/**
 * A client of PostgreSQL in which nothing waits without end: the driver's own defaults have no limits.
 *
 * @internal
 */
import * as PgClient from "@effect/sql-pg/PgClient"
import type * as SqlClient from "@effect/sql/SqlClient"
import { SqlError } from "@effect/sql/SqlError"
import * as Duration from "effect/Duration"
import * as Layer from "effect/Layer"
import * as Predicate from "effect/Predicate"
import * as Redacted from "effect/Redacted"

/** @internal */
export interface Options {
  readonly url: Redacted.Redacted
  readonly maxConnections?: number | undefined
  /** Of a connection, and of each statement. */
  readonly timeout: Duration.DurationInput
}

/**
 * Who it is, without what is secret.
 *
 * @internal
 */
export const nameOf = (url: Redacted.Redacted): string => {
  const { host, pathname } = new URL(Redacted.value(url))
  return `PostgreSQL at ${host}${pathname}`
}

/** What the driver said: the innermost message, and the code where it has no words. */
const describe = (u: unknown): string =>
  Predicate.hasProperty(u, "cause") && u.cause !== undefined
    ? describe(u.cause)
    : u instanceof Error && u.message !== ""
    ? u.message
    : Predicate.hasProperty(u, "code")
    ? String(u.code)
    : String(u)

/** @internal */
export const layer = (options: Options): Layer.Layer<PgClient.PgClient | SqlClient.SqlClient, SqlError> => {
  const url = new URL(Redacted.value(options.url))
  // the driver's limit for a statement, which the client has no option for
  if (!url.searchParams.has("query_timeout")) {
    url.searchParams.set("query_timeout", String(Duration.toMillis(options.timeout)))
  }
  return Layer.mapError(
    PgClient.layer({
      applicationName: "holdfast",
      connectTimeout: options.timeout,
      maxConnections: options.maxConnections ?? 10,
      url: Redacted.make(url.href)
    }),
    (cause) => new SqlError({ cause, message: `${nameOf(options.url)} cannot be reached: ${describe(cause)}` })
  )
}
