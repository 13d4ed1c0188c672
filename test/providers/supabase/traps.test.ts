import { describe, it } from "@effect/vitest"
import { assertFalse, assertTrue, deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { ConfigProvider, Duration, Effect, Either, Fiber, Layer, Redacted, Schema, TestClock } from "effect"
import { Credentials, DeadLetterQueue, Holdfast } from "holdfast"
import { definition, Emulator, Filters, Keys, Schemas, Supabase, totalOf } from "holdfast/providers/supabase"
import { Faults, Ledger } from "holdfast/testing"
import * as Testing from "holdfast/testing"
import * as Kit from "./kit.js"

const orders = { table: "orders" }

const jwt = "eyJhbGciOiJIUzI1NiJ9.eyJyb2xlIjoiZmFrZSJ9.ZmFrZQ"

/** Takes only what has exactly these two headers. */
const only = (apikey: string, authorization: string | undefined): Emulator.Options => ({
  authorize: (headers) => headers.apikey === apikey && headers.authorization === authorization
})

describe("Supabase's traps: keys and hosts", () => {
  it.scoped("a new key is no token: it goes into apikey alone; a legacy one into both", () =>
    Effect.gen(function*() {
      const withKey = (key: string) => Credentials.layer(Keys.key(Redacted.make(key)))
      const secret = yield* Kit.inProcess(only("sb_secret_fake", undefined), withKey("sb_secret_fake"))
      yield* secret.supabase.project.health()
      const legacy = yield* Kit.inProcess(only(jwt, `Bearer ${jwt}`), withKey(jwt))
      yield* legacy.supabase.project.health()
      const user = yield* Kit.inProcess(
        only("sb_publishable_fake", `Bearer ${jwt}`),
        Credentials.layer(Keys.user({ accessToken: Redacted.make(jwt), key: Redacted.make("sb_publishable_fake") }))
      )
      yield* user.supabase.project.health()
    }))

  it.scoped("the emulator refuses a new key as a bearer without its apikey, as the gateway does", () =>
    Effect.gen(function*() {
      const { supabase } = yield* Kit.inProcess(
        {},
        Credentials.layer(Credentials.Headers({ headers: { authorization: Redacted.make("Bearer sb_secret_fake") } }))
      )
      const error = yield* Effect.flip(supabase.project.health())
      deepStrictEqual([error._tag, error.message.includes("Invalid API key")], ["AuthenticationError", true])
    }))

  it.scoped("the host and the key come from SUPABASE_URL and SUPABASE_SERVICE_ROLE_KEY", () =>
    Effect.gen(function*() {
      const emulator = yield* Emulator.make(only("sb_secret_fake", undefined))
      const live = (variables: ReadonlyArray<readonly [string, string]>) =>
        Effect.flatMap(Supabase, ({ project }) => project.health()).pipe(
          Effect.provide(
            Supabase.layerConfig.pipe(
              Layer.provide(Holdfast.layerMemory),
              Layer.provide(Testing.Emulator.layerHttpClient(emulator))
            )
          ),
          Effect.withConfigProvider(ConfigProvider.fromMap(new Map(variables)))
        )
      const key = ["SUPABASE_SERVICE_ROLE_KEY", "sb_secret_fake"] as const
      strictEqual((yield* live([["SUPABASE_URL", "https://ref.supabase.co/"], key])).name, "GoTrue")
      strictEqual((yield* live([["SUPABASE_BASE_URL", "http://127.0.0.1:4100"], key])).name, "GoTrue")
      assertTrue(String(yield* Effect.flip(live([key]))).includes("SUPABASE_URL"))
      assertTrue(String(yield* Effect.flip(live([["SUPABASE_URL", "https://a.b"]]))).includes("SERVICE_ROLE_KEY"))
    }))

  it("without a host nobody is sent a key", () => {
    assertTrue(definition.baseUrl.endsWith(".invalid"))
  })
})

describe("Supabase's traps: rows", () => {
  it.scoped("a change or a deletion without a filter is not sent", () =>
    Effect.gen(function*() {
      const { emulator, supabase: { rows } } = yield* Kit.inProcess()
      yield* rows.insert({ path: orders, payload: [{ a: 1 }, { a: 2 }] })
      // as a program without types would
      const none: never = undefined as never
      yield* Kit.refused(rows.delete({ path: orders, urlParams: { where: none } }))
      yield* Kit.refused(rows.update({ path: orders, payload: { a: 0 }, urlParams: { where: none } }))
      assertTrue(
        (yield* Kit.refused(rows.delete({ path: orders, urlParams: { where: Filters.eq("customers.name", "x") } })))
          .includes("embedded")
      )
      strictEqual((yield* emulator.ledger).length, 1)
      // and another client's is refused
      const client = Testing.Emulator.httpClient(emulator)
      const answer = yield* client.del("https://project.supabase.test/rest/v1/orders", { headers: { apikey: "fake" } })
      strictEqual(answer.status, 400)
      strictEqual((yield* rows.select({ path: orders })).length, 2)
      yield* rows.delete({ path: orders, urlParams: { where: Filters.not(Filters.isNull("id")) } })
      strictEqual((yield* rows.select({ path: orders })).length, 0)
    }))

  it.scoped("max-affected undoes what would be too much, and counts only with strict", () =>
    Effect.gen(function*() {
      const { supabase: { rows } } = yield* Kit.inProcess()
      yield* rows.insert({ path: orders, payload: [{ a: 1 }, { a: 1 }] })
      const where = Filters.eq("a", 1)
      const error = yield* Effect.flip(rows.delete({
        headers: { prefer: { handling: "strict", "max-affected": 1 } },
        path: orders,
        urlParams: { where }
      }))
      deepStrictEqual([error._tag, error.code], ["ValidationError", "PGRST124"])
      strictEqual((yield* rows.select({ path: orders })).length, 2)
      yield* Kit.refused(
        rows.delete({ headers: { prefer: { "max-affected": 1 } }, path: orders, urlParams: { where } })
      )
    }))

  it.scoped("an insert of several is all of them or none", () =>
    Effect.gen(function*() {
      const { supabase: { rows } } = yield* Kit.inProcess({ tables: { orders: { unique: [["number"]] } } })
      const error = yield* Effect.flip(rows.insert({ path: orders, payload: [{ number: "A" }, { number: "A" }] }))
      deepStrictEqual([error._tag, error.code, error.status], ["ConflictError", "23505", 409])
      deepStrictEqual(yield* rows.select({ path: orders }), [])
    }))

  it.scoped("after an answer that was lost an upsert is sent again, an insert is not", () =>
    Effect.gen(function*() {
      const policy = { retry: { initialDelay: "1 millis", jitter: "none" } } as const
      const lost = { faults: Faults.script([Faults.resetAfter]) }
      const one = yield* Kit.withPolicy(lost, policy)
      const upserting = yield* Effect.fork(one.supabase.rows.upsert({
        headers: { prefer: { resolution: "merge-duplicates" } },
        path: orders,
        payload: { id: 7, status: "paid" }
      }))
      yield* TestClock.adjust("1 minute")
      yield* Fiber.join(upserting)
      const ledger = yield* one.emulator.ledger
      deepStrictEqual(ledger.map(({ operation }) => operation), ["rows.upsert", "rows.upsert"])
      deepStrictEqual({ ...Ledger.tally(ledger, "orders") }, { 7: { created: 1, updated: 1 } })

      const other = yield* Kit.withPolicy(lost, policy)
      const inserting = yield* Effect.fork(Effect.flip(other.supabase.rows.insert({ path: orders, payload: { a: 1 } })))
      yield* TestClock.adjust("1 minute")
      strictEqual((yield* Fiber.join(inserting))._tag, "NetworkError")
      strictEqual((yield* other.emulator.ledger).length, 1)
    }))

  it.scoped("a deadlock has undone the insert, so it is sent again", () =>
    Effect.gen(function*() {
      const { emulator, supabase } = yield* Kit.withPolicy({
        faults: Faults.script([Faults.status(500, { body: Emulator.Bodies.rows("40P01", "deadlock detected") })])
      }, { retry: { initialDelay: "1 millis", jitter: "none" } })
      const inserting = yield* Effect.fork(supabase.rows.insert({ path: orders, payload: { a: 1 } }))
      yield* TestClock.adjust("1 minute")
      yield* Fiber.join(inserting)
      strictEqual((yield* emulator.ledger).length, 2)
    }))

  it.scoped("ignore-duplicates leaves the row, and on_conflict wants a unique constraint", () =>
    Effect.gen(function*() {
      const { supabase: { rows } } = yield* Kit.inProcess({ tables: { orders: { unique: [["number"]] } } })
      const upsert = (resolution: "ignore-duplicates" | "merge-duplicates", status: string, on_conflict: string) =>
        rows.upsert({
          headers: { prefer: { resolution, return: "representation" } },
          path: orders,
          payload: { number: "A", status },
          urlParams: { on_conflict },
          withResponse: true
        })
      const [, made] = yield* upsert("merge-duplicates", "open", "number")
      const [, merged] = yield* upsert("merge-duplicates", "paid", "number")
      // 201 where a row is new, 200 where none is
      deepStrictEqual([made.status, merged.status], [201, 200])
      const [ignored] = yield* upsert("ignore-duplicates", "late", "number")
      deepStrictEqual(ignored, [])
      strictEqual((yield* rows.single({ path: orders })).status, "paid")
      strictEqual((yield* Effect.flip(upsert("merge-duplicates", "x", "status"))).code, "42P10")
    }))

  it.scoped("one row is one row: none is not found, several are a mistake", () =>
    Effect.gen(function*() {
      const { supabase: { rows } } = yield* Kit.inProcess()
      const none = yield* Effect.flip(rows.single({ path: orders }))
      deepStrictEqual([none._tag, none.code, none.status], ["NotFoundError", "PGRST116", 406])
      yield* rows.insert({ path: orders, payload: [{ a: 1 }, { a: 2 }] })
      strictEqual((yield* Effect.flip(rows.single({ path: orders })))._tag, "ValidationError")
    }))

  it.scoped("counts are in Content-Range, of a part with 206; past the end with a count is 416", () =>
    Effect.gen(function*() {
      const { supabase: { rows } } = yield* Kit.inProcess()
      yield* rows.insert({ path: orders, payload: [{ a: 1 }, { a: 2 }, { a: 3 }] })
      const counted = { prefer: { count: "exact" } } as const
      const [page, response] = yield* rows.select({
        headers: counted,
        path: orders,
        urlParams: { limit: 2 },
        withResponse: true
      })
      deepStrictEqual([page.length, response.status, response.headers["content-range"]], [2, 206, "0-1/3"])
      strictEqual(yield* totalOf(response), 3)
      const past = { limit: 2, offset: 9, order: "id" }
      deepStrictEqual(yield* rows.select({ path: orders, urlParams: past }), [])
      const error = yield* Effect.flip(rows.select({ headers: counted, path: orders, urlParams: past }))
      deepStrictEqual([error.status, error.code], [416, "PGRST103"])
      const [, uncounted] = yield* rows.select({ path: orders, withResponse: true })
      strictEqual((yield* Effect.flip(totalOf(uncounted)))._tag, "ResponseDecodeError")
      yield* Kit.refused(rows.select({ path: orders, urlParams: { limit: 2, offset: 2 } }))
    }))

  it.scoped("an answer has 1,000 rows at most, whatever the limit", () =>
    Effect.gen(function*() {
      const { supabase: { rows } } = yield* Kit.inProcess({
        tables: { orders: { rows: Array.from({ length: 1001 }, (_, id) => ({ id })) } }
      })
      strictEqual((yield* rows.select({ path: orders, urlParams: { limit: 5000 } })).length, 1000)
    }))

  it.scoped("a table, a column and a function that are not there say so", () =>
    Effect.gen(function*() {
      const { supabase: { rows, rpc } } = yield* Kit.inProcess({ tables: { orders: { columns: ["id", "status"] } } })
      strictEqual((yield* Effect.flip(rows.select({ path: { table: "order" } }))).code, "PGRST205")
      strictEqual((yield* Effect.flip(rows.insert({ path: orders, payload: { stauts: 1 } }))).code, "PGRST204")
      strictEqual((yield* Effect.flip(rpc.call({ path: { function: "f" }, payload: {} }))).code, "PGRST202")
    }))

  it.scoped("a table that has a slash in its name is no other path", () =>
    Effect.gen(function*() {
      const { supabase: { rows } } = yield* Kit.inProcess()
      yield* Kit.refused(rows.select({ path: { table: "../../auth/v1/admin/users" } }))
      yield* Kit.refused(rows.select({ path: { table: ".." } }))
    }))
})

describe("Supabase's traps: dead letters", () => {
  it.scoped("a deletion by a column that is called like a credential keeps its filter, and is replayed with it", () =>
    Effect.gen(function*() {
      const emulator = yield* Emulator.make({
        faults: Faults.script([Faults.resetBefore]),
        tables: { orders: { rows: [{ id: 1, token: "a" }, { id: 2, token: "b" }] } }
      })
      yield* Effect.gen(function*() {
        const { rows } = yield* Supabase
        const error = yield* Effect.flip(rows.delete({ path: orders, urlParams: { where: Filters.eq("token", "a") } }))
        const queue = yield* DeadLetterQueue.DeadLetterQueue
        yield* queue.replay(error.deadLetterId ?? "none")
        deepStrictEqual((yield* rows.select({ path: orders })).map(({ id }) => id), [2])
      }).pipe(
        Effect.provide(
          Supabase.layer({ baseUrl: "https://p.test", credentials: Kit.credentials, policy: { retry: false } }).pipe(
            Layer.provideMerge(Holdfast.layerMemory),
            Layer.provide(Testing.Emulator.layerHttpClient(emulator))
          )
        )
      )
    }))
})

describe("Supabase's traps: outages and webhooks", () => {
  it.scoped("a 503 says how long the database is away, and is waited for, also by an insert", () =>
    Effect.gen(function*() {
      const body = Emulator.Bodies.rows("PGRST001", "Could not connect with the database")
      const { emulator, supabase } = yield* Kit.withPolicy(
        { faults: Faults.script([Faults.status(503, { body, headers: { "retry-after": "8" } })]) },
        { retry: { jitter: "none" } }
      )
      const inserting = yield* Effect.fork(supabase.rows.insert({ path: orders, payload: { a: 1 } }))
      yield* TestClock.adjust(Duration.millis(7999))
      strictEqual((yield* emulator.ledger).length, 1)
      yield* TestClock.adjust("1 minute")
      yield* Fiber.join(inserting)
      strictEqual((yield* emulator.ledger).length, 2)
    }))

  it("database webhooks have no signature, no id and no second try: there is no scheme that could verify them", () => {
    assertFalse("webhook" in definition)
    const read = Schema.decodeUnknownEither(Schemas.DatabaseWebhook)
    const inserted = read({ old_record: null, record: { id: 1 }, schema: "public", table: "orders", type: "INSERT" })
    deepStrictEqual(Either.map(inserted, ({ record }) => record), Either.right({ id: 1 }))
    const deleted = { old_record: { id: 1 }, record: null, schema: "public", table: "orders", type: "DELETE" }
    assertTrue(Either.isRight(read({ ...deleted, user_id: null })))
    assertTrue(Either.isLeft(read({ ...deleted, type: "TRUNCATE" })))
  })
})
