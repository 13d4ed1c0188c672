/**
 * One warning an outage. What is kept in one store is lost together, and whoever is on call need not be told of it by each
 * that misses it: the first says it, the others at debug level, and the last that has it back says that it is over.
 *
 * @internal
 */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"

interface Member {
  readonly what: string
  isAway: boolean
}

const members = new WeakMap<object, Set<Member>>()

/** @internal */
export interface Outage {
  readonly away: (message: string) => Effect.Effect<void>
  readonly back: (message: string) => Effect.Effect<void>
}

/**
 * `store`: what it is reached by, the same object for all who share it. `what` is kept there, for people.
 *
 * @internal
 */
export const join = (store: object, what: string): Effect.Effect<Outage, never, Scope.Scope> =>
  Effect.map(
    Effect.acquireRelease(
      Effect.sync(() => {
        const all = members.get(store) ?? new Set()
        members.set(store, all)
        const member: Member = { isAway: false, what }
        all.add(member)
        return { all, member }
      }),
      ({ all, member }) => Effect.sync(() => all.delete(member))
    ),
    ({ all, member }) => {
      const isAnyAway = () => Array.from(all).some(({ isAway }) => isAway)
      return {
        away: (message) =>
          Effect.suspend(() => {
            const isTold = isAnyAway()
            member.isAway = true
            if (isTold) return Effect.logDebug(message)
            const others = Array.from(new Set(Array.from(all).map(({ what }) => what))).filter((other) =>
              other !== what
            )
            return Effect.logWarning(
              others.length === 0 ? message : `${message}; it may have to do without it for ${others.join(" and ")} too`
            )
          }),
        back: (message) =>
          Effect.suspend(() => {
            member.isAway = false
            return isAnyAway() ? Effect.logDebug(message) : Effect.logInfo(message)
          })
      }
    }
  )
