/**
 * A receiver of webhooks and a worker of the inbox in one process. Says on which port it is, and on SIGTERM drains and ends.
 */
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as HttpRouter from "@effect/platform/HttpRouter"
import * as HttpServer from "@effect/platform/HttpServer"
import * as SqlClient from "@effect/sql/SqlClient"
import { Effect, Layer, Logger, LogLevel, Random, Schedule } from "effect"
import { Inbox, Webhook } from "holdfast"
import * as InboxSql from "holdfast/webhook/Inbox/Sql"
import { createServer } from "node:http"
import { client, webhook } from "./shared.js"

const [store = "", manner = "", owner = ""] = process.argv.slice(2)

// writes where it has come, in the event's own transaction; often it is slow, and sometimes it fails
const handler = Inbox.on(
  webhook,
  ({ value: { entity, id, number } }) =>
    manner === "stalled" ? Effect.never : Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      yield* Effect.sleep(yield* Random.nextIntBetween(0, 20))
      if ((yield* Random.next) < 0.03) return yield* Effect.fail("before")
      yield* Inbox.commit(Effect.gen(function*() {
        yield* sql`INSERT INTO done ${sql.insert({ entity, id, number, worker: owner })}`
        if ((yield* Random.next) < 0.03) return yield* Effect.fail("within")
      }))
      if ((yield* Random.next) < 0.03) return yield* Effect.fail("behind")
    })
)

// a store that is busy with others
const inbox = Layer.retry(
  Layer.catchAllCause(InboxSql.layer({ maxStalls: 1000, patience: "1 minute" }), (cause) => Layer.fail(cause)),
  Schedule.spaced("100 millis")
)

const server = HttpServer.serve(HttpRouter.empty.pipe(Webhook.mount("/hook", webhook))).pipe(
  Layer.provideMerge(NodeHttpServer.layer(() => createServer(), { host: "127.0.0.1", port: 0 }))
)

const ready = Layer.effectDiscard(
  Effect.map(HttpServer.HttpServer, ({ address }) => {
    if (address._tag === "TcpAddress") process.stdout.write(`ready ${address.port}\n`)
  })
)

Layer.merge(
  Layer.provide(ready, server),
  Inbox.layerWorker([handler], {
    concurrency: 8,
    drain: "3 seconds",
    lease: "2 seconds",
    owner,
    pollInterval: "200 millis",
    retry: { initialDelay: "50 millis", maxAttempts: 1000, maxDelay: "500 millis" }
  })
).pipe(
  Layer.provide(inbox),
  Layer.provide(client(store)),
  Layer.launch,
  // what goes wrong here is on purpose
  Logger.withMinimumLogLevel(LogLevel.Fatal),
  NodeRuntime.runMain({ disableErrorReporting: false })
)
