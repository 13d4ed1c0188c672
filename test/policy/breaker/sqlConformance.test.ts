/** The breakers that are shared by a database, on a real one and on its clock. */
import { afterAll } from "@effect/vitest"
import { Effect, Exit, Layer, Scope } from "effect"
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import * as CircuitBreakerSql from "../../../src/policy/CircuitBreaker/Sql.js"
import * as CircuitBreakerSqlite from "../../../src/policy/CircuitBreaker/Sqlite.js"
import * as Conformance from "../../../src/testing/conformance/CircuitBreaker.js"
import { isLong } from "../../campaign.js"
import * as servers from "../../servers/index.js"

const options = {
  clock: "live",
  latency: "250 millis",
  numRuns: isLong ? 6 : 2,
  unit: "300 millis"
} as const

const timeout = "10 seconds"

// one database for all specs
const scope = Effect.runSync(Scope.make())
const database = Effect.runSync(Effect.cached(Scope.extend(servers.database, scope)))
afterAll(() => Effect.runPromise(Scope.close(scope, Exit.void)))

const postgres = Layer.unwrapEffect(
  Effect.map(
    database,
    (url) => Layer.provide(CircuitBreakerSql.layer({ space: "conformance", timeout }), servers.client(url))
  )
)

Conformance.suite("PostgreSQL", postgres, { ...options, peer: postgres })

const folder = fs.mkdtempSync(path.join(os.tmpdir(), "holdfast-breakers-"))
process.once("exit", () => fs.rmSync(folder, { force: true, recursive: true }))

const sqlite = CircuitBreakerSqlite.layer({ filename: path.join(folder, "breakers.db"), timeout })

Conformance.suite("SQLite", sqlite, { ...options, peer: sqlite })
