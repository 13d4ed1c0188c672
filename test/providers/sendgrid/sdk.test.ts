/** SendGrid's own client against the emulator, over a socket: what it expects of SendGrid, the emulator does. */
import { assert, describe, it } from "@effect/vitest"
import { Client } from "@sendgrid/client"
import { Effect } from "effect"
import { Emulator } from "holdfast/providers/sendgrid"
import { Faults } from "holdfast/testing"
import * as Kit from "./kit.js"

type Call = Parameters<Client["request"]>[0]

const started = Effect.fnUntraced(function*(options: Emulator.Options = {}) {
  const { baseUrl, emulator } = yield* Emulator.serve(options)
  const client = new Client()
  client.setApiKey("SG.fake-key")
  client.setDefaultRequest("baseUrl", baseUrl)
  const call = (method: NonNullable<Call["method"]>, url: string, more: Omit<Call, "method" | "url"> = {}) =>
    Effect.promise(async () => {
      const [{ body, headers, statusCode }] = await client.request({ ...more, method, url })
      // its types give a map for what is a plain object
      return { body, headers: Object(headers) as Readonly<Record<string, string>>, statusCode }
    })
  const refused = (method: NonNullable<Call["method"]>, url: string, more: Omit<Call, "method" | "url"> = {}) =>
    Effect.flip(Effect.tryPromise({
      try: () => client.request({ ...more, method, url }),
      catch: (error): object => Object(error)
    }))
  return { call, emulator, refused }
})

/** Of JSON that a test knows. */
const fields = (body: unknown) => Object(body) as Readonly<Record<string, unknown>>

const ids = (items: unknown): ReadonlyArray<unknown> =>
  Array.isArray(items) ? items.map((item: unknown) => fields(item).id) : []

