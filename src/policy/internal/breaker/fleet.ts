/**
 * The circuits of a process that shares them with others: holds the way to the store open, and when there is none, lets
 * each circuit go on alone until there is one again.
 */
import type * as Clock from "effect/Clock"
import type * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FiberSet from "effect/FiberSet"
import * as Option from "effect/Option"
import * as PubSub from "effect/PubSub"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as Background from "../../../internal/background.js"
import * as Outage from "../../../internal/outage.js"
import { monotonicMillis } from "../../../internal/time.js"
import { type CircuitBreakers, CircuitBreakerStoreError } from "../../CircuitBreaker.js"
import type * as Breaker from "./breaker.js"
import type * as Core from "./circuitCore.js"
import * as Listing from "./listing.js"
import { unconfigured } from "./options.js"
import { Registry } from "./registry.js"
import * as Shared from "./shared.js"
import type * as SharedCore from "./sharedCore.js"
import { type Store, StoreError } from "./store.js"

/** What breakers over any store take. */
export interface Options {
  /**
   * Processes that must have seen failures before a circuit opens for all, so that one bad machine cannot open it alone;
   * all live ones, where there are fewer. More than 1 costs a command for each circuit and heartbeat. Default 1.
   */
  readonly quorum?: number | undefined
  /** Between reports of one process, while there are failures. Default 50 milliseconds. */
  readonly flushInterval?: Duration.DurationInput | undefined
  /** How long a call waits for a place as a probe, before it is refused. Default 250 milliseconds. */
  readonly patience?: Duration.DurationInput | undefined
  /** After which an answer of the store is no longer waited for. Default 1 second. */
  readonly timeout?: Duration.DurationInput | undefined
  /** The place of a probe whose process has died is free after so long. Default 5 seconds. */
  readonly lease?: Duration.DurationInput | undefined
  /** Between looks at whether the store still tells of everything. Default 5 seconds. */
  readonly heartbeat?: Duration.DurationInput | undefined
  /** The longest pause between two tries to get back to a store that is away. Default 10 seconds. */
  readonly maxRetryDelay?: Duration.DurationInput | undefined
  /**
   * A closed circuit that no process has used for so long is gone from the store, where its policy's `idleTimeToLive` says
   * nothing else. One that is open stays for at least as much longer, one that is set by hand for 30 days. Default 1 hour.
   */
  readonly timeToLive?: Duration.DurationInput | undefined
}

const firstRetryDelay = 100

/** A new connection takes its time, and no call waits for it. */
const subscribing = 5

/** A session that held for so long was a good one: the next tries begin in quick succession again. */
const goodSession = 5_000

/** Reads under way at once, so that a process with many keys does not drown the store when it comes back. */
const readsAtOnce = 16

const whole = (name: string, value: number): number => {
  if (Number.isInteger(value) && value >= 1) return value
  throw new Error(`CircuitBreaker: ${name} is ${value}; it must be a whole number from 1 up`)
}

const millis = (name: string, input: Duration.DurationInput): number => {
  const value = Math.ceil(Duration.toMillis(input))
  if (value > 0 && value <= 2 ** 31) return value
  throw new Error(`CircuitBreaker: ${name} is ${Duration.format(input)}; it must be longer than nothing, and end`)
}

const newNode = () => crypto.randomUUID().replaceAll("-", "").slice(0, 16)

