/**
 * An order and its invoice: the order is a row in the shop's own database, the invoice is made by another system, and both
 * happen or neither does. The call is stored in the transaction of the order; a worker makes it, whatever comes in between.
 */
import { HttpApi, HttpApiEndpoint, HttpApiGroup } from "@effect/platform"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as SqliteClient from "@effect/sql-sqlite-node/SqliteClient"
import * as SqlClient from "@effect/sql/SqlClient"
import { Console, Context, Effect, Layer, Logger, LogLevel, Redacted, Schema } from "effect"
import { Auth, Credentials, DeadLetterQueue, Holdfast, Integration, Outbox, Provider } from "holdfast"
import * as LeaseQueueSql from "holdfast/delivery/LeaseQueue/Sql"
import { Emulator, Faults } from "holdfast/testing"

// --- the other system: an in-house API as an integration, see example 03

const Invoice = Schema.Struct({ cents: Schema.Int.pipe(Schema.positive()), order: Schema.String })
const create = HttpApiEndpoint.post("create", "/invoices").setPayload(Invoice).addSuccess(Invoice, { status: 201 })

const definition = Integration.define({
  id: "billing",
  name: "Billing",
  version: "1",
  baseUrl: "https://billing.example.com",
  api: HttpApi.make("billing").add(HttpApiGroup.make("invoices").add(create)),
  auth: Auth.apiKey("x-api-key"),
  policy: { idempotencyKey: { header: "idempotency-key" }, retry: false }
})

class Billing extends Context.Tag("app/Billing")<Billing, Integration.Client<typeof definition>>() {
  static readonly definition = definition
  static readonly operations = Integration.operations(definition)
  static readonly layer = Provider.layer(Billing, definition, {
    credentials: Credentials.layer(Credentials.ApiKey({ key: Redacted.make("fake") }))
  })
}

// --- the shop: it needs no client of Billing, and no credential

const placeOrder = (id: string, customer: string, cents: number) =>
  Effect.gen(function*() {
    const sql = yield* SqlClient.SqlClient
    yield* sql`INSERT INTO orders ${sql.insert({ cents, customer, id })}`
    yield* Outbox.send(Billing.operations.invoices.create, { payload: { cents, order: id } }, {
      idempotencyKey: id, // the same on every attempt: however often it is sent, there is one invoice
      partitionKey: customer // the invoices of one customer, in the order of the orders
    })
    // whatever goes wrong after the call was stored takes the call with it
    if (cents > 10_000) return yield* Effect.fail("over the credit limit")
  })

const inTransaction = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.flatMap(SqlClient.SqlClient, (sql) => sql.withTransaction(effect))

const shop = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  yield* sql`CREATE TABLE orders (id TEXT PRIMARY KEY, customer TEXT, cents INTEGER)`
  yield* inTransaction(placeOrder("order-1", "ada", 4200))
  yield* inTransaction(placeOrder("order-2", "ada", 50_000)).pipe(
    Effect.catchAll((error) => Console.log(`order-2 is refused: ${error}`))
  )
  yield* inTransaction(placeOrder("order-3", "ada", 1300))
  const rows = yield* sql<{ id: string }>`SELECT id FROM orders ORDER BY id`
  const [stats] = yield* (yield* Outbox.Outbox).stats("billing")
  const stored = stats!.byState.ready + stats!.byState.waiting
  yield* Console.log(`orders: ${rows.map(({ id }) => id).join(", ")}; calls to make: ${stored}`)
})

// --- the worker: here in the same process, and as well in others

const delivered = Effect.gen(function*() {
  const outbox = yield* Outbox.Outbox
  yield* Effect.repeat(Effect.delay(outbox.stats("billing"), "20 millis"), {
    until: ([stats]) => stats!.byState.delivered === 2
  })
  for (const { id, input } of (yield* outbox.list({ integration: "billing" })).items) {
    const tries = (yield* outbox.history(id)).map(({ outcome }) => outcome).join(", ")
    yield* Console.log(`${JSON.stringify(input)}: ${tries}`)
  }
})

const program = Effect.gen(function*() {
  // Billing is down at first, and then makes an invoice whose answer is lost on the way
  const emulator = yield* Emulator.make({
    integration: definition,
    state: () => new Map<string, typeof Invoice.Type>(),
    handlers: (byKey) => ({
      invoices: {
        create: ({ payload }, { headers: { "idempotency-key": key = "" } }) =>
          Effect.sync(() => byKey.get(key) ?? byKey.set(key, payload).get(key)!)
      }
    }),
    error: ({ message }) => ({ body: { message } })
  }, { faults: Faults.script([Faults.status(503), Faults.resetAfter]) })

  yield* shop
  const worker = Outbox.layerWorker([Billing], { retry: { initialDelay: "100 millis" } }).pipe(
    Layer.provide(Billing.layer),
    Layer.provide(Emulator.layerHttpClient(emulator))
  )
  yield* Effect.provide(delivered, worker)
  const invoices = yield* emulator.state
  yield* Console.log(`Billing has: ${Array.from(invoices.values(), ({ order }) => order).join(", ")}`)
})

program.pipe(
  Effect.provide(
    Layer.merge(Outbox.layer(), DeadLetterQueue.layer()).pipe(
      Layer.provide(LeaseQueueSql.layer()),
      Layer.provideMerge(Holdfast.layerMemory), // breakers and limiters; the dead letters are in the database
      Layer.provideMerge(SqliteClient.layer({ filename: ":memory:" })), // a file, or PostgreSQL
      Layer.provide(Logger.minimumLogLevel(LogLevel.Error))
    )
  ),
  NodeRuntime.runMain
)
