/**
 * Everything that the policies keep state in, for a whole program at once.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as DeadLetterQueue from "./delivery/DeadLetterQueue.js"
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
  Layer.merge(
    local,
    // loaded on use: who keeps no dead letters in SQLite installs no driver
    Layer.unwrapEffect(
      Effect.map(
        Effect.tryPromise({
          catch: (cause) =>
            new DeadLetterQueue.DeadLetterQueueError({
              cause,
              message: "the SQLite driver cannot be loaded: npm install @effect/sql @effect/sql-sqlite-node",
              reason: "open"
            }),
          try: () =>
            Promise.all([import("./delivery/DeadLetterQueue/Sqlite.js"), import("./delivery/DeadLetterQueue/Spill.js")])
        }),
        ([Sqlite, Spill]) => {
          const store = Sqlite.layer({ filename: options.filename })
          const spill = options.spill ?? (options.filename === ":memory:" ? false : `${options.filename}.spill`)
          return spill === false ? store : Layer.provide(Spill.layer({ filename: spill }), store)
        }
      )
    )
  )