export const make = (
  store: Store,
  options: Options
): Effect.Effect<Context.Tag.Service<CircuitBreakers>, never, Scope.Scope> =>
  Effect.gen(function*() {
    const clock = yield* Effect.clock
    const timeout = Duration.millis(millis("timeout", options.timeout ?? "1 second"))
    const heartbeat = millis("heartbeat", options.heartbeat ?? "5 seconds")
    const maxRetryDelay = millis("maxRetryDelay", options.maxRetryDelay ?? "10 seconds")
    const settings: Shared.Settings = {
      flushInterval: millis("flushInterval", options.flushInterval ?? "50 millis"),
      lease: millis("lease", options.lease ?? "5 seconds"),
      livesFor: heartbeat * 3,
      patience: millis("patience", options.patience ?? "250 millis"),
      quorum: whole("quorum", options.quorum ?? 1),
      timeToLive: millis("timeToLive", options.timeToLive ?? "1 hour")
    }
    const background = yield* FiberSet.makeRuntime<never, void, never>()
    const transitions = yield* PubSub.sliding<Breaker.Transition>(128)
    const way = new Way(clock, settings, background, (link) =>
      new Registry(
        (key, _, listener) => new Shared.SharedBreaker(key, unconfigured, link, link.moment, listener),
        (transition) => transitions.unsafeOffer(transition)
      ), (key, step, terms) => bounded(store.step(key, step, terms), timeout))
    const { registry } = way

    const session = Effect.gen(function*() {
      const scope = yield* Scope.make()
      const failed = yield* Deferred.make<never, StoreError>()
      return yield* Effect.gen(function*() {
        const subscription = yield* bounded(
          Scope.extend(
            store.subscribe((key, view) => registry.peek(key, way.now())?.hear(view)),
            scope
          ),
          Duration.times(timeout, subscribing)
        )
        way.up(failed)
        const beats = Effect.forever(
          Effect.zipRight(
            Effect.zipRight(Background.sleep(heartbeat), bounded(subscription.check, timeout)),
            each(way, (breaker) => breaker.beat())
          )
        )
        yield* each(way, (breaker) => breaker.attach())
        yield* firstIs.done
        yield* Effect.suspend(() => way.isUp ? told.back : Effect.void)
        return yield* Effect.raceFirst(
          Deferred.await(failed),
          Effect.raceFirst(Effect.flatMap(subscription.lost, Effect.fail), beats)
        )
      }).pipe(
        // a connection that is half dead may take its time to end
        Effect.ensuring(Effect.zipRight(Effect.sync(() => way.down()), close(scope)))
      )
    })

    const firstAttempt = yield* Deferred.make<void>()
    const firstIs = { done: Deferred.succeed(firstAttempt, undefined) }
    const told = tellOnce(store.name, yield* Outage.join(store.client ?? {}, "circuit breakers"))
    let tries = 0
    const loop = Effect.forever(
      Effect.suspend(() => {
        const began = way.now()
        return Effect.catchAll(session, (error) =>
          Effect.zipRight(
            Effect.zipRight(told.away(error), firstIs.done),
            Effect.flatMap(Effect.random, (random) =>
              Effect.flatMap(random.next, (luck) => {
                if (way.now() - began >= goodSession) tries = 0
                const delay = Math.min(maxRetryDelay, firstRetryDelay * 2 ** Math.min(tries++, 20))
                return Background.sleep(delay * (0.5 + luck / 2))
              }))
          ))
      })
    )
    yield* Effect.forkScoped(loop)
    // while the way is still open
    yield* Effect.addFinalizer(() =>
      Effect.zipRight(
        Effect.ignore(bounded(each(way, (breaker) => breaker.leave()), timeout)),
        Effect.sync(() => way.end())
      )
    )
    // so that what a program does first finds the state of the others; no longer than it would wait for any answer
    yield* Effect.ignore(bounded(Deferred.await(firstAttempt), timeout))

    const onExisting = <A>(key: string, f: (breaker: Shared.SharedBreaker) => A) =>
      Effect.sync(() => Option.map(Option.fromNullable(registry.peek(key, way.now())), f))
    /**
     * Also ahead of the first call: who switches something off means it. One that is new here is attached by the command
     * itself, so that the store has been told when this is over.
     */
    const command = (key: string, command: Core.Command) =>
      Effect.suspend(() => registry.any(key, way.now()).command(command))

    return {
      breaker: (key, config, moment) => way.get(() => registry.get(key, config, moment)),
      changes: Stream.fromPubSub(transitions),
      forceClose: (key) => command(key, { _tag: "forceClose" }),
      forceOpen: (key, reason) => command(key, { _tag: "forceOpen", reason }),
      list: bounded(store.list, Duration.times(timeout, subscribing)).pipe(
        // none that the store has not been told of: others do not go by it
        Effect.map((records) => Listing.sorted(records.map(Listing.ofRecord))),
        Effect.mapError(({ cause, message }) =>
          new CircuitBreakerStoreError({ cause, message: `${store.name} cannot be asked for its circuits: ${message}` })
        )
      ),
      keys: Effect.sync(() => registry.keys(way.now())),
      openFor: (key, duration, reason) =>
        command(key, { _tag: "openFor", millis: Duration.toMillis(duration), reason }),
      reset: (key) => command(key, { _tag: "reset" }),
      setMode: (key, mode, reason = "") => command(key, { _tag: "setMode", mode, reason }),
      snapshot: (key) => onExisting(key, (breaker) => breaker.snapshot()),
      state: (key) => onExisting(key, ({ state }) => state)
    }
  })

