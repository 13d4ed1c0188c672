/**
 * A SQLite file for state that must not be lost: how it is opened, and what to say when it cannot be.
 *
 * @internal
 */
import * as SqliteClient from "@effect/sql-sqlite-node/SqliteClient"
import * as SqlClient from "@effect/sql/SqlClient"
import { SqlError } from "@effect/sql/SqlError"
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Predicate from "effect/Predicate"
import type * as Scope from "effect/Scope"
import * as path from "node:path"
import * as Records from "./sqlRecords.js"

/** The code of the innermost error that has one: `SQLITE_READONLY`. */
const codeOf = (u: unknown): string => {
  const inner = Predicate.hasProperty(u, "cause") && u.cause !== undefined ? codeOf(u.cause) : ""
  return inner !== "" ? inner : Predicate.hasProperty(u, "code") ? String(u.code) : ""
}

/**
 * What to do about it.
 *
 * @internal
 */
export const mend = (filename: string, error: unknown): string => {
  const folder = path.dirname(path.resolve(filename))
  const code = codeOf(error)
  if (Records.innermost(error).includes("directory does not exist")) {
    return `create the folder ${folder}, or give another filename`
  }
  if (code.startsWith("SQLITE_CANTOPEN")) {
    return `see that it is a file and not a folder, and that this process may write in ${folder}`
  }
  if (code.startsWith("SQLITE_READONLY") || code.startsWith("SQLITE_PERM")) {
    return `let this process write the file and in ${folder}, where SQLite keeps two more files beside it`
  }
  if (code.startsWith("SQLITE_NOTADB") || code.startsWith("SQLITE_CORRUPT")) {
    return "it is not a SQLite database, or a damaged one: move it away, or give another filename"
  }
  if (code.startsWith("SQLITE_FULL")) {
    return `make room on the disk of ${folder}`
  }
  return code.startsWith("SQLITE_BUSY")
    ? "see which other process keeps it locked"
    : `see that this process may write the file and in ${folder}`
}

/** The driver stops the whole process while it waits for a lock, so that most of the waiting is done outside of it. */
const driverPatience = 50

/**
 * Pages of 4 KiB, after which a commit carries the log over into the file. It stops the process as all of the driver does,
 * and after SQLite's own 1,000 for longer.
 */
const checkpointAfter = 200

/**
 * WAL, and a commit is on the disk before it is acknowledged.
 *
 * @internal
 */
export const open = (filename: string, patience: number): Effect.Effect<SqlClient.SqlClient, SqlError, Scope.Scope> =>
  Effect.gen(function*() {
    const context = yield* Layer.build(SqliteClient.layer({ filename }))
    const sql = Context.get(context, SqlClient.SqlClient)
    yield* sql`PRAGMA synchronous = FULL`
    // a statement that may be undone is noted in a file otherwise, also one of a single row that a trigger follows
    yield* sql`PRAGMA temp_store = MEMORY`
    yield* sql`PRAGMA wal_autocheckpoint = ${sql.literal(String(checkpointAfter))}`
    yield* sql`PRAGMA busy_timeout = ${sql.literal(String(Math.min(driverPatience, patience)))}`
    return sql
  }).pipe(
    // The client dies of a file that it cannot open
    Effect.catchAllCause((cause) =>
      Cause.isInterruptedOnly(cause)
        ? Effect.failCause(Cause.stripFailures(cause))
        : Effect.fail(new SqlError({ message: "cannot open", cause: Cause.squash(cause) }))
    )
  )
