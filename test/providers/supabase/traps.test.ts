import { describe, it } from "@effect/vitest"
import { assertFalse, assertInstanceOf, assertTrue, deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { ConfigProvider, Duration, Effect, Either, Fiber, Layer, Redacted, Schema, TestClock } from "effect"
import { Credentials, DeadLetterQueue, Holdfast, IntegrationError } from "holdfast"
import { definition, Emulator, Filters, Keys, Schemas, Supabase, totalOf } from "holdfast/providers/supabase"
import { Faults, Ledger } from "holdfast/testing"
import * as Testing from "holdfast/testing"
import * as Kit from "./kit.js"

const orders = { table: "orders" }

const jwt = "eyJhbGciOiJIUzI1NiJ9.eyJyb2xlIjoiZmFrZSJ9.ZmFrZQ"

const refused = <A>(effect: Effect.Effect<A, IntegrationError.IntegrationError>) =>
  Effect.map(Effect.flip(effect), (error) => {
    assertInstanceOf(error, IntegrationError.ValidationError)
    assertTrue(error.message.startsWith("nothing was sent"), error.message)
    return error.message
  })

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
      yield* refused(rows.delete({ path: orders, urlParams: { where: none } }))
      yield* refused(rows.update({ path: orders, payload: { a: 0 }, urlParams: { where: none } }))
      assertTrue(
        (yield* refused(rows.delete({ path: orders, urlParams: { where: Filters.eq("customers.name", "x") } })))
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
      yield* refused(rows.delete({ headers: { prefer: { "max-affected": 1 } }, path: orders, urlParams: { where } }))
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
      yield* refused(rows.select({ path: orders, urlParams: { limit: 2, offset: 2 } }))
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
      yield* refused(rows.select({ path: { table: "../../auth/v1/admin/users" } }))
      yield* refused(rows.select({ path: { table: ".." } }))
    }))
})

describe("Supabase's traps: users", () => {
  it.scoped("a user that exists is 422, in either form of errors a ConflictError", () =>
    Effect.gen(function*() {
      const { emulator, supabase: { users } } = yield* Kit.inProcess()
      yield* users.create({ payload: { email: "ada@example.com", email_confirm: true } })
      for (
        const again of [
          users.create({ payload: { email: "ada@example.com" } }),
          users.invite({ payload: { email: "ada@example.com" } })
        ]
      ) {
        const error = yield* Effect.flip(again)
        deepStrictEqual([error._tag, error.status, error.code], ["ConflictError", 422, "email_exists"])
      }
      const client = Testing.Emulator.httpClient(emulator)
      const get = (headers: Record<string, string>) =>
        client.get("https://p.test/auth/v1/admin/users/00000000-0000-4000-8000-000000000009", {
          headers: { apikey: "fake", ...headers }
        })
      const old = yield* get({})
      deepStrictEqual(yield* old.json, { code: 404, error_code: "user_not_found", msg: "User not found" })
      const dated = yield* get({ "x-supabase-api-version": "2024-01-01" })
      deepStrictEqual(yield* dated.json, { code: "user_not_found", message: "User not found" })
      deepStrictEqual(
        [old, dated].map(({ headers }) => headers["x-sb-error-code"]),
        ["user_not_found", "user_not_found"]
      )
    }))

  it.scoped("pages are always numbered, so that no server takes to cursors", () =>
    Effect.gen(function*() {
      const { emulator, supabase: { users } } = yield* Kit.inProcess()
      yield* users.list({ urlParams: { page: 1, per_page: 50 } })
      deepStrictEqual((yield* emulator.ledger)[0]?.query, { page: "1", per_page: "50" })
    }))

  it.scoped("a user has an email or a phone, and a password or its hash", () =>
    Effect.gen(function*() {
      const { supabase: { users } } = yield* Kit.inProcess()
      const password = Redacted.make("fake-password")
      yield* refused(users.create({ payload: { password } }))
      yield* refused(users.create({ payload: { email: "a@example.com", password, password_hash: password } }))
      yield* refused(users.get({ path: { id: "no-uuid" } }))
      const error = yield* Effect.flip(
        users.create({ payload: { email: "a@example.com", password: Redacted.make("short") } })
      )
      strictEqual(error.code, "weak_password")
    }))

  it.scoped("a password is in no dead letter", () =>
    Effect.gen(function*() {
      const emulator = yield* Emulator.make({ faults: Faults.script([Faults.resetAfter, Faults.resetAfter]) })
      const letters = yield* Effect.gen(function*() {
        const { users } = yield* Supabase
        yield* Effect.ignore(
          users.create({ payload: { email: "a@example.com", password: Redacted.make("fake-password") } })
        )
        const queue = yield* DeadLetterQueue.DeadLetterQueue
        return JSON.stringify(yield* queue.list())
      }).pipe(
        Effect.provide(
          Supabase.layer({ baseUrl: "https://p.test", credentials: Kit.credentials, policy: { retry: false } }).pipe(
            Layer.provideMerge(Holdfast.layerMemory),
            Layer.provide(Testing.Emulator.layerHttpClient(emulator))
          )
        )
      )
      assertTrue(letters.includes("a@example.com"))
      assertFalse(letters.includes("fake-password"))
    }))

  it.scoped("a user who is deleted softly is still there", () =>
    Effect.gen(function*() {
      const { supabase: { users } } = yield* Kit.inProcess()
      const { id } = yield* users.create({ payload: { email: "a@example.com" } })
      yield* users.delete({ path: { id }, payload: { should_soft_delete: true } })
      assertTrue((yield* users.get({ path: { id } })).deleted_at !== undefined)
      yield* users.delete({ path: { id }, payload: {} })
      strictEqual((yield* Effect.flip(users.get({ path: { id } })))._tag, "NotFoundError")
    }))
})

