import * as SqliteClient from "@effect/sql-sqlite-node/SqliteClient"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"

/** A folder that is gone with the scope. */
export const folder = Effect.acquireRelease(
  Effect.sync(() => fs.mkdtempSync(path.join(os.tmpdir(), "holdfast-delivery-"))),
  (folder) => Effect.sync(() => fs.rmSync(folder, { recursive: true, force: true }))
)

/** A file in a folder of its own. */
export const file = Effect.map(folder, (folder) => path.join(folder, "test.db"))

/** A client on a file of its own. */
export const client = Layer.unwrapScoped(Effect.map(file, (filename) => SqliteClient.layer({ filename })))
