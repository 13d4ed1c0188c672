/**
 * A shop that is told by webhook what became of its payments. The provider says the same thing twice, in the wrong order, and
 * somebody else says things too; the shop's own database has each payment as it is, and each change of it once.
 *
 * Requests are verified, stored and answered; a worker writes what they say, in the transaction in which the event ends.
 */
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as HttpBody from "@effect/platform/HttpBody"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpRouter from "@effect/platform/HttpRouter"
import * as HttpServer from "@effect/platform/HttpServer"
import * as SqliteClient from "@effect/sql-sqlite-node/SqliteClient"
import * as SqlClient from "@effect/sql/SqlClient"
import { Console, DateTime, Effect, Either, Layer, Logger, LogLevel, Redacted, Schema } from "effect"
import { Inbox, Webhook, WebhookScheme } from "holdfast"
import * as InboxSql from "holdfast/webhook/Inbox/Sql"

const secret = Redacted.make("whsec_fake") // in a program of yours: Config.redacted("STRIPE_WEBHOOK_SECRET")

// --- the webhook: how it is signed, and what its events are

const Payment = Schema.Struct({
  created: Schema.Number,
  data: Schema.Struct({ object: Schema.Struct({ id: Schema.String, status: Schema.String }) }),
  id: Schema.String,
  type: Schema.String
})

const stripe = Webhook.define({
  id: "stripe",
  scheme: WebhookScheme.stripe,
  secrets: secret,
  schema: Payment,
  entity: (event) => event.data.object.id, // one after the other
  time: (event) => DateTime.unsafeMake(event.created * 1000), // and never back
  type: (event) => event.type
})

// --- the shop

let isMigrating = true

const onPayment = Inbox.on(stripe, ({ value: { data: { object }, id } }) =>
  Effect.gen(function*() {
    if (object.id === "pay_3" && isMigrating) return yield* Effect.fail("no such payment yet")
    const sql = yield* SqlClient.SqlClient
    yield* Inbox.commit(Effect.gen(function*() {
      yield* sql`INSERT INTO changes ${sql.insert({ event: id, payment: object.id, status: object.status })}`
      yield* sql`INSERT INTO payments ${sql.insert(object)} ON CONFLICT (id) DO UPDATE SET status = excluded.status`
    }))
  }))

const worker = Inbox.layerWorker([onPayment], { retry: { initialDelay: "50 millis", maxAttempts: 2 } })

// --- the provider, and somebody else

const event = (id: string, payment: string, status: string, created: number) =>
  JSON.stringify({ created, data: { object: { id: payment, status } }, id, type: `payment.${status}` })

const send = (what: string, body: string, key = secret) =>
  Effect.gen(function*() {
    const request = Either.getOrThrow(WebhookScheme.sign(
      { body: Buffer.from(body), headers: {}, method: "POST", url: "https://shop.example.com/webhooks/stripe" },
      { now: yield* DateTime.now, scheme: WebhookScheme.stripe, secret: key }
    ))
    const response = yield* HttpClient.post("/webhooks/stripe", {
      body: HttpBody.uint8Array(request.body, "application/json"),
      headers: request.headers as Record<string, string>
    })
    yield* Console.log(`${what}: ${response.status}`)
  })

const settled = (of: number) =>
  Effect.gen(function*() {
    const inbox = yield* Inbox.Inbox
    const [stats] = yield* Effect.repeat(Effect.delay(inbox.stats("stripe"), "20 millis"), {
      until: ([stats]) => stats!.byState.handled + stats!.byState.ignored + stats!.byState.dead === of
    })
    const { dead, handled, ignored } = stats!.byState
    yield* Console.log(`handled ${handled}, stale ${ignored}, dead ${dead}`)
  })

const program = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const inbox = yield* Inbox.Inbox
  yield* sql`CREATE TABLE payments (id TEXT PRIMARY KEY, status TEXT)`
  yield* sql`CREATE TABLE changes (event TEXT PRIMARY KEY, payment TEXT, status TEXT)`
  yield* HttpServer.serveEffect(HttpRouter.empty.pipe(Webhook.mount("/webhooks/stripe", stripe)))

  yield* send("pay_1 is pending", event("evt_1", "pay_1", "pending", 100))
  yield* send("pay_1 is paid", event("evt_2", "pay_1", "paid", 101))
  yield* send("the same again", event("evt_2", "pay_1", "paid", 101))
  yield* send("a stranger", event("evt_9", "pay_1", "refunded", 102), Redacted.make("whsec_guessed"))
  yield* send("pay_2 is paid", event("evt_4", "pay_2", "paid", 104))
  yield* send("pay_3, before the migration", event("evt_5", "pay_3", "paid", 105))
  yield* settled(4)
  yield* send("pay_2 was pending, much too late", event("evt_3", "pay_2", "pending", 103))
  yield* settled(5)

  // in the morning
  for (const { error, eventId, id } of (yield* inbox.list({ source: "stripe", state: "dead" })).items) {
    yield* Console.log(`dead: ${eventId}, ${error?.message}`)
    isMigrating = false
    yield* inbox.replay(id)
  }
  yield* settled(5)
  for (const { message, reason } of (yield* inbox.rejected()).items) {
    yield* Console.log(`rejected: ${reason}, ${message.split(":")[0]}`)
  }
  const payments = yield* sql<{ id: string; status: string }>`SELECT * FROM payments ORDER BY id`
  yield* Console.log(payments.map(({ id, status }) => `${id} ${status}`).join(", "))
  const changes = yield* sql<{ event: string }>`SELECT event FROM changes ORDER BY event`
  yield* Console.log(`changes: ${changes.map((row) => row.event).join(", ")}`)
})

program.pipe(
  Effect.scoped,
  Effect.provide(worker.pipe(
    Layer.provideMerge(InboxSql.layer()),
    Layer.provideMerge(SqliteClient.layer({ filename: ":memory:" })), // a file, or PostgreSQL
    Layer.merge(NodeHttpServer.layerTest), // a port of this machine, and a client to it
    Layer.provide(Logger.minimumLogLevel(LogLevel.Error))
  )),
  NodeRuntime.runMain
)
