import * as Effect from "effect/Effect"
import type { Variant } from "../harness/rounds.js"

/** The effect, so many times in a row, in one fiber. */
export const repeated = <A, E>(effect: Effect.Effect<A, E>, times: number): Effect.Effect<void, E> =>
  Effect.suspend(() => {
    let left = times
    return Effect.whileLoop({ body: () => effect, step: () => {}, while: () => left-- > 0 })
  })

export const inFiber = <A, E>(name: string, effect: Effect.Effect<A, E>): Variant => ({
  name,
  run: (times) => Effect.runPromise(repeated(effect, times))
})

export const perRunPromise = <A, E>(name: string, effect: Effect.Effect<A, E>): Variant => ({
  name,
  run: async (times) => {
    for (let time = 0; time < times; time++) await Effect.runPromise(effect)
  }
})

export const promised = (name: string, f: () => Promise<unknown>): Variant => ({
  name,
  run: async (times) => {
    for (let time = 0; time < times; time++) await f()
  }
})
