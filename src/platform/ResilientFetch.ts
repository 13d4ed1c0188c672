/**
 * A `fetch` with the whole stack beneath it: for programs that never see an Effect, and for the SDK of every vendor that
 * takes a `fetch` of one's own.
 *
 * What `fetch` promises holds: an answer, whatever its status, is a `Response`, and redirects, aborts, streams and
 * compressed bodies work. What is new lies beneath: calls are retried where that can help and can do no harm, a host that
 * is down is left alone for a while, its rate limit is kept, and a write that failed for good is kept as a dead letter.
 *
 * @since 0.1.0
 */
import type * as HttpClient from "@effect/platform/HttpClient"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type { Call } from "../core/Call.js"
import type * as Classification from "../core/Classification.js"
import type * as IntegrationClient from "../core/IntegrationClient.js"
import type * as IntegrationContext from "../core/IntegrationContext.js"
import type { IntegrationError } from "../core/IntegrationError.js"
import * as Secrets from "../internal/secretQuery.js"
import type * as CircuitBreaker from "../policy/CircuitBreaker.js"
import type * as Resilience from "../policy/Resilience.js"
import * as Letters from "./internal/fetch/deadLetters.js"
import * as Engines from "./internal/fetch/engine.js"
import * as Exchanges from "./internal/fetch/exchange.js"
import type * as Logging from "./internal/fetch/logging.js"
import * as Operations from "./internal/fetch/operations.js"
import * as Asking from "./internal/fetch/request.js"
import type * as Signing from "./internal/fetch/signing.js"
import * as Stack from "./internal/fetch/stack.js"

/**
 * Where the policies keep their state: a layer of `Holdfast` has all of it.
 *
 * @since 0.1.0
 * @category models
 */
export type State = Engines.State

/**
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** The label of its metrics, and the owner of its dead letters: lower-case letters, digits, dashes. Default `fetch`. */
  readonly id?: string | undefined
  /**
   * The stack, as `Resilience.layer` has it. Default: its own defaults, with 30 seconds for an attempt and 2 minutes for a
   * call; or a policy of one's own in its place.
   */
  readonly policy?: Resilience.Options | IntegrationClient.Policy<State, unknown> | undefined
  /** Default: all of it in memory, so that dead letters die with the process. */
  readonly state?: Layer.Layer<State, unknown> | undefined
  /** What sends. Default: `Transport.layer`, which needs the optional peer `undici`. */
  readonly client?: Layer.Layer<HttpClient.HttpClient, unknown> | undefined
  /**
   * Whose failures, tokens and slots count together. Default: those of one origin, so that a host that is down does not
   * stop calls to others.
   */
  readonly key?: ((call: Call) => string) | undefined
  /** What the program knows of a request and its method does not say: that a search by POST is safe, a name for metrics. */
  readonly operation?: ((request: Described) => Description | undefined) | undefined
  /** What the hosts' own answers say: see `Classification.Classifier`. */
  readonly classify?: Classification.Classifier | undefined
  /**
   * The header in which the hosts honour an idempotency key, `Idempotency-Key`: then every write is sent with one, and may
   * be retried after its response was lost. Default: none is made. A request that brings an `Idempotency-Key` of its own
   * is retried so in any case.
   */
  readonly idempotencyHeader?: string | undefined
  /**
   * Signs a dead letter that is sent again: no credential is ever stored. What it returns goes over what the letter has.
   * Default: letters are sent as they were stored.
   */
  readonly authenticate?: ((letter: Replay) => Credentials | Promise<Credentials>) | undefined
  /** Names of query parameters that are credentials and are not stored. Default: `defaultSecretQuery`. */
  readonly secretQuery?: ReadonlyArray<string> | undefined
  /** Who a call is made for: read when it begins, from an `AsyncLocalStorage` or the like; stored with its dead letter. */
  readonly context?: (() => IntegrationContext.Fields) | undefined
  /**
   * `reject`: an answer that is an error rejects with its `IntegrationError`, as a failure without an answer does.
   * Default `resolve`: it is a `Response`, as with any `fetch`.
   */
  readonly httpErrors?: "resolve" | "reject" | undefined
  /**
   * A response that says that it is no longer than this is read whole before it is handed over, so that one that breaks
   * off is retried; a longer one, or one that does not say, streams. Bytes; default 1 MiB; 0: each is handed over at its
   * headers.
   */
  readonly wholeBytes?: number | undefined
  /** The body of an error that is larger rejects with its error. Bytes; default 16 MiB. */
  readonly maxErrorBytes?: number | undefined
  /** Decompresses answers, as `fetch` does. `false` for a `client` that does so itself. Default `true`. */
  readonly decompress?: boolean | undefined
  /** Headers of every request that has none of its own. Default: `accept: *\/*` and `user-agent: holdfast`. */
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** `true`: to the console, as Effect writes it; or a function for each line. Default `false`: nowhere. */
  readonly logs?: boolean | ((line: LogLine) => void) | undefined
}

