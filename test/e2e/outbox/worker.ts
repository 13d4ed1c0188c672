/**
 * A worker process of the outbox. Says that it is there, and on SIGTERM drains and ends.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Effect, Layer, Logger, LogLevel, Redacted, Schedule } from "effect"
import { Credentials, Holdfast, Outbox, Provider, Transport } from "holdfast"
import { definition, secret, Shop } from "../../delivery/outbox/shop.js"
import * as stores from "./stores.js"

const [store = "", baseUrl = "", owner = ""] = process.argv.slice(2)

const shop = Provider.layer(Shop, definition, {
  baseUrl,
  credentials: Credentials.layer(Credentials.Bearer({ token: Redacted.make(secret) })),
  policy: {
    attemptTimeout: "1 second",
    circuitBreaker: { failureThreshold: 10, resetTimeout: "500 millis" },
    deadLettering: false,
    retry: { initialDelay: "20 millis", maxAttempts: 2 },
    totalTimeout: "4 seconds"
  }
}).pipe(Layer.provide(Holdfast.layerMemory), Layer.provide(Transport.layer))

// a store that is being restarted, in which a client may die of its first connection
const outbox = Layer.retry(
  Layer.catchAllCause(stores.outbox(store), (cause) => Layer.fail(cause)),
  Schedule.spaced("100 millis")
)

Outbox.layerWorker([Shop], {
  concurrency: 16,
  drain: "3 seconds",
  giveUp: "park",
  lease: "2 seconds",
  owner,
  pollInterval: "200 millis",
  retry: { initialDelay: "50 millis", maxAttempts: 4, maxDelay: "500 millis" }
}).pipe(
  Layer.tap(() => Effect.sync(() => process.stdout.write("ready\n"))),
  Layer.provide(shop),
  Layer.provide(outbox),
  Layer.launch,
  // what goes wrong here is on purpose
  Logger.withMinimumLogLevel(LogLevel.Fatal),
  NodeRuntime.runMain({ disableErrorReporting: false })
)
