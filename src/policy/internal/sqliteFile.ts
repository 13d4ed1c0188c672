/**
 * A connection to an SQLite file for shared records, and to the one that takes its place: who deletes or replaces the file
 * leaves every process that has it open with a file of its own, without a word.
 */
import * as Reactivity from "@effect/experimental/Reactivity"
import * as SqliteClient from "@effect/sql-sqlite-node/SqliteClient"
import * as SqlClient from "@effect/sql/SqlClient"
import { SqlError } from "@effect/sql/SqlError"
import * as Statement from "@effect/sql/Statement"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import * as fs from "node:fs"

/** Milliseconds for which a file that is gone is left alone: those beside it (`-wal`, `-shm`) may be about to go too. */
const grace = 200

interface Open {
  readonly client: SqliteClient.SqliteClient
  readonly inode: number | undefined
  readonly scope: Scope.CloseableScope
}

const inodeOf = (filename: string): number | undefined =>
  filename === ":memory:" ? undefined : fs.statSync(filename, { throwIfNoEntry: false })?.ino

const open = (filename: string): Effect.Effect<Open, never, Reactivity.Reactivity> =>
  Effect.gen(function*() {
    const scope = yield* Scope.make()
    // the driver remembers for so long, too, that a table was not there when it was first asked for
    const client = yield* SqliteClient.make({ filename, prepareCacheTTL: 1_000 }).pipe(
      // the driver stops the whole process while it waits for another one's write; what is written need not survive a
      // power cut
      Effect.tap((sql) =>
        Effect.orDie(Effect.zipRight(sql`PRAGMA synchronous = NORMAL`, sql`PRAGMA busy_timeout = 20`))
      ),
      Scope.extend(scope),
      Effect.onError(() => Scope.close(scope, Exit.void))
    )
    return { client, inode: inodeOf(filename), scope }
  })

const make = (filename: string): Effect.Effect<SqlClient.SqlClient, never, Reactivity.Reactivity | Scope.Scope> =>
  Effect.gen(function*() {
    const reactivity = yield* Reactivity.Reactivity
    let now: Open | undefined = yield* open(filename)
    let goneAt = 0
    const close = Effect.suspend(() => {
      const last = now
      now = undefined
      return last === undefined ? Effect.void : Scope.close(last.scope, Exit.void)
    })
    yield* Effect.addFinalizer(() => close)

    const oneAtATime = yield* Effect.makeSemaphore(1)
    const reopened = Effect.gen(function*() {
      // another one did it meanwhile
      if (now !== undefined && now.inode === inodeOf(filename)) return now.client
      if (now !== undefined) goneAt = performance.now()
      // SQLite does not touch what lies beside a file that is not its own any more
      yield* close
      if (performance.now() - goneAt < grace) {
        return yield* new SqlError({ cause: undefined, message: `${filename} has been deleted or replaced` })
      }
      now = yield* Effect.catchAllCause(
        open(filename),
        (cause) => Effect.fail(new SqlError({ cause, message: `${filename} cannot be opened` }))
      )
      return now.client
    }).pipe(
      Effect.provideService(Reactivity.Reactivity, reactivity),
      Effect.uninterruptible,
      oneAtATime.withPermits(1)
    )

    const client = Effect.suspend(() =>
      now !== undefined && now.inode === inodeOf(filename) ? Effect.succeed(now.client) : reopened
    )
    const connection = Effect.flatMap(client, (client) => client.reserve)
    return yield* SqlClient.make({
      acquirer: Effect.scoped(connection),
      compiler: Statement.makeCompilerSqlite(),
      spanAttributes: [["db.system.name", "sqlite"]],
      transactionAcquirer: connection
    })
  })

export const layer = (filename: string): Layer.Layer<SqlClient.SqlClient> =>
  Layer.provide(Layer.scoped(SqlClient.SqlClient, make(filename)), Reactivity.layer)
