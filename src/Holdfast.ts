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
import * as Redis from "./core/Redis.js"
import * as DeadLetterQueue from "./delivery/DeadLetterQueue.js"
import * as Idempotency from "./delivery/Idempotency.js"
import * as Outbox from "./delivery/Outbox.js"
import * as StoreUrl from "./internal/storeUrl.js"
import * as Bulkhead from "./policy/Bulkhead.js"
import * as CircuitBreaker from "./policy/CircuitBreaker.js"
import * as RateLimit from "./policy/RateLimit.js"
import * as RetryBudget from "./policy/RetryBudget.js"
import * as Inbox from "./webhook/Inbox.js"

/**
 * The services that `Resilience.layer` and every provider's layer need.
 *
 * @since 0.1.0
 * @category models
 */
export type Services = DeadLetterQueue.DeadLetterQueue | CircuitBreaker.CircuitBreakers | RateLimit.RateLimiters

/**
 * What must not be lost, and has one store.
 *
 * @since 0.1.0
 * @category models
 */
export type Durable = DeadLetterQueue.DeadLetterQueue | Outbox.Outbox | Inbox.Inbox | Idempotency.Idempotency

/**
 * That store cannot be opened.
 *
 * @since 0.1.0
 * @category models
 */
export type OpenError =
  | DeadLetterQueue.DeadLetterQueueError
  | Outbox.OutboxError
  | Inbox.InboxError
  | Idempotency.IdempotencyError

/**
 * All that each layer here provides. Retry budgets, and the service that shows bulkheads, are used where they are there,
 * and not needed.
 *
 * @since 0.1.0
 * @category models
 */
export type Provided = Services | Durable | RetryBudget.RetryBudgets | Bulkhead.Bulkheads

/** What is of one process by its nature. */
const own = Layer.merge(Bulkhead.layerMemory, RetryBudget.layerMemory)

const local = Layer.mergeAll(own, CircuitBreaker.layerMemory, RateLimit.layerMemory)

const durableMemory = Layer.mergeAll(
  DeadLetterQueue.layerMemory,
  Outbox.layerMemory,
  Inbox.layerMemory,
  Idempotency.layerMemory
)

/**
 * All state in the memory of this process: for tests, and for programs whose dead letters may die with them.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerMemory: Layer.Layer<Provided> = Layer.merge(local, durableMemory)

/** What is not installed is not loaded: a driver is imported when a layer that needs it is built. */
const load = <A, E>(
  names: string,
  imports: () => Promise<A>,
  error: (message: string, cause: unknown) => E
): Effect.Effect<A, E> =>
  Effect.tryPromise({
    catch: (cause) => error(`a driver cannot be loaded: npm install ${names}`, cause),
    try: imports
  })

const cannotOpen = (message: string, cause: unknown) =>
  new DeadLetterQueue.DeadLetterQueueError({ cause, message, reason: "open" })

type Letters<R = never> = Layer.Layer<DeadLetterQueue.DeadLetterQueue, DeadLetterQueue.DeadLetterQueueError, R>

type Durables<R = never> = Layer.Layer<Durable, OpenError, R>

/** The dead letters first: a store that cannot be opened is said once, and about them. */
const lettersFirst = <R>(
  letters: Letters<R>,
  others: Layer.Layer<Exclude<Durable, DeadLetterQueue.DeadLetterQueue>, OpenError, R>
): Durables<R> => Layer.provideMerge(others, letters)

const withSpill = <R>(letters: Letters<R>, filename: string | false): Letters<R> =>
  filename === false ? letters : Layer.unwrapEffect(
    Effect.map(
      Effect.promise(() => import("./delivery/DeadLetterQueue/Spill.js")),
      (Spill) => Layer.provide(Spill.layer({ filename }), letters)
    )
  )

/**
 * @since 0.1.0
 * @category models
 */
