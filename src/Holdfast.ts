/**
 * Everything that the policies keep state in, for a whole program at once.
 *
 * @since 0.1.0
 */
import * as Config from "effect/Config"
import * as ConfigError from "effect/ConfigError"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as DeadLetterQueue from "./delivery/DeadLetterQueue.js"
import * as StoreUrl from "./internal/storeUrl.js"
import * as Bulkhead from "./policy/Bulkhead.js"
import * as CircuitBreaker from "./policy/CircuitBreaker.js"
import * as RateLimit from "./policy/RateLimit.js"
import * as RetryBudget from "./policy/RetryBudget.js"

/**
 * The services that `Resilience.layer` and every provider's layer need.
 *
 * @since 0.1.0
 * @category models
 */
export type Services = DeadLetterQueue.DeadLetterQueue | CircuitBreaker.CircuitBreakers | RateLimit.RateLimiters

/**
 * All that each layer here provides. Retry budgets, and the service that shows bulkheads, are used where they are there,
 * and not needed.
 *
 * @since 0.1.0
 * @category models
 */
export type Provided = Services | RetryBudget.RetryBudgets | Bulkhead.Bulkheads

const local = Layer.mergeAll(
  Bulkhead.layerMemory,
  CircuitBreaker.layerMemory,
  RateLimit.layerMemory,
  RetryBudget.layerMemory
)

/**
 * All state in the memory of this process: for tests, and for programs whose dead letters may die with them.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerMemory: Layer.Layer<Provided> = Layer.merge(local, DeadLetterQueue.layerMemory)

/** What is not installed is not loaded: a driver is imported when a layer that needs it is built. */
const load = <A>(names: string, imports: () => Promise<A>): Effect.Effect<A, DeadLetterQueue.DeadLetterQueueError> =>
  Effect.tryPromise({
    catch: (cause) =>
      new DeadLetterQueue.DeadLetterQueueError({
        cause,
        message: `a driver cannot be loaded: npm install ${names}`,
        reason: "open"
      }),
    try: imports
  })

type Letters = Layer.Layer<DeadLetterQueue.DeadLetterQueue, DeadLetterQueue.DeadLetterQueueError>

const withSpill = (letters: Letters, filename: string | false): Letters =>
  filename === false ? letters : Layer.unwrapEffect(
    Effect.map(
      Effect.promise(() => import("./delivery/DeadLetterQueue/Spill.js")),
      (Spill) => Layer.provide(Spill.layer({ filename }), letters)
    )
  )

const sqliteLetters = (filename: string, spill: string | false | undefined): Letters =>
  withSpill(
    Layer.unwrapEffect(
      Effect.map(
        load("@effect/sql @effect/sql-sqlite-node", () => import("./delivery/DeadLetterQueue/Sqlite.js")),
        (Sqlite) => Sqlite.layer({ filename })
      )
    ),
    spill ?? (filename === ":memory:" ? false : `${filename}.spill`)
  )

/**
 * Dead letters in an SQLite file, breakers and limiters in memory. The embedded default: no server, and what was captured
 * is still there after a crash. When the file cannot take a letter, a spill file beside it does, until it can. Needs the
 * optional peers `@effect/sql` and `@effect/sql-sqlite-node`. Fails with a `DeadLetterQueueError` that names the file
 * when it cannot be opened.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerSqlite = (options: {
  /** The file; made when it is not there. */
  readonly filename: string
  /** The spill file. Default: `<filename>.spill`; none for `:memory:`. */
  readonly spill?: string | false | undefined
}): Layer.Layer<Provided, DeadLetterQueue.DeadLetterQueueError> =>
  Layer.merge(local, sqliteLetters(options.filename, options.spill))

/**
 * @since 0.1.0
 * @category models
 */
export interface PostgresOptions {
  /** `postgres://user:password@host:5432/database`. */
  readonly url: Redacted.Redacted
  /** A local file for dead letters that the database cannot take at the moment. Default: none. */
  readonly spill?: string | false | undefined
  /** Default 10. */
  readonly maxConnections?: number | undefined
  /** How long a connection, and each statement, may take. Default `5 seconds`. */
  readonly timeout?: Duration.DurationInput | undefined
}

/**
 * Dead letters in PostgreSQL, for any number of processes; breakers and limiters in memory. Over connections of its own,
 * so that a capture stays when a transaction of the program is rolled back. Makes its tables, all of which begin with
 * `holdfast_`. Needs the optional peers `@effect/sql` and `@effect/sql-pg`. Fails with a `DeadLetterQueueError` when the
 * database cannot be reached.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerPostgres = (
  options: PostgresOptions
): Layer.Layer<Provided, DeadLetterQueue.DeadLetterQueueError> => Layer.merge(local, postgresLetters(options))

const postgresLetters = (options: PostgresOptions): Letters =>
  withSpill(
    Layer.unwrapEffect(
      Effect.map(
        load("@effect/sql @effect/sql-pg", () =>
          Promise.all([import("./delivery/DeadLetterQueue/Sql.js"), import("./internal/postgres.js")])),
        ([Sql, Postgres]) =>
          Layer.provide(
            // the program's transactions are those of another client
            Sql.layer({ joinTransactions: false }),
            Layer.mapError(
              Postgres.layer({ ...options, timeout: options.timeout ?? "5 seconds" }),
              (cause) =>
                new DeadLetterQueue.DeadLetterQueueError({ cause, message: cause.message, reason: "open" })
            )
          )
      )
    ),
    options.spill ?? false
  )

const storeUrl = (name: string): Config.Config<StoreUrl.Store> =>
  Config.mapOrFail(
    Config.redacted(name),
    (url) => Either.mapLeft(StoreUrl.parse(Redacted.value(url)), (message) => ConfigError.InvalidData([name], message))
  )

/**
 * The store that the environment names.
 *
 * | variable | |
 * |---|---|
 * | `HOLDFAST_STORE_URL` | `memory:`, `sqlite:<file>`, `postgres://user:password@host:5432/database` |
 * | `HOLDFAST_SPILL_FILE` | a local file for dead letters that the store cannot take at the moment; optional |
 *
 * There is no default: a program whose dead letters are in memory should say so. No message repeats the URL.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerConfig: Layer.Layer<
  Provided,
  DeadLetterQueue.DeadLetterQueueError | ConfigError.ConfigError
> = Layer.unwrapEffect(Effect.gen(function*() {
  const store = yield* storeUrl("HOLDFAST_STORE_URL")
  const spill = Option.getOrUndefined(yield* Config.option(Config.nonEmptyString("HOLDFAST_SPILL_FILE")))
  switch (store._tag) {
    case "Memory":
      return layerMemory
    case "Sqlite":
      return layerSqlite({ filename: store.filename, spill })
    case "Postgres":
      return layerPostgres({ spill, url: store.url })
    case "Redis":
      return yield* Effect.fail(
        ConfigError.InvalidData(["HOLDFAST_STORE_URL"], "dead letters cannot be kept in Redis yet")
      )
  }
}))
