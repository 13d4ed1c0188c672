/**
 * What a call has of a limiter, from the way in to the way out.
 */
import type * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { Call, Reservation } from "../../../core/Call.js"
import type { IntegrationError } from "../../../core/IntegrationError.js"
import { monotonicMillis } from "../../../internal/time.js"
import type { Limiter } from "./limiter.js"
import { Permit, type Refusal } from "./lineCore.js"

export class CallPermit extends Permit implements Reservation {
  /** Requests that had been sent when the call came. */
  readonly #attempts: number
  /** What limiters further out have taken for it. */
  readonly #outer: Reservation | undefined

  constructor(
    readonly limiter: Limiter,
    readonly call: Call,
    readonly refused: (call: Call, refusal: Refusal) => IntegrationError
  ) {
    super(call.operation.cost)
    this.#attempts = call.attempts
    this.#outer = call.reservation
  }

  /** From now on whoever holds the call up gives the tokens back meanwhile. */
  reserve(): void {
    this.call.reservation = this
  }

  /**
   * The call leaves the limiter: what was not used goes back. A call that was answered has used it, whether what sends
   * counts its requests or not.
   */
  end(clock: Clock.Clock, now: number, isAnswered: boolean): void {
    this.call.reservation = this.#outer
    if (!isAnswered && this.call.attempts === this.#attempts) this.limiter.leave(this, clock, now)
  }

  /** Until the call, which stands in line, has its tokens; meanwhile those of limiters further out are given back. */
  turn(clock: Clock.Clock): Effect.Effect<void, IntegrationError> {
    this.#outer?.suspend(clock)
    return Effect.flatMap(this.limiter.turn(this, clock, (refusal) => this.refused(this.call, refusal)), () => {
      const wait = this.#outer?.resume(clock)
      if (wait === undefined) return Effect.void
      this.limiter.suspend(this, clock, monotonicMillis(clock))
      return Effect.zipRight(wait, Effect.suspend(() => this.#resume(clock) ?? Effect.void))
    })
  }

  suspend(clock: Clock.Clock): void {
    this.limiter.suspend(this, clock, monotonicMillis(clock))
    this.#outer?.suspend(clock)
  }

  resume(clock: Clock.Clock): Effect.Effect<void, IntegrationError> | undefined {
    const wait = this.#outer?.resume(clock)
    return wait === undefined
      ? this.#resume(clock)
      : Effect.zipRight(wait, Effect.suspend(() => this.#resume(clock) ?? Effect.void))
  }

  #resume(clock: Clock.Clock): Effect.Effect<void, IntegrationError> | undefined {
    return this.limiter.resume(this, this.call.deadline, clock, monotonicMillis(clock)) ? undefined : this.turn(clock)
  }
}
