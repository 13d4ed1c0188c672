import * as SqliteClient from "@effect/sql-sqlite-node/SqliteClient"
import { assert, it } from "@effect/vitest"
import { Effect, Layer, TestClock } from "effect"
import { LeaseQueue, Outbox } from "holdfast"
import * as LeaseQueueSql from "holdfast/delivery/LeaseQueue/Sql"
import { HubSpot } from "holdfast/providers/hubspot"
import { isLong } from "../../campaign.js"
import { sqlSuite } from "./sqlSuite.js"
import { suite } from "./suite.js"

const sqlite = SqliteClient.layer({ filename: ":memory:" })

suite({ layer: LeaseQueue.layerMemory, name: "memory" }, true)

suite({ layer: Layer.provide(LeaseQueueSql.layer(), sqlite), name: "SQLite" }, isLong)

sqlSuite("SQLite", sqlite)

it.effect("a provider's test layer is a target as well as the provider itself", () =>
  Effect.gen(function*() {
    const { contacts } = HubSpot.operations
    const { id } = yield* Outbox.send(contacts.create, { payload: { properties: { email: "ada@example.com" } } })
    yield* TestClock.adjust("1 second")
    assert.strictEqual((yield* (yield* Outbox.Outbox).get(id)).state, "delivered")
  }).pipe(
    Effect.provide(Layer.provideMerge(
      Layer.provide(Outbox.layerWorker([HubSpot]), HubSpot.layerTest),
      Outbox.layerMemory
    ))
  ))
