/**
 * A line of callers with a clock: one timer, and only while somebody waits.
 */
import type * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { monotonicMillis } from "../../../internal/time.js"
import * as Timers from "../../../internal/timers.js"
import * as LineCore from "./lineCore.js"
import type * as QuotaCore from "./quotaCore.js"

export interface Config extends LineCore.Config, QuotaCore.Config {
  /** Milliseconds without a call after which a key may be forgotten. */
  readonly idleTimeToLive: number
}

/** A quota whose configuration may change while it is in use. */
export interface Quota extends QuotaCore.Quota {
  reconfigure(config: Config, now: number): void
}

/** Who keeps a quota in tokens that comes from elsewhere. */
export interface Keeper {
  /** Something has happened: perhaps there is something to ask for. */
  tend(clock: Clock.Clock, now: number): void
  /** All callers of this process are held from now on, for so many milliseconds: others are to know. */
  coolsDown(millis: number): void
}

export class Limiter {
  readonly #line: LineCore.Line
  readonly #keeper: Keeper | undefined
  readonly #quota: Quota
  #config: Config
  #timer: Timers.Timer
  #timerAt = Number.POSITIVE_INFINITY

  constructor(quota: Quota, config: Config, keeper?: Keeper) {
    this.#quota = quota
    this.#keeper = keeper
    this.#config = config
    this.#line = new LineCore.Line(quota, config)
  }

  get config(): Config {
    return this.#config
  }
  get waiting(): number {
    return this.#line.waiting
  }
  get wanted(): number {
    return this.#line.wanted
  }
  get headCost(): number {
    return this.#line.headCost
  }
  available(now: number): number {
    return this.#quota.available(now)
  }
  coolDownLeft(now: number): number {
    return this.#line.coolDownLeft(now)
  }
  isIdle(now: number): boolean {
    return this.#line.isIdle(now)
  }

  /** Tokens at once: true. */
  take(permit: LineCore.Permit, clock: Clock.Clock, now: number): boolean {
    // where much is going on the timer comes late: whoever comes looks in its place
    if (now >= this.#timerAt) this.look(clock, now)
    const isTaken = this.#line.take(permit, now)
    if (isTaken) this.#keeper?.tend(clock, now)
    return isTaken
  }

  /** For whom there were none: its place in line, or why not. `turn` is what it waits for then. */
  join(permit: LineCore.Permit, deadline: number, clock: Clock.Clock, now: number): LineCore.Refusal | undefined {
    const refusal = this.#line.join(permit, deadline, now)
    if (refusal === undefined && this.#line.waiting === 1) this.look(clock, now)
    return refusal
  }

  /**
   * Until the permit has its tokens and may go, or is refused. An interruption leaves everything as it is: `leave` is for
   * whoever has started this.
   */
  turn<E>(
    permit: LineCore.Permit,
    clock: Clock.Clock,
    refused: (refusal: LineCore.Refusal) => E
  ): Effect.Effect<void, E> {
    return Effect.flatMap(settled(permit), () => {
      const now = monotonicMillis(clock)
      if (permit.standing === "granted" && this.#line.confirm(permit, now)) return Effect.void
      if (permit.refusal !== undefined) return Effect.fail(refused(permit.refusal))
      this.look(clock, now)
      return this.turn(permit, clock, refused)
    })
  }

  /** Gives up a place in line, or tokens that were not used. */
  leave(permit: LineCore.Permit, clock: Clock.Clock, now: number): void {
    this.#line.leave(permit, now)
    this.look(clock, now)
  }

  suspend(permit: LineCore.Permit, clock: Clock.Clock, now: number): void {
    this.#line.suspend(permit, now)
    this.look(clock, now)
  }

  /** True, or `turn` is to be waited for. */
  resume(permit: LineCore.Permit, deadline: number, clock: Clock.Clock, now: number): boolean {
    if (this.#line.resume(permit, deadline, now)) return true
    this.look(clock, now)
    return false
  }

  /** Holds everybody for so many milliseconds; false when they are held for as long already. */
  coolDown(millis: number, clock: Clock.Clock, now: number): boolean {
    const extended = this.hold(millis, clock, now)
    if (extended) this.#keeper?.coolsDown(millis)
    return extended
  }

  /** The same, as somebody else has said that knows it already. */
  hold(millis: number, clock: Clock.Clock, now: number): boolean {
    const extended = this.#line.coolDown(millis, now)
    if (extended) this.look(clock, now)
    return extended
  }

  /** What the provider says is left of its quota, and for how many milliseconds. */
  learn(remaining: number, resetAfter: number | undefined, clock: Clock.Clock, now: number): void {
    this.#quota.learn(remaining, resetAfter, now)
    if (this.#line.waiting === 0) return
    this.#line.review(now)
    this.look(clock, now)
  }

  /** Another configuration from now on. Nobody loses a place in line; whoever would now wait for too long is refused. */
  reconfigure(config: Config, clock: Clock.Clock, now: number): void {
    if (config === this.#config) return
    this.#config = config
    this.#line.config = config
    this.#quota.reconfigure(config, now)
    this.#line.review(now)
    this.look(clock, now)
  }

  /** Lets through whoever may go, and comes back when the next one may. */
  look(clock: Clock.Clock, now: number): void {
    const at = this.#line.serve(now)
    this.#keeper?.tend(clock, now)
    if (at === this.#timerAt) return
    Timers.stop(this.#timer)
    this.#timer = undefined
    this.#timerAt = at
    if (at === Number.POSITIVE_INFINITY) return
    this.#timer = Timers.start(clock, now, at - now, () => {
      this.#timerAt = Number.POSITIVE_INFINITY
      this.#timer = undefined
      this.look(clock, monotonicMillis(clock))
    })
  }
}

const settled = (permit: LineCore.Permit): Effect.Effect<void> =>
  Effect.async<void>((resume) => {
    if (permit.standing !== "waiting") return resume(Effect.void)
    permit.onSettled = () => resume(Effect.void)
  })
