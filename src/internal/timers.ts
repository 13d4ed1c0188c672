/**
 * One timer of a fiber's own clock, from synchronous code.
 *
 * @internal
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as DefaultServices from "effect/DefaultServices"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import * as FiberId from "effect/FiberId"

/** @internal */
export type Timer = ReturnType<typeof setTimeout> | Fiber.RuntimeFiber<void> | undefined

const liveClock = Context.get(DefaultServices.liveServices, Clock.Clock)

// a longer one would fire at once; nothing that a call does lasts for 24 days
const longest = 2 ** 31 - 1

/**
 * Runs `onTime` after so many milliseconds, unless it is stopped. On the live clock that is a timer of Node (which keeps
 * one list for each duration, so that starting and stopping are O(1)); on any other clock, a fiber that sleeps by it.
 *
 * @internal
 */
export const start = (clock: Clock.Clock, millis: number, onTime: () => void): Timer => {
  if (millis > longest) return undefined
  // timers count whole milliseconds, and must not come too early; a sum of fractions must not add one
  const whole = Math.max(0, Math.ceil(millis - 1e-6))
  return clock === liveClock
    ? setTimeout(onTime, whole)
    : Effect.runFork(Effect.map(clock.sleep(Duration.millis(whole)), onTime))
}

/** @internal */
export const stop = (timer: Timer): void => {
  if (timer === undefined) return
  if ("unsafeInterruptAsFork" in timer) timer.unsafeInterruptAsFork(FiberId.none)
  else clearTimeout(timer)
}
