import { Layer } from "effect"
import * as LeaseQueueSql from "holdfast/delivery/LeaseQueue/Sql"
import { isLong } from "../../campaign.js"
import * as postgres from "../../delivery/postgres.js"
import * as servers from "../../servers/index.js"
import { sqlSuite } from "./sqlSuite.js"
import { suite } from "./suite.js"

suite({
  layer: Layer.provide(LeaseQueueSql.layer(), postgres.client),
  name: "PostgreSQL",
  settled: postgres.settled
}, isLong)

sqlSuite("PostgreSQL", servers.postgres)
