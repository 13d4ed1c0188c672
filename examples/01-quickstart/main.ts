/**
 * One contact, created in HubSpot, with everything around the call that keeps it alive.
 *
 * With an account: HUBSPOT_ACCESS_TOKEN=… npx tsx --conditions=@holdfast/source examples/01-quickstart/main.ts
 * Without one:     npx tsx --conditions=@holdfast/source examples/01-quickstart/emulator.ts
 */
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Effect, Layer } from "effect"
import { Holdfast } from "holdfast"
import { HubSpot } from "holdfast/providers/hubspot"

const program = Effect.gen(function*() {
  const hubspot = yield* HubSpot
  const contact = yield* hubspot.contacts.create({ payload: { properties: { email: "ada@example.com" } } })
  yield* Effect.log(`created contact ${contact.id}`)
}).pipe(
  // The retries are behind us when an error arrives here. What may pass later is stored as a dead letter by then; what
  // HubSpot refuses as wrong is not, since the same call would be refused again.
  Effect.catchTags({
    ConflictError: (error) => Effect.logWarning(`there already: ${error.message}`),
    RateLimitError: (error) => Effect.logWarning(`over the quota; stored as dead letter ${error.deadLetterId}`)
  })
)

const hubspot = HubSpot.layerConfig.pipe( // HUBSPOT_ACCESS_TOKEN, and HUBSPOT_BASE_URL where it is set
  Layer.provide(Holdfast.layerSqlite({ filename: "quickstart.db" })), // where dead letters are kept
  Layer.provide(NodeHttpClient.layerUndici)
)

program.pipe(Effect.provide(hubspot), NodeRuntime.runMain)
