import * as SqliteClient from "@effect/sql-sqlite-node/SqliteClient"
import { assert, it } from "@effect/vitest"
import { Effect, Layer, Logger, TestClock } from "effect"
import { LeaseQueue, Outbox } from "holdfast"
import * as LeaseQueueSql from "holdfast/delivery/LeaseQueue/Sql"
import { HubSpot } from "holdfast/providers/hubspot"
import { isLong } from "../../campaign.js"
import * as files from "../files.js"
import { world } from "./kit.js"
import { sqlSuite } from "./sqlSuite.js"
import { suite } from "./suite.js"

const sqlite = SqliteClient.layer({ filename: ":memory:" })

suite({ layer: LeaseQueue.layerMemory, name: "memory" }, true)

suite({ layer: Layer.provide(LeaseQueueSql.layer(), sqlite), name: "SQLite" }, isLong)

suite({ layer: files.queue, name: "a SQLite file", settled: files.settled }, false)

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

it.scoped("a worker whose store is away says so once, and goes on when it is back", () =>
  Effect.gen(function*() {
    const queue = yield* LeaseQueue.makeMemory()
    let isAway: "no" | "fails" | "dies" = "fails"
    const store = Layer.succeed(LeaseQueue.LeaseQueue, {
      ...queue,
      claim: (options) =>
        Effect.suspend(() => {
          if (isAway === "dies") return Effect.die(new Error("a driver's bug"))
          return isAway === "no"
            ? queue.claim(options)
            : new LeaseQueue.LeaseQueueError({ message: "away", reason: "storage" })
        })
    })
    const lines: Array<string> = []
    const logger = Logger.make(({ message }) => void lines.push(String(message)))
    const place = yield* world({ layer: store, name: "memory" })
    yield* Effect.provide(place.worker(), Logger.replace(Logger.defaultLogger, logger))
    yield* place.submit("a", 1)
    yield* place.pass("5 seconds")
    isAway = "dies"
    yield* place.pass("5 seconds")
    assert.strictEqual(lines.length, 1)
    assert.include(lines[0], "the outbox of shop cannot be reached")
    isAway = "no"
    yield* place.pass("5 seconds")
    assert.deepStrictEqual(yield* place.done, [1])
  }))