/**
 * A request about which a program may know more than its method says.
 *
 * @since 0.1.0
 * @category models
 */
export interface Described extends Operations.Described {}

/**
 * What is known of it: a name and a template of low cardinality, whether it changes nothing (`safe`), whether twice is as
 * good as once (`idempotent`), what it takes from the rate limiter.
 *
 * @since 0.1.0
 * @category models
 */
export interface Description extends Operations.Description {}

/**
 * The request of a dead letter that is about to be sent again.
 *
 * @since 0.1.0
 * @category models
 */
export interface Replay extends Signing.Replay {}

/**
 * What makes a request ours.
 *
 * @since 0.1.0
 * @category models
 */
export interface Credentials extends Signing.Credentials {}

/**
 * One line of the log.
 *
 * @since 0.1.0
 * @category models
 */
export interface LogLine extends Logging.Line {}

/**
 * The dead letters of one fetch, as promises: `DeadLetterQueue` without Effect. A rejection is an error of that module, or
 * the `IntegrationError` with which a replay failed.
 *
 * @since 0.1.0
 * @category models
 */
export interface DeadLetters extends Letters.DeadLetters {}

/**
 * What can be seen of a fetch, and done with it, besides calling it.
 *
 * @since 0.1.0
 * @category models
 */
export interface Control extends AsyncDisposable {
  /**
   * The state of the circuit of an origin, `https://api.example.com` (or of what `key` makes); without one, the worst that
   * any of its circuits is in.
   */
  readonly circuitBreakerState: (origin?: string | URL) => CircuitBreaker.State
  readonly deadLetters: () => DeadLetters
  /** The error that an answer stands for, with its attempts and the id of its dead letter; `undefined` for a success. */
  readonly errorOf: (response: Response) => IntegrationError | undefined
  /**
   * Ends everything: calls under way reject with an `UnavailableError`, as do those made after it; bodies on their way
   * break off. A program need not call it to exit: no idle connection and no timer keeps it alive.
   */
  readonly dispose: () => Promise<void>
}

/**
 * @since 0.1.0
 * @category models
 */
export type ResilientFetch = typeof globalThis.fetch & Control

/**
 * The names of query parameters that are taken for credentials, whatever their case and their dashes. In a dead letter
 * their values are `REDACTED`, and `authenticate` must give them anew.
 *
 * @since 0.1.0
 * @category models
 */
export const defaultSecretQuery: ReadonlyArray<string> = Secrets.defaultNames

/**
 * Request headers that a dead letter of a fetch keeps besides `DeadLettering.defaultHeaders`: what a replay would mean
 * something else without. `policy.deadLettering.headers` adds to both.
 *
 * @since 0.1.0
 * @category models
 */
export const defaultHeaders: ReadonlyArray<string> = Stack.storedHeaders

