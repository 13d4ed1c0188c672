/** Every operation of Supabase, its answer checked. */
import { assertTrue, deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { Effect, Redacted } from "effect"
import { Body } from "holdfast"
import { type Emulator, Filters, totalOf } from "holdfast/providers/supabase"
import type * as Testing from "holdfast/testing"
import * as Kit from "./kit.js"

const orders = { table: "orders" }

const rows = Effect.fnUntraced(function*({ rows }: Kit.Client) {
  const inserted = yield* rows.insert({
    headers: { prefer: { return: "representation" } },
    path: orders,
    payload: [{ note: "a, \"b\" (c)", status: "open", total: 10 }, { note: null, status: "held", total: 20 }]
  })
  deepStrictEqual(inserted.map(({ id }) => id), [1, 2])
  deepStrictEqual(yield* rows.insert({ path: orders, payload: { status: "open", total: 30 } }), [])
  const upserted = yield* rows.upsert({
    headers: { prefer: { resolution: "merge-duplicates", return: "representation" } },
    path: orders,
    payload: [{ id: 3, total: 31 }, { id: 4, status: "paid", total: 40 }],
    urlParams: { on_conflict: "id", select: "id,status,total" }
  })
  deepStrictEqual(upserted.map(({ id, status, total }) => [id, status, total]), [[3, "open", 31], [4, "paid", 40]])
  yield* rows.put({
    path: orders,
    payload: { id: 5, status: "open", total: 50 },
    urlParams: { where: Filters.eq("id", 5) }
  })
  const where = Filters.and(
    Filters.oneOf("status", ["open", "a, \"b\""]),
    Filters.or(Filters.gte("total", 30), Filters.eq("note", "a, \"b\" (c)"))
  )
  const open = yield* rows.select({
    headers: { prefer: { count: "exact" } },
    path: orders,
    urlParams: { limit: 10, offset: 1, order: "total.desc", select: "id,total", where }
  })
  deepStrictEqual(open.map(({ id }) => id), [3, 1])
  const one = yield* rows.single({ path: orders, urlParams: { where: Filters.eq("id", 4) } })
  strictEqual(one.status, "paid")
  const [, response] = yield* rows.count({
    headers: { prefer: { count: "exact" } },
    path: orders,
    urlParams: { where: Filters.not(Filters.isNull("note")) },
    withResponse: true
  })
  strictEqual(yield* totalOf(response), 1)
  const updated = yield* rows.update({
    headers: { prefer: { handling: "strict", "max-affected": 1, return: "representation" } },
    path: orders,
    payload: { status: "paid" },
    urlParams: { where: Filters.eq("id", 1) }
  })
  deepStrictEqual(updated.map(({ id, status }) => [id, status]), [[1, "paid"]])
  deepStrictEqual(yield* rows.delete({ path: orders, urlParams: { where: Filters.eq("status", "held") } }), [])
})

const users = Effect.fnUntraced(function*({ links, users }: Kit.Client) {
  const ada = yield* users.create({
    payload: {
      email: "ada@example.com",
      email_confirm: true,
      password: Redacted.make("fake-password"),
      user_metadata: { name: "Ada" }
    }
  })
  assertTrue(ada.email_confirmed_at !== undefined)
  const id = ada.id
  strictEqual((yield* users.get({ path: { id } })).email, "ada@example.com")
  const updated = yield* users.update({ path: { id }, payload: { app_metadata: { plan: "pro" }, ban_duration: "24h" } })
  deepStrictEqual([updated.app_metadata?.plan, updated.user_metadata?.name], ["pro", "Ada"])
  const invited = yield* users.invite({
    payload: { data: { team: "engines" }, email: "grace@example.com" },
    urlParams: { redirect_to: "https://app.example.com" }
  })
  assertTrue(invited.invited_at !== undefined)
  const link = yield* links.generate({
    payload: { email: "ada@example.com", type: "recovery" },
    urlParams: { redirect_to: "https://app.example.com" }
  })
  assertTrue(Redacted.value(link.action_link).includes("/auth/v1/verify?token="))
  const page = yield* users.list({ urlParams: { page: 1, per_page: 10 } })
  deepStrictEqual(page.users.map(({ email }) => email), ["grace@example.com", "ada@example.com"])
  yield* users.delete({ path: { id: invited.id }, payload: { should_soft_delete: true } })
  yield* users.delete({ path: { id }, payload: {} })
})

const storage = Effect.fnUntraced(function*({ buckets, objects }: Kit.Client) {
  const bucket = "invoices"
  yield* buckets.create({ payload: { file_size_limit: 1000, id: bucket, name: bucket, public: false } })
  yield* buckets.update({ path: { bucket }, payload: { allowed_mime_types: ["text/plain"], public: true } })
  strictEqual((yield* buckets.get({ path: { bucket } })).public, true)
  deepStrictEqual((yield* buckets.list({ urlParams: { limit: 10, sortColumn: "name" } })).map(({ id }) => id), [bucket])

  const path = { bucket, path: "2026/a b.txt" }
  const uploaded = yield* objects.upload({
    headers: { "content-type": "text/plain", "x-metadata": { order: 7 }, "x-upsert": true },
    path,
    payload: Kit.bytes("one")
  })
  strictEqual(uploaded.Key, "invoices/2026/a b.txt")
  yield* objects.replace({ headers: { "content-type": "text/plain" }, path, payload: Kit.bytes("two") })
  strictEqual(Kit.textOf(yield* objects.download({ path })), "two")
  const info = yield* objects.info({ path })
  deepStrictEqual([info.size, info.content_type], [3, "text/plain"])

  yield* objects.copy({ payload: { bucketId: bucket, destinationKey: "2026/c.txt", sourceKey: path.path } })
  yield* objects.move({ payload: { bucketId: bucket, destinationKey: "old/c.txt", sourceKey: "2026/c.txt" } })
  const folders = yield* objects.list({ path: { bucket }, payload: { limit: 10, prefix: "" } })
  deepStrictEqual(folders.map(({ id, name }) => [id, name]), [[undefined, "2026"], [undefined, "old"]])
  const all = yield* objects.listPage({ path: { bucket }, payload: { limit: 10, prefix: "" } })
  deepStrictEqual(all.objects.map(({ name }) => name), ["2026/a b.txt", "old/c.txt"])

  const { signedURL } = yield* objects.sign({ path, payload: { expiresIn: 60 } })
  const token = new URL(signedURL, "https://project.supabase.test").searchParams.get("token") ?? ""
  strictEqual(Kit.textOf(yield* objects.downloadSigned({ path, urlParams: { token } })), "two")
  const many = yield* objects.signMany({ path: { bucket }, payload: { expiresIn: 60, paths: [path.path, "none"] } })
  deepStrictEqual(many.map(({ error }) => error === undefined), [true, false])
  const target = { bucket, path: "new.txt" }
  const grant = yield* objects.signUpload({ headers: { "x-upsert": true }, path: target })
  yield* objects.uploadSigned({
    headers: { "content-type": "text/plain" },
    path: target,
    payload: Kit.bytes("three"),
    urlParams: { token: grant.token ?? "" }
  })
  const removed = yield* objects.remove({ path: { bucket }, payload: { prefixes: ["new.txt", "none"] } })
  deepStrictEqual(removed.map(({ name }) => name), ["new.txt"])
  yield* buckets.empty({ path: { bucket } })
  yield* buckets.delete({ path: { bucket } })
})

/** Every operation once or more. */
export const everything = Effect.fnUntraced(
  function*(supabase: Kit.Client, emulator: Testing.Emulator.Emulator<Emulator.State>) {
    strictEqual((yield* supabase.project.health()).name, "GoTrue")
    strictEqual((yield* supabase.project.settings()).disable_signup, false)
    strictEqual((yield* supabase.project.storage()).healthy, true)
    yield* rows(supabase)
    const { functions } = yield* emulator.state
    functions.set("total", ({ status }) => ({ total: status === "open" ? 81 : 0 }))
    const total = yield* supabase.rpc.call({ path: { function: "total" }, payload: { status: "open" } })
    strictEqual(Body.record(total)?.total, 81)
    const none = yield* supabase.rpc.read({ path: { function: "total" }, urlParams: { status: "none" } })
    strictEqual(Body.record(none)?.total, 0)
    yield* users(supabase)
    yield* storage(supabase)
  }
)
