/**
 * Dead letters in a SQLite file of their own. Nothing else needs to be installed or running.
 *
 * Several processes may share the file. An acknowledged capture survives a crash of the process and a power cut. A
 * capture does not take part in transactions of the program's other databases: it stays when they are rolled back.
 *
 * @since 0.1.0
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
import * as DeadLetterQueue from "../DeadLetterQueue.js"
import * as input from "../internal/leaseQueueInput.js"
import * as session from "../internal/sqlSession.js"
import * as Sql from "./Sql.js"

/**
 * @since 0.1.0
 * @category models
 */
export interface Options extends DeadLetterQueue.Options {
  /** Path of the file, which is created where there is none (its folder is not), or `:memory:`. */
  readonly filename: string
  readonly maxStalls?: Sql.Options["maxStalls"]
  readonly patience?: Sql.Options["patience"]
}

/** The code of the innermost error that has one: `SQLITE_READONLY`. */
const codeOf = (u: unknown): string => {
  const inner = Predicate.hasProperty(u, "cause") && u.cause !== undefined ? codeOf(u.cause) : ""
  return inner !== "" ? inner : Predicate.hasProperty(u, "code") ? String(u.code) : ""
}

const mend = (filename: string, error: unknown): string => {
  const folder = path.dirname(path.resolve(filename))
  const code = codeOf(error)
  if (session.describe(error).includes("directory does not exist")) {
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

const cannotOpen = (filename: string) => (error: unknown): DeadLetterQueue.DeadLetterQueueError =>
  new DeadLetterQueue.DeadLetterQueueError({
    reason: "open",
    message: `the dead letters in "${filename}" cannot be opened (${session.describe(error)}): ${
      mend(filename, error)
    }`,
    cause: error
  })

/** The driver stops the whole process while it waits for a lock, so that most of the waiting is done outside of it. */
const driverPatience = 50

const open = (filename: string, patience: number): Effect.Effect<SqlClient.SqlClient, SqlError, Scope.Scope> =>
  Effect.gen(function*() {
    const context = yield* Layer.build(SqliteClient.layer({ filename }))
    const sql = Context.get(context, SqlClient.SqlClient)
    yield* sql`PRAGMA synchronous = FULL`
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

/**
 * @since 0.1.0
 * @category constructors
 */
export const make = (
  options: Options
): Effect.Effect<
  DeadLetterQueue.DeadLetterQueue["Type"],
  DeadLetterQueue.DeadLetterQueueError,
  Scope.Scope
> =>
  Effect.gen(function*() {
    const patience = input.millis(options.patience ?? "5 seconds")
    const sql = yield* session.retryContention(open(options.filename, patience), patience)
    const queue = yield* Effect.provideService(
      Sql.make({ ...options, joinTransactions: false }),
      SqlClient.SqlClient,
      sql
    )
    // A file that can be read but not written shows itself now, and not at the first capture
    yield* session.retryContention(session.detached(sql`UPDATE holdfast_lease_items SET seq = seq WHERE 0`), patience)
    return queue
  }).pipe(Effect.mapError(cannotOpen(options.filename)))

/**
 * Dead letters in a SQLite file: `layer({ filename: "dead-letters.db" })`. Fails with reason `open`, naming the file and
 * the mend, when the file cannot be opened or written.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (
  options: Options
): Layer.Layer<DeadLetterQueue.DeadLetterQueue, DeadLetterQueue.DeadLetterQueueError> =>
  Layer.scoped(DeadLetterQueue.DeadLetterQueue, make(options))