const checkOptions = (options: Options): void => {
  if (options.id !== undefined && !/^[a-z][a-z0-9-]*$/.test(options.id)) {
    throw new Error(
      `ResilientFetch.make: the id "${options.id}" must be lower-case letters, digits and dashes, as in "stripe": it names metrics and dead letters`
    )
  }
  for (const name of ["wholeBytes", "maxErrorBytes"] as const) {
    const value = options[name]
    if (value !== undefined && !(Number.isInteger(value) && value >= 0)) {
      throw new Error(`ResilientFetch.make: ${name} is ${value}; it must be a whole number of bytes, 0 or more`)
    }
  }
  const { httpErrors, idempotencyHeader } = options
  if (httpErrors !== undefined && httpErrors !== "resolve" && httpErrors !== "reject") {
    throw new Error(`ResilientFetch.make: httpErrors is "${String(httpErrors)}"; it must be "resolve" or "reject"`)
  }
  if (idempotencyHeader !== undefined && !/^[\w!#$%&'*+\-.^`|~]+$/.test(idempotencyHeader)) {
    throw new Error(
      `ResilientFetch.make: idempotencyHeader is "${idempotencyHeader}", which is not the name of a header`
    )
  }
}

const nowhere: IntegrationContext.Fields = {}

const order: ReadonlyArray<CircuitBreaker.State> = ["closed", "half-open", "open"]

// what was there before a program may have put this one in its place
const platformFetch = globalThis.fetch

/**
 * Makes a `fetch`. Nothing is built before it is called for the first time.
 *
 * It rejects with
 * - the reason of its signal, when that is aborted;
 * - an `IntegrationError`, when there is no answer: `NetworkError`, `TimeoutError`, `CircuitBreakerOpenError`,
 *   `BulkheadFullError`, `RateLimitError` (of the local limiter), `UnavailableError`; with `httpErrors: "reject"` also
 *   where there is one;
 * - a `TypeError`, where any `fetch` does: an argument that is none, a redirect that is not to be followed.
 *
 * Throws when an option cannot be.
 *
 * @example
 * ```ts
 * import { Holdfast, ResilientFetch } from "holdfast"
 *
 * const fetch = ResilientFetch.make({
 *   id: "billing",
 *   state: Holdfast.layerSqlite({ filename: "billing.db" }),
 *   policy: { retry: { maxAttempts: 5 } },
 *   authenticate: () => ({ headers: { authorization: `Bearer ${process.env.BILLING_TOKEN}` } })
 * })
 *
 * const response = await fetch("https://api.example.com/invoices/1")
 * if (!response.ok) console.error(response.status, fetch.errorOf(response)?.message)
 *
 * const report = await fetch.deadLetters().replayAll()
 * console.log(`${report.replayed} writes arrived after all`)
 *
 * await fetch.dispose()
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options: Options = {}): ResilientFetch => {
  checkOptions(options)
  const id = options.id ?? "fetch"
  const { key } = options
  // two fetches over one state are two: a host that is down for one of them may not be so for the other
  const keyOf = (value: string | undefined): string => value === undefined ? id : `${id} ${value}`
  const keyOfCall = (call: Call): string => keyOf(key === undefined ? call.origin : key(call))
  const secrets = new Secrets.SecretQuery(options.secretQuery ?? defaultSecretQuery)
  const disposed = () => Exchanges.disposed(id, "")
  const lifecycle = new Engines.Lifecycle(Stack.layer(id, options, keyOfCall, secrets), disposed)
  const errors = new WeakMap<Response, IntegrationError>()
  const settings: Exchanges.Settings = {
    contextOf: options.context ?? (() => nowhere),
    errors,
    id,
    keyOf: Stack.idempotencyKeyReader(options),
    operationOf: Operations.operations(id, options.operation),
    rejectsErrors: options.httpErrors === "reject",
    secrets
  }

  const fetch = (input: Asking.Input, init?: Asking.Init): Promise<Response> => {
    try {
      const asked = Asking.read(input, init)
      if (asked === undefined) return platformFetch(input, init)
      const { body, signal } = asked
      return new Promise((resolve, reject) => {
        const exchange = new Exchanges.Exchange(settings, asked, resolve, reject)
        if (signal?.aborted === true) return exchange.fail(signal.reason)
        const engine = lifecycle.current
        if (engine !== undefined && !(body instanceof Promise)) return exchange.start(engine, body)
        Promise.all([lifecycle.engine(), body]).then(
          ([engine, body]) => exchange.start(engine, body),
          (error) => exchange.fail(error)
        )
      })
    } catch (error) {
      return Promise.reject(error)
    }
  }

  const stateOf = (engine: Engines.Engine, key: string): CircuitBreaker.State =>
    Effect.runSync(Effect.map(engine.breakers.state(key), Option.getOrElse((): CircuitBreaker.State => "closed")))

  const circuitBreakerState = (origin?: string | URL): CircuitBreaker.State => {
    const engine = lifecycle.current
    if (engine === undefined) return "closed"
    if (origin !== undefined) {
      const text = String(origin)
      return stateOf(engine, keyOf(key === undefined && URL.canParse(text) ? new URL(text).origin : text))
    }
    return Effect.runSync(engine.breakers.keys)
      .filter((known) => known === id || known.startsWith(`${id} `))
      .map((known) => stateOf(engine, known))
      .reduce((worst, state) => order.indexOf(state) > order.indexOf(worst) ? state : worst, "closed")
  }

  const dispose = () => lifecycle.end()
  const letters = Letters.make(id, lifecycle)
  const control: Control = {
    [Symbol.asyncDispose]: dispose,
    circuitBreakerState,
    deadLetters: () => letters,
    dispose,
    errorOf: (response) => errors.get(response)
  }
  return Object.assign(fetch, control)
}