export interface SqliteOptions {
  /** The file; made when it is not there. */
  readonly filename: string
  /** The spill file. Default: `<filename>.spill`; none for `:memory:`. */
  readonly spill?: string | false | undefined
  /**
   * Breakers and limiters are those of all processes of this host that use the file. Default `false`: of this process,
   * which costs no look into the file.
   */
  readonly shared?: boolean | undefined
}

const sqliteShared = (filename: string) =>
  Layer.unwrapEffect(
    Effect.map(
      load(
        "@effect/sql @effect/sql-sqlite-node",
        () => Promise.all([import("./policy/CircuitBreaker/Sqlite.js"), import("./policy/RateLimit/Sqlite.js")]),
        cannotOpen
      ),
      ([Breakers, Limits]) => Layer.merge(Breakers.layer({ filename }), Limits.layer({ filename }))
    )
  )

const sqliteDurable = ({ filename, spill }: SqliteOptions): Durables =>
  Layer.unwrapEffect(
    Effect.map(
      load(
        "@effect/sql @effect/sql-sqlite-node",
        () =>
          Promise.all([
            import("./delivery/DeadLetterQueue/Sqlite.js"),
            import("./delivery/Outbox/Sqlite.js"),
            import("./webhook/Inbox/Sqlite.js"),
            import("./delivery/Idempotency/Sqlite.js")
          ]),
        cannotOpen
      ),
      ([Letters, Messages, Events, Keys]) =>
        lettersFirst(
          withSpill(Letters.layer({ filename }), spill ?? (filename === ":memory:" ? false : `${filename}.spill`)),
          Layer.mergeAll(Messages.layer({ filename }), Events.layer({ filename }), Keys.layer({ filename }))
        )
    )
  )

/**
 * Dead letters, outbox, inbox and idempotency keys in an SQLite file; breakers and limiters in memory, or in the file too where
 * several processes of this host are to share them (`shared`). The embedded default: no server, and what was captured
 * is still there after a crash. When the file cannot take a letter, a spill file beside it does, until it can. Needs the
 * optional peers `@effect/sql` and `@effect/sql-sqlite-node`. Fails with an `OpenError` that names the file when it cannot
 * be opened.
 *
 * Outbox and inbox take no part in the program's own transactions: where they should, `delivery/Outbox/Sql` and
 * `webhook/Inbox/Sql` work over the program's client, and come after this layer.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerSqlite = (
  options: SqliteOptions
): Layer.Layer<Provided, OpenError> =>
  options.shared === true
    ? Layer.mergeAll(own, sqliteShared(options.filename), sqliteDurable(options))
    : Layer.merge(local, sqliteDurable(options))

/**
 * @since 0.1.0
 * @category models
 */
export interface PostgresOptions {
  /** `postgres://user:password@host:5432/database`. */
  readonly url: Redacted.Redacted
  /** A local file for dead letters that the database cannot take at the moment. Default: none. */
  readonly spill?: string | false | undefined
  /** Default 10. A few more are used to listen. */
  readonly maxConnections?: number | undefined
  /** How long a connection, and each statement, may take. Default `5 seconds`. */
  readonly timeout?: Duration.DurationInput | undefined
}

/** The parts of one database, over connections of its own. */
const postgres = (options: PostgresOptions) => {
  const loading = <A>(imports: () => Promise<A>) => load("@effect/sql @effect/sql-pg", imports, cannotOpen)
  const client = Layer.unwrapEffect(
    Effect.map(loading(() => import("./internal/postgres.js")), (Postgres) =>
      Layer.mapError(
        Postgres.layer({ ...options, timeout: options.timeout ?? "5 seconds" }),
        (cause) => cannotOpen(cause.message, cause)
      ))
  )
  // the program's transactions are those of another client
  const apart = { joinTransactions: false }
  const durables = Layer.unwrapEffect(
    Effect.map(
      loading(() =>
        Promise.all([
          import("./delivery/DeadLetterQueue/Sql.js"),
          import("./delivery/Outbox/Sql.js"),
          import("./webhook/Inbox/Sql.js"),
          import("./delivery/Idempotency/Sql.js")
        ])
      ),
      ([Letters, Messages, Events, Keys]) =>
        lettersFirst(
          withSpill(Letters.layer(apart), options.spill ?? false),
          Layer.mergeAll(Messages.layer(apart), Events.layer(apart), Keys.layer())
        )
    )
  )
  const shared = Layer.unwrapEffect(
    Effect.map(
      loading(() => Promise.all([import("./policy/CircuitBreaker/Sql.js"), import("./policy/RateLimit/Sql.js")])),
      ([Breakers, Limits]) => Layer.merge(Breakers.layer(), Limits.layer())
    )
  )
  return { durable: Layer.provide(durables, client), shared: Layer.provide(shared, client) }
}

