import { Headers } from "@effect/platform"
import { describe, it } from "@effect/vitest"
import { assertInclude, assertNone, assertTrue, deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { Effect, Fiber, Stream, TestClock } from "effect"
import { Pagination, Reconcile } from "holdfast"
import type { Schemas } from "holdfast/providers/cal-com"
import { booked, CalCom, CalComRateLimit, Emulator, findBooked } from "holdfast/providers/cal-com"
import { Faults, Ledger } from "holdfast/testing"
import { fetched } from "../../fetched.js"
import { refused } from "../refused.js"
import * as Kit from "./kit.js"

type Booking = typeof Schemas.Booking.Type

const one = ({ data }: { readonly data: Booking | ReadonlyArray<Booking> }): Booking => {
  assertTrue("uid" in data)
  return data
}

const week = { end: Kit.at("12T00:00"), start: Kit.at("05T00:00") }

describe("Cal.com's traps", () => {
  it.scoped("every part of the API has a version of its own, which is sent by itself", () =>
    Effect.gen(function*() {
      const { calCom, emulator } = yield* Kit.inProcess()
      yield* calCom.me.get()
      yield* calCom.bookings.list()
      yield* calCom.eventTypes.list()
      yield* calCom.slots.list({ urlParams: { ...week, eventTypeId: 301 } })
      yield* calCom.webhooks.list()
      deepStrictEqual(
        (yield* emulator.ledger).map(({ headers, operation }) => [operation, headers["cal-api-version"]]),
        [
          ["me.get", undefined],
          ["bookings.list", "2024-08-13"],
          ["eventTypes.list", "2024-06-14"],
          ["slots.list", "2024-09-04"],
          ["webhooks.list", undefined]
        ]
      )
    }))

  it.scoped("with no version, or another part's, there is another API: what the emulator does not have", () =>
    Effect.gen(function*() {
      const { baseUrl } = yield* Emulator.serve()
      const statuses = yield* Effect.forEach(
        [{}, { "cal-api-version": "2024-06-14" }, { "cal-api-version": "2024-08-13" }],
        (version) =>
          Effect.promise(() =>
            fetched(`${baseUrl}/v2/bookings`, { headers: { authorization: "Bearer cal_fake", ...version } })
          ).pipe(Effect.map(({ status }) => status))
      )
      deepStrictEqual(statuses, [404, 404, 200])
    }))

  it.scoped("an older shape is said to be one, and not taken for an empty page", () =>
    Effect.gen(function*() {
      const { calCom } = yield* Kit.inProcess({
        faults: Faults.script([
          Faults.status(200, { body: { data: { bookings: [], nextCursor: null, totalCount: 0 }, status: "success" } })
        ])
      })
      const error = yield* Effect.flip(calCom.bookings.list())
      deepStrictEqual([error._tag, error.retryable], ["ResponseDecodeError", false])
    }))

  it.scoped("a 200 can be an error, and does not count as a booking", () =>
    Effect.gen(function*() {
      const { calCom } = yield* Kit.inProcess({
        faults: Faults.script([
          Faults.status(201, { body: Emulator.Bodies.taken }),
          Faults.status(200, { body: Emulator.Bodies.body(403, "no scope") })
        ])
      })
      const create = calCom.bookings.create({ payload: Kit.booking("a@example.com", "05T09:00") })
      strictEqual((yield* Effect.flip(create))._tag, "ConflictError")
      strictEqual((yield* Effect.flip(calCom.bookings.list()))._tag, "AuthorizationError")
    }))

  it.scoped("a booking whose answer was lost is not made again: it is looked for", () =>
    Effect.gen(function*() {
      const { calCom, emulator } = yield* Kit.withPolicy(
        { faults: Faults.script([Faults.ok, Faults.resetAfter]) },
        { bulkhead: false, rateLimit: false }
      )
      const attendeeEmail = "grace@example.com"
      // another one before it, which is not taken for it
      yield* calCom.bookings.create({ payload: Kit.booking(attendeeEmail, "05T09:00") })
      const payload = Kit.booking(attendeeEmail, "05T09:30")
      const find = (what: Parameters<typeof findBooked>[0]) => Effect.provideService(findBooked(what), CalCom, calCom)
      const found = yield* calCom.bookings.create({ payload }).pipe(
        Reconcile.orFind(find({ attendeeEmail, eventTypeId: 301, start: payload.start }))
      )
      strictEqual(one(found).start, "1970-01-05T09:30:00.000Z")
      strictEqual((yield* emulator.ledger).filter(({ operation }) => operation === "bookings.create").length, 2)
      for (
        const other of [
          { attendeeEmail: "ada@example.com", start: payload.start },
          { attendeeEmail, start: Kit.at("05T10:00") },
          { attendeeEmail, eventTypeId: 302, start: payload.start }
        ]
      ) assertNone(yield* find(other))
      // and who forgets to look is told that the time is taken: by themselves
      const again = yield* Effect.flip(calCom.bookings.create({ payload }))
      strictEqual(again._tag, "ConflictError")
      deepStrictEqual(Ledger.tally(yield* emulator.ledger, "bookings")["grace@example.com"], { created: 2 })
      // nor is one that was cancelled
      yield* calCom.bookings.cancel({ path: { bookingUid: one(found).uid }, payload: {} })
      assertNone(yield* find({ attendeeEmail, start: payload.start }))
    }))

  it.scoped("a time that somebody else has booked is a conflict, although its status is 400", () =>
    Effect.gen(function*() {
      const { calCom } = yield* Kit.inProcess()
      yield* calCom.bookings.create({ payload: Kit.booking("one@example.com", "05T09:00") })
      const error = yield* Effect.flip(calCom.bookings.create({ payload: Kit.booking("two@example.com", "05T09:00") }))
      deepStrictEqual([error._tag, error.status, error.retryable], ["ConflictError", 400, false])
    }))

  it.scoped("who moves a booking has a new one: the former uid is cancelled", () =>
    Effect.gen(function*() {
      const { calCom } = yield* Kit.inProcess()
      const former = one(yield* calCom.bookings.create({ payload: Kit.booking("a@example.com", "05T09:00") }))
      const path = { bookingUid: former.uid }
      const moved = one(yield* calCom.bookings.reschedule({ path, payload: { start: Kit.at("05T09:30") } }))
      assertTrue(moved.uid !== former.uid)
      const { rescheduledToUid, status } = one(yield* calCom.bookings.get({ path }))
      deepStrictEqual([status, rescheduledToUid, moved.rescheduledFromUid], ["cancelled", moved.uid, former.uid])
      const again = yield* Effect.flip(
        calCom.bookings.reschedule({ path, payload: { start: Kit.at("05T10:00") } })
      )
      strictEqual(again._tag, "ValidationError")
    }))

  it.scoped("the limit's headers have its name behind them: a call waits for the reset", () =>
    Effect.gen(function*() {
      const { calCom, emulator } = yield* Kit.withPolicy(
        { rateLimit: Emulator.limits(1) },
        { bulkhead: false, rateLimit: false, retry: { jitter: "none", maxAttempts: 2 } }
      )
      yield* calCom.me.get()
      yield* TestClock.adjust("20 seconds")
      const calling = yield* Effect.fork(calCom.me.get())
      yield* TestClock.adjust("39 seconds")
      deepStrictEqual((yield* emulator.ledger).map(({ status }) => status), [200, 429])
      yield* TestClock.adjust("1 seconds")
      yield* Fiber.join(calling)
      deepStrictEqual((yield* emulator.ledger).map(({ status }) => status), [200, 429, 200])
    }))

  it.scoped("with nothing left nothing is sent, although the bucket has more", () =>
    Effect.gen(function*() {
      const { calCom, emulator } = yield* Kit.withPolicy({ rateLimit: Emulator.limits(2) })
      yield* calCom.me.get()
      yield* calCom.me.get()
      const calling = yield* Effect.fork(calCom.me.get())
      yield* TestClock.adjust("1 seconds")
      strictEqual((yield* emulator.ledger).length, 2)
      yield* TestClock.adjust("2 minutes")
      yield* Fiber.join(calling)
      deepStrictEqual((yield* emulator.ledger).map(({ status }) => status), [200, 200, 200])
    }))

  it("the limit's headers are read with a name and without, the strictest of several", () => {
    const now = 0
    const plain = { "x-ratelimit-limit": "120", "x-ratelimit-remaining": "7", "x-ratelimit-reset": "60" }
    const own = { "x-ratelimit-limit-burst": "30", "x-ratelimit-remaining-burst": "3", "x-ratelimit-reset-burst": "9" }
    const read = (headers: Readonly<Record<string, string>>) => {
      const { limit, remaining } = CalComRateLimit.read(Headers.fromInput(headers), now) ?? {}
      return [limit, remaining]
    }
    deepStrictEqual(read(plain), [120, 7])
    deepStrictEqual(read({ ...plain, ...own }), [30, 3])
    deepStrictEqual(read({ ...own, "x-ratelimit-remaining-burst": "some" }), [undefined, undefined])
  })

  it.scoped("what has changed since a time is asked for by it, and sorted by it", () =>
    Effect.gen(function*() {
      const { calCom } = yield* Kit.inProcess()
      yield* Kit.fill(calCom, 3)
      const { data } = yield* calCom.bookings.list()
      yield* TestClock.adjust("1 hour")
      yield* calCom.bookings.cancel({ path: { bookingUid: data[1]?.uid ?? "" }, payload: {} })
      const changed = yield* calCom.bookings.list({
        urlParams: { afterUpdatedAt: Kit.at("01T00:30"), sortUpdatedAt: "asc" }
      })
      deepStrictEqual(changed.data.map(({ status, uid }) => [uid, status]), [[data[1]?.uid, "cancelled"]])
    }))

  it.scoped("a list goes on by hasNextPage, in the middle too, and ends where it says so", () =>
    Effect.gen(function*() {
      const { calCom, emulator } = yield* Kit.inProcess()
      yield* Kit.fill(calCom, 20)
      const rest = Pagination.items(calCom.bookings.list, booked, { urlParams: { skip: 5, take: 5 } })
      strictEqual(yield* Stream.runCount(rest), 15)
      deepStrictEqual((yield* emulator.ledger).slice(20).map(({ query }) => query.skip), ["5", "10", "15"])
    }))

  it.scoped("times that are free are told by the days of the time zone that is asked for", () =>
    Effect.gen(function*() {
      const { calCom } = yield* Kit.inProcess()
      const { data } = yield* calCom.slots.list({
        urlParams: {
          end: Kit.at("05T16:00"),
          eventTypeId: 302,
          start: Kit.at("05T14:00"),
          timeZone: "Asia/Tokyo"
        }
      })
      deepStrictEqual(Object.entries(data).map(([day, times]) => [day, times.length]), [
        ["1970-01-05", 2],
        ["1970-01-06", 2]
      ])
      strictEqual(data["1970-01-06"]?.[0]?.start, "1970-01-06T00:00:00.000+09:00")
    }))

  it.scoped("a name is sent as it was written, with its blanks; a blank is none", () =>
    Effect.gen(function*() {
      const { calCom } = yield* Kit.inProcess()
      const { attendee, ...rest } = Kit.booking("a@example.com", "05T09:00")
      const create = (name: string) => calCom.bookings.create({ payload: { ...rest, attendee: { ...attendee, name } } })
      assertInclude(yield* refused(create(" ")), "payload.attendee.name: a name that is not blank")
      strictEqual(one(yield* create("Grace ")).attendees[0]?.name, "Grace ")
    }))

  it.scoped("an event type is called by its id, or by its slug and whose it is: else nothing is sent", () =>
    Effect.gen(function*() {
      const { calCom } = yield* Kit.inProcess()
      const { eventTypeId, ...rest } = Kit.booking("a@example.com", "05T09:00")
      const create = (what: object) => calCom.bookings.create({ payload: { ...rest, ...what } })
      assertInclude(yield* refused(create({})), "which?")
      assertInclude(yield* refused(create({ eventTypeSlug: "introduction" })), "which?")
      assertInclude(yield* refused(create({ eventTypeId, eventTypeSlug: "introduction" })), "not both")
      assertInclude(
        yield* refused(create({ eventTypeId, attendee: { ...rest.attendee, timeZone: "EST5" } })),
        "a time zone"
      )
      yield* create({ eventTypeSlug: "introduction", username: "ada" })
    }))
})