/** Whatever a store may do, it is waited for no longer than this, and not waited for to stop either. */
const bounded = <A>(effect: Effect.Effect<A, StoreError>, timeout: Duration.Duration): Effect.Effect<A, StoreError> =>
  Effect.timeoutFail(
    Effect.disconnect(
      Effect.catchAllDefect(
        effect,
        (cause) => Effect.fail(new StoreError({ cause, message: "the answer makes no sense", reason: "nonsense" }))
      )
    ),
    {
      duration: timeout,
      onTimeout: () => new StoreError({ message: `no answer within ${Duration.format(timeout)}`, reason: "away" })
    }
  )

const close = (scope: Scope.CloseableScope) =>
  Effect.ignore(bounded(Effect.catchAllCause(Scope.close(scope, Exit.void), () => Effect.void), Duration.seconds(1)))

const each = (way: Way, run: (breaker: Shared.SharedBreaker) => Effect.Effect<void>): Effect.Effect<void> =>
  Effect.suspend(() => Effect.forEach(way.registry.all(way.now()), run, { concurrency: readsAtOnce, discard: true }))

/** One warning an outage, and one word when it is over. */
const tellOnce = (store: string, outage: Outage.Outage) => {
  let isAway = false
  return {
    away: (error: StoreError) =>
      Effect.suspend(() => {
        if (isAway) return Effect.void
        isAway = true
        return Effect.annotateLogs(
          outage.away(
            `circuit breakers: ${store} cannot be used; until it can, this process goes on with breakers of its own`
          ),
          { reason: error.message }
        )
      }),
    back: Effect.suspend(() => {
      if (!isAway) return Effect.void
      isAway = false
      return outage.back(`circuit breakers: ${store} is back, and its state is shared again`)
    })
  }
}

/** The way to the store. */
class Way implements Shared.Link {
  readonly node = newNode()
  readonly moment: Breaker.Moment
  readonly registry: Registry<Shared.SharedBreaker>
  #failed: Deferred.Deferred<never, StoreError> | undefined
  /** Keys whose records make no sense, as has been said. */
  readonly #odd = new Set<string>()

  constructor(
    readonly clock: Clock.Clock,
    readonly settings: Shared.Settings,
    readonly background: (effect: Effect.Effect<void>) => unknown,
    registry: (link: Way) => Registry<Shared.SharedBreaker>,
    readonly ask: Shared.Link["step"]
  ) {
    this.moment = { clock, now: () => this.now() }
    this.registry = registry(this)
  }

  get isUp(): boolean {
    return this.#failed !== undefined
  }

  now(): number {
    return monotonicMillis(this.clock)
  }

  up(failed: Deferred.Deferred<never, StoreError>): void {
    this.#failed = failed
  }

  down(): void {
    this.#failed = undefined
    for (const breaker of this.registry.all(this.now())) breaker.detach()
  }

  end(): void {
    this.#failed = undefined
    for (const breaker of this.registry.all(this.now())) breaker.end()
  }

  step(
    key: string,
    step: SharedCore.Step,
    terms: SharedCore.Terms
  ): Effect.Effect<SharedCore.Answer, StoreError> {
    return Effect.suspend(() => {
      const failed = this.#failed
      if (failed === undefined) return Effect.fail(new StoreError({ message: "the store is away", reason: "away" }))
      return Effect.tapBoth(this.ask(key, step, terms), {
        onFailure: (error) =>
          Effect.sync(() => {
            if (this.#failed !== failed) return
            if (error.reason === "nonsense") return this.#leaveAlone(key, error)
            this.down()
            Deferred.unsafeDone(failed, Effect.fail(error))
          }),
        onSuccess: () => Effect.sync(() => this.#odd.delete(key))
      })
    })
  }

  /** One record that cannot be read is no reason to do without the others. */
  #leaveAlone(key: string, error: StoreError): void {
    this.registry.peek(key, this.now())?.detach()
    if (this.#odd.has(key)) return
    this.#odd.add(key)
    this.fork(
      Effect.annotateLogs(
        Effect.logWarning(
          "circuit breakers: a shared record cannot be used; its circuit is that of this process alone"
        ),
        { key, reason: error.message }
      )
    )
  }

  fork(effect: Effect.Effect<void>): void {
    this.background(effect)
  }

  after(wait: number, run: () => void): () => void {
    return Background.after(this.clock, wait, run)
  }

  /** A circuit that is new here begins with what the others know. */
  get(get: () => Shared.SharedBreaker): Shared.SharedBreaker {
    const breaker = get()
    if (breaker.isNew && this.isUp) this.fork(breaker.attach())
    return breaker
  }
}
