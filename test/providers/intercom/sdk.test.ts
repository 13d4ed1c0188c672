/** Intercom's own SDK against the emulator, over a socket: what it expects of Intercom, the emulator does. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { Emulator } from "holdfast/providers/intercom"
import { Faults } from "holdfast/testing"
import type * as Testing from "holdfast/testing"
import { Intercom, IntercomClient, IntercomError } from "intercom-client"
import { asked, thrown } from "../promised.js"
import { sent } from "../sent.js"
import * as Kit from "./kit.js"

const started = Effect.fnUntraced(function*(options: Testing.Emulator.Options = {}) {
  const { baseUrl, emulator } = yield* Emulator.serve(options)
  // its own retries begin with a second
  return { emulator, intercom: new IntercomClient({ baseUrl, maxRetries: 0, token: "intercom-fake-token" }) }
})

/** Its own error, with Intercom's list of errors as the body. */
const refused = (promise: () => PromiseLike<unknown>, status: number, code: string) =>
  Effect.map(
    thrown(promise),
    (error) => {
      assert.instanceOf(error, IntercomError)
      assert.propertyVal(error, "statusCode", status)
      assert.nestedPropertyVal(error, "body.type", "error.list")
      assert.nestedPropertyVal(error, "body.errors[0].code", code)
      return error
    }
  )

const idOf = (contact: { readonly id?: string | undefined }) => contact.id ?? ""

