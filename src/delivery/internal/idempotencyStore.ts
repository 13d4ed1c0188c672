/** What a backing of idempotency has to be able to do: take a step of the core where the record is, in one piece. */
import * as Data from "effect/Data"
import type * as Effect from "effect/Effect"
import type { Answer, Step } from "./idempotencyCore.js"

export class StoreError extends Data.TaggedError("StoreError")<{
  readonly message: string
  readonly cause?: unknown
}> {}

export interface Store {
  /** For messages. */
  readonly name: string
  readonly take: (key: string, step: Step) => Effect.Effect<Answer, StoreError>
}
