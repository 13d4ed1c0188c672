/**
 * The limiters of a program whose tokens come from a store that other processes use as well.
 *
 * No call waits for the store: it waits for tokens, as it would for those of a limit of its own. Where the store does not
 * answer in time, this process goes on with its share of the rate, says so once, and comes back when the store does.
 */
import type * as Clock from "effect/Clock"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Runtime from "effect/Runtime"
import type * as Scope from "effect/Scope"
import * as Background from "../../../internal/background.js"
import * as Outage from "../../../internal/outage.js"
import { monotonicMillis } from "../../../internal/time.js"
import * as Timers from "../../../internal/timers.js"
import type * as Lease from "./leaseCore.js"
import { type Asked, LeasedQuota } from "./leasedQuotaCore.js"
import { type Config, type Keeper, Limiter } from "./limiter.js"
import { Limiters } from "./limiters.js"

/** Why a store did not do what it was asked. `away`: it cannot be used for any key. */
export class StoreError extends Data.TaggedError("StoreError")<{
  readonly message: string
  readonly away: boolean
  readonly cause?: unknown
}> {}

/** What a backing does: runs the steps where the records are, and passes on what other processes have said. */
export interface LeaseStore {
  /** What it is reached by: whoever shares it shares its outages. */
  readonly client?: object | undefined
  readonly settle: (
    key: string,
    bucket: Lease.Config | undefined,
    request: Lease.Request
  ) => Effect.Effect<Lease.Answer, StoreError>
  readonly coolDown: (key: string, millis: number) => Effect.Effect<void, StoreError>
  /** For as long as the scope lasts. */
  readonly listen: (listener: Listener) => Effect.Effect<void, never, Scope.Scope>
}

export interface Listener {
  /** What was said before may have been missed. */
  readonly attached: () => void
  /** All processes are held for so many milliseconds. */
  readonly coolDown: (key: string, millis: number) => void
  readonly keys: () => ReadonlyArray<string>
}

export interface Options {
  /** For the log. */
  readonly name: string
  /** Milliseconds that the store may take to answer. */
  readonly timeout: number
}

/** Milliseconds between attempts to come back. */
const firstPause = 100
const longestPause = 5_000
/** Milliseconds for what a process gives back at its end. */
const longestEnd = 1_000
/** Milliseconds by which a hold may seem shorter at the store than here. */
const late = 250

interface Health {
  away: boolean
  alone: number
}

export const make = (
  store: LeaseStore,
  { name, timeout }: Options
): Effect.Effect<Limiters, never, Scope.Scope> =>
  Effect.gen(function*() {
    const runtime = yield* Effect.runtime<never>()
    const clock = yield* Effect.clock
    const node = crypto.randomUUID()
    const keepers = new Map<Limiter, Leased>()
    const outage = yield* Outage.join(store.client ?? {}, "rate limits")
    const health: Health = { alone: 0, away: false }
    let isOpen = true

    const shared: Shared = {
      asks: (effect) => void (isOpen && Runtime.runFork(runtime)(effect)),
      back: Effect.suspend(() =>
        --health.alone === 0 ? outage.back(`${name} is back: its rate limits are shared again`) : Effect.void
      ),
      clock,
      gone: (error) =>
        health.alone++ === 0
          ? outage.away(
            `${name} cannot be used for rate limits: this process goes on with its share (${error.message})`
          )
          : Effect.void,
      health,
      node,
      store: {
        coolDown: (key, millis) => within(store.coolDown(key, millis), timeout),
        settle: (key, bucket, request) => within(store.settle(key, bucket, request), timeout)
      }
    }

    const limiters = new Limiters({
      check: ({ window }) => {
        if (window === undefined) return
        throw new Error(
          `RateLimit.layer: limit and window cannot be shared by several processes; over ${name} give capacity and ` +
            `refillRate, of which capacity + refillRate × ${window.window / 1000} must not be more than ${window.limit}`
        )
      },
      make: (key) => {
        const leased = new Leased(key, shared)
        keepers.set(leased.limiter, leased)
        return leased.limiter
      },
      onForget: (limiter) => {
        keepers.get(limiter)?.forget()
        keepers.delete(limiter)
      }
    })

    yield* Effect.addFinalizer(() =>
      Effect.suspend(() => {
        isOpen = false
        // a store that does not answer must not hold up the end, however many keys there are
        return Effect.forEach(keepers.values(), (leased) => leased.end, { concurrency: 32, discard: true }).pipe(
          Effect.interruptible,
          Effect.timeoutOption(longestEnd)
        )
      })
    )
    yield* store.listen({
      attached: () => {
        for (const leased of keepers.values()) leased.review()
      },
      coolDown: (key, millis) => {
        const now = monotonicMillis(clock)
        limiters.peek(key, now)?.hold(millis, clock, now)
      },
      keys: () => limiters.keys(monotonicMillis(clock))
    })
    return limiters
  })

/** A process that was busy itself has timers that are due and an answer that waits to be read: it is read first. */
const read = Effect.async<void>((resume) => {
  setImmediate(() => setImmediate(() => resume(Effect.void)))
})

const within = <A>(effect: Effect.Effect<A, StoreError>, millis: number): Effect.Effect<A, StoreError> =>
  Effect.raceFirst(
    effect,
    Background.sleep(millis).pipe(
      Effect.zipRight(read),
      Effect.zipRight(Effect.failSync(() => new StoreError({ away: true, message: `no answer within ${millis} ms` })))
    )
  )