describe("Supabase's traps: storage", () => {
  it.scoped("the status is 400, and the body has the real one", () =>
    Effect.gen(function*() {
      const { supabase } = yield* Kit.inProcess()
      yield* Kit.fill(supabase, 1)
      const path = { bucket: "files", path: "none.txt" }
      const missing = yield* Effect.flip(supabase.objects.download({ path }))
      deepStrictEqual([missing._tag, missing.status, missing.code], ["NotFoundError", 400, "NoSuchKey"])
      const twice = yield* Effect.flip(
        supabase.objects.upload({ path: { ...path, path: "0.txt" }, payload: Kit.bytes("new") })
      )
      deepStrictEqual([twice._tag, twice.status, twice.code], ["ConflictError", 400, "KeyAlreadyExists"])
      const upsert = { headers: { "x-upsert": true }, path: { ...path, path: "0.txt" }, payload: Kit.bytes("new") }
      yield* supabase.objects.upload(upsert)
      strictEqual(Kit.textOf(yield* supabase.objects.download({ path: upsert.path })), "new")
      strictEqual((yield* Effect.flip(supabase.buckets.get({ path: { bucket: "b" } }))).code, "NoSuchBucket")
    }))

  it.scoped("names with folders are a path of their own, and cannot leave it", () =>
    Effect.gen(function*() {
      const { emulator, supabase } = yield* Kit.inProcess()
      yield* supabase.buckets.create({ payload: { name: "files" } })
      const name = "a b/50%/#1?.txt"
      yield* supabase.objects.upload({ path: { bucket: "files", path: name }, payload: Kit.bytes("x") })
      strictEqual((yield* emulator.ledger).at(-1)?.path, "/storage/v1/object/files/a%20b/50%25/%231%3F.txt")
      strictEqual((yield* supabase.objects.info({ path: { bucket: "files", path: name } })).name, name)
      for (const path of ["../other/a.txt", "a/../../b", "/a", "a//b", "a/"]) {
        yield* refused(supabase.objects.download({ path: { bucket: "files", path } }))
      }
    }))

  it.scoped("a signed URL ends, and is for one object", () =>
    Effect.gen(function*() {
      const { supabase } = yield* Kit.inProcess()
      yield* Kit.fill(supabase, 2)
      const path = { bucket: "files", path: "0.txt" }
      const { signedURL } = yield* supabase.objects.sign({ path, payload: { expiresIn: 60 } })
      const token = new URL(signedURL, "https://p.test").searchParams.get("token") ?? ""
      const download = (file: string) =>
        supabase.objects.downloadSigned({ path: { ...path, path: file }, urlParams: { token } })
      strictEqual(Kit.textOf(yield* download("0.txt")), "0")
      strictEqual((yield* Effect.flip(download("1.txt"))).code, "InvalidJWT")
      yield* TestClock.adjust("61 seconds")
      strictEqual((yield* Effect.flip(download("0.txt"))).code, "InvalidJWT")
    }))

  it.scoped("a bucket that is not empty is not deleted; its limits hold", () =>
    Effect.gen(function*() {
      const { supabase: { buckets, objects } } = yield* Kit.inProcess()
      const bucket = "b"
      yield* buckets.create({ payload: { allowed_mime_types: ["image/*"], file_size_limit: 3, name: bucket } })
      const upload = (text: string, type: string) =>
        objects.upload({ headers: { "content-type": type }, path: { bucket, path: "x" }, payload: Kit.bytes(text) })
      strictEqual((yield* Effect.flip(upload("four", "image/png"))).code, "EntityTooLarge")
      strictEqual((yield* Effect.flip(upload("one", "text/plain")))._tag, "ValidationError")
      yield* upload("one", "image/png")
      strictEqual((yield* Effect.flip(buckets.delete({ path: { bucket } })))._tag, "ConflictError")
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
