/**
 * Waits that keep no process alive: for what is done beside the calls of a program, and ends with it.
 *
 * @internal
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as DefaultServices from "effect/DefaultServices"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as FiberId from "effect/FiberId"

const liveClock = Context.get(DefaultServices.liveServices, Clock.Clock)

// a timer of Node that is longer fires at once
const longest = 2 ** 31 - 1

/**
 * Runs it after so many milliseconds, unless what this hands back is called before.
 *
 * @internal
 */
export const after = (clock: Clock.Clock, millis: number, run: () => void): () => void => {
  const whole = Math.min(Math.max(0, Math.ceil(millis)), longest)
  if (clock === liveClock) {
    const timer = setTimeout(run, whole).unref()
    return () => clearTimeout(timer)
  }
  const fiber = Effect.runFork(Effect.map(clock.sleep(Duration.millis(whole)), run))
  return () => fiber.unsafeInterruptAsFork(FiberId.none)
}

/** @internal */
export const sleep = (millis: number): Effect.Effect<void> =>
  Effect.clockWith((clock) =>
    Effect.async<void>((resume) => {
      const stop = after(clock, millis, () => resume(Effect.void))
      return Effect.sync(stop)
    })
  )
