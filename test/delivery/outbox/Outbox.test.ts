import * as SqliteClient from "@effect/sql-sqlite-node/SqliteClient"
import { Layer } from "effect"
import { LeaseQueue } from "holdfast"
import * as LeaseQueueSql from "holdfast/delivery/LeaseQueue/Sql"
import { isLong } from "../../campaign.js"
import { sqlSuite } from "./sqlSuite.js"
import { suite } from "./suite.js"

const sqlite = SqliteClient.layer({ filename: ":memory:" })

suite({ layer: LeaseQueue.layerMemory, name: "memory" }, true)

suite({ layer: Layer.provide(LeaseQueueSql.layer(), sqlite), name: "SQLite" }, isLong)

sqlSuite("SQLite", sqlite)