describe("intercom-client", () => {
  it.scopedLive("says who it is", () =>
    Effect.gen(function*() {
      const { emulator, intercom } = yield* started()
      const me = yield* asked(() => intercom.admins.identify())
      assert.deepInclude(me, { email: "ada@example.com", id: "814860", type: "admin" })
      assert.deepStrictEqual(me?.app?.timezone, "Etc/UTC")
      const [sent] = yield* emulator.ledger
      assert.strictEqual(sent?.headers["intercom-version"], "2.14")
    }))

  it.scopedLive("creates, finds, changes, merges, archives and deletes contacts", () =>
    Effect.gen(function*() {
      const { emulator, intercom } = yield* started()
      const { contacts } = intercom
      const ada = yield* asked(() =>
        contacts.create({
          custom_attributes: { seats: 3 },
          email: "Ada@example.com",
          external_id: "42",
          name: "Ada",
          owner_id: 814_860
        })
      )
      assert.deepInclude(ada, {
        custom_attributes: { seats: 3 },
        email: "ada@example.com",
        external_id: "42",
        has_hard_bounced: false,
        name: "Ada",
        owner_id: 814_860,
        role: "user",
        type: "contact"
      })
      const contact_id = idOf(ada)
      const updated = yield* asked(() => contacts.update({ contact_id, phone: "+4420123456" }))
      assert.strictEqual(updated.phone, "+4420123456")
      assert.deepStrictEqual(yield* asked(() => contacts.find({ contact_id })), updated)
      assert.deepEqual(yield* asked(() => contacts.showContactByExternalId({ external_id: "42" })), updated)
      const lead = yield* asked(() => contacts.create({ email: "lead@example.com", role: "lead" }))
      const merged = yield* asked(() => contacts.mergeLeadInUser({ from: idOf(lead), into: contact_id }))
      assert.deepInclude(merged, { email: "ada@example.com", id: contact_id, role: "user" })
      const reference = { external_id: "42", id: contact_id, type: "contact" as const }
      assert.deepEqual(yield* asked(() => contacts.archive({ contact_id })), { ...reference, archived: true })
      assert.deepEqual(yield* asked(() => contacts.unarchive({ contact_id })), { ...reference, archived: false })
      assert.deepInclude(yield* asked(() => contacts.blockContact({ contact_id })), { ...reference, blocked: true })
      assert.deepEqual(yield* asked(() => contacts.delete({ contact_id })), { ...reference, deleted: true })
      assert.deepStrictEqual([...new Set((yield* emulator.ledger).map(({ status }) => status))], [200])
    }))

  it.scopedLive("walks contacts and searches to the end", () =>
    Effect.gen(function*() {
      const { emulator, intercom } = yield* started()
      const emails = Array.from({ length: 7 }, (_, index) => `c${index}@example.com`)
      for (const email of emails) yield* asked(() => intercom.contacts.create({ email }))
      const before = (yield* emulator.ledger).length
      const walked = yield* asked(async () => {
        const all: Array<string | undefined> = []
        for await (const contact of await intercom.contacts.list({ per_page: 3 })) all.push(contact.email)
        return all
      })
      assert.deepStrictEqual(walked, emails)
      assert.deepStrictEqual((yield* emulator.ledger).slice(before).map(({ query }) => query.starting_after), [
        undefined,
        "W3",
        "W6"
      ])
      const page = yield* asked(() => intercom.contacts.list({ per_page: 3 }))
      assert.deepInclude(page.response, { total_count: 7, type: "list" })
      assert.deepInclude(page.response.pages, { page: 1, per_page: 3, total_pages: 3, type: "pages" })

      const searched = yield* asked(async () => {
        const found: Array<string | undefined> = []
        const pages = await intercom.contacts.search({
          pagination: { per_page: 2 },
          query: {
            operator: "AND",
            value: [
              { field: "role", operator: "=", value: "user" },
              { field: "email", operator: "NIN", value: ["c0@example.com", "c3@example.com"] }
            ]
          }
        })
        for await (const contact of pages) found.push(contact.email)
        return found
      })
      assert.deepStrictEqual(searched, emails.filter((email) => !/^c[03]/.test(email)))
    }))

  it.scopedLive("begins conversations, replies in them, and walks them", () =>
    Effect.gen(function*() {
      const { intercom } = yield* started()
      const { conversations } = intercom
      const ada = yield* asked(() => intercom.contacts.create({ email: "ada@example.com" }))
      const from = { id: idOf(ada), type: "user" as const }
      const begun = yield* asked(() => conversations.create({ body: "Does it run?", from }))
      assert.deepInclude(begun, { body: "Does it run?", message_type: "inapp", type: "user_message" })
      const { conversation_id } = begun
      yield* asked(() =>
        conversations.reply({
          body: { admin_id: "814860", body: "<p>It <b>does</b></p>", message_type: "comment", type: "admin" },
          conversation_id
        })
      )
      yield* asked(() =>
        conversations.reply({
          body: { body: "Thanks", intercom_user_id: idOf(ada), message_type: "comment", type: "user" },
          conversation_id
        })
      )
      const replied = yield* asked(() =>
        conversations.reply({
          body: { body: "Bye", email: "ada@example.com", message_type: "comment", type: "user" },
          conversation_id
        })
      )
      assert.deepInclude(replied.conversation_parts, { total_count: 3, type: "conversation_part.list" })
      const plain = yield* asked(() => conversations.find({ conversation_id, display_as: "plaintext" }))
      assert.deepInclude(plain, { id: conversation_id, open: true, state: "open", type: "conversation" })
      assert.deepStrictEqual(
        plain.conversation_parts?.conversation_parts?.map(({ author, body, part_type, type }) => [
          author?.type,
          body,
          part_type,
          type
        ]),
        [
          ["admin", "It does", "comment", "conversation_part"],
          ["user", "Thanks", "comment", "conversation_part"],
          ["user", "Bye", "comment", "conversation_part"]
        ]
      )
      assert.deepInclude(plain.contacts, { contacts: [{ id: idOf(ada), type: "contact" }], type: "contact.list" })

      for (const body of ["two", "three"]) yield* asked(() => conversations.create({ body, from }))
      const walked = yield* asked(async () => {
        const bodies: Array<string | undefined> = []
        for await (const { source } of await conversations.list({ per_page: 2 })) bodies.push(source.body)
        return bodies
      })
      assert.deepStrictEqual(walked, ["<p>Does it run?</p>", "<p>two</p>", "<p>three</p>"])
      const found = yield* asked(async () => {
        const ids: Array<string> = []
        const pages = await conversations.search({
          pagination: { per_page: 1 },
          query: { field: "source.body", operator: "~", value: "t" }
        })
        assert.strictEqual(pages.response.type, "conversation.list")
        for await (const { id } of pages) ids.push(id)
        return ids
      })
      assert.lengthOf(found, 3)
    }))

  it.scopedLive("sends messages, by e-mail and in the app, and events", () =>
    Effect.gen(function*() {
      const { emulator, intercom } = yield* started()
      const ada = yield* asked(() => intercom.contacts.create({ external_id: "42" }))
      const between = {
        from: { id: 814_860, type: "admin" as const },
        to: { id: idOf(ada), type: "user" as const }
      }
      const email = yield* asked(() =>
        intercom.messages.create({
          ...between,
          body: "News",
          message_type: "email",
          subject: "Engines",
          template: "plain"
        })
      )
      assert.deepInclude(email, { body: "News", message_type: "email", subject: "Engines", type: "admin_message" })
      const inApp = yield* asked(() => intercom.messages.create({ ...between, body: "Hello", message_type: "inapp" }))
      assert.deepInclude(inApp, { body: "Hello", message_type: "inapp" })

      const event = { created_at: 1_700_000_000, event_name: "ordered", metadata: { order: "A-1" }, user_id: "42" }
      assert.isUndefined(yield* asked(() => intercom.events.create(event)))
      const { events } = yield* emulator.state
      assert.deepStrictEqual(events.map(({ contact, name }) => [contact, name]), [[idOf(ada), "ordered"]])
    }))

  it.scopedLive("throws what Intercom has said, as the error of its kind", () =>
    Effect.gen(function*() {
      const { emulator, intercom } = yield* started()
      const { contacts, conversations } = intercom
      const ada = yield* asked(() => contacts.create({ email: "ada@example.com" }))
      const conflict = yield* refused(() => contacts.create({ email: "ada@example.com" }), 409, "conflict")
      assert.nestedPropertyVal(
        conflict,
        "body.errors[0].message",
        `A contact matching those details already exists with id=${ada.id}`
      )
      yield* refused(() => contacts.create({ email: "nobody" }), 400, "parameter_invalid")
      yield* refused(() => contacts.find({ contact_id: "none" }), 404, "not_found")
      yield* refused(() => contacts.list({ per_page: 151 }), 400, "parameter_invalid")
      const missing = yield* refused(() => conversations.find({ conversation_id: "none" }), 404, "not_found")
      assert.instanceOf(missing, Intercom.NotFoundError)
      const invalid = yield* refused(
        () =>
          intercom.messages.create({
            body: "",
            from: { id: 814_860, type: "admin" },
            message_type: "inapp",
            to: { id: idOf(ada), type: "user" }
          }),
        400,
        "parameter_invalid"
      )
      assert.instanceOf(invalid, Intercom.BadRequestError)
      yield* emulator.setFaults(Faults.always(Faults.status(403)))
      assert.instanceOf(
        yield* refused(() => conversations.list(), 403, "forbidden"),
        Intercom.ForbiddenError
      )
      yield* emulator.setFaults(Faults.always(Faults.status(429)))
      yield* refused(() => contacts.list(), 429, "rate_limit_exceeded")
      const closed = yield* started({ authorize: () => false })
      const unauthorized = yield* refused(() => closed.intercom.contacts.list(), 401, "unauthorized")
      assert.instanceOf(unauthorized, Intercom.UnauthorizedError)
    }))

  it.scopedLive("tries again when its limit says so", () =>
    Effect.gen(function*() {
      const { baseUrl, emulator } = yield* Emulator.serve({
        faults: Faults.script([Faults.status(503, { headers: { "retry-after": "1" } })])
      })
      const intercom = new IntercomClient({ baseUrl, maxRetries: 1, token: "intercom-fake-token" })
      assert.strictEqual((yield* asked(() => intercom.admins.identify()))?.id, "814860")
      assert.deepStrictEqual((yield* emulator.ledger).map(({ status }) => status), [503, 200])
    }))

  it.scopedLive("sends what our client sends", () =>
    Effect.gen(function*() {
      const { emulator, intercom } = yield* started()
      const { contacts, conversations } = intercom
      const ada = { email: "ada@example.com", external_id: "42", name: "Ada" }
      const { contact_id } = yield* asked(async () => ({ contact_id: idOf(await contacts.create(ada)) }))
      const from = { id: contact_id, type: "user" as const }
      const reply = {
        admin_id: "814860",
        body: "It does",
        message_type: "comment" as const,
        type: "admin" as const
      }
      const condition = { field: "email", operator: "~" as const, value: "ada" }
      const event = { created_at: 1_700_000_000, event_name: "ordered", user_id: "42" }
      const conversation_id = yield* asked(async () => {
        await contacts.update({ contact_id, phone: "+4420123456" })
        await contacts.find({ contact_id })
        await contacts.showContactByExternalId({ external_id: "42" })
        await contacts.list({ per_page: 5 })
        await contacts.search({ pagination: { per_page: 5 }, query: condition })
        const begun = await conversations.create({ body: "Does it run?", from })
        await conversations.reply({ body: reply, conversation_id: begun.conversation_id })
        await conversations.find({ conversation_id: begun.conversation_id, display_as: "plaintext" })
        await conversations.list({ per_page: 5 })
        await intercom.events.create(event)
        await contacts.archive({ contact_id })
        await contacts.unarchive({ contact_id })
        await contacts.blockContact({ contact_id })
        await contacts.delete({ contact_id })
        await intercom.admins.identify()
        return begun.conversation_id
      })

      const ours = yield* Kit.inProcess()
      const path = { id: contact_id }
      const conversation = { id: conversation_id }
      yield* ours.intercom.contacts.create({ payload: ada })
      yield* ours.intercom.contacts.update({ path, payload: { phone: "+4420123456" } })
      yield* ours.intercom.contacts.get({ path })
      yield* ours.intercom.contacts.findByExternalId({ path: { externalId: "42" } })
      yield* ours.intercom.contacts.list({ urlParams: { per_page: 5 } })
      yield* ours.intercom.contacts.search({ payload: { pagination: { per_page: 5 }, query: condition } })
      yield* ours.intercom.conversations.create({ payload: { body: "Does it run?", from } })
      yield* ours.intercom.conversations.reply({ path: conversation, payload: reply })
      yield* ours.intercom.conversations.get({ path: conversation, urlParams: { display_as: "plaintext" } })
      yield* ours.intercom.conversations.list({ urlParams: { per_page: 5 } })
      yield* ours.intercom.events.track({ payload: event })
      yield* ours.intercom.contacts.archive({ path })
      yield* ours.intercom.contacts.unarchive({ path })
      yield* ours.intercom.contacts.block({ path })
      yield* ours.intercom.contacts.delete({ path })
      yield* ours.intercom.admins.me()
      assert.deepStrictEqual(yield* sent(emulator), yield* sent(ours.emulator))
    }))
})
