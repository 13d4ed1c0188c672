/**
 * Stops calling a provider that is down, and finds out gently when it is back: closed → open → half-open → closed.
 *
 * Outcomes are three-valued. Network errors, timeouts of an attempt and 5xx are failures; answers, 404 and 422 among
 * them, are successes; 429, refused credentials, local refusals and interruption say nothing either way. Every admission
 * carries the generation of the state that admitted it: a result from before a transition does not count after it. A
 * probe holds a lease, so that one that hangs cannot keep the circuit half-open for ever.
 *
 * @since 0.1.0
 */
import type * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as PubSub from "effect/PubSub"
import * as Runtime from "effect/Runtime"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import type { Call } from "../core/Call.js"
import * as IntegrationClient from "../core/IntegrationClient.js"
import * as IntegrationError from "../core/IntegrationError.js"
import { monotonicMillis } from "../internal/time.js"
import type * as Internal from "./internal/breaker/breaker.js"
import { MemoryBreaker } from "./internal/breaker/breaker.js"
import type * as Core from "./internal/breaker/circuitCore.js"
import * as Listing from "./internal/breaker/listing.js"
import * as Settings from "./internal/breaker/options.js"
import { Registry } from "./internal/breaker/registry.js"
import { BreakerStage } from "./internal/breaker/stage.js"

/**
 * @since 0.1.0
 * @category models
 */
export type State = Core.State

/**
 * What an outcome says of the provider's health.
 *
 * @since 0.1.0
 * @category models
 */
export type Outcome = Core.Outcome

/**
 * How a circuit works: `enforcing` refuses calls while open. `shadow` goes through the same states and tells of them,
 * and refuses nobody: to see what a breaker would do before it does it. `disabled` lets all through and counts nothing.
 *
 * @since 0.1.0
 * @category models
 */
export type Mode = Core.ConfiguredMode

/**
 * @since 0.1.0
 * @category models
 */
export type Transition = Internal.Transition

/**
 * All there is to know of one circuit at one moment.
 *
 * @since 0.1.0
 * @category models
 */
export type Snapshot = Internal.Snapshot

/**
 * What the store of the circuit breakers says of one circuit.
 *
 * @since 0.1.0
 * @category models
 */
export type Circuit = Listing.Circuit

/**
 * The store of the circuit breakers cannot say what there is.
 *
 * @since 0.1.0
 * @category errors
 */
export class CircuitBreakerStoreError
  extends Schema.TaggedError<CircuitBreakerStoreError>("holdfast/CircuitBreakerStoreError")(
    "CircuitBreakerStoreError",
    { message: Schema.String, cause: Schema.optional(Schema.Defect) }
  )
{}

/**
 * What makes a closed circuit open: made by `consecutive` or `failureRate`.
 *
 * @since 0.1.0
 * @category models
 */
export type Strategy = Settings.Strategy

/**
 * Opens after so many failures with no success in between. What `failureThreshold` is short for.
 *
 * @since 0.1.0
 * @category strategies
 */
export const consecutive = (failures: number): Strategy => Settings.consecutive(failures)

/**
 * Opens when too large a share of the latest calls has failed, or was too slow. It is judged after each outcome, so that
 * the one that makes it true may well be a success.
 *
 * @example
 * ```ts
 * import { CircuitBreaker } from "holdfast"
 *
 * const breaker = CircuitBreaker.layer({
 *   strategy: CircuitBreaker.failureRate({
 *     threshold: 0.5,
 *     window: "30 seconds",
 *     minimumThroughput: 20,
 *     slowCallDuration: "4 seconds",
 *     slowCallRateThreshold: 0.8
 *   })
 * })
 * ```
 *
 * @since 0.1.0
 * @category strategies
 */
