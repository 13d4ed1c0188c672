/** Every operation of Tidio, its answer checked. */
import { assertTrue, deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { DateTime, Effect } from "effect"
import type { Emulator } from "holdfast/providers/tidio"
import type * as Testing from "holdfast/testing"
import * as Kit from "./kit.js"

const contacts = Effect.fnUntraced(
  function*({ contactProperties, contacts }: Kit.Client, emulator: Testing.Emulator.Emulator<Emulator.State>) {
    const { properties } = yield* contactProperties.list()
    deepStrictEqual(properties[0], { name: "shoe_size", type: "text" })
    const { id } = yield* contacts.create({
      payload: {
        distinct_id: "42",
        email: "ada@example.com",
        email_consent: "subscribed",
        first_name: "Ada",
        last_name: "Lovelace",
        phone: "+44 20 7946 0000",
        properties: [{ name: "shoe_size", value: "37" }, { name: "loyalty_points", value: "7" }]
      }
    })
    const path = { contactId: id }
    const created = yield* contacts.get({ path })
    deepStrictEqual([created.first_name, created.email_consent], ["Ada", "subscribed"])
    yield* contacts.update({
      path,
      payload: { last_name: null, phone: "+44 20 7946 0001", properties: [{ name: "shoe_size", value: null }] }
    })
    const updated = yield* contacts.get({ path })
    deepStrictEqual([updated.first_name, updated.last_name, updated.phone], ["Ada", undefined, "+44 20 7946 0001"])
    deepStrictEqual(updated.properties, [{ name: "loyalty_points", value: "7" }])
    ;(yield* emulator.state).say(id, "Hello?", 0)
    const { messages } = yield* contacts.messages({ path })
    deepStrictEqual(messages.map(({ author_type, content }) => [author_type, content]), [["contact", "Hello?"]])

    yield* contacts.createBatch({ payload: { contacts: [Kit.contact(1), { distinct_id: "2", first_name: "Grace" }] } })
    const one = yield* contacts.list({ urlParams: { email: "i1@example.com" } })
    deepStrictEqual(one.contacts.map((contact) => contact.distinct_id), ["customer-1"])
    yield* contacts.updateBatch({
      payload: { contacts: [{ first_name: "Mary", id: one.contacts[0]?.id ?? "" }, { email: null, id }] }
    })
    const all = yield* contacts.list({})
    deepStrictEqual(all.contacts.map((contact) => contact.first_name), ["Ada", "Mary", "Grace"])
    deepStrictEqual(all.meta, { limit: 3 })
    yield* contacts.delete({ path })
  }
)

const tickets = Effect.fnUntraced(function*({ departments, operators, project, tickets }: Kit.Client) {
  strictEqual((yield* project.get()).name, "Analytical Engines")
  const [ada] = (yield* operators.list({})).operators
  deepStrictEqual([ada?.name, ada?.role, ada?.active], ["Ada Lovelace", "owner", true])
  const [general, repairs] = (yield* departments.list()).departments
  deepStrictEqual([general?.name, repairs?.name], ["General", "Repairs"])

  const { id } = yield* tickets.create({
    payload: { ...Kit.question, assigned_department_id: repairs?.id ?? "" }
  })
  const path = { ticketId: id }
  const operator_id = ada?.id ?? ""
  yield* tickets.reply({ path, payload: { author_type: "operator", content: "<p>On its way.</p>", operator_id } })
  yield* tickets.reply({
    path,
    payload: { author_type: "operator", content: "asked the courier", message_type: "internal", operator_id }
  })
  const { id: last } = yield* tickets.reply({ path, payload: { author_type: "contact", content: "Thanks" } })
  yield* tickets.update({
    path,
    payload: { assigned: { id: operator_id, type: "operator" }, priority: "urgent", status: "solved" }
  })
  const ticket = yield* tickets.get({ path })
  deepStrictEqual([ticket.status, ticket.priority, ticket.assigned_operator_id], ["solved", "urgent", operator_id])
  deepStrictEqual(ticket.messages.map(({ author_type, message_type }) => [author_type, message_type]), [
    ["contact", "public"],
    ["operator", "public"],
    ["operator", "internal"],
    ["contact", "public"]
  ])
  strictEqual(ticket.messages.at(-1)?.message_id, last)
  yield* tickets.update({ path, payload: { assigned: null } })
  const listed = yield* tickets.list({})
  deepStrictEqual(listed.tickets.map((one) => [one.subject, one.assigned_operator_id]), [["Order 42", undefined]])
  assertTrue(!("messages" in (listed.tickets[0] ?? {})))
  yield* tickets.delete({ path })
})

const products = Effect.fnUntraced(function*({ products }: Kit.Client) {
  yield* products.upsertBatch({
    payload: {
      products: [{
        barcode: "5012345678900",
        default_currency: "GBP",
        description: "Of brass",
        features: { colour: "brass" },
        id: 7,
        image_url: "https://shop.example.com/engine.png",
        price: 12.5,
        product_type: "engine",
        sku: "ENGINE-7",
        status: "visible",
        title: "Engine",
        updated_at: DateTime.unsafeMake("2026-11-26T08:00:00Z"),
        url: "https://shop.example.com/engine",
        vendor: "Babbage"
      }]
    }
  })
  yield* products.delete({ path: { productId: 7 } })
})

/** Every operation once or more. */
export const everything = (tidio: Kit.Client, emulator: Testing.Emulator.Emulator<Emulator.State>) =>
  Effect.gen(function*() {
    yield* contacts(tidio, emulator)
    yield* tickets(tidio)
    yield* products(tidio)
  })
