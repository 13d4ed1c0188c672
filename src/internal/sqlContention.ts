/**
 * Writers that are in each other's way, and typed failures of a database.
 *
 * @internal
 */
import * as Migrator from "@effect/sql/Migrator"
import { SqlError } from "@effect/sql/SqlError"
import * as Cause from "effect/Cause"
import * as Chunk from "effect/Chunk"
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

/**
 * Does it again while another writer is in the way, for up to `patience` milliseconds of real time.
 */
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
