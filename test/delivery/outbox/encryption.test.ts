/** The input of outbox messages, encrypted in the store. */
import * as SqliteClient from "@effect/sql-sqlite-node/SqliteClient"
import * as SqlClient from "@effect/sql/SqlClient"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Redacted, type Scope } from "effect"
import { DeadLetterCipher, Outbox } from "holdfast"
import * as LeaseQueueSql from "holdfast/delivery/LeaseQueue/Sql"
import { randomBytes } from "node:crypto"
import * as files from "../files.js"
import { type World, world } from "./kit.js"

const key = (id: string) => ({ id, key: Redacted.make(randomBytes(32).toString("base64")) })

const [first, second] = [key("k1"), key("k2")]

const cipher = (options: DeadLetterCipher.Options) => Layer.orDie(DeadLetterCipher.layer(options))

const rows = Effect.flatMap(
  SqlClient.SqlClient,
  (sql) => sql<{ id: string; payload: string }>`SELECT id, payload FROM holdfast_lease_items WHERE source = 'shop'`
)

/** One program over the file, with this cipher or none beneath its outbox; somebody who looks at it has the first key. */
const within = <A, E>(
  filename: string,
  beneath: Layer.Layer<DeadLetterCipher.DeadLetterCipher> | Layer.Layer<never>,
  run: (world: World) => Effect.Effect<A, E, SqlClient.SqlClient | DeadLetterCipher.DeadLetterCipher | Scope.Scope>
) => {
  const client = SqliteClient.layer({ filename })
  return world({ layer: Layer.provide(LeaseQueueSql.layer(), client), name: "SQLite" }).pipe(
    Effect.provide(beneath),
    Effect.flatMap((world) => Effect.provide(run(world), cipher({ current: first }))),
    Effect.provide(client),
    Effect.scoped
  )
}

describe("an encrypted outbox", () => {
  it.scoped("holds nothing of the input, and delivers it", () =>
    Effect.gen(function*() {
      const filename = yield* files.file
      yield* within(filename, cipher({ current: first }), (world) =>
        Effect.gen(function*() {
          const { id } = yield* world.submit("planted-secret", 1, { idempotencyKey: "order-1" })
          assert.notInclude(JSON.stringify(yield* rows), "planted-secret")
          const message = yield* world.outbox.get(id)
          assert.deepInclude(message, { idempotencyKey: "order-1", input: undefined })
          assert.strictEqual(message.encrypted?.keyId, "k1")
          const shown = yield* Outbox.reveal(message)
          assert.deepStrictEqual(shown.input, { payload: { key: "planted-secret", number: 1 } })
          assert.strictEqual(shown.encrypted, undefined)
          yield* world.worker()
          yield* world.pass("1 second")
          assert.deepInclude(yield* world.outbox.get(id), { attempts: 1, state: "delivered" })
          assert.strictEqual((yield* world.done).length, 1)
        }))
    }))

  it.scoped("the same message again is one, and another of its key a conflict", () =>
    Effect.gen(function*() {
      const filename = yield* files.file
      const options = { idempotencyKey: "order-1" }
      yield* within(filename, cipher({ current: first }), (world) => world.submit("a", 1, options))
      // whichever key it was encrypted with
      yield* within(filename, cipher({ current: second, older: [first] }), (world) =>
        Effect.gen(function*() {
          assert.isFalse((yield* world.submit("a", 1, options)).created)
          const error = yield* Effect.flip(world.submit("b", 1, options))
          assert.deepInclude(error, { reason: "conflict" })
        }))
    }))

  it.scoped("without the key nothing is sent, nothing is lost, and the error says what to provide", () =>
    Effect.gen(function*() {
      const filename = yield* files.file
      const { id } = yield* within(filename, cipher({ current: first }), (world) => world.submit("a", 1))
      yield* within(filename, Layer.empty, (world) =>
        Effect.gen(function*() {
          yield* world.worker()
          yield* world.pass("1 second")
          const message = yield* world.outbox.get(id)
          assert.strictEqual(message.error?._tag, "ValidationError")
          assert.include(message.error?.message, "provide DeadLetterCipher.layerConfig beneath its outbox")
          assert.strictEqual(yield* world.requests, 0)
        }))
      yield* within(filename, cipher({ current: second }), (world) =>
        Effect.gen(function*() {
          const error = yield* Effect.flip(
            Effect.provide(Outbox.reveal(yield* world.outbox.get(id)), cipher({ current: second }))
          )
          assert.strictEqual(error.reason, "encrypted")
          assert.include(error.message, "give it among the older keys")
        }))
      yield* within(filename, cipher({ current: first }), (world) =>
        Effect.gen(function*() {
          yield* world.worker()
          yield* world.pass("10 seconds")
          assert.strictEqual((yield* world.outbox.get(id)).state, "delivered")
        }))
    }))

  it.scoped("an input that was put into another message is not sent", () =>
    Effect.gen(function*() {
      const filename = yield* files.file
      yield* within(filename, cipher({ current: first }), (world) =>
        Effect.gen(function*() {
          const one = yield* world.submit("a", 1)
          const other = yield* world.submit("b", 2)
          const sql = yield* SqlClient.SqlClient
          const payloads = new Map(Array.from(yield* rows, ({ id, payload }) => [id, JSON.parse(payload)]))
          const forged = { ...payloads.get(one.id), sealed: payloads.get(other.id).sealed }
          yield* sql`UPDATE holdfast_lease_items SET payload = ${JSON.stringify(forged)} WHERE id = ${one.id}`
          const error = yield* Effect.flip(Outbox.reveal(yield* world.outbox.get(one.id)))
          assert.strictEqual(error.reason, "encrypted")
          assert.include(error.message, "put it elsewhere")
        }))
    }))
})
