import { Clock, Duration, Effect } from "effect"
import { turn } from "../turn.js"

/**
 * A clock that goes on when it is told to, from one sleep to the next, for programs with thousands of them: whoever woke
 * up is given a turn of the event loop before the next one does.
 */
export const makeVirtualClock = () => {
  let now = 0
  let sleeps: Array<{ readonly at: number; readonly wake: () => void }> = []
  const clock: Clock.Clock = {
    [Clock.ClockTypeId]: Clock.ClockTypeId,
    currentTimeMillis: Effect.sync(() => now),
    currentTimeNanos: Effect.sync(() => BigInt(Math.round(now * 1e6))),
    sleep: (duration) =>
      Effect.async<void>((resume) => {
        const sleep = { at: now + Duration.toMillis(duration), wake: () => resume(Effect.void) }
        sleeps.push(sleep)
        return Effect.sync(() => {
          sleeps = sleeps.filter((other) => other !== sleep)
        })
      }),
    unsafeCurrentTimeMillis: () => now,
    unsafeCurrentTimeNanos: () => BigInt(Math.round(now * 1e6))
  }
  const adjust = (duration: Duration.DurationInput): Effect.Effect<void> =>
    Effect.gen(function*() {
      const end = now + Duration.toMillis(duration)
      yield* turn
      let n = 0
      for (;;) {
        if (++n > 20000) {
          throw new Error(`stuck at ${now}: ${sleeps.length} ${sleeps.map((s) => s.at).slice(0, 5)} end ${end}`)
        }
        const at = Math.min(...sleeps.map((sleep) => sleep.at))
        if (at > end) break
        now = Math.max(now, at)
        const due = sleeps.filter((sleep) => sleep.at <= now)
        sleeps = sleeps.filter((sleep) => sleep.at > now)
        for (const { wake } of due) wake()
        yield* turn
      }
      now = end
    })
  return { adjust, clock }
}
