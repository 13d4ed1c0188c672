import * as Layer from "effect/Layer"
import * as Sql from "../../src/delivery/DeadLetterQueue/Sql.js"
import * as Conformance from "../../src/testing/conformance/DeadLetterQueue.js"
import * as postgres from "./postgres.js"

Conformance.suite("PostgreSQL", Layer.provide(Sql.layer(), postgres.client), { settled: postgres.settled })
