/**
 * The inbox in a SQL database, over the `SqlClient` of the context: what a handler writes with that client inside of
 * `Inbox.commit` is committed with the event, or not at all. A database that fails in there is an `InboxError` with reason
 * `storage`.
 *
 * @since 0.1.0
 */
import * as SqlClient from "@effect/sql/SqlClient"
import { SqlError } from "@effect/sql/SqlError"
import * as Cause from "effect/Cause"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as LeaseQueue from "../../delivery/LeaseQueue.js"
import * as LeaseQueueSql from "../../delivery/LeaseQueue/Sql.js"
import { databaseError, retryContention } from "../../internal/sqlContention.js"
import * as Inbox from "../Inbox.js"

/**
 * @since 0.1.0
 * @category models
 */
export interface Options extends Inbox.Options, Omit<LeaseQueueSql.Options, "joinTransactions"> {
  /**
   * Be a part of the program's own transactions, and let handlers be one with their event's. Default `true`. To be switched
   * off over another client than the program's: `Inbox.commit` then fails.
   */
  readonly joinTransactions?: boolean | undefined
}

const another = Effect.suspend(() =>
  new Inbox.InboxError({
    message:
      "the handler writes with another SqlClient than the one that its inbox is in: its transaction would be none. " +
      "Provide the same client to Inbox/Sql and to the worker",
    reason: "no-transaction"
  })
)

/** For the types: there is none in it any more. */
const withoutDatabase = <E>(error: E | SqlError): Cause.Cause<E> =>
  error instanceof SqlError ? Cause.die(error) : Cause.fail(error)

const transactionOf = (sql: SqlClient.SqlClient, patience: number): Inbox.Inbox["Type"]["workings"]["transaction"] => {
  // SQLite's transactions begin as readers, and a reader that turns writer fails when somebody wrote in between
  const lock: Effect.Effect<unknown, SqlError> = sql.onDialectOrElse({
    orElse: () => Effect.void,
    sqlite: () => sql`UPDATE holdfast_lease_items SET seq = seq WHERE 0`
  })
  return <A, E, R>(effect: Effect.Effect<A, E, R>) =>
    Effect.flatMap(Effect.serviceOption(SqlClient.SqlClient), (theirs): Effect.Effect<A, E | Inbox.InboxError, R> => {
      if (Option.isSome(theirs) && theirs.value !== sql) return another
      return Effect.catchAllCause(
        retryContention(sql.withTransaction(Effect.zipRight(lock, effect)), patience),
        (cause) =>
          Option.match(databaseError(cause), {
            onNone: (): Effect.Effect<never, E | Inbox.InboxError> =>
              Effect.failCause(Cause.flatMap(cause, (error) => withoutDatabase<E>(error))),
            onSome: (error) =>
              Effect.fail(
                new Inbox.InboxError({
                  cause: error,
                  message: `the transaction failed: ${error.message}`,
                  reason: "storage"
                })
              )
          })
      )
    })
}

/**
 * @since 0.1.0
 * @category constructors
 */
export const make = (
  options: Options = {}
): Effect.Effect<Inbox.Inbox["Type"], Inbox.InboxError, SqlClient.SqlClient> =>
  Effect.gen(function*() {
    const sql = yield* SqlClient.SqlClient
    const queue = yield* Effect.mapError(LeaseQueueSql.make(options), (cause) =>
      new Inbox.InboxError({
        cause,
        message: `the tables of the inbox could not be prepared: ${cause.message}`,
        reason: "open"
      }))
    const patience = Duration.toMillis(options.patience ?? "5 seconds")
    return yield* Effect.provideService(
      options.joinTransactions === false ? Inbox.make(options) : Inbox.makeWith(options, transactionOf(sql, patience)),
      LeaseQueue.LeaseQueue,
      queue
    )
  })

/**
 * The inbox over the `SqlClient` of the context. Creates its tables; fails with reason `open` when it cannot.
 *
 * @example
 * ```ts
 * import * as SqliteClient from "@effect/sql-sqlite-node/SqliteClient"
 * import * as Layer from "effect/Layer"
 * import * as InboxSql from "holdfast/webhook/Inbox/Sql"
 *
 * const inbox = Layer.provide(InboxSql.layer(), SqliteClient.layer({ filename: "app.db" }))
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (options?: Options): Layer.Layer<Inbox.Inbox, Inbox.InboxError, SqlClient.SqlClient> =>
  Layer.effect(Inbox.Inbox, make(options))
