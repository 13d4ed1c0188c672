/**
 * A setting that may change while the program runs: a constant, a `Ref` or `SubscriptionRef`, or any effect.
 */
import * as Effect from "effect/Effect"
import * as MutableRef from "effect/MutableRef"

export type Switch<A> = A | Effect.Effect<A>

/**
 * Reads a setting without a step of the run loop, where it is a constant or a reference that is kept in memory; an effect
 * of any other kind has to be run.
 */
export const reader = <A>(setting: Switch<A>): (() => A) | Effect.Effect<A> => {
  if (!Effect.isEffect(setting)) return () => setting
  const cell = cellOf<A>(setting)
  return cell === undefined ? setting : () => MutableRef.get(cell)
}

const mutableRef = Symbol.for("effect/MutableRef")

const isMutableRef = <A>(value: object): value is MutableRef.MutableRef<A> => mutableRef in value

/** A `SubscriptionRef` is made of a `Ref`, and that of a `MutableRef`: not public, so that where it is not so, it is run. */
const cellOf = <A>(effect: object): MutableRef.MutableRef<A> | undefined => {
  let inner: unknown = effect
  for (let depth = 0; depth < 3 && typeof inner === "object" && inner !== null; depth++) {
    if (isMutableRef<A>(inner)) return inner
    inner = "ref" in inner ? inner.ref : undefined
  }
  return undefined
}
