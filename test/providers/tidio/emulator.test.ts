/** The rules that the emulator has of Tidio's own. */
import { NodeHttpClient } from "@effect/platform-node"
import { describe, it } from "@effect/vitest"
import { assertInclude, assertTrue, deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { Effect, Layer, Logger, LogLevel } from "effect"
import { Holdfast } from "holdfast"
import { Emulator, Tidio } from "holdfast/providers/tidio"
import { Faults, Ledger } from "holdfast/testing"
import * as Kit from "./kit.js"

const refusal = (effect: Effect.Effect<unknown, { readonly status?: number | undefined }>) =>
  Effect.map(Effect.flip(effect), ({ status }) => status)

describe("the Tidio emulator", () => {
  it.scoped("shows lists by page", () =>
    Effect.gen(function*() {
      const { tidio } = yield* Kit.inProcess()
      yield* Kit.fill(tidio, Emulator.pageSize + 5)
      const first = yield* tidio.contacts.list({})
      deepStrictEqual([first.contacts.length, first.meta.limit], [Emulator.pageSize, Emulator.pageSize])
      const [second, answer] = yield* tidio.contacts.list({
        urlParams: { cursor: first.meta.cursor ?? "" },
        withResponse: true
      })
      deepStrictEqual(second.contacts.map((one) => one.distinct_id), [20, 21, 22, 23, 24].map((n) => `customer-${n}`))
      deepStrictEqual(second.meta, { limit: 5 })
      // as Tidio says that there is no more
      assertInclude(yield* Effect.orDie(answer.text), "\"cursor\":null")
    }))

  it.scoped("refuses what Tidio would", () =>
    Effect.gen(function*() {
      const { tidio } = yield* Kit.inProcess()
      const nobody = { path: { contactId: Kit.ids.nobody } }
      strictEqual(yield* refusal(tidio.contacts.get(nobody)), 404)
      strictEqual(yield* refusal(tidio.contacts.delete(nobody)), 404)
      strictEqual(yield* refusal(tidio.contacts.messages(nobody)), 404)
      strictEqual(yield* refusal(tidio.tickets.get({ path: { ticketId: 1 } })), 404)
      const lost = { ...Kit.question, assigned_department_id: Kit.ids.nobody }
      strictEqual(yield* refusal(tidio.tickets.create({ payload: lost })), 422)
      const { id } = yield* tidio.tickets.create({ payload: Kit.question })
      const path = { ticketId: id }
      const reply = tidio.tickets.reply({
        path,
        payload: { author_type: "operator", content: "Hello", operator_id: Kit.ids.nobody }
      })
      strictEqual(yield* refusal(reply), 422)
      const assigned = { id: Kit.ids.nobody, type: "operator" } as const
      strictEqual(yield* refusal(tidio.tickets.update({ path, payload: { assigned } })), 422)
      yield* tidio.tickets.delete({ path })
      strictEqual(yield* refusal(tidio.tickets.delete({ path })), 404)
    }))

  it.scoped("a ticket is its contact's, who is made where there is none, and goes to the general department", () =>
    Effect.gen(function*() {
      const { tidio } = yield* Kit.inProcess()
      const one = yield* tidio.tickets.create({ payload: Kit.question })
      const other = yield* tidio.tickets.create({ payload: { ...Kit.question, subject: "Order 43" } })
      const { contacts } = yield* tidio.contacts.list({ urlParams: { email: Kit.question.contact_email } })
      const tickets = yield* Effect.forEach([one, other], ({ id }) => tidio.tickets.get({ path: { ticketId: id } }))
      deepStrictEqual(tickets.map((ticket) => ticket.contact_id), [contacts[0]?.id, contacts[0]?.id])
      strictEqual(contacts.length, 1)
      strictEqual(tickets[0]?.assigned_department_id, Kit.ids.general)
      const assigned = { id: Kit.ids.department, type: "department" } as const
      yield* tidio.tickets.update({ path: { ticketId: one.id }, payload: { assigned, status: "pending" } })
      const moved = yield* tidio.tickets.get({ path: { ticketId: one.id } })
      deepStrictEqual([moved.assigned_department_id, moved.status], [Kit.ids.department, "pending"])
    }))

  it.scopedLive("answers on a socket; with contacts whose answers are lost, none is made twice", () =>
    Effect.gen(function*() {
      const { baseUrl, emulator } = yield* Emulator.serve({
        faults: Faults.script([Faults.resetAfter, Faults.status(503), Faults.retryAfterSeconds(0)])
      })
      const layer = Tidio.layer({
        baseUrl,
        credentials: Kit.credentials,
        policy: { rateLimit: false, retry: { initialDelay: 1, maxDelay: 1 } }
      }).pipe(Layer.provide(Holdfast.layerMemory), Layer.provide(NodeHttpClient.layerUndici))
      const results = yield* Effect.forEach(
        [0, 1, 2, 3],
        (number) =>
          Effect.flatMap(Tidio, (tidio) => Effect.either(tidio.contacts.create({ payload: Kit.contact(number) })))
      )
        .pipe(Effect.provide(layer), Logger.withMinimumLogLevel(LogLevel.None))
      // the first was made and its answer lost; a 503 that does not say when says nothing; a 429 was surely not acted on
      deepStrictEqual(results.map(({ _tag }) => _tag), ["Left", "Left", "Right", "Right"])
      const tally = Ledger.tally(yield* emulator.ledger, "contacts")
      deepStrictEqual(Object.keys(tally).sort(), ["i0@example.com", "i2@example.com", "i3@example.com"])
      assertTrue(Object.values(tally).every(({ created }) => created === 1))
    }))
})