/** What the keys have in common. */
interface Shared {
  readonly node: string
  readonly store: Pick<LeaseStore, "settle" | "coolDown">
  readonly health: Health
  readonly clock: Clock.Clock
  /** Runs it, unless the program is about to end. */
  readonly asks: (effect: Effect.Effect<void>) => void
  readonly gone: (error: StoreError) => Effect.Effect<void>
  readonly back: Effect.Effect<void>
}

/** The limiter of one key, and who gets its tokens from the store. */
class Leased implements Keeper {
  readonly limiter: Limiter
  readonly #quota: LeasedQuota
  readonly #key: string
  readonly #shared: Shared
  #isAsking = false
  #isForgotten = false
  #timer: Timers.Timer
  #timerAt = Number.POSITIVE_INFINITY

  constructor(key: string, shared: Shared) {
    this.#key = key
    this.#shared = shared
    const config: Config = {
      bucket: undefined,
      idleTimeToLive: 3_600_000,
      maxQueue: 1000,
      maxWait: 30_000,
      window: undefined
    }
    const limiter = (): Limiter => this.limiter
    this.#quota = new LeasedQuota({
      config,
      demand: {
        coolDownLeft: (now) => limiter().coolDownLeft(now),
        get headCost() {
          return limiter().headCost
        },
        get wanted() {
          return limiter().wanted
        }
      },
      node: shared.node
    })
    this.limiter = new Limiter(this.#quota, config, this)
  }

  tend(clock: Clock.Clock, now: number): void {
    if (this.#isAsking || this.#isForgotten) return
    const at = this.#quota.nextAsk(now)
    if (at <= now) return this.#ask()
    // one that rings too early looks again, and is cheaper than one that is set anew by every call
    if (at >= this.#timerAt || at === Number.POSITIVE_INFINITY) return
    Timers.stop(this.#timer)
    this.#timerAt = at
    this.#timer = Timers.start(clock, now, at - now, () => {
      this.#timer = undefined
      this.#timerAt = Number.POSITIVE_INFINITY
      this.tend(clock, monotonicMillis(clock))
    })
  }

  coolsDown(millis: number): void {
    const { asks, store } = this.#shared
    // should it not arrive, the next answer shows that the store does not know of it
    asks(Effect.ignore(store.coolDown(this.#key, millis)))
  }

  /** Reads what may have been missed. */
  review(): void {
    if (!this.#isAsking && !this.#isForgotten && this.#quota.attached) this.#ask()
  }

  forget(): void {
    this.#isForgotten = true
    Timers.stop(this.#timer)
    if (!this.#quota.attached) this.#shared.asks(this.#shared.back)
  }

  /** All that is left goes back. */
  get end(): Effect.Effect<void> {
    return Effect.suspend(() => {
      this.#isForgotten = true
      Timers.stop(this.#timer)
      const { health, store } = this.#shared
      const { bucket } = this.limiter.config
      if (health.away || bucket === undefined || !this.#quota.attached || this.#quota.held < 1) return Effect.void
      return Effect.ignore(store.settle(this.#key, bucket, this.#quota.end(this.#now)))
    })
  }

  get #now(): number {
    return monotonicMillis(this.#shared.clock)
  }

  #ask(): void {
    const { asks, health } = this.#shared
    this.#isAsking = true
    // others have found out already
    if (health.away) {
      return asks(this.#goAlone(new StoreError({ away: true, message: "it was away a moment ago" })))
    }
    // those who come in the same moment ask together
    asks(
      Effect.zipRight(
        Effect.yieldNow(),
        Effect.flatMap(this.#request, (result) => Either.isLeft(result) ? this.#goAlone(result.left) : Effect.void)
      )
    )
  }

  /** Asks once. */
  readonly #request: Effect.Effect<Either.Either<void, StoreError>> = Effect.suspend(() => {
    const asked = this.#quota.ask(this.#now)
    const { health, store } = this.#shared
    return Effect.map(Effect.either(store.settle(this.#key, this.limiter.config.bucket, asked.request)), (result) => {
      if (Either.isRight(result)) {
        health.away = false
        return Either.right(this.#answered(asked, result.right))
      }
      if (result.left.away) health.away = true
      this.#quota.lost(this.#now)
      return Either.left(result.left)
    })
  })

  #answered(asked: Asked, answer: Lease.Answer): void {
    const { clock } = this.#shared
    const now = this.#now
    this.#isAsking = false
    this.#quota.answered(asked, answer, now)
    const left = this.limiter.coolDownLeft(now)
    if (left > answer.coolDown + late) this.coolsDown(left)
    else this.limiter.hold(answer.coolDown, clock, now)
    this.limiter.look(clock, now)
  }

  /** Goes on alone until the store answers. */
  #goAlone(error: StoreError): Effect.Effect<void> {
    return Effect.suspend(() => {
      if (this.#isForgotten) return Effect.void
      const { clock } = this.#shared
      const now = this.#now
      this.#quota.detach(now)
      this.limiter.look(clock, now)
      return Effect.zipRight(this.#shared.gone(error), this.#comeBack(firstPause))
    })
  }

  #comeBack(pause: number): Effect.Effect<void> {
    // not all processes at once
    const millis = pause * (0.5 + Math.random() / 2)
    return Background.sleep(millis).pipe(
      Effect.zipRight(Effect.suspend(() => this.#isForgotten ? Effect.succeed(undefined) : this.#request)),
      Effect.flatMap((result) =>
        result === undefined
          ? Effect.void
          : Either.isRight(result)
          ? this.#shared.back
          : this.#comeBack(Math.min(longestPause, pause * 2))
      )
    )
  }
}
