/** How the delivery room talks to a database: short write transactions that wait their turn, and typed failures. */
import * as Migrator from "@effect/sql/Migrator"
import * as SqlClient from "@effect/sql/SqlClient"
import { SqlError } from "@effect/sql/SqlError"
import * as Cause from "effect/Cause"
import * as Chunk from "effect/Chunk"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"

/** Codes by which a database says that another writer was there first, and that the same transaction may be retried. */
const contentionCode = /^(SQLITE_BUSY|SQLITE_LOCKED|40001$|40P01$|55P03$|23505$)/

const isContention = (u: unknown): boolean =>
  u instanceof Migrator.MigrationError
    ? u.reason === "locked" || isContention(u.cause)
    : u instanceof SqlError
    ? isContention(u.cause)
    : Predicate.hasProperty(u, "code") && typeof u.code === "string" && contentionCode.test(u.code)

export type DatabaseError = SqlError | Migrator.MigrationError

const isDatabaseError = (u: unknown): u is DatabaseError =>
  u instanceof SqlError || u instanceof Migrator.MigrationError

/**
 * The database's error in a cause, also where it is a defect: the client dies of a commit or rollback that fails, the
 * Migrator of a migration that does.
 */
export const databaseError = (cause: Cause.Cause<unknown>): Option.Option<DatabaseError> =>
  Option.filter(
    Chunk.findFirst(Chunk.appendAll(Cause.failures(cause), Cause.defects(cause)), isDatabaseError),
    () => !Cause.isInterruptedOnly(cause)
  )

/** A pause of real time: another process's lock is not lifted by moving a test's clock. */
const pause = (millis: number): Effect.Effect<void> =>
  Effect.async<void>((resume) => {
    const timer = setTimeout(() => resume(Effect.void), millis)
    return Effect.sync(() => clearTimeout(timer))
  })

/** Does it again while another writer is in the way, for up to `patience` milliseconds of real time. */
export const retryContention = <A, E, R>(effect: Effect.Effect<A, E, R>, patience: number): Effect.Effect<A, E, R> =>
  Effect.suspend(() => {
    const giveUpAt = performance.now() + patience
    const attempt = (round: number): Effect.Effect<A, E, R> =>
      Effect.catchAllCause(effect, (cause) => {
        const error = databaseError(cause)
        return Option.isSome(error) && isContention(error.value) && performance.now() < giveUpAt
          ? Effect.zipRight(pause(Math.min(2 ** round, 32) * (0.5 + Math.random() / 2)), attempt(round + 1))
          : Effect.failCause(cause)
      })
    return attempt(0)
  })

export const inTransaction: Effect.Effect<boolean> = Effect.map(
  Effect.context<never>(),
  (context) => Option.isSome(Context.getOption(context, SqlClient.TransactionConnection))
)

/**
 * Runs an effect in a write transaction of its own, or in a savepoint of the caller's. The caller's transaction is not
 * retried: what else it did must be done again with it.
 */
export const write = (sql: SqlClient.SqlClient, patience: number) => {
  // SQLite's transactions begin as readers, and a reader that turns writer fails at once when somebody wrote in
  // between. Beginning with a write makes it wait for its turn instead.
  const lock: Effect.Effect<unknown, SqlError> = sql.onDialectOrElse({
    sqlite: () => sql`UPDATE holdfast_lease_items SET seq = seq WHERE 0`,
    orElse: () => Effect.void
  })
  // A synchronous driver that waits for a lock stops the event loop. A transaction that yielded in its middle could
  // then not end, and the one that waits for it would wait in vain.
  const yields = sql.onDialectOrElse({ orElse: () => true, sqlite: () => false })
  const unyielding = <A, E>(effect: Effect.Effect<A, E>): Effect.Effect<A, E> =>
    yields ? effect : Effect.withMaxOpsBeforeYield(effect, Number.MAX_SAFE_INTEGER)
  return <A, E>(effect: Effect.Effect<A, E>): Effect.Effect<A, E | SqlError> => {
    const transaction = unyielding(sql.withTransaction(Effect.zipRight(lock, effect)))
    return Effect.flatMap(
      inTransaction,
      (nested) => nested ? transaction : retryContention(transaction, patience)
    )
  }
}
