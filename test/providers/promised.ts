/** What comes of a vendor's own SDK, whose methods make promises. */
import { Effect } from "effect"

/** Its answer. */
export const asked = <A>(promise: () => PromiseLike<A>) => Effect.promise(async () => await promise())

/** What it throws. */
export const thrown = (promise: () => PromiseLike<unknown>) =>
  Effect.flip(Effect.tryPromise({ try: async () => await promise(), catch: (error): object => Object(error) }))
