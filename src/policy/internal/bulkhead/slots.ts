/**
 * Slots with a clock: one timer, and only while somebody waits who may not wait for ever.
 */
import type * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { monotonicMillis } from "../../../internal/time.js"
import * as Timers from "../../../internal/timers.js"
import * as Core from "./slotsCore.js"

export class Slots {
  readonly #core: Core.Slots
  #timer: Timers.Timer
  #timerAt = Number.POSITIVE_INFINITY

  constructor(config: Core.Config) {
    this.#core = new Core.Slots(config)
  }

  get held(): number {
    return this.#core.held
  }
  get waiting(): number {
    return this.#core.waiting
  }
  get limit(): number {
    return this.#core.limit
  }

  /** A slot at once: true. */
  take(claim: Core.Claim): boolean {
    return this.#core.take(claim)
  }

  /** For whom there was none: its place in line, or why not. `turn` is what it waits for then. */
  join(claim: Core.Claim, clock: Clock.Clock, now: number): Core.Refusal | undefined {
    const refusal = this.#core.join(claim, now)
    if (refusal === undefined && this.#core.waiting === 1) this.#look(clock, now)
    return refusal
  }

  /** Back into line, to its old place. */
  rejoin(claim: Core.Claim, clock: Clock.Clock): void {
    this.#core.rejoin(claim)
    this.#look(clock, monotonicMillis(clock))
  }

  /**
   * Until the claim has its slot (true), or has waited for too long. An interruption leaves everything as it is: `leave` is
   * for whoever has started this.
   */
  turn(claim: Core.Claim): Effect.Effect<boolean> {
    return Effect.async<boolean>((resume) => {
      const settled = () => resume(Effect.succeed(claim.standing === "held"))
      if (claim.standing === "waiting") claim.onSettled = settled
      else settled()
    })
  }

  /** Gives up a slot, which goes to the first in line, or a place there. */
  leave(claim: Core.Claim): void {
    this.#core.leave(claim)
    // while somebody waits the timer stays as it is: set for somebody who came earlier, it may ring too early, never too late
    if (this.#core.waiting === 0) this.#stop()
  }

  /** Another number of slots, or other bounds of the queue, from now on. */
  reconfigure(config: Core.Config): void {
    this.#core.reconfigure(config)
    if (this.#core.waiting === 0) this.#stop()
  }

  #stop(): void {
    Timers.stop(this.#timer)
    this.#timer = undefined
    this.#timerAt = Number.POSITIVE_INFINITY
  }

  /** Refuses those who have waited for too long, and comes back when the next one will have. */
  #look(clock: Clock.Clock, now: number): void {
    const at = this.#core.expire(now)
    if (at === this.#timerAt) return
    this.#stop()
    if (at === Number.POSITIVE_INFINITY) return
    this.#timerAt = at
    this.#timer = Timers.start(clock, now, at - now, () => {
      this.#stop()
      this.#look(clock, monotonicMillis(clock))
    })
  }
}