describe("@sendgrid/client", () => {
  it.scopedLive("sends mail", () =>
    Effect.gen(function*() {
      const { call, emulator } = yield* started()
      const batch = yield* call("POST", "/v3/mail/batch")
      assert.deepStrictEqual([batch.statusCode, batch.body], [201, { batch_id: "emulated-batch-1" }])
      const body = Kit.mail("ada@example.com", { batch_id: "emulated-batch-1" })
      const sent = yield* call("POST", "/v3/mail/send", { body })
      assert.deepStrictEqual([sent.statusCode, sent.body, sent.headers["x-message-id"]], [202, "", "emulated-1"])
      const state = yield* emulator.state
      assert.deepStrictEqual(state.sent.map(({ mail }) => mail), [body])
      const sandbox = Kit.mail("ada@example.com", { mail_settings: { sandbox_mode: { enable: true } } })
      assert.strictEqual((yield* call("POST", "/v3/mail/send", { body: sandbox })).statusCode, 200)
      assert.lengthOf(state.sent, 1)
    }))

  it.scopedLive("writes, finds, exports and deletes contacts", () =>
    Effect.gen(function*() {
      const { call } = yield* started()
      const contacts = [{ email: "ada@example.com", first_name: "Ada" }, { email: "grace@example.com" }]
      const upserted = yield* call("PUT", "/v3/marketing/contacts", { body: { contacts } })
      assert.strictEqual(upserted.statusCode, 202)
      const job = yield* call("GET", `/v3/marketing/contacts/imports/${String(fields(upserted.body).job_id)}`)
      assert.strictEqual(fields(job.body).status, "completed")
      const looked = yield* call("POST", "/v3/marketing/contacts/search/emails", {
        body: { emails: ["ada@example.com"] }
      })
      assert.nestedPropertyVal(looked.body, "result.ada@example\\.com.contact.first_name", "Ada")
      const found = yield* call("POST", "/v3/marketing/contacts/search", {
        body: { query: "email = 'grace@example.com'" }
      })
      assert.strictEqual(fields(found.body).contact_count, 1)
      const sample = yield* call("GET", "/v3/marketing/contacts")
      assert.strictEqual(fields(sample.body).contact_count, 2)
      const exporting = yield* call("POST", "/v3/marketing/contacts/exports", { body: { file_type: "csv" } })
      assert.strictEqual(exporting.statusCode, 202)
      const exported = yield* call("GET", `/v3/marketing/contacts/exports/${String(fields(exporting.body).id)}`)
      assert.strictEqual(fields(exported.body).status, "ready")
      const all = ids(fields(sample.body).result).join(",")
      const deleted = yield* call("DELETE", "/v3/marketing/contacts", { qs: { ids: all } })
      assert.strictEqual(deleted.statusCode, 202)
      const after = yield* call("GET", "/v3/marketing/contacts")
      assert.strictEqual(fields(after.body).contact_count, 0)
    }))

  it.scopedLive("keeps lists, and goes from page to page", () =>
    Effect.gen(function*() {
      const { call } = yield* started()
      for (const name of ["a", "b", "c"]) {
        const { body, statusCode } = yield* call("POST", "/v3/marketing/lists", { body: { name } })
        assert.strictEqual(statusCode, 201)
        assert.strictEqual(fields(body).name, name)
      }
      const first = yield* call("GET", "/v3/marketing/lists", { qs: { page_size: 2 } })
      const next = new URL(String(fields(fields(first.body)._metadata).next))
      assert.strictEqual(next.host, "api.sendgrid.com")
      const second = yield* call("GET", `${next.pathname}${next.search}`)
      const all = [...ids(fields(first.body).result), ...ids(fields(second.body).result)]
      assert.lengthOf(all, 3)
      const renamed = yield* call("PATCH", `/v3/marketing/lists/${String(all[0])}`, { body: { name: "z" } })
      assert.deepStrictEqual([renamed.statusCode, fields(renamed.body).name], [200, "z"])
      assert.strictEqual((yield* call("DELETE", `/v3/marketing/lists/${String(all[1])}`)).statusCode, 204)
    }))

  it.scopedLive("reads suppressions, groups and scopes", () =>
    Effect.gen(function*() {
      const { call, emulator } = yield* started()
      yield* Kit.suppress(emulator, 3)
      for (const kind of ["blocks", "bounces", "invalid_emails", "spam_reports", "unsubscribes"]) {
        const { body } = yield* call("GET", `/v3/suppression/${kind}`, { qs: { limit: 500, offset: 1 } })
        assert.lengthOf(Array.isArray(body) ? body : [undefined], kind === "bounces" ? 2 : 0)
      }
      const made = yield* call("POST", "/v3/asm/groups", { body: { description: "News", name: "News" } })
      assert.strictEqual(made.statusCode, 201)
      const members = `/v3/asm/groups/${String(fields(made.body).id)}/suppressions`
      const suppressed = yield* call("POST", members, { body: { recipient_emails: ["ada@example.com"] } })
      assert.deepStrictEqual([suppressed.statusCode, suppressed.body], [201, { recipient_emails: ["ada@example.com"] }])
      assert.deepStrictEqual((yield* call("GET", members)).body, ["ada@example.com"])
      assert.strictEqual((yield* call("DELETE", `${members}/ada@example.com`)).statusCode, 204)
      assert.nestedPropertyVal((yield* call("GET", "/v3/asm/groups")).body, "[0].unsubscribes", 0)
      assert.nestedPropertyVal((yield* call("GET", "/v3/scopes")).body, "scopes[0]", "mail.send")
    }))

  it.scopedLive("is refused in SendGrid's words", () =>
    Effect.gen(function*() {
      const { refused } = yield* started({
        authorize: ({ "on-behalf-of": other, ...headers }) =>
          other === undefined && headers.authorization !== undefined,
        faults: Faults.script([Faults.status(429)]),
        verifiedSenders: ["info@example.com"]
      })
      const limited = yield* refused("GET", "/v3/scopes")
      assert.nestedPropertyVal(limited, "code", 429)
      assert.nestedPropertyVal(limited, "response.body.errors[0].message", "too many requests")
      const invalid = yield* refused("POST", "/v3/mail/send", { body: { ...Kit.mail("a@example.com"), subject: "" } })
      assert.nestedPropertyVal(invalid, "code", 400)
      assert.nestedPropertyVal(invalid, "response.body.errors[0].field", "subject")
      const unverified = yield* refused("POST", "/v3/mail/send", { body: Kit.mail("a@example.com") })
      assert.nestedPropertyVal(unverified, "code", 403)
      const missing = yield* refused("GET", "/v3/marketing/contacts/imports/none")
      assert.nestedPropertyVal(missing, "code", 404)
      const stranger = yield* refused("GET", "/v3/scopes", { headers: { "on-behalf-of": "nobody" } })
      assert.nestedPropertyVal(stranger, "code", 401)
    }))
})
