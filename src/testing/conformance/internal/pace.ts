/** Specs that wait for a real clock, on a machine that may be busy with other things. */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"

/** How much longer everything takes the second time, and the third. */
const slower = 6
const slowest = 20

/** Milliseconds for a spec of all paces. */
export const timeout = 600_000

/**
 * Runs a spec in a world of its own. One that fails on a real clock is run again with all its times longer: what was only
 * late passes then, and what is wrong fails at any pace.
 */
export const atAnyPace = <W, E>(
  isLive: boolean,
  worldAt: (slower: number) => Effect.Effect<W, E, Scope.Scope>
) =>
<E2>(run: (world: W) => Effect.Effect<void, E2, Scope.Scope>): Effect.Effect<void, E | E2> => {
  const at = (pace: number) => Effect.scoped(Effect.flatMap(worldAt(pace), run))
  return isLive
    ? at(1).pipe(Effect.catchAllCause(() => at(slower)), Effect.catchAllCause(() => at(slowest)))
    : at(1)
}
