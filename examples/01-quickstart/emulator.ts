/**
 * Runs main.ts, as it is, in a process whose HubSpot is an emulator on this machine: no account and no network.
 */
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Command from "@effect/platform/Command"
import { Effect } from "effect"
import { Emulator } from "holdfast/providers/hubspot"
import { fileURLToPath } from "node:url"

const program = Effect.gen(function*() {
  const { baseUrl, emulator } = yield* Emulator.serve()
  const main = Command.make(
    process.execPath,
    ...process.execArgv,
    fileURLToPath(new URL("./main.ts", import.meta.url))
  ).pipe(
    // all that tells the program apart from one that talks to HubSpot
    Command.env({ HUBSPOT_ACCESS_TOKEN: "pat-fake", HUBSPOT_BASE_URL: baseUrl }),
    Command.stdout("inherit"),
    Command.stderr("inherit")
  )
  yield* Command.exitCode(main)
  const { contacts } = yield* emulator.state
  yield* Effect.log(`the emulator has: ${contacts.records.map((record) => record.properties.email).join(", ")}`)
})

program.pipe(Effect.scoped, Effect.provide(NodeContext.layer), NodeRuntime.runMain)
