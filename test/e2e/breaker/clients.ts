import * as PgClient from "@effect/sql-pg/PgClient"
import { Redacted } from "effect"

/** Of any database, in a process that vitest does not run. */
export const postgres = (url: string) => PgClient.layer({ connectTimeout: "1 second", url: Redacted.make(url) })
