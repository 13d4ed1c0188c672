/** What never comes says what it was. */
import { Effect } from "effect"

export const comes = <A, E, R>(what: string, effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.flatten(Effect.timeoutTo(effect, {
    duration: "100 seconds",
    onSuccess: Effect.succeed,
    onTimeout: () => Effect.dieMessage(`never came: ${what}`)
  }))
