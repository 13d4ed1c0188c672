/** Where the record that several processes share is kept: what a backing has to be able to do. */
import * as Data from "effect/Data"
import type * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type * as Core from "./circuitCore.js"
import type { View } from "./mirrorCore.js"
import type * as Shared from "./sharedCore.js"

/** What a record says of its circuit, for people. */
export interface Listed extends Pick<Core.Record, "mode" | "modeReason" | "openings" | "reason" | "state"> {
  readonly key: string
  /** Milliseconds until it is probed; 0 where it is closed, or may be. */
  readonly openLeft: number
}

export const listed = (key: string, record: Core.Record, now: number): Listed => ({
  key,
  mode: record.mode,
  modeReason: record.modeReason,
  openLeft: record.state === "open" ? Math.max(0, record.openUntil - now) : 0,
  openings: record.openings,
  reason: record.reason,
  state: record.state
})

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
  /** The circuits of which there is a record, whoever made it, in no order. What is no record is left out. */
  readonly list: Effect.Effect<ReadonlyArray<Listed>, StoreError>
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
