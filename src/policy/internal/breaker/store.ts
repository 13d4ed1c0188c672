/** Where the record that several processes share is kept: what a backing has to be able to do. */
import * as Data from "effect/Data"
import type * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { View } from "./mirrorCore.js"
import type * as Shared from "./sharedCore.js"

/** `away`: nothing can be asked of the store. `nonsense`: it answers, and this one answer makes no sense. */
export class StoreError extends Data.TaggedError("BreakerStoreError")<{
  readonly reason: "away" | "nonsense"
  readonly message: string
  readonly cause?: unknown
}> {}

export interface Store {
  /** For people: `Redis`. */
  readonly name: string
  /** What it is reached by: whoever shares it shares its outages. */
  readonly client?: object | undefined
  /**
   * Takes a step where the record is, in one piece, by the store's own clock; makes the record where there is none. Pushes
   * the view to all subscribers when its revision has changed. A step may be taken although its answer got lost.
   */
  readonly step: (
    key: string,
    step: Shared.Step,
    terms: Shared.Terms
  ) => Effect.Effect<Shared.Answer, StoreError>
  /** Pushes from now on, until the scope ends. Whatever could have been missed must show in `lost` or in `check`. */
  readonly subscribe: (
    onPush: (key: string, view: View) => void
  ) => Effect.Effect<Subscription, StoreError, Scope.Scope>
}

export interface Subscription {
  /** Ends when it is known that pushes no longer arrive. */
  readonly lost: Effect.Effect<StoreError>
  /** Finds out whether they still do. */
  readonly check: Effect.Effect<void, StoreError>
}
