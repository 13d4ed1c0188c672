/**
 * The two clocks of a fiber, without a step of the run loop.
 *
 * @internal
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as DefaultServices from "effect/DefaultServices"
import type * as Fiber from "effect/Fiber"

/** @internal */
export const clockOf = (fiber: Fiber.RuntimeFiber<unknown, unknown>): Clock.Clock =>
  Context.get(fiber.currentDefaultServices, Clock.Clock)

/** @internal */
export const liveClock: Clock.Clock = Context.get(DefaultServices.liveServices, Clock.Clock)

/**
 * Milliseconds that only ever grow: for deadlines and windows. A step of the wall clock (NTP) does not move it.
 *
 * @internal
 */
export const monotonicMillis = (clock: Clock.Clock): number =>
  // what it counts from is nobody's business, and its nanoseconds would come as a bigint
  clock === liveClock ? performance.now() : Number(clock.unsafeCurrentTimeNanos() / 1000n) / 1000
