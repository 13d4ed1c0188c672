import { describe, it } from "@effect/vitest"
import { assertTrue, deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { DateTime, Effect, Fiber, Schema, Stream, TestClock } from "effect"
import { Pagination } from "holdfast"
import { lists, Schemas } from "holdfast/providers/tidio"
import { Faults, Ledger } from "holdfast/testing"
import * as Kit from "./kit.js"

const calm = { bulkhead: false, rateLimit: false } as const

describe("Tidio's traps: contacts", () => {
  it.scoped("a contact is always a new one, also of the same address and distinct_id", () =>
    Effect.gen(function*() {
      const { tidio } = yield* Kit.inProcess()
      const one = yield* tidio.contacts.create({ payload: Kit.contact(1) })
      const other = yield* tidio.contacts.create({ payload: Kit.contact(1) })
      assertTrue(one.id !== other.id)
      const { contacts } = yield* tidio.contacts.list({ urlParams: { email: "i1@example.com" } })
      deepStrictEqual(contacts.map(({ id }) => id), [one.id, other.id])
    }))

  it.scoped("so one whose answer was lost is not made again: it is looked for", () =>
    Effect.gen(function*() {
      const { emulator, tidio } = yield* Kit.withPolicy({ faults: Faults.script([Faults.resetAfter]) }, calm)
      strictEqual((yield* Effect.flip(tidio.contacts.create({ payload: Kit.contact(1) })))._tag, "NetworkError")
      const { contacts } = yield* tidio.contacts.list({ urlParams: { email: "i1@example.com" } })
      strictEqual(contacts[0]?.distinct_id, "customer-1")
      deepStrictEqual(Ledger.tally(yield* emulator.ledger, "contacts")["i1@example.com"], { created: 1 })
    }))

  it.scoped("a change whose answer was lost is made again", () =>
    Effect.gen(function*() {
      const { emulator, tidio } = yield* Kit.withPolicy({}, { ...calm, retry: { jitter: "none" } })
      const { id } = yield* tidio.contacts.create({ payload: Kit.contact(1) })
      yield* emulator.setFaults(Faults.script([Faults.resetAfter]))
      const updating = yield* Effect.fork(
        tidio.contacts.update({ path: { contactId: id }, payload: { first_name: "Ada" } })
      )
      yield* TestClock.adjust("1 minute")
      yield* Fiber.join(updating)
      deepStrictEqual(Ledger.tally(yield* emulator.ledger, "contacts")["i1@example.com"], { created: 1, updated: 2 })
      strictEqual((yield* tidio.contacts.get({ path: { contactId: id } })).first_name, "Ada")
    }))

  it.scoped("null clears, what is not there stays, and distinct_id cannot be cleared", () =>
    Effect.gen(function*() {
      const { emulator, tidio } = yield* Kit.inProcess()
      const { id } = yield* tidio.contacts.create({ payload: { ...Kit.contact(1), phone: "1", last_name: "Hopper" } })
      const path = { contactId: id }
      yield* tidio.contacts.update({ path, payload: { phone: null } })
      const contact = yield* tidio.contacts.get({ path })
      deepStrictEqual([contact.phone, contact.last_name], [undefined, "Hopper"])
      const before = (yield* emulator.ledger).length
      // what the types refuse, a program without them may send all the same
      const cleared = { path, payload: { distinct_id: null } } as never
      assertTrue((yield* Kit.refused(tidio.contacts.update(cleared))).includes("distinct_id"))
      assertTrue((yield* Kit.refused(tidio.contacts.update({ path, payload: {} }))).includes("nothing to change"))
      strictEqual((yield* emulator.ledger).length, before)
    }))

  it.scoped("of a batch all are taken, or none", () =>
    Effect.gen(function*() {
      const { tidio } = yield* Kit.inProcess()
      const strange = { ...Kit.contact(2), properties: [{ name: "hat_size", value: "L" }] }
      const error = yield* Effect.flip(
        tidio.contacts.createBatch({ payload: { contacts: [Kit.contact(1), strange] } })
      )
      deepStrictEqual([error._tag, error.status], ["ValidationError", 422])
      strictEqual((yield* tidio.contacts.list({})).contacts.length, 0)
      const { id } = yield* tidio.contacts.create({ payload: Kit.contact(1) })
      const update = tidio.contacts.updateBatch({
        payload: { contacts: [{ first_name: "Ada", id }, { first_name: "Nobody", id: Kit.ids.nobody }] }
      })
      strictEqual((yield* Effect.flip(update))._tag, "NotFoundError")
      strictEqual((yield* tidio.contacts.get({ path: { contactId: id } })).first_name, undefined)
    }))

  it.scoped("a batch has 100 at most, and one of an update changes something", () =>
    Effect.gen(function*() {
      const { emulator, tidio } = yield* Kit.inProcess()
      yield* Kit.fill(tidio, 100)
      assertTrue((yield* Kit.refused(Kit.fill(tidio, 101))).includes("contacts"))
      const idle = tidio.contacts.updateBatch({ payload: { contacts: [{ id: Kit.ids.nobody }] } })
      assertTrue((yield* Kit.refused(idle)).includes("nothing to change"))
      strictEqual((yield* emulator.ledger).length, 1)
    }))

  it.scoped("properties are the project's own, by name and type", () =>
    Effect.gen(function*() {
      const { tidio } = yield* Kit.inProcess()
      const { id } = yield* tidio.contacts.create({ payload: Kit.contact(1) })
      const set = (name: string, value: string) =>
        Effect.either(
          tidio.contacts.update({ path: { contactId: id }, payload: { properties: [{ name, value }] } })
        ).pipe(Effect.map((result) => result._tag === "Left" ? result.left.message : "taken"))
      deepStrictEqual(yield* Effect.all([set("shoe_size", "44 (EU)"), set("loyalty_points", "7.5")]), [
        "taken",
        "taken"
      ])
      assertTrue((yield* set("hat_size", "L")).includes("does not exist"))
      assertTrue((yield* set("loyalty_points", "many")).includes("number"))
    }))

  it.scoped("an address is sent whole, and a contact has something to be known by", () =>
    Effect.gen(function*() {
      const { tidio } = yield* Kit.inProcess()
      assertTrue((yield* Kit.refused(tidio.contacts.list({ urlParams: { email: "ada" } }))).includes("e-mail"))
      const nobody = tidio.contacts.create({ payload: { distinct_id: "42" } })
      assertTrue((yield* Kit.refused(nobody)).includes("an email, a first_name"))
      const long = tidio.contacts.create({ payload: { distinct_id: "x".repeat(56), phone: "1" } })
      assertTrue((yield* Kit.refused(long)).includes("distinct_id"))
    }))

  it.scoped("a page without a cursor, or with null for it, is the last", () =>
    Effect.gen(function*() {
      const contact = { id: "aaaaaaaa-0000-4000-8000-000000000001" }
      const page = (cursor: string | null) =>
        Faults.status(200, { body: { contacts: [contact], meta: { cursor, limit: 1 } } })
      const { emulator, tidio } = yield* Kit.inProcess({ faults: Faults.script([page("more"), page(null)]) })
      strictEqual(yield* Stream.runCount(Pagination.items(tidio.contacts.list, lists.contacts, {})), 2)
      deepStrictEqual((yield* emulator.ledger).map(({ query }) => query), [{}, { cursor: "more" }])
    }))

  it.scoped("a cursor that is not Tidio's is a ValidationError", () =>
    Effect.gen(function*() {
      const { tidio } = yield* Kit.inProcess()
      const error = yield* Effect.flip(tidio.contacts.list({ urlParams: { cursor: "null" } }))
      deepStrictEqual([error._tag, error.status], ["ValidationError", 400])
    }))
})

describe("Tidio's traps: tickets and products", () => {
  it.scoped("the id of a new ticket is a number, or by another account of it a UUID: get takes either", () =>
    Effect.gen(function*() {
      const { emulator, tidio } = yield* Kit.inProcess({
        faults: Faults.script([Faults.status(201, { body: { id: Kit.ids.nobody } })])
      })
      const other = yield* tidio.tickets.create({ payload: Kit.question })
      strictEqual((yield* Effect.flip(tidio.tickets.get({ path: { ticketId: other.id } })))._tag, "NotFoundError")
      const one = yield* tidio.tickets.create({ payload: Kit.question })
      strictEqual((yield* tidio.tickets.get({ path: { ticketId: one.id } })).id, one.id)
      deepStrictEqual((yield* emulator.ledger).map(({ path }) => path).filter((path) => !path.endsWith("contact")), [
        `/tickets/${Kit.ids.nobody}`,
        `/tickets/${one.id}`
      ])
      assertTrue((yield* Kit.refused(tidio.tickets.get({ path: { ticketId: "as-contact" } }))).includes("ticketId"))
    }))

  it.scoped("a reply whose answer was lost is not sent again: the contact would read it twice", () =>
    Effect.gen(function*() {
      const { emulator, tidio } = yield* Kit.withPolicy({}, calm)
      const { id } = yield* tidio.tickets.create({ payload: Kit.question })
      const path = { ticketId: id }
      yield* emulator.setFaults(Faults.script([Faults.resetAfter]))
      const reply = tidio.tickets.reply({
        path,
        payload: { author_type: "operator", content: "On its way.", operator_id: Kit.ids.operator }
      })
      strictEqual((yield* Effect.flip(reply))._tag, "NetworkError")
      const { messages } = yield* tidio.tickets.get({ path })
      deepStrictEqual(messages.map(({ content }) => content), ["Where is it?", "On its way."])
    }))

  it("an operator who replies is named, and a contact writes no internal note", () => {
    const fits = Schema.is(Schemas.ReplyInput)
    const operator = { author_type: "operator", content: "On its way." }
    assertTrue(!fits(operator))
    assertTrue(fits({ ...operator, operator_id: Kit.ids.operator }))
    assertTrue(!fits({ author_type: "contact", content: "Thanks", message_type: "internal" }))
    assertTrue(fits({ author_type: "contact", content: "Thanks", message_type: "public" }))
  })

  it.scoped("a product is written whole, and its time without fractions", () =>
    Effect.gen(function*() {
      const { emulator, tidio } = yield* Kit.inProcess()
      const product = {
        default_currency: "GBP",
        description: "Of brass",
        id: 7,
        status: "visible",
        title: "Engine",
        updated_at: DateTime.unsafeMake("2026-11-26T08:00:00.123Z"),
        url: "https://shop.example.com/engine"
      } as const
      yield* tidio.products.upsertBatch({ payload: { products: [{ ...product, price: 12.5 }] } })
      yield* tidio.products.upsertBatch({ payload: { products: [product] } })
      const { products } = yield* emulator.state
      deepStrictEqual([products.size, products.get(7)?.price], [1, undefined])
      const [entry] = yield* emulator.ledger
      assertTrue(JSON.stringify(entry?.body).includes("\"2026-11-26T08:00:00+00:00\""))
      // nothing of a record is dropped in silence
      const features = { ["x".repeat(256)]: "brass" }
      const long = tidio.products.upsertBatch({ payload: { products: [{ ...product, features }] } })
      assertTrue((yield* Kit.refused(long)).includes("255 characters"))
    }))
})
