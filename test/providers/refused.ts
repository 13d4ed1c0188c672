/** Requests that the Schemas refuse. */
import { assertInstanceOf, assertTrue } from "@effect/vitest/utils"
import { Effect } from "effect"
import { IntegrationError } from "holdfast"

/** What was wrong with a request that never left. */
export const refused = <A>(effect: Effect.Effect<A, IntegrationError.IntegrationError>) =>
  Effect.map(Effect.flip(effect), (error) => {
    assertInstanceOf(error, IntegrationError.ValidationError)
    assertTrue(error.message.startsWith("nothing was sent"), error.message)
    return error.message
  })