/**
 * Everything in PostgreSQL, for any number of processes: dead letters, outbox, inbox and idempotency keys, and breakers and
 * limiters that they share. Over connections of its own, so that a capture stays when a transaction of the program is
 * rolled back. Makes its tables, all of which begin with `holdfast_`. Needs the optional peers `@effect/sql` and
 * `@effect/sql-pg`. Fails with an `OpenError` when the database cannot be reached at the start.
 *
 * Outbox and inbox take no part in the program's own transactions: where they should, `delivery/Outbox/Sql` and
 * `webhook/Inbox/Sql` work over the program's client, and come after this layer.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerPostgres = (
  options: PostgresOptions
): Layer.Layer<Provided, OpenError> => {
  const { durable, shared } = postgres(options)
  return Layer.mergeAll(own, durable, shared)
}

/**
 * @since 0.1.0
 * @category models
 */
export interface RedisOptions {
  /**
   * `redis://user:password@host:6379/0`, or `rediss://` for TLS. For a client or a cluster that the program has, or a
   * certificate of one's own, take the pieces: `core/Redis/Node`, `policy/CircuitBreaker/Redis`, `policy/RateLimit/Redis`,
   * `delivery/DeadLetterQueue/Redis`.
   */
  readonly url: Redacted.Redacted
  /**
   * Whether dead letters, outbox, inbox and idempotency keys are kept there too, which then must be a Redis that keeps what it is
   * given. Default `true`. With `false` their store comes from elsewhere, and the type says so.
   */
  readonly deadLetters?: boolean | undefined
  /** A local file for dead letters that Redis cannot take at the moment. Default: none. */
  readonly spill?: string | false | undefined
}

/** The parts of one Redis, over one connection. */
const redis = ({ spill, url }: RedisOptions) => {
  const loading = <A>(imports: () => Promise<A>) =>
    load("redis", imports, (message, cause) => new Redis.RedisError({ cause, message, reason: "setup" }))
  const client = Layer.unwrapEffect(
    Effect.map(loading(() => import("./core/Redis/Node.js")), (Node) => Node.layer({ url }))
  )
  const durables = Layer.unwrapEffect(
    Effect.map(
      loading(() =>
        Promise.all([
          import("./delivery/DeadLetterQueue/Redis.js"),
          import("./delivery/Outbox/Redis.js"),
          import("./webhook/Inbox/Redis.js"),
          import("./delivery/Idempotency/Redis.js")
        ])
      ),
      ([Letters, Messages, Events, Keys]) =>
        lettersFirst(
          withSpill(Letters.layer(), spill ?? false),
          Layer.mergeAll(Messages.layer(), Events.layer(), Keys.layer())
        )
    )
  )
  const shared = Layer.unwrapEffect(
    Effect.map(
      loading(() => Promise.all([import("./policy/CircuitBreaker/Redis.js"), import("./policy/RateLimit/Redis.js")])),
      ([Breakers, Limits]) => Layer.merge(Breakers.layer(), Limits.layer())
    )
  )
  return { durable: Layer.provide(durables, client), shared: Layer.provide(shared, client) }
}