export const failureRate = (options: {
  /** Share of failures from which on the circuit opens, above 0 and up to 1. Default 0.5. */
  readonly threshold?: number | undefined
  /**
   * What is looked back at: a number is the latest so many calls, a duration the calls of that time. The time moves on in
   * steps of one bucket; after a pause longer than the window nothing is left in it. Default 100 calls.
   */
  readonly window?: number | Duration.DurationInput | undefined
  /** Calls in the window below which nothing is judged. Default 10, or the window where that is smaller. */
  readonly minimumThroughput?: number | undefined
  /** Steps of a window of time. Default 10. */
  readonly buckets?: number | undefined
  /**
   * A call is slow that took at least this long, from sending to the last byte of the body; waits for the limiter and the
   * bulkhead do not count. A slow success still is one, and a slow failure is both. As a probe, a slow call fails.
   * Default: none is slow.
   */
  readonly slowCallDuration?: Duration.DurationInput | undefined
  /** Share of slow calls from which on the circuit opens. Default 0.5. */
  readonly slowCallRateThreshold?: number | undefined
}): Strategy => Settings.failureRate(options)

/**
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** Failures in a row that open the circuit: `strategy: CircuitBreaker.consecutive(n)` in short. Default 5. */
  readonly failureThreshold?: number | undefined
  /** What makes it open. Goes before `failureThreshold`. */
  readonly strategy?: Strategy | undefined
  /** Default `enforcing`. `CircuitBreakers` can set it otherwise by hand. */
  readonly mode?: Mode | undefined
  /**
   * How long it stays open before it is probed. Where the failure that opens it says how long the server asks to be left
   * alone (a 503 with `Retry-After`), that time holds instead, and at most `maxResetTimeout`. Default 1 minute.
   */
  readonly resetTimeout?: Duration.DurationInput | undefined
  /** Successful probes that close it. Default 2. */
  readonly successThreshold?: number | undefined
  /** Probes under way at once; other callers are refused meanwhile. Default 1. */
  readonly halfOpenMaxConcurrent?: number | undefined
  /**
   * Factor by which each opening in a row lasts longer than the one before; forgotten once the circuit has stayed closed
   * for as long as it was last open. Default 1: always the same.
   */
  readonly resetBackoff?: number | undefined
  /** No opening is longer, before jitter. Default 1 hour, or `resetTimeout` where that is longer. */
  readonly maxResetTimeout?: Duration.DurationInput | undefined
  /**
   * Share by which an opening lasts longer at random, so that many processes do not probe at the same moment: with 0.1,
   * up to a tenth. Drawn from the `Random` that the layer was built with. Default 0.
   */
  readonly resetJitter?: number | undefined
  /** A probe that has not come back by then no longer holds its place. Default 1 minute. */
  readonly probeLease?: Duration.DurationInput | undefined
  /** What an error says of the provider's health. Default: `IntegrationError.health`. */
  readonly classify?: ((error: IntegrationError.IntegrationError, call: Call) => Outcome) | undefined
  /** Whose failures count together. Default: the integration's id, one circuit for all of it. */
  readonly key?: ((call: Call) => string) | undefined
  /**
   * A key (of `key`) that nobody has called for this long is forgotten, unless it is open or set by hand; a later call
   * finds a circuit as new. Default 1 hour.
   */
  readonly idleTimeToLive?: Duration.DurationInput | undefined
}

/**
 * A key for each operation, `shop/items.get`: where one endpoint of a provider fails while others work.
 *
 * @since 0.1.0
 * @category keys
 */
export const perOperation = (call: Call): string => `${call.operation.integration}/${call.operation.name}`

/**
 * A key for each connection, `shop/acme`; the integration's id where a call has none. Where each account has a server of
 * its own, so that one account's trouble says nothing of another.
 *
 * @since 0.1.0
 * @category keys
 */
export const perConnection = ({ context, operation }: Call): string =>
  context.connectionId === undefined ? operation.integration : `${operation.integration}/${context.connectionId}`

