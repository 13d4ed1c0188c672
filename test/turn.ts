import { Effect } from "effect"

/** A turn of the event loop. */
export const turn: Effect.Effect<void> = Effect.async((resume) => void setImmediate(() => resume(Effect.void)))
