import * as SqliteClient from "@effect/sql-sqlite-node/SqliteClient"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as DeadLetterQueue from "../../src/delivery/DeadLetterQueue.js"
import * as Sql from "../../src/delivery/DeadLetterQueue/Sql.js"
import * as Sqlite from "../../src/delivery/DeadLetterQueue/Sqlite.js"
import * as Conformance from "../../src/testing/conformance/DeadLetterQueue.js"
import * as files from "./files.js"

Conformance.suite("memory", DeadLetterQueue.layerMemory)

Conformance.suite("SQLite in memory", Layer.provide(Sql.layer(), SqliteClient.layer({ filename: ":memory:" })))

Conformance.suite(
  "a SQLite file",
  Layer.unwrapScoped(Effect.map(files.file, (filename) => Sqlite.layer({ filename }))),
  { settled: files.settled }
)
