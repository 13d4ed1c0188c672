/** What a fleet may share its circuits on, each with nothing in it. */
import { Effect } from "effect"
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import * as servers from "../../servers/index.js"
import type { Store } from "./orders.js"

/** A folder of one's own, which goes with the scope. */
export const folder = Effect.acquireRelease(
  Effect.sync(() => fs.mkdtempSync(path.join(os.tmpdir(), "holdfast-e2e-"))),
  (folder) => Effect.sync(() => fs.rmSync(folder, { force: true, recursive: true }))
)

export const stores = {
  PostgreSQL: Effect.map(servers.database, (url): Store => ({ _tag: "postgres", url })),
  Redis: Effect.map(servers.redis, (redis): Store => ({ _tag: "redis", ...redis })),
  SQLite: Effect.map(folder, (folder): Store => ({ _tag: "sqlite", filename: path.join(folder, "breakers.db") }))
}
