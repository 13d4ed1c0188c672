import { describe, it } from "@effect/vitest"
import { assertInclude, assertNone, assertSome, assertTrue, deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { DateTime, Effect, Either, Fiber, Option, Redacted, Schema, Stream, TestClock } from "effect"
import { Credentials, IntegrationContext, Pagination, Reconcile } from "holdfast"
import { Emulator, findBooked, Schemas, windows } from "holdfast/providers/acuity"
import { Faults, Ledger } from "holdfast/testing"
import type * as Testing from "holdfast/testing"
import * as Kit from "./kit.js"

const statuses = (emulator: Testing.Emulator.Emulator) =>
  Effect.map(emulator.ledger, (entries) => entries.map(({ status }) => status))

const { body } = Emulator.Bodies

describe("Acuity's traps: limits", () => {
  it.scoped("a 429 does not say for how long: the call waits for a second, which is what the limit counts", () =>
    Effect.gen(function*() {
      const { acuity, emulator } = yield* Kit.withPolicy(
        { faults: Faults.script([Faults.status(429, { body: body(429) })]) },
        { retry: { jitter: "none" } }
      )
      const calling = yield* Effect.fork(acuity.account.me())
      yield* TestClock.adjust("999 millis")
      deepStrictEqual(yield* statuses(emulator), [429])
      yield* TestClock.adjust("1 millis")
      yield* Fiber.join(calling)
      deepStrictEqual(yield* statuses(emulator), [429, 200])
    }))

  it.scoped("what is sent at once, and within any second, stays below what an address may send", () =>
    Effect.gen(function*() {
      const { acuity, emulator } = yield* Kit.withPolicy({ rateLimit: Emulator.limits })
      const calling = yield* Effect.fork(
        Effect.forEach(Array.from({ length: 40 }), () => acuity.account.me(), { concurrency: "unbounded" })
      )
      yield* TestClock.adjust("10 seconds")
      yield* Fiber.join(calling)
      deepStrictEqual(new Set(yield* statuses(emulator)), new Set([200]))
      strictEqual((yield* emulator.ledger).length, 40)
    }))

  it.scoped("the limit is one of the address: two accounts have the one bucket between them", () =>
    Effect.gen(function*() {
      const { acuity, emulator } = yield* Kit.withPolicy({ rateLimit: Emulator.limits })
      const calling = yield* Effect.fork(
        Effect.forEach(
          Array.from({ length: 40 }, (_, index) => `account-${index % 2}`),
          (connectionId) => IntegrationContext.provide(acuity.account.me(), { connectionId }),
          { concurrency: "unbounded" }
        )
      )
      yield* TestClock.adjust("10 seconds")
      yield* Fiber.join(calling)
      deepStrictEqual(new Set(yield* statuses(emulator)), new Set([200]))
      strictEqual((yield* emulator.ledger).length, 40)
    }))

  it.scoped("no more than 20 are open at once, however long the answers take", () =>
    Effect.gen(function*() {
      const { acuity, emulator } = yield* Kit.withPolicy({
        concurrency: 20,
        faults: Faults.make({ latency: { max: "15 seconds", min: "15 seconds" } })
      })
      const calling = yield* Effect.fork(
        Effect.forEach(Array.from({ length: 60 }), () => acuity.account.me(), { concurrency: "unbounded" })
      )
      yield* TestClock.adjust("2 minutes")
      yield* Fiber.join(calling)
      deepStrictEqual(new Set(yield* statuses(emulator)), new Set([200]))
    }))

  it.scoped("the emulator's limit bites those who have no policy", () =>
    Effect.gen(function*() {
      const { acuity } = yield* Kit.inProcess({ rateLimit: Emulator.limits })
      yield* Effect.replicateEffect(acuity.account.me(), 10, { discard: true })
      const error = yield* Effect.flip(acuity.account.me())
      deepStrictEqual([error._tag, error.code], ["RateLimitError", "too_many_requests"])
      assertInclude(error.message, "Limit 10req/s and 20 concurrent connections")
    }))

  it.scoped("so does its limit of connections", () =>
    Effect.gen(function*() {
      const { acuity } = yield* Kit.inProcess({
        concurrency: 1,
        faults: Faults.make({ latency: { max: "1 second", min: "1 second" } })
      })
      const first = yield* Effect.fork(acuity.account.me())
      yield* TestClock.adjust("500 millis")
      const second = yield* Effect.fork(Effect.flip(acuity.account.me()))
      yield* TestClock.adjust("2 seconds")
      yield* Fiber.join(first)
      const error = yield* Fiber.join(second)
      deepStrictEqual([error._tag, error.code], ["RateLimitError", "too_many_requests"])
    }))
})

describe("Acuity's traps: bookings", () => {
  it.scoped("a booking whose answer was lost is not sent again, and is found", () =>
    Effect.gen(function*() {
      const { acuity, context, emulator } = yield* Kit.withPolicy(
        { faults: Faults.script([Faults.ok, Faults.resetAfter]) },
        { rateLimit: { capacity: 100 } }
      )
      const payload = Kit.booking("grace@example.com", "05T09:00")
      const find = (wanted: typeof payload) => Effect.provide(findBooked(wanted), context)
      assertNone(yield* find(payload))
      const found = yield* acuity.appointments.create({ payload, urlParams: {} }).pipe(Reconcile.orFind(find(payload)))
      strictEqual(found.time, "9:00am")
      strictEqual(Ledger.tally(yield* emulator.ledger, "appointments")["grace@example.com"]?.created, 1)
      assertSome(Option.map(yield* find(payload), ({ id }) => id), found.id)
      assertNone(yield* find({ ...payload, datetime: Kit.at("05T09:30") }))
      assertNone(yield* find({ ...payload, appointmentTypeID: 12 }))
      assertNone(yield* find({ ...payload, email: "ada@example.com" }))
    }))

  it.scoped("one that was canceled is not taken for it, and one at midnight of another zone is found", () =>
    Effect.gen(function*() {
      const { acuity, context } = yield* Kit.inProcess()
      // the evening in Los Angeles is the next day in UTC
      const payload = { ...Kit.booking("grace@example.com", "05T20:00"), calendarID: 1 }
      const { id } = yield* acuity.appointments.create({ payload, urlParams: { admin: true } })
      assertSome(Option.map(yield* Effect.provide(findBooked(payload), context), (one) => one.id), id)
      yield* acuity.appointments.cancel({ path: { id }, payload: {}, urlParams: {} })
      assertNone(yield* Effect.provide(findBooked(payload), context))
    }))

  it.scoped("a time that is taken is a conflict with the status 400; for admin it is not taken", () =>
    Effect.gen(function*() {
      const { acuity } = yield* Kit.inProcess()
      const payload = { ...Kit.booking("grace@example.com", "05T09:00"), calendarID: 1 }
      yield* acuity.appointments.create({ payload, urlParams: {} })
      const error = yield* Effect.flip(acuity.appointments.create({ payload, urlParams: {} }))
      deepStrictEqual([error._tag, error.code, error.status], ["ConflictError", "not_available", 400])
      // twice the same, which nobody refuses
      yield* acuity.appointments.create({ payload, urlParams: { admin: true } })
      strictEqual((yield* acuity.appointments.list({ urlParams: {} })).length, 2)
    }))

  it.scoped("too soon, too late, too close: rules, and no conflicts", () =>
    Effect.gen(function*() {
      const { acuity } = yield* Kit.inProcess()
      const code = (datetime: DateTime.Utc) =>
        acuity.appointments.create({
          payload: { ...Kit.booking("a@example.com", "05T09:00"), datetime },
          urlParams: {}
        })
          .pipe(Effect.flip, Effect.map((error) => [error._tag, error.code]))
      deepStrictEqual(yield* code(DateTime.unsafeMake("1970-01-01T00:30:00Z")), [
        "ValidationError",
        "not_available_min_hours_in_advance"
      ])
      deepStrictEqual(yield* code(DateTime.unsafeMake("1971-06-01T17:00:00Z")), [
        "ValidationError",
        "not_available_max_days_in_advance"
      ])
      const { id } = yield* acuity.appointments.create({
        payload: Kit.booking("a@example.com", "05T09:00"),
        urlParams: {}
      })
      const moving = acuity.appointments.reschedule({
        path: { id },
        payload: { datetime: Kit.at("06T09:00") },
        urlParams: {}
      })
      yield* TestClock.setTime(DateTime.toEpochMillis(Kit.at("05T08:30")))
      strictEqual((yield* Effect.flip(moving)).code, "reschedule_too_close")
      yield* acuity.appointments.cancel({ path: { id }, payload: {}, urlParams: {} })
      strictEqual((yield* Effect.flip(moving)).code, "reschedule_not_allowed")
    }))

  it.scoped("admin names the calendar, and notes are for admin alone", () =>
    Effect.gen(function*() {
      const { acuity } = yield* Kit.inProcess()
      const payload = Kit.booking("a@example.com", "05T09:00")
      const write = (more: object, admin: boolean) =>
        Effect.flip(acuity.appointments.create({ payload: { ...payload, ...more }, urlParams: { admin } }))
      strictEqual((yield* write({}, true)).code, "required_calendar")
      assertInclude((yield* write({ notes: "early" }, false)).message, "admin")
    }))

  it.scoped("a name is sent as it was written, with its blanks", () =>
    Effect.gen(function*() {
      const { acuity } = yield* Kit.inProcess()
      const payload = { ...Kit.booking("a@example.com", "05T09:00"), firstName: "Grace " }
      strictEqual((yield* acuity.appointments.create({ payload, urlParams: {} })).firstName, "Grace ")
    }))

  it.scoped("more than one label, an address that is none, nothing to change: refused before they are sent", () =>
    Effect.gen(function*() {
      const { acuity, emulator } = yield* Kit.inProcess()
      const payload = Kit.booking("a@example.com", "05T09:00")
      const urlParams = {}
      assertInclude(
        yield* Kit.refused(
          acuity.appointments.create({ payload: { ...payload, labels: [{ id: 21 }, { id: 22 }] }, urlParams })
        ),
        "labels"
      )
      assertInclude(
        yield* Kit.refused(acuity.appointments.create({ payload: { ...payload, email: "grace" }, urlParams })),
        "e-mail"
      )
      assertInclude(
        yield* Kit.refused(acuity.appointments.create({ payload: { ...payload, firstName: " " }, urlParams })),
        "payload.firstName: a text that is not blank"
      )
      assertInclude(
        yield* Kit.refused(acuity.appointments.update({ path: { id: 1 }, payload: {}, urlParams })),
        "nothing to change"
      )
      assertInclude(
        yield* Kit.refused(
          acuity.webhooks.create({
            payload: { event: "appointment.changed", target: "https://app.example.com:8443/hooks" }
          })
        ),
        "port 80 or 443"
      )
      strictEqual((yield* emulator.ledger).length, 0)
    }))
})

describe("Acuity's traps: times and numbers", () => {
  const read = Schema.decodeUnknownSync(Schemas.Time)

  it("an offset has no colon; the instant is right, and the offset kept", () => {
    const time = read("2016-02-03T14:00:00-0800")
    strictEqual(DateTime.formatIso(time), "2016-02-03T22:00:00.000Z")
    strictEqual(DateTime.formatIsoOffset(time), "2016-02-03T14:00:00.000-08:00")
    strictEqual(Schema.encodeSync(Schemas.Time)(time), "2016-02-03T14:00:00-0800")
    for (const same of ["2016-02-03T14:00:00-08:00", "2016-02-03T22:00:00Z", "2016-02-03T22:00:00+0000"]) {
      assertTrue(DateTime.Equivalence(read(same), time), same)
    }
  })

  it("without an offset it would be that of nobody knows where: refused", () => {
    for (const text of ["2016-02-03T14:00:00", "February 3, 2016", ""]) {
      assertTrue(Either.isLeft(Schema.decodeUnknownEither(Schemas.Time)(text)), text)
    }
  })

  it.scoped("a time that is free can be findBooked as it was read", () =>
    Effect.gen(function*() {
      const { acuity } = yield* Kit.inProcess()
      const urlParams = { appointmentTypeID: 11, date: "1970-01-05", timezone: "America/New_York" }
      const [, free] = yield* acuity.availability.times({ urlParams })
      const datetime = free?.time ?? Kit.at("01T00:00")
      const made = yield* acuity.appointments.create({
        payload: { ...Kit.booking("a@example.com", "05T09:00"), datetime },
        urlParams: {}
      })
      assertTrue(DateTime.Equivalence(made.datetime, datetime))
      strictEqual(made.time, "9:30am")
    }))

  it.scoped("what is sent says its offset, whatever the zone of the business", () =>
    Effect.gen(function*() {
      const { acuity, emulator } = yield* Kit.inProcess()
      yield* acuity.appointments.create({ payload: Kit.booking("a@example.com", "05T09:00"), urlParams: {} })
      const [entry] = yield* emulator.ledger
      assertInclude(JSON.stringify(entry), "1970-01-05T17:00:00+0000")
    }))

  it("money and minutes are texts, paid is a word, forms and labels may be null", () => {
    const appointment = Schema.decodeUnknownSync(Schemas.Appointment)({
      amountPaid: "10.00",
      datetime: "2016-02-03T14:00:00-0800",
      duration: "60",
      forms: null,
      id: 1,
      labels: null,
      paid: "yes",
      price: "10.00"
    })
    deepStrictEqual([appointment.price, appointment.amountPaid, appointment.duration, appointment.paid], [
      "10.00",
      "10.00",
      "60",
      "yes"
    ])
    deepStrictEqual([appointment.forms, appointment.labels, appointment.addonIDs], [[], [], []])
  })
})

describe("Acuity's traps: lists", () => {
  const list = (acuity: Kit.Client, until: string, urlParams: object) =>
    Pagination.items(acuity.appointments.list, windows({ until }), { urlParams }).pipe(Stream.runCollect)

  it.scoped("a list is cut off at 100, and says nothing", () =>
    Effect.gen(function*() {
      const { acuity, emulator } = yield* Kit.inProcess()
      yield* Kit.fill(emulator, 120)
      strictEqual((yield* acuity.appointments.list({ urlParams: {} })).length, 100)
    }))

  it.scoped("a window that is full ends the stream, rather than that some are missing; a larger max helps", () =>
    Effect.gen(function*() {
      const { acuity, emulator } = yield* Kit.inProcess()
      yield* Kit.fill(emulator, 120)
      const week = { maxDate: "1970-01-16", minDate: "1970-01-05" }
      const error = yield* Effect.flip(list(acuity, "1970-01-31", week))
      strictEqual(error._tag, "ResponseDecodeError")
      assertInclude(error.message, "a larger max")
      strictEqual((yield* list(acuity, "1970-01-31", { ...week, max: 500 })).length, 120)
      strictEqual((yield* list(acuity, "1970-01-31", { ...week, maxDate: "1970-01-08" })).length, 120)
    }))

  it.scoped("the last window ends with the day, and windows do not overlap", () =>
    Effect.gen(function*() {
      const { acuity, emulator } = yield* Kit.inProcess()
      yield* Kit.fill(emulator, 45)
      const found = yield* list(acuity, "1970-01-08", { maxDate: "1970-01-07", minDate: "1970-01-05" })
      strictEqual(new Set([...found].map(({ id }) => id)).size, found.length)
      deepStrictEqual(
        (yield* emulator.ledger).map(({ query }) => [query["minDate"], query["maxDate"]]),
        [["1970-01-05", "1970-01-07"], ["1970-01-08", "1970-01-08"]]
      )
    }))

  it.scoped("windows of no days are told", () =>
    Effect.gen(function*() {
      const { acuity } = yield* Kit.inProcess()
      for (const urlParams of [{}, { maxDate: "1970-01-04", minDate: "1970-01-05" }]) {
        assertInclude((yield* Effect.flip(list(acuity, "1970-01-31", urlParams))).message, "the windows are not days")
      }
    }))
})

describe("Acuity's traps: who", () => {
  it.scoped("a user id and its key, or a token of OAuth2; a user id is a number", () =>
    Effect.gen(function*() {
      for (const own of [Kit.keys(1), Credentials.Bearer({ token: Redacted.make("fake-token") })]) {
        const { acuity } = yield* Kit.inProcess({}, Credentials.layer(own))
        strictEqual((yield* acuity.account.me()).email, "ada@example.com")
      }
      const name = Credentials.Basic({ password: Redacted.make("fake-key"), username: "ada@example.com" })
      const { acuity } = yield* Kit.inProcess({}, Credentials.layer(name))
      strictEqual((yield* Effect.flip(acuity.account.me()))._tag, "AuthenticationError")
    }))

  it.scoped("a client has no id: it is known by its names and its phone, and lost by its former ones", () =>
    Effect.gen(function*() {
      const { acuity } = yield* Kit.inProcess()
      const key = { firstName: "Ada", lastName: "Lovelace", phone: "1" }
      yield* acuity.clients.create({ payload: key })
      yield* acuity.clients.create({ payload: { ...key, phone: "2" } })
      yield* acuity.clients.update({
        payload: { ...key, lastName: "King", phone: "2" },
        urlParams: { ...key, phone: "2" }
      })
      deepStrictEqual((yield* acuity.clients.list({ urlParams: {} })).map((one) => [one.lastName, one.phone]), [
        ["Lovelace", "1"],
        ["King", "2"]
      ])
      const again = acuity.clients.delete({ urlParams: { ...key, phone: "2" } })
      strictEqual((yield* Effect.flip(again))._tag, "NotFoundError")
    }))

  it.scoped("there are 25 webhooks at most", () =>
    Effect.gen(function*() {
      const { acuity } = yield* Kit.inProcess()
      const create = (index: number) =>
        acuity.webhooks.create({
          payload: { event: "order.completed", target: `https://app.example.com/hooks/${index}` }
        })
      yield* Effect.forEach(Array.from({ length: 25 }), (_, index) => create(index))
      strictEqual((yield* Effect.flip(create(25)))._tag, "ValidationError")
    }))
})
