/**
 * What a policy holds for an integration and must not lose when its stack is made anew with other options: slots and who
 * waits for them, a budget and what was spent of it.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Scope from "effect/Scope"

/** There when a stack is one of several that follow each other. */
export class Kept extends Context.Tag("holdfast/policy/Kept")<Kept, {
  readonly scope: Scope.Scope
  readonly byName: Map<string, unknown>
}>() {}

export const make: Effect.Effect<Context.Tag.Service<Kept>, never, Scope.Scope> = Effect.map(
  Effect.scope,
  (scope) => ({ byName: new Map(), scope })
)

/**
 * Makes what is held, with the scope of all the stacks where there are several; the stacks after the first take over what
 * there is, and tell it their options by `adapt`.
 */
export const keep = <A, E, R>(
  name: string,
  make: Effect.Effect<A, E, R>,
  adapt: (kept: A) => Effect.Effect<void>
): Effect.Effect<A, E, R> =>
  Effect.flatMap(Effect.serviceOption(Kept), (kept) => {
    if (kept._tag === "None") return make
    const { byName, scope } = kept.value
    if (byName.has(name)) {
      // a name belongs to one policy, which keeps one kind of thing
      const held = byName.get(name) as A
      return Effect.as(adapt(held), held)
    }
    return Effect.tap(Effect.provideService(make, Scope.Scope, scope), (made) =>
      Effect.sync(() => byName.set(name, made)))
  }) as Effect.Effect<A, E, R>
