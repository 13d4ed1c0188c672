import * as SqliteClient from "@effect/sql-sqlite-node/SqliteClient"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as LeaseQueue from "../../src/delivery/LeaseQueue.js"
import * as LeaseQueueSql from "../../src/delivery/LeaseQueue/Sql.js"
import * as Conformance from "../../src/testing/conformance/LeaseQueue.js"
import { runs } from "../campaign.js"
import * as files from "./files.js"

Conformance.suite("memory", LeaseQueue.layerMemory, { numRuns: runs(200, 8) })

Conformance.suite(
  "SQLite in memory",
  Layer.provide(LeaseQueueSql.layer(), SqliteClient.layer({ filename: ":memory:" })),
  { numRuns: runs(25, 8) }
)

Conformance.suite("a SQLite file", Layer.provide(LeaseQueueSql.layer(), files.client), { numRuns: runs(3, 8) })

Conformance.suite("a SQLite file whose log is synced apart", files.queue, { numRuns: runs(1, 8) })

const onFile = (filename: string) =>
  Effect.map(
    Layer.build(Layer.provide(LeaseQueueSql.layer(), SqliteClient.layer({ filename }))),
    (context) => Context.get(context, LeaseQueue.LeaseQueue)
  )

/** Each step goes to the other one of two clients, as if two processes took turns. */
const takingTurns = Layer.scoped(
  LeaseQueue.LeaseQueue,
  Effect.gen(function*() {
    const filename = yield* files.file
    const clients = [yield* onFile(filename), yield* onFile(filename)] as const
    let turn = 0
    const next = Effect.sync(() => clients[turn++ % 2 === 0 ? 0 : 1])
    return LeaseQueue.LeaseQueue.of({
      offer: (items) => Effect.flatMap(next, (client) => client.offer(items)),
      claim: (options) => Effect.flatMap(next, (client) => client.claim(options)),
      acquire: (id, options) => Effect.flatMap(next, (client) => client.acquire(id, options)),
      renew: (id, token, lease) => Effect.flatMap(next, (client) => client.renew(id, token, lease)),
      complete: (id, token, options) => Effect.flatMap(next, (client) => client.complete(id, token, options)),
      fail: (id, token, options) => Effect.flatMap(next, (client) => client.fail(id, token, options)),
      release: (id, token, options) => Effect.flatMap(next, (client) => client.release(id, token, options)),
      sweep: (options) => Effect.flatMap(next, (client) => client.sweep(options)),
      edit: (id, version, patch) => Effect.flatMap(next, (client) => client.edit(id, version, patch)),
      discard: (id, options) => Effect.flatMap(next, (client) => client.discard(id, options)),
      park: (id, options) => Effect.flatMap(next, (client) => client.park(id, options)),
      unpark: (id, options) => Effect.flatMap(next, (client) => client.unpark(id, options)),
      purge: (options) => Effect.flatMap(next, (client) => client.purge(options)),
      get: (id) => Effect.flatMap(next, (client) => client.get(id)),
      held: (id) => Effect.flatMap(next, (client) => client.held(id)),
      history: (id) => Effect.flatMap(next, (client) => client.history(id)),
      list: (filter, page) => Effect.flatMap(next, (client) => client.list(filter, page)),
      groups: (filter, by) => Effect.flatMap(next, (client) => client.groups(filter, by)),
      failures: (filter) => Effect.flatMap(next, (client) => client.failures(filter)),
      stats: (queue) => Effect.flatMap(next, (client) => client.stats(queue)),
      watermark: Effect.flatMap(next, (client) => client.watermark)
    })
  })
)

Conformance.suite("two clients of one SQLite file", takingTurns, { numRuns: runs(3, 8) })
