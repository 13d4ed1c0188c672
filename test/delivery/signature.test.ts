import * as SqliteClient from "@effect/sql-sqlite-node/SqliteClient"
import * as SqlClient from "@effect/sql/SqlClient"
import { assert, describe, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as IntegrationError from "../../src/core/IntegrationError.js"
import * as DeadLetterQueue from "../../src/delivery/DeadLetterQueue.js"
import * as Sql from "../../src/delivery/DeadLetterQueue/Sql.js"
import { everyError, letter } from "../../src/testing/conformance/internal/deadLetters.js"

const common = { integration: "hubspot", operation: "contacts.create" }

describe("signatureOf", () => {
  it("is the tag, the status, the code, and what the tag alone has", () => {
    assert.deepStrictEqual(everyError.map(DeadLetterQueue.signatureOf), [
      "NetworkError 418 TEAPOT connect",
      "TimeoutError 418 TEAPOT total",
      "RateLimitError 418 TEAPOT",
      "ServerError 418 TEAPOT",
      "AuthenticationError 418 TEAPOT",
      "AuthorizationError 418 TEAPOT",
      "NotFoundError 418 TEAPOT",
      "ConflictError 418 TEAPOT",
      "ValidationError 418 TEAPOT",
      "ResponseDecodeError 418 TEAPOT",
      "CircuitBreakerOpenError 418 TEAPOT",
      "BulkheadFullError 418 TEAPOT",
      "UnavailableError 418 TEAPOT"
    ])
  })

  it("is the same whatever the message, the wait and the correlation", () => {
    const of = (n: number) =>
      DeadLetterQueue.signatureOf(
        new IntegrationError.RateLimitError({
          ...common,
          correlationId: `c-${n}`,
          message: `try again in ${n} s`,
          retryAfter: Duration.seconds(n),
          status: 429
        })
      )
    assert.strictEqual(of(1), "RateLimitError 429")
    assert.strictEqual(of(2), of(1))
  })

  it("of a code that is a text is one line, and has an end", () => {
    const error = new IntegrationError.ServerError({ ...common, code: `a\n  b${"c".repeat(500)}`, message: "no" })
    assert.match(DeadLetterQueue.signatureOf(error), /^ServerError a bc{97}$/)
  })
})

describe("a database from before there were signatures", () => {
  it.scoped("is brought up to date, and its letters stay", () =>
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      const queue = yield* Sql.make()
      const id = yield* queue.capture(letter())
      for (const event of ["insert", "delete", "update"]) {
        yield* sql`DROP TRIGGER ${sql(`holdfast_lease_count_${event}`)}`
      }
      yield* sql`DROP TABLE holdfast_lease_counts`
      for (const index of ["signature", "first", "last"]) {
        yield* sql`DROP INDEX ${sql(`holdfast_lease_items_${index}`)}`
      }
      yield* sql`ALTER TABLE holdfast_lease_items DROP COLUMN signature`
      yield* sql`ALTER TABLE holdfast_lease_items DROP COLUMN failed_at`
      yield* sql`DELETE FROM holdfast_migrations WHERE migration_id >= 2`
      const later = yield* Sql.make()
      assert.strictEqual((yield* later.get(id)).signature, "ServerError 503")
      // what was stored under none is in no group until it fails once more
      assert.deepStrictEqual(yield* later.groups(), [])
      yield* later.register("hubspot", (letter) => Effect.fail(letter.error))
      yield* Effect.flip(later.replay(id))
      assert.deepStrictEqual((yield* later.groups()).map(({ signature }) => signature), ["ServerError 503"])
    }).pipe(Effect.provide(Layer.orDie(SqliteClient.layer({ filename: ":memory:" })))))
})
