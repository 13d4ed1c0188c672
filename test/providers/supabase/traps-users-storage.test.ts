import { describe, it } from "@effect/vitest"
import { assertFalse, assertTrue, deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { Effect, Either, Layer, Redacted, Stream, TestClock } from "effect"
import { DeadLetterQueue, Holdfast, Pagination } from "holdfast"
import { Emulator, objects, Supabase } from "holdfast/providers/supabase"
import { Faults } from "holdfast/testing"
import * as Testing from "holdfast/testing"
import * as Kit from "./kit.js"

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
      yield* Kit.refused(users.create({ payload: { password } }))
      yield* Kit.refused(users.create({ payload: { email: "a@example.com", password, password_hash: password } }))
      yield* Kit.refused(users.get({ path: { id: "no-uuid" } }))
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

  it.scoped("a list that goes on without saying where is not taken to be at its end; an empty page in it is none", () =>
    Effect.gen(function*() {
      const answer = (body: object) => Faults.status(200, { body: { folders: [], objects: [], ...body } })
      const walked = Effect.fnUntraced(function*(...pages: ReadonlyArray<object>) {
        const { supabase } = yield* Kit.inProcess({ faults: Faults.script(pages.map(answer)) })
        const list = Pagination.items(supabase.objects.listPage, objects(), { path: { bucket: "files" }, payload: {} })
        return yield* Effect.either(Stream.runCount(list))
      })
      const lost = yield* walked({ hasNext: true, objects: [{ name: "a" }] })
      strictEqual(Either.isLeft(lost) && lost.left._tag, "ResponseDecodeError")
      const more = { hasNext: true, nextCursor: "c" }
      deepStrictEqual(yield* walked(more, { hasNext: false, objects: [{ name: "a" }] }), Either.right(1))
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
        yield* Kit.refused(supabase.objects.download({ path: { bucket: "files", path } }))
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
