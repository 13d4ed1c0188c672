/**
 * Commits of SQLite that reach the disk apart from the event loop.
 *
 * Its driver does all at once, and most of a commit is the wait for the disk. A file whose `synchronous` is NORMAL writes a
 * commit into its log and does not wait; the log is synced by a thread of Node's pool here, once for all that has been
 * committed when it begins, and until then nobody is told of his commit. A crash of the process takes nothing along, as the
 * log is with the operating system by then; a loss of power takes what nobody was told of.
 */
import type * as SqlClient from "@effect/sql/SqlClient"
import { SqlError } from "@effect/sql/SqlError"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as fs from "node:fs"
import * as groupCommit from "./groupCommit.js"

const attempt = <A>(what: string, run: (resume: (error: Error | null, value: A) => void) => void) =>
  Effect.async<A, SqlError>((resume) =>
    run((cause, value) => resume(cause === null ? Effect.succeed(value) : new SqlError({ cause, message: what })))
  )

export interface Log {
  /** Waits until all that has been committed before is on the disk. */
  readonly synced: Effect.Effect<void, SqlError>
}

/** There is nothing to wait for. */
const none: Log = { synced: Effect.void }

const open = (filename: string): Effect.Effect<Log, SqlError, Scope.Scope> =>
  Effect.map(
    Effect.acquireRelease(
      // there are systems that sync for a writer alone
      attempt<number>("cannot open the log", (resume) => fs.open(filename, "r+", resume)),
      (descriptor) => Effect.promise(() => new Promise<void>((resolve) => fs.close(descriptor, () => resolve())))
    ),
    (descriptor) => {
      const sync = attempt<void>("cannot sync the log", (resume) => fs.fdatasync(descriptor, (error) => resume(error)))
      const together = groupCommit.make({
        commit: (members: ReadonlyArray<true>) => Effect.as(sync, members),
        maxSize: Number.POSITIVE_INFINITY,
        size: () => 1
      })
      return { synced: Effect.asVoid(together(true)) }
    }
  )

/**
 * From here on a commit of this connection is on the disk only when it is `synced`. A file without a log (in memory, or of a
 * system that can have none) stays as it is.
 */
export const make = (
  sql: SqlClient.SqlClient,
  filename: string
): Effect.Effect<Log, SqlError, Scope.Scope> =>
  Effect.gen(function*() {
    const [mode] = yield* sql<{ readonly journal_mode: string }>`PRAGMA journal_mode`
    if (mode?.journal_mode !== "wal") return none
    // a log that is not there yet comes with the first look into the file, and stays for as long as the connection
    yield* sql`SELECT count(*) FROM sqlite_schema`
    const log = yield* open(`${filename}-wal`)
    yield* sql`PRAGMA synchronous = NORMAL`
    return log
  })
