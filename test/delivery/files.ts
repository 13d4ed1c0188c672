import * as SqliteClient from "@effect/sql-sqlite-node/SqliteClient"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import * as sqliteQueue from "../../src/delivery/internal/sqliteQueue.js"
import * as LeaseQueue from "../../src/delivery/LeaseQueue.js"
import { turn } from "../turn.js"

/** A folder that is gone with the scope. */
export const folder = Effect.acquireRelease(
  Effect.sync(() => fs.mkdtempSync(path.join(os.tmpdir(), "holdfast-delivery-"))),
  (folder) => Effect.sync(() => fs.rmSync(folder, { recursive: true, force: true }))
)

/** A file in a folder of its own. */
export const file = Effect.map(folder, (folder) => path.join(folder, "test.db"))

/** A client on a file of its own. */
export const client = Layer.unwrapScoped(Effect.map(file, (filename) => SqliteClient.layer({ filename })))

/** A queue in a file of its own, as the dead letters and the outbox have it. */
export const queue: Layer.Layer<LeaseQueue.LeaseQueue> = Layer.scoped(
  LeaseQueue.LeaseQueue,
  Effect.orDie(Effect.flatMap(file, (filename) => sqliteQueue.make({ filename })))
)

/** Waits until no file has been worked on for some turns of the event loop: what is left is waiting for the clock. */
export const settled: Effect.Effect<void> = Effect.gen(function*() {
  for (let quiet = 0; quiet < 25; quiet++) {
    yield* turn
    if (process.getActiveResourcesInfo().includes("FSReqCallback")) quiet = 0
  }
})