/**
 * What a step may ask about time; a `Run` is one.
 *
 * @since 0.1.0
 * @category backings
 */
export type Moment = Internal.Moment

/**
 * The options of a policy as numbers, for a backing. Times are milliseconds.
 *
 * @since 0.1.0
 * @category backings
 */
export type Config = Internal.Config

/**
 * A place as a probe.
 *
 * @since 0.1.0
 * @category backings
 */
export type Probe = Internal.Probe

/**
 * What an outcome says, for a backing.
 *
 * @since 0.1.0
 * @category backings
 */
export type Result = Internal.Result

/**
 * The circuit of one key, as the policy meets it. `admit` decides on the spot, by what this process knows; only a place
 * as a probe may have to be asked for elsewhere, with an effect that gives the place back when it is interrupted, takes no
 * longer than a short time-out, and never fails. `record` and `settle` return at once: what they have to tell a store goes
 * there in the background.
 *
 * @since 0.1.0
 * @category backings
 */
export type Breaker = Internal.Breaker

/**
 * The circuit breakers of this program, by key: to look at, and to open and close by hand. What a hand sets holds for a
 * key also ahead of its first call, and until a hand changes it. None of it but `list` fails: where a store stands behind it
 * and is away, it holds in this process at once, and the store is told when it is back.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { CircuitBreaker } from "holdfast"
 *
 * const maintenance = Effect.gen(function*() {
 *   const breakers = yield* CircuitBreaker.CircuitBreakers
 *   yield* breakers.forceOpen("hubspot", "maintenance until noon")
 * })
 * ```
 *
 * @since 0.1.0
 * @category tags
 */
export class CircuitBreakers extends Context.Tag("holdfast/CircuitBreakers")<CircuitBreakers, {
  /** None while nothing has been built for the key. */
  readonly state: (key: string) => Effect.Effect<Option.Option<State>>
  /** None while nothing has been built for the key. */
  readonly snapshot: (key: string) => Effect.Effect<Option.Option<Snapshot>>
  readonly keys: Effect.Effect<ReadonlyArray<string>>
  /**
   * All circuits that the store knows, whichever process they are of, by key. For operators: unlike all else here it asks
   * the store, takes the longer the more keys that has, and fails where it is away.
   */
  readonly list: Effect.Effect<ReadonlyArray<Circuit>, CircuitBreakerStoreError>
  /** Refuses every call of a key, with the reason, until `forceClose`, `setMode` or `reset`. */
  readonly forceOpen: (key: string, reason: string) => Effect.Effect<void>
  /**
   * Closes at once, whatever the state, and ends a forced opening. From then on the circuit works as ever, and may open
   * again; `setMode(key, "disabled")` is for one that must not. How often it opened in a row is remembered.
   */
  readonly forceClose: (key: string) => Effect.Effect<void>
  /**
   * Opens for a time, after which it is probed as ever; a second time replaces the first. Nothing happens to a circuit
   * that is forced open or disabled. Does not count as an opening in a row.
   */
  readonly openFor: (key: string, duration: Duration.DurationInput, reason: string) => Effect.Effect<void>
  /** By hand; `auto`: as the policy's options say. Ends a forced opening. A circuit that is disabled is closed. */
  readonly setMode: (key: string, mode: Mode | "auto", reason?: string) => Effect.Effect<void>
  /** As new: closed, `auto`, nothing counted, no openings remembered. */
  readonly reset: (key: string) => Effect.Effect<void>
  /** Transitions from now on. A subscriber that falls behind misses the oldest. */
  readonly changes: Stream.Stream<Transition>
  /** The circuit of a key for a policy, made where there is none; of two configurations the newer one holds. */
  readonly breaker: (key: string, config: Config, moment: Moment) => Breaker
}>() {}

const momentOf = (clock: Clock.Clock): Moment => ({ clock, now: () => monotonicMillis(clock) })

