/** The limits that are shared by a database, on a real one and on its clock. */
import { afterAll } from "@effect/vitest"
import { Effect, Exit, Layer, Scope } from "effect"
import * as RateLimitSql from "holdfast/policy/RateLimit/Sql"
import * as RateLimitSqlite from "holdfast/policy/RateLimit/Sqlite"
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import * as Conformance from "../../../src/testing/conformance/RateLimit.js"
import { isLong } from "../../campaign.js"
import * as servers from "../../servers/index.js"

const options = {
  clock: "live",
  latency: "200 millis",
  numRuns: isLong ? 6 : 2,
  unit: "150 millis"
} as const

// a machine that is busy with other things is no outage
const timeout = "10 seconds"

// one database for all specs
const scope = Effect.runSync(Scope.make())
const database = Effect.runSync(Effect.cached(Scope.extend(servers.database, scope)))
afterAll(() => Effect.runPromise(Scope.close(scope, Exit.void)))

const postgres = Layer.unwrapEffect(
  Effect.map(database, (url) => Layer.provide(RateLimitSql.layer({ timeout }), servers.client(url)))
)

Conformance.suite("PostgreSQL", postgres, { ...options, peer: postgres })

const folder = fs.mkdtempSync(path.join(os.tmpdir(), "holdfast-limits-"))
process.once("exit", () => fs.rmSync(folder, { force: true, recursive: true }))

const sqlite = RateLimitSqlite.layer({ filename: path.join(folder, "limits.db"), timeout })

Conformance.suite("SQLite", sqlite, { ...options, peer: sqlite })
