import * as PgClient from "@effect/sql-pg/PgClient"
import { type Duration, Redacted } from "effect"

/** Of any database, in a process that vitest does not run. */
export const postgres = (url: string, connectTimeout: Duration.DurationInput) =>
  PgClient.layer({ connectTimeout, url: Redacted.make(url) })