/**
 * Everything on Redis, for any number of processes: dead letters, outbox, inbox and idempotency keys, and breakers and limiters
 * that they share. When Redis is away later, each process goes on by itself, and a letter that it cannot take goes to the
 * spill file, where there is one. Needs the optional peer `redis`.
 *
 * What must not be lost needs a Redis that keeps what it is given: `appendonly yes` and `maxmemory-policy noeviction`.
 * Where it does not, a warning says so at the start. For keeping it elsewhere there is `deadLetters: false`.
 *
 * Fails with a `RedisError` where Redis refuses the connection, as for a wrong password, and with an `OpenError` when it is
 * to keep dead letters and cannot be reached at the start.
 *
 * @example
 * ```ts
 * import { Layer, Redacted } from "effect"
 * import { Holdfast } from "holdfast"
 * import * as Sqlite from "holdfast/delivery/DeadLetterQueue/Sqlite"
 *
 * const url = Redacted.make("redis://127.0.0.1:6379")
 *
 * const everything = Holdfast.layerRedis({ spill: "letters.spill", url })
 *
 * const lettersElsewhere = Layer.merge(
 *   Holdfast.layerRedis({ deadLetters: false, url }),
 *   Sqlite.layer({ filename: "dead-letters.db" })
 * )
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layerRedis: {
  (
    options: RedisOptions & { readonly deadLetters: false }
  ): Layer.Layer<Exclude<Provided, Durable>, Redis.RedisError>
  (options: RedisOptions): Layer.Layer<Provided, OpenError | Redis.RedisError>
} = (options: RedisOptions): Layer.Layer<any, any> => {
  const { durable, shared } = redis(options)
  return options.deadLetters === false ? Layer.merge(own, shared) : Layer.mergeAll(own, durable, shared)
}

const storeUrl = (name: string): Config.Config<StoreUrl.Store> =>
  Config.mapOrFail(
    Config.redacted(name),
    (url) => Either.mapLeft(StoreUrl.parse(Redacted.value(url)), (message) => ConfigError.InvalidData([name], message))
  )

const optional = <A>(config: Config.Config<A>): Effect.Effect<A | undefined, ConfigError.ConfigError> =>
  Effect.map(Config.option(config), Option.getOrUndefined)

/**
 * The store that the environment names.
 *
 * | variable | |
 * |---|---|
 * | `HOLDFAST_STORE_URL` | `memory:`, `sqlite:<file>`, `postgres://user:password@host:5432/database`, `redis://user:password@host:6379/0` |
 * | `HOLDFAST_DEAD_LETTERS_URL` | where dead letters, outbox, inbox and idempotency keys are kept, if not there: another of these |
 * | `HOLDFAST_SPILL_FILE` | a local file for dead letters that their store cannot take at the moment. Default: the SQLite file's name and `.spill`; none for PostgreSQL and Redis |
 *
 * There is no default store: a program whose dead letters are in memory should say so. No message repeats a URL.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerConfig: Layer.Layer<
  Provided,
  OpenError | Redis.RedisError | ConfigError.ConfigError
> = Layer.unwrapEffect(Effect.gen(function*() {
  const store = yield* storeUrl("HOLDFAST_STORE_URL")
  const lettersUrl = "HOLDFAST_DEAD_LETTERS_URL"
  const lettersStore = (yield* optional(storeUrl(lettersUrl))) ?? store
  const spill = yield* optional(Config.nonEmptyString("HOLDFAST_SPILL_FILE"))
  const partsOf = (store: StoreUrl.Store) =>
    store._tag === "Postgres"
      ? postgres({ spill, url: store.url })
      : store._tag === "Redis"
      ? redis({ spill, url: store.url })
      : undefined
  const parts = partsOf(store)
  const durable: Layer.Layer<Durable, OpenError | Redis.RedisError> = lettersStore._tag === "Sqlite"
    ? sqliteDurable({ filename: lettersStore.filename, spill })
    : (lettersStore === store ? parts : partsOf(lettersStore))?.durable ?? durableMemory
  return Layer.mergeAll(
    own,
    durable,
    parts?.shared ?? Layer.merge(CircuitBreaker.layerMemory, RateLimit.layerMemory)
  )
}))
