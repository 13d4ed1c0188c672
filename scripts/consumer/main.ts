// A user's program. scripts/check-package.mjs compiles and runs it against the packed package in an empty project.
import * as Effect from "effect/Effect"
import { IntegrationError } from "holdfast"
import * as HubSpot from "holdfast/providers/hubspot"
import * as Testing from "holdfast/testing"

const call: Effect.Effect<never, IntegrationError.IntegrationError> = Effect.fail(
  new IntegrationError.NetworkError({
    integration: "hubspot",
    operation: "contacts.create",
    message: "connection refused",
    phase: "connect"
  })
)

const program = call.pipe(
  Effect.catchTag("NetworkError", (error) => Effect.succeed(error.retryable)),
  Effect.map((retryable) => retryable && Object.keys(HubSpot).length > 0 && Object.keys(Testing).length > 0)
)

if (!Effect.runSync(Effect.orDie(program))) throw new Error("the packed package does not behave")