/**
 * Breakers in the memory of this process.
 *
 * @since 0.1.0
 * @category constructors
 */
export const makeMemory: Effect.Effect<Context.Tag.Service<CircuitBreakers>> = Effect.gen(function*() {
  const transitions = yield* PubSub.sliding<Transition>(128)
  const registry = new Registry(
    (key, now, listener) => new MemoryBreaker(key, Settings.unconfigured, now, listener),
    (transition) => transitions.unsafeOffer(transition)
  )
  const moment = Effect.map(Effect.clock, momentOf)

  /** Also ahead of the first call: who switches something off means it. */
  const command = (key: string, command: Core.Command) =>
    Effect.map(moment, (moment) => registry.any(key, moment.now()).command(command, moment))
  const onExisting = <A>(key: string, f: (breaker: MemoryBreaker, moment: Moment) => A) =>
    Effect.map(
      moment,
      (moment) => Option.map(Option.fromNullable(registry.peek(key, moment.now())), (breaker) => f(breaker, moment))
    )

  return CircuitBreakers.of({
    list: Effect.map(
      moment,
      (moment) =>
        Listing.sorted(registry.all(moment.now()).map((breaker) => Listing.ofSnapshot(breaker.snapshot(moment))))
    ),
    breaker: (key, config, moment) => registry.get(key, config, moment),
    changes: Stream.fromPubSub(transitions),
    forceClose: (key) =>
      Effect.asVoid(onExisting(key, (breaker, moment) => breaker.command({ _tag: "forceClose" }, moment))),
    forceOpen: (key, reason) => command(key, { _tag: "forceOpen", reason }),
    keys: Effect.map(moment, (moment) => registry.keys(moment.now())),
    openFor: (key, duration, reason) => command(key, { _tag: "openFor", millis: Duration.toMillis(duration), reason }),
    reset: (key) => Effect.asVoid(onExisting(key, (breaker, moment) => breaker.command({ _tag: "reset" }, moment))),
    setMode: (key, mode, reason = "") => command(key, { _tag: "setMode", mode, reason }),
    snapshot: (key) => onExisting(key, (breaker, moment) => breaker.snapshot(moment)),
    state: (key) => onExisting(key, ({ state }) => state)
  })
})

/**
 * @since 0.1.0
 * @category layers
 */
export const layerMemory: Layer.Layer<CircuitBreakers> = Layer.effect(CircuitBreakers, makeMemory)

/** Later made, later counted. */
let versions = 0

/**
 * @example
 * ```ts
 * import { CircuitBreaker } from "holdfast"
 *
 * const breaker = CircuitBreaker.layer({ failureThreshold: 5, resetTimeout: "1 minute", successThreshold: 2 })
 * ```
 *
 * @since 0.1.0
 * @category policies
 */
export const layer = (options: Options = {}): IntegrationClient.Policy<CircuitBreakers> => {
  const settings = Settings.toConfig(options)
  const classify = options.classify ?? IntegrationError.health
  const slowAfter = Settings.slowAfter(options)

  return IntegrationClient.stage((next) =>
    Effect.gen(function*() {
      const breakers = yield* CircuitBreakers
      const random = yield* Effect.random
      const runSync = Runtime.runSync(yield* Effect.runtime())
      const config: Config = {
        ...settings,
        // without keys of its own it holds its one circuit for as long as it lives
        idleTimeToLive: options.key === undefined ? Number.POSITIVE_INFINITY : settings.idleTimeToLive,
        random: () => runSync(random.next),
        version: ++versions
      }
      const moment = momentOf(yield* Effect.clock)
      const { key } = options
      const only = key === undefined ? breakers.breaker(next.integration.id, config, moment) : undefined
      return new BreakerStage({
        breakerOf: (run) => only ?? breakers.breaker(key?.(run.call) ?? next.integration.id, config, run),
        classify,
        only,
        slowAfter
      })
    })
  )
}
