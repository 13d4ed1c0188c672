import { describe, it } from "@effect/vitest"
import { assertInstanceOf, assertTrue, deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import {
  Chunk,
  ConfigProvider,
  DateTime,
  Effect,
  Fiber,
  Layer,
  Option,
  Redacted,
  Schema,
  Stream,
  TestClock
} from "effect"
import { Credentials, DeadLetterQueue, Holdfast, IntegrationError, Pagination } from "holdfast"
import { credential, Emulator, lists, Schemas, Tidio } from "holdfast/providers/tidio"
import { Faults, Ledger } from "holdfast/testing"
import * as Testing from "holdfast/testing"
import * as Kit from "./kit.js"

const refused = <A>(effect: Effect.Effect<A, IntegrationError.IntegrationError>) =>
  Effect.map(Effect.flip(effect), (error) => {
    assertInstanceOf(error, IntegrationError.ValidationError)
    assertTrue(error.message.startsWith("nothing was sent"), error.message)
    return error.message
  })

const statuses = (emulator: Testing.Emulator.Emulator) =>
  Effect.map(emulator.ledger, (entries) => entries.map(({ status }) => status))

const calm = { bulkhead: false, rateLimit: false } as const

describe("Tidio's traps: limits", () => {
  it.scoped("a 429 does not say for how long: the call waits for a minute, which is the window of the limit", () =>
    Effect.gen(function*() {
      const { emulator, tidio } = yield* Kit.withPolicy(
        { faults: Faults.script([Faults.status(429, { body: Emulator.Bodies.body(429) })]) },
        { retry: { jitter: "none" } }
      )
      const calling = yield* Effect.fork(tidio.project.get())
      yield* TestClock.adjust("59 seconds")
      deepStrictEqual(yield* statuses(emulator), [429])
      yield* TestClock.adjust("1 seconds")
      yield* Fiber.join(calling)
      deepStrictEqual(yield* statuses(emulator), [429, 200])
    }))

  it.scoped("nobody else is sent into the limit meanwhile", () =>
    Effect.gen(function*() {
      const { emulator, tidio } = yield* Kit.withPolicy(
        { faults: Faults.script([Faults.status(429, { body: Emulator.Bodies.body(429) })]) },
        { retry: false }
      )
      strictEqual((yield* Effect.flip(tidio.project.get()))._tag, "RateLimitError")
      const others = yield* Effect.fork(Effect.all([tidio.departments.list(), tidio.operators.list({})], {
        concurrency: "unbounded"
      }))
      yield* TestClock.adjust("59 seconds")
      strictEqual((yield* emulator.ledger).length, 1)
      yield* TestClock.adjust("1 seconds")
      yield* Fiber.join(others)
      deepStrictEqual(yield* statuses(emulator), [429, 200, 200])
    }))

  it.scoped("the headers say what is left, and not until when: no more is taken than that", () =>
    Effect.gen(function*() {
      const { emulator, tidio } = yield* Kit.withPolicy({ plan: "plus", rateLimit: Emulator.limits("starter") }, {})
      // the bucket has ten and drips in 0.8 a second; the project has ten a minute
      yield* Effect.repeatN(tidio.project.get(), 9)
      const calling = yield* Effect.fork(tidio.project.get())
      yield* TestClock.adjust("1 seconds")
      strictEqual((yield* emulator.ledger).length, 10)
      yield* TestClock.adjust("2 minutes")
      yield* Fiber.join(calling)
      strictEqual((yield* statuses(emulator)).at(-1), 200)
    }))

  it.scoped("smaller plans have the products alone", () =>
    Effect.gen(function*() {
      const { tidio } = yield* Kit.inProcess({ plan: "starter" })
      const error = yield* Effect.flip(tidio.project.get())
      deepStrictEqual([error._tag, error.retryable], ["AuthorizationError", false])
      assertTrue(error.message.includes("plan"), error.message)
      strictEqual((yield* Effect.flip(tidio.products.delete({ path: { productId: 1 } })))._tag, "NotFoundError")
    }))
})

describe("Tidio's traps: credentials", () => {
  it.scoped("every call has both headers, and names the version", () =>
    Effect.gen(function*() {
      const { emulator, tidio } = yield* Kit.inProcess()
      yield* tidio.operators.list({})
      yield* tidio.contacts.create({ payload: Kit.contact(1) })
      for (const { headers } of yield* emulator.ledger) {
        strictEqual(headers.accept, "application/json; version=1")
        assertTrue("x-tidio-openapi-client-id" in headers && "x-tidio-openapi-client-secret" in headers)
        assertTrue(!JSON.stringify(headers).includes("fake"), "the ledger tells a credential")
      }
    }))

  it.scoped("one in the place of the other is no credential", () =>
    Effect.gen(function*() {
      const swapped = credential({ clientId: Redacted.make("cs_fake"), clientSecret: Redacted.make("ci_fake") })
      const { tidio } = yield* Kit.inProcess({}, Credentials.layer(swapped))
      strictEqual((yield* Effect.flip(tidio.project.get()))._tag, "AuthenticationError")
    }))

  it.effect("the variables name both, and are looked at before anything is sent", () =>
    Effect.gen(function*() {
      const emulator = yield* Emulator.make()
      const name = Effect.flatMap(Tidio, (tidio) => tidio.project.get()).pipe(
        Effect.provide(
          Layer.provide(
            Tidio.layerConfig,
            Layer.merge(Holdfast.layerMemory, Testing.Emulator.layerHttpClient(emulator))
          )
        )
      )
      const configured = (variables: Readonly<Record<string, string>>) =>
        Effect.withConfigProvider(name, ConfigProvider.fromMap(new Map(Object.entries(variables))))
      const good = { TIDIO_CLIENT_ID: "ci_fake", TIDIO_CLIENT_SECRET: "cs_fake" }
      strictEqual((yield* configured(good)).name, "Analytical Engines")
      const { TIDIO_CLIENT_SECRET: _, ...half } = good
      assertTrue(String(yield* Effect.flip(configured(half))).includes("TIDIO_CLIENT_SECRET"))
      const swapped = String(
        yield* Effect.flip(configured({ TIDIO_CLIENT_ID: "cs_swapped", TIDIO_CLIENT_SECRET: "ci_swapped" }))
      )
      assertTrue(swapped.includes("begins with ci_") && !swapped.includes("_swapped"), swapped)
      strictEqual((yield* emulator.ledger).length, 1)
    }))

  it.scoped("a 403 is not taken for a credential that ended: no other is asked for", () =>
    Effect.gen(function*() {
      let asked = 0
      const own = Layer.succeed(Credentials.Credentials, {
        afterRefusal: () => Effect.sync(() => (asked++, Option.some(Kit.keys("fresh")))),
        get: () => Effect.succeed(Kit.keys("spec"))
      })
      const answers = [403, 401].map((status) => Faults.status(status, { body: Emulator.Bodies.body(status) }))
      const { tidio } = yield* Kit.inProcess({ faults: Faults.script(answers) }, own)
      strictEqual((yield* Effect.flip(tidio.project.get()))._tag, "AuthorizationError")
      strictEqual(asked, 0)
      yield* tidio.project.get()
      strictEqual(asked, 1)
    }))

  it.scoped("neither is written into a dead letter", () =>
    Effect.gen(function*() {
      const emulator = yield* Emulator.make({ faults: Faults.script([Faults.status(500)]) })
      const layer = Tidio.layer({ credentials: Kit.credentials }).pipe(
        Layer.provideMerge(Holdfast.layerMemory),
        Layer.provide(Testing.Emulator.layerHttpClient(emulator))
      )
      const letters = yield* Effect.gen(function*() {
        const tidio = yield* Tidio
        yield* Effect.flip(tidio.contacts.create({ payload: Kit.contact(7) }))
        const queue = yield* DeadLetterQueue.DeadLetterQueue
        return yield* Stream.runCollect(queue.stream())
      }).pipe(Effect.provide(layer))
      const text = JSON.stringify(Chunk.toReadonlyArray(letters))
      strictEqual(letters.length, 1)
      assertTrue(text.includes("customer-7") && !/c[is]_fake/.test(text), text)
    }))
})

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
      assertTrue((yield* refused(tidio.contacts.update(cleared))).includes("distinct_id"))
      assertTrue((yield* refused(tidio.contacts.update({ path, payload: {} }))).includes("nothing to change"))
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
      assertTrue((yield* refused(Kit.fill(tidio, 101))).includes("contacts"))
      const idle = tidio.contacts.updateBatch({ payload: { contacts: [{ id: Kit.ids.nobody }] } })
      assertTrue((yield* refused(idle)).includes("nothing to change"))
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
      assertTrue((yield* refused(tidio.contacts.list({ urlParams: { email: "ada" } }))).includes("e-mail"))
      const nobody = tidio.contacts.create({ payload: { distinct_id: "42" } })
      assertTrue((yield* refused(nobody)).includes("an email, a first_name"))
      const long = tidio.contacts.create({ payload: { distinct_id: "x".repeat(56), phone: "1" } })
      assertTrue((yield* refused(long)).includes("distinct_id"))
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
      assertTrue((yield* refused(tidio.tickets.get({ path: { ticketId: "as-contact" } }))).includes("ticketId"))
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
      assertTrue((yield* refused(long)).includes("255 characters"))
    }))
})
