import * as SqliteClient from "@effect/sql-sqlite-node/SqliteClient"
import { Layer } from "effect"
import { LeaseQueue } from "holdfast"
import * as LeaseQueueSql from "holdfast/delivery/LeaseQueue/Sql"
import { isLong } from "../../campaign.js"
import * as files from "../../delivery/files.js"
import { sqlSuite } from "./sqlSuite.js"
import { suite } from "./suite.js"

suite({ layer: LeaseQueue.layerMemory, name: "memory" }, true)

suite(
  { layer: Layer.provide(LeaseQueueSql.layer(), SqliteClient.layer({ filename: ":memory:" })), name: "SQLite" },
  isLong
)

sqlSuite("SQLite", files.client)
