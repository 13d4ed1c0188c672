/** How the delivery room talks to a database: short write transactions that wait their turn, and typed failures. */
import * as SqlClient from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { type DatabaseError, databaseError, retryContention } from "../../internal/sqlContention.js"

export { type DatabaseError, databaseError, retryContention }

export const inTransaction: Effect.Effect<boolean> = Effect.map(
  Effect.context<never>(),
  (context) => Option.isSome(Context.getOption(context, SqlClient.TransactionConnection))
)

/**
 * Runs an effect in a write transaction of its own, or in a savepoint of the caller's. The caller's transaction is not
 * retried: what else it did must be done again with it.
 *
 * `synced` waits until a commit is on the disk, where the driver's does not.
 */
export const write = (sql: SqlClient.SqlClient, patience: number, synced: Effect.Effect<void, SqlError>) => {
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
      (nested) => nested ? transaction : Effect.zipLeft(retryContention(transaction, patience), synced)
    )
  }
}
