/** Every operation of Intercom, its answer checked. */
import { deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { Effect } from "effect"
import type * as Kit from "./kit.js"

export const everything = Effect.fnUntraced(function*(intercom: Kit.Client) {
  const me = yield* intercom.admins.me()
  deepStrictEqual([me.id, me.app?.timezone], ["814860", "Etc/UTC"])

  const { contacts, conversations } = intercom
  const ada = yield* contacts.create({
    payload: {
      custom_attributes: { engine: "analytical", seats: 3 },
      email: "Ada@example.com",
      external_id: "42",
      name: "Ada",
      owner_id: 814860,
      role: "user",
      signed_up_at: 1_700_000_000
    }
  })
  deepStrictEqual([ada.email, ada.owner_id, ada.role], ["ada@example.com", "814860", "user"])
  const path = { id: ada.id }
  const updated = yield* contacts.update({
    path,
    payload: { custom_attributes: { seats: 4 }, name: null, phone: "+4420123456" }
  })
  deepStrictEqual([updated.name, updated.custom_attributes], [undefined, { engine: "analytical", seats: 4 }])
  deepStrictEqual(yield* contacts.get({ path }), updated)
  deepStrictEqual(yield* contacts.findByExternalId({ path: { externalId: "42" } }), updated)

  const lead = yield* contacts.create({ payload: { email: "lead@example.com", role: "lead" } })
  const found = yield* contacts.search({
    payload: {
      pagination: { per_page: 5 },
      query: {
        operator: "AND",
        value: [
          { field: "role", operator: "IN", value: ["lead", "user"] },
          {
            operator: "OR",
            value: [{ field: "email", operator: "^", value: "lead" }, {
              field: "custom_attributes.seats",
              operator: ">",
              value: 3
            }]
          }
        ]
      },
      sort: { field: "email", order: "descending" }
    }
  })
  deepStrictEqual([found.data.map(({ id }) => id), found.total_count], [[lead.id, ada.id], 2])
  strictEqual((yield* contacts.merge({ payload: { from: lead.id, into: ada.id } })).id, ada.id)
  deepStrictEqual((yield* contacts.list({ urlParams: { per_page: 10 } })).data.map(({ id }) => id), [ada.id])

  const begun = yield* conversations.create({
    payload: {
      attachment_urls: ["https://example.com/a.png"],
      body: "Does it run?",
      from: { id: ada.id, type: "user" }
    }
  })
  const conversation = { id: begun.conversation_id ?? "" }
  yield* conversations.reply({
    path: conversation,
    payload: { admin_id: me.id, body: "<p>It <b>does</b></p>", message_type: "comment", type: "admin" }
  })
  const replied = yield* conversations.reply({
    path: conversation,
    payload: { body: "Thanks", intercom_user_id: ada.id, message_type: "comment", type: "user" }
  })
  strictEqual(replied.conversation_parts?.total_count, 2)
  const whole = yield* conversations.get({ path: conversation, urlParams: { display_as: "plaintext" } })
  deepStrictEqual(whole.conversation_parts?.conversation_parts.map(({ author, body }) => [author?.type, body]), [
    ["admin", "It does"],
    ["user", "Thanks"]
  ])

  const sent = yield* intercom.messages.send({
    payload: {
      body: "News",
      from: { id: 814860, type: "admin" },
      message_type: "email",
      subject: "Engines",
      template: "plain",
      to: { id: ada.id, type: "user" }
    }
  })
  strictEqual(sent.subject, "Engines")
  const all = yield* conversations.list({ urlParams: { per_page: 20 } })
  deepStrictEqual(all.conversations.map(({ id }) => id), [begun.conversation_id, sent.conversation_id])
  const emails = yield* conversations.search({
    payload: { query: { field: "source.type", operator: "=", value: "email" } }
  })
  deepStrictEqual(emails.conversations.map(({ id }) => id), [sent.conversation_id])

  const event = { created_at: 1_700_000_000, event_name: "ordered", metadata: { order: "A-1" }, user_id: "42" }
  strictEqual(yield* intercom.events.track({ payload: event }), undefined)

  strictEqual((yield* contacts.archive({ path })).archived, true)
  strictEqual((yield* contacts.unarchive({ path })).archived, false)
  strictEqual((yield* contacts.block({ path })).blocked, true)
  deepStrictEqual(yield* contacts.delete({ path }), {
    deleted: true,
    external_id: "42",
    id: ada.id,
    type: "contact"
  })
})
