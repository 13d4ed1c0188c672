/** Supabase's own SDK talks to the emulator. */
import { describe, it } from "@effect/vitest"
import { assertFalse, assertTrue, deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { createClient } from "@supabase/supabase-js"
import { Effect } from "effect"
import { Emulator, Urls } from "holdfast/providers/supabase"
import * as Testing from "holdfast/testing"
import { fetched } from "../../fetched.js"
import { asked } from "../promised.js"
import * as Kit from "./kit.js"

/** Never opened; Node 20 has none of its own, and the SDK wants one before anybody asks for it. */
class NoSocket {
  constructor() {
    throw new Error("nothing here is live")
  }
}

const connected = Effect.fnUntraced(function*(options: Emulator.Options = {}, key = "sb_secret_fake") {
  const { baseUrl, emulator } = yield* Emulator.serve(options)
  const auth = { autoRefreshToken: false, detectSessionInUrl: false, persistSession: false }
  // none is ever made, so it need not be one
  const realtime = { transport: NoSocket as never }
  return { baseUrl, emulator, supabase: createClient(baseUrl, key, { auth, realtime }) }
})

const jwt = "eyJhbGciOiJIUzI1NiJ9.eyJyb2xlIjoiZmFrZSJ9.ZmFrZQ"

describe("supabase-js, against the emulator", () => {
  it.scopedLive("rows", () =>
    Effect.gen(function*() {
      const { supabase } = yield* connected({ tables: { orders: { unique: [["number"]] } } })
      const made = yield* asked(() =>
        supabase.from("orders").insert([{ number: "A", total: 10 }, { number: "B,\"(x)\"", total: 20 }]).select()
      )
      deepStrictEqual([made.status, made.data?.map(({ id }) => id)], [201, [1, 2]])
      const silent = yield* asked(() => supabase.from("orders").insert({ number: "C", tags: ["x", "y"], total: 30 }))
      deepStrictEqual([silent.status, silent.data, silent.error], [201, null, null])
      const single = yield* asked(() =>
        supabase.from("orders").upsert({ number: "C", total: 31 }, { onConflict: "number" }).select("id,total").single()
      )
      deepStrictEqual(single.data, { id: 3, total: 31 })

      const found = yield* asked(() =>
        supabase.from("orders").select("id,number", { count: "exact" }).or("total.gte.20,number.eq.A")
          .not("number", "is", null).order("total", { ascending: false }).range(0, 1)
      )
      deepStrictEqual([found.count, found.status, found.data?.map(({ id }) => id)], [3, 206, [3, 2]])
      const ids = (query: PromiseLike<{ readonly data: ReadonlyArray<{ id: unknown }> | null }>) =>
        Effect.map(asked(() => query), ({ data }) => data?.map(({ id }) => id))
      const all = () => supabase.from("orders").select("id")
      deepStrictEqual(yield* ids(all().in("number", ["A", "C"])), [1, 3])
      deepStrictEqual(yield* ids(all().eq("number", "B,\"(x)\"")), [2])
      deepStrictEqual(yield* ids(all().contains("tags", ["x"])), [3])
      deepStrictEqual(yield* ids(all().gt("total", 10).lt("total", 31)), [2])
      deepStrictEqual(yield* ids(all().ilike("number", "a%")), [1])
      deepStrictEqual(yield* ids(all().match({ number: "A", total: 10 })), [1])
      deepStrictEqual(yield* ids(all().is("tags", null)), [1, 2])
      const counted = yield* asked(() => supabase.from("orders").select("*", { count: "exact", head: true }))
      deepStrictEqual([counted.count, counted.data], [3, null])
      const one = yield* asked(() => supabase.from("orders").select("total").eq("id", 1).single())
      deepStrictEqual(one.data, { total: 10 })
      const maybe = yield* asked(() => supabase.from("orders").select().eq("id", 99).maybeSingle())
      deepStrictEqual([maybe.data, maybe.error], [null, null])

      const changed = yield* asked(() => supabase.from("orders").update({ total: 11 }).eq("id", 1).select().single())
      strictEqual(changed.data?.total, 11)
      const gone = yield* asked(() => supabase.from("orders").delete().eq("id", 1))
      deepStrictEqual([gone.status, gone.error], [204, null])
    }))

  it.scopedLive("errors of rows are what it takes them for, and nothing is deleted without a filter", () =>
    Effect.gen(function*() {
      const { supabase } = yield* connected({ tables: { orders: { rows: [{ id: 1 }, { id: 2 }] } } })
      const failed = (
        query: PromiseLike<{ readonly error: { readonly code: string } | null; readonly status: number }>
      ) => Effect.map(asked(() => query), ({ error, status }) => [status, error?.code])
      const from = supabase.from("orders")
      deepStrictEqual(yield* failed(from.insert({ id: 1 })), [409, "23505"])
      deepStrictEqual(yield* failed(from.select().single()), [406, "PGRST116"])
      deepStrictEqual(yield* failed(supabase.from("order").select()), [404, "PGRST205"])
      deepStrictEqual(yield* failed(supabase.rpc("none")), [404, "PGRST202"])
      strictEqual((yield* failed(from.delete()))[0], 400)
      strictEqual((yield* asked(() => from.select())).data?.length, 2)
    }))

  it.scopedLive("functions", () =>
    Effect.gen(function*() {
      const { supabase } = yield* connected({ functions: { add: ({ a, b }) => Number(a) + Number(b) } })
      strictEqual((yield* asked(() => supabase.rpc("add", { a: 1, b: 2 }))).data, 3)
      strictEqual((yield* asked(() => supabase.rpc("add", { a: 1, b: 2 }, { get: true }))).data, 3)
    }))

  it.scopedLive("users", () =>
    Effect.gen(function*() {
      const { supabase: { auth: { admin } } } = yield* connected()
      const made = yield* asked(() =>
        admin.createUser({ email: "ada@example.com", email_confirm: true, password: "fake-password" })
      )
      const id = made.data.user?.id ?? ""
      strictEqual((yield* asked(() => admin.getUserById(id))).data.user?.email, "ada@example.com")
      const updated = yield* asked(() => admin.updateUserById(id, { user_metadata: { name: "Ada" } }))
      strictEqual(updated.data.user?.user_metadata.name, "Ada")
      const twice = yield* asked(() => admin.createUser({ email: "ada@example.com" }))
      deepStrictEqual([twice.error?.status, twice.error?.code], [422, "email_exists"])
      const invited = yield* asked(() => admin.inviteUserByEmail("grace@example.com", { data: { team: "a" } }))
      assertTrue(invited.data.user?.invited_at !== undefined)
      const link = yield* asked(() =>
        admin.generateLink({
          email: "ada@example.com",
          options: { redirectTo: "https://a.example" },
          type: "magiclink"
        })
      )
      deepStrictEqual(
        [link.data.properties?.verification_type, link.data.properties?.redirect_to, link.data.user?.id],
        ["magiclink", "https://a.example", id]
      )
      const page = yield* asked(() => admin.listUsers({ page: 1, perPage: 1 }))
      assertTrue(page.error === null)
      if (page.error === null) {
        deepStrictEqual([page.data.users.length, page.data.total, page.data.nextPage, page.data.lastPage], [1, 2, 2, 2])
      }
      strictEqual((yield* asked(() => admin.listUsers())).data.users.length, 2)
      strictEqual((yield* asked(() => admin.deleteUser(id))).error, null)
      const missing = yield* asked(() => admin.getUserById(id))
      deepStrictEqual([missing.error?.status, missing.error?.code], [404, "user_not_found"])
    }))

  it.scopedLive("buckets and objects", () =>
    Effect.gen(function*() {
      const { supabase: { storage } } = yield* connected()
      strictEqual(
        (yield* asked(() => storage.createBucket("files", { fileSizeLimit: "1KB", public: true }))).error,
        null
      )
      strictEqual((yield* asked(() => storage.updateBucket("files", { public: false }))).error, null)
      strictEqual((yield* asked(() => storage.getBucket("files"))).data?.public, false)
      deepStrictEqual((yield* asked(() => storage.listBuckets())).data?.map(({ id }) => id), ["files"])
      const files = storage.from("files")
      const text = (blob: Blob | null) => Effect.promise(async () => await blob?.text())

      const up = yield* asked(() => files.upload("a/one.txt", "one", { contentType: "text/plain", metadata: { n: 1 } }))
      deepStrictEqual([up.data?.path, up.data?.fullPath, up.error], ["a/one.txt", "files/a/one.txt", null])
      const blob = new Blob(["two"], { type: "text/html" })
      strictEqual((yield* asked(() => files.upload("a/two.html", blob))).error, null)
      const twice = yield* asked(() => files.upload("a/one.txt", "again"))
      assertTrue(twice.error?.message.includes("already exists") === true)
      strictEqual((yield* asked(() => files.upload("a/one.txt", "again", { upsert: true }))).error, null)
      strictEqual((yield* asked(() => files.update("a/one.txt", "once more"))).error, null)
      strictEqual(yield* text((yield* asked(() => files.download("a/one.txt"))).data), "once more")
      const two = yield* asked(() => files.download("a/two.html"))
      deepStrictEqual([yield* text(two.data), two.data?.type], ["two", "text/html"])
      const info = yield* asked(() => files.info("a/two.html"))
      deepStrictEqual([info.data?.size, info.data?.contentType], [3, "text/html"])

      strictEqual((yield* asked(() => files.copy("a/one.txt", "b/one.txt"))).data?.path, "files/b/one.txt")
      strictEqual((yield* asked(() => files.move("b/one.txt", "b/c/one.txt"))).error, null)
      const root = yield* asked(() => files.list())
      deepStrictEqual(root.data?.map(({ name }) => name), ["a", "b"])
      const folder = yield* asked(() => files.list("a", { limit: 1, sortBy: { column: "name", order: "desc" } }))
      deepStrictEqual(folder.data?.map(({ name }) => name), ["two.html"])
      const page = yield* asked(() => files.listV2({ limit: 2, prefix: "" }))
      deepStrictEqual([page.data?.hasNext, page.data?.objects.length], [true, 2])
      const next = yield* asked(() => files.listV2({ cursor: page.data?.nextCursor ?? "", limit: 2, prefix: "" }))
      deepStrictEqual([next.data?.hasNext, next.data?.objects.map(({ name }) => name)], [false, ["b/c/one.txt"]])
      const removed = yield* asked(() => files.remove(["b/c/one.txt"]))
      strictEqual(removed.data?.length, 1)
      const missing = yield* asked(() => files.download("none"))
      assertTrue(missing.error !== null)
      strictEqual((yield* asked(() => storage.emptyBucket("files"))).error, null)
      strictEqual((yield* asked(() => storage.deleteBucket("files"))).error, null)
      assertTrue((yield* asked(() => storage.getBucket("files"))).error?.message === "Bucket not found")
    }))

  it.scopedLive("signed URLs, which anybody may follow", () =>
    Effect.gen(function*() {
      const { baseUrl, supabase: { storage } } = yield* connected()
      yield* asked(() => storage.createBucket("files"))
      const files = storage.from("files")
      yield* asked(() => files.upload("a b.txt", "one"))
      const signed = yield* asked(() => files.createSignedUrl("a b.txt", 60))
      const response = yield* asked(() => fetched(signed.data?.signedUrl ?? ""))
      strictEqual(yield* asked(() => response.text()), "one")
      const { signedURL } = yield* (yield* Kit.overHttp(baseUrl)).objects.sign({
        path: { bucket: "files", path: "a b.txt" },
        payload: { expiresIn: 60 }
      })
      const ours = yield* asked(() => fetched(Urls.signed(baseUrl, signedURL)))
      strictEqual(yield* asked(() => ours.text()), "one")
      const { data } = files.getPublicUrl("a b.txt")
      strictEqual(Urls.open(baseUrl, { bucket: "files", path: "a b.txt" }), data.publicUrl)
      const many = yield* asked(() => files.createSignedUrls(["a b.txt", "none"], 60))
      deepStrictEqual(many.data?.map(({ error }) => error === null || error === undefined), [true, false])
      const grant = yield* asked(() => files.createSignedUploadUrl("new.txt"))
      const put = yield* asked(() => files.uploadToSignedUrl("new.txt", grant.data?.token ?? "", "new"))
      deepStrictEqual([put.data?.fullPath, put.error], ["files/new.txt", null])
    }))

  it.scopedLive("keys of both kinds, and one that is refused", () =>
    Effect.gen(function*() {
      const legacy = yield* connected({}, jwt)
      strictEqual((yield* asked(() => legacy.supabase.from("orders").select())).error, null)
      const closed = yield* connected({ authorize: () => false })
      const answer = yield* asked(() => closed.supabase.from("orders").select())
      deepStrictEqual([answer.status, answer.error?.message], [401, "Invalid API key"])
      const bare = yield* asked(() => fetched(`${legacy.baseUrl}/auth/v1/health`))
      strictEqual(bare.status, 401)
      assertFalse(Testing.Emulator.anyone() === Emulator.authorize({}, {}))
    }))
})
