/** Every operation of SendGrid, its answer checked. */
import { deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { Effect, Option } from "effect"
import { type Emulator as SendGridEmulator, Mail } from "holdfast/providers/sendgrid"
import type { Emulator } from "holdfast/testing"
import * as Kit from "./kit.js"

export const everything = Effect.fnUntraced(function*(
  sendgrid: Kit.Client,
  emulator: Emulator.Emulator<SendGridEmulator.State>
) {
  const { batch_id } = yield* sendgrid.mail.batch()
  strictEqual(batch_id, "emulated-batch-1")
  const payload = Kit.mail("ada@example.com", {
    attachments: [{ content: "aGVsbG8=", filename: "hello.txt", type: "text/plain" }],
    batch_id,
    categories: ["orders"],
    custom_args: { dedupe_key: "order-7" },
    send_at: 1_800_000_000
  })
  const [nothing, response] = yield* sendgrid.mail.send({ payload, withResponse: true })
  strictEqual(nothing, undefined)
  strictEqual(response.status, 202)
  deepStrictEqual(Mail.messageId(response), Option.some("emulated-1"))
  yield* sendgrid.mail.send({
    headers: { "on-behalf-of": "subaccount" },
    payload: {
      from: { email: "shop@example.com" },
      mail_settings: { sandbox_mode: { enable: true } },
      personalizations: [{ dynamic_template_data: { name: "Ada", items: [1, 2] }, to: [{ email: "ada@example.com" }] }],
      template_id: "d-0123456789abcdef"
    }
  })
  const { sent } = yield* emulator.state
  deepStrictEqual(sent.map(({ mail }) => mail.custom_args), [{ dedupe_key: "order-7" }])

  const list = yield* sendgrid.lists.create({ payload: { name: "Customers" } })
  const other = yield* sendgrid.lists.create({ payload: { name: "Others" } })
  const renamed = yield* sendgrid.lists.update({ path: { id: list.id }, payload: { name: "All customers" } })
  deepStrictEqual([renamed.id, renamed.name, renamed.contact_count], [list.id, "All customers", 0])
  const first = yield* sendgrid.lists.list({ urlParams: { page_size: 1 } })
  deepStrictEqual(first.result.map(({ id }) => id), [list.id])
  strictEqual(typeof first._metadata?.next, "string")
  strictEqual(yield* sendgrid.lists.delete({ path: { id: other.id } }), undefined)

  const { job_id } = yield* sendgrid.contacts.upsert({
    payload: {
      contacts: [
        { custom_fields: { e1_T: "gold" }, email: "Ada@example.com", first_name: "Ada" },
        { email: "grace@example.com" },
        { external_id: "c-7", last_name: "Hopper" }
      ],
      list_ids: [list.id]
    }
  })
  const job = yield* sendgrid.contacts.job({ path: { id: job_id } })
  deepStrictEqual([job.status, job.results?.requested_count, job.results?.created_count], ["completed", 3, 3])
  yield* sendgrid.contacts.upsert({ payload: { contacts: [{ email: "ada@example.com", last_name: "Lovelace" }] } })

  const { result } = yield* sendgrid.contacts.byEmails({
    payload: { emails: ["ADA@example.com", "nobody@example.com"] }
  })
  const ada = result["ADA@example.com"]?.contact
  deepStrictEqual([ada?.email, ada?.first_name, ada?.last_name], ["ada@example.com", "Ada", "Lovelace"])
  deepStrictEqual(ada?.custom_fields, { e1_T: "gold" })
  strictEqual(result["nobody@example.com"]?.contact, undefined)

  const found = yield* sendgrid.contacts.search({ payload: { query: "email LIKE '%@example.com'" } })
  deepStrictEqual(found.result.map(({ email }) => email), ["ada@example.com", "grace@example.com"])
  strictEqual((yield* sendgrid.contacts.sample()).contact_count, 3)

  const started = yield* sendgrid.contacts.startExport({ payload: { file_type: "csv", list_ids: [list.id] } })
  const exported = yield* sendgrid.contacts.export({ path: { id: started.id } })
  deepStrictEqual([exported.status, exported.contact_count, exported.urls?.length], ["ready", 3, 1])

  yield* sendgrid.contacts.delete({ urlParams: { ids: found.result.map(({ id }) => id) } })
  strictEqual((yield* sendgrid.contacts.sample()).contact_count, 1)

  yield* Kit.suppress(emulator, 2)
  const bounces = yield* sendgrid.suppressions.list({
    path: { kind: "bounces" },
    urlParams: { limit: 500, start_time: 1_800_000_001 }
  })
  deepStrictEqual(bounces.map(({ email, status }) => [email, status]), [["b1@example.com", "5.1.1"]])
  deepStrictEqual(yield* sendgrid.suppressions.list({ path: { kind: "spam_reports" } }), [])

  const group = yield* sendgrid.groups.create({ payload: { description: "News of the shop", name: "News" } })
  const path = { id: group.id }
  const suppressed = yield* sendgrid.groups.suppress({ path, payload: { recipient_emails: ["ada@example.com"] } })
  deepStrictEqual(suppressed.recipient_emails, ["ada@example.com"])
  deepStrictEqual(yield* sendgrid.groups.suppressions({ path }), ["ada@example.com"])
  deepStrictEqual((yield* sendgrid.groups.list()).map(({ unsubscribes }) => unsubscribes), [1])
  yield* sendgrid.groups.unsuppress({ path: { email: "ada@example.com", id: group.id } })
  deepStrictEqual(yield* sendgrid.groups.suppressions({ path }), [])

  deepStrictEqual((yield* sendgrid.scopes.list()).scopes.includes("mail.send"), true)
})
