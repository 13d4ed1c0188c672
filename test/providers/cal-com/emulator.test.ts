import { Headers } from "@effect/platform"
import { describe, it } from "@effect/vitest"
import { assertTrue, deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { Effect, TestClock } from "effect"
import { CalComErrors, Emulator, type Schemas } from "holdfast/providers/cal-com"
import { Faults } from "holdfast/testing"
import * as Kit from "./kit.js"

describe("Cal.com's emulator, by its rules", () => {
  it.scoped("books what is free, within working hours, in the future, and nothing else", () =>
    Effect.gen(function*() {
      const { calCom } = yield* Kit.inProcess()
      yield* TestClock.adjust("5 days")
      const outcome = (time: string, eventTypeId: number) =>
        calCom.bookings.create({ payload: { ...Kit.booking("a@example.com", time), eventTypeId } }).pipe(
          Effect.match({ onFailure: ({ _tag }) => _tag, onSuccess: () => "booked" })
        )
      const times = [["05T09:00", 301], ["07T08:30", 301], ["07T16:30", 302], ["07T09:00", 999]] as const
      deepStrictEqual(yield* Effect.forEach(times, ([time, type]) => outcome(time, type)), [
        "ValidationError",
        "ConflictError",
        "ConflictError",
        "NotFoundError"
      ])
      strictEqual(yield* outcome("07T09:00", 302), "booked")
      // within the hour that is taken
      strictEqual(yield* outcome("07T09:30", 301), "ConflictError")
      strictEqual(yield* outcome("07T10:00", 301), "booked")
    }))

  it.scoped("a booking that is cancelled frees its time, and is cancelled once", () =>
    Effect.gen(function*() {
      const { calCom } = yield* Kit.inProcess()
      const create = calCom.bookings.create({ payload: Kit.booking("a@example.com", "05T09:00") })
      const { data } = yield* create
      assertTrue("uid" in data)
      const cancel = calCom.bookings.cancel({ path: { bookingUid: data.uid }, payload: {} })
      yield* cancel
      strictEqual((yield* Effect.flip(cancel))._tag, "ValidationError")
      yield* create
    }))

  it.scoped("only what waits is confirmed or declined", () =>
    Effect.gen(function*() {
      const { calCom } = yield* Kit.inProcess()
      const { data } = yield* calCom.bookings.create({ payload: Kit.booking("a@example.com", "05T09:00") })
      assertTrue("uid" in data)
      const path = { bookingUid: data.uid }
      strictEqual((yield* Effect.flip(calCom.bookings.confirm({ path })))._tag, "ValidationError")
      strictEqual((yield* Effect.flip(calCom.bookings.decline({ path, payload: {} })))._tag, "ValidationError")
      const nobody = { path: { bookingUid: "nobody" } }
      strictEqual((yield* Effect.flip(calCom.bookings.get(nobody)))._tag, "NotFoundError")
      strictEqual((yield* Effect.flip(calCom.webhooks.get({ path: { webhookId: "none" } })))._tag, "NotFoundError")
    }))

  it.scoped("bookings are found by their group, and sorted as is asked", () =>
    Effect.gen(function*() {
      const { calCom } = yield* Kit.inProcess()
      yield* Kit.fill(calCom, 3)
      yield* calCom.bookings.create({
        payload: { ...Kit.booking("later@example.com", "09T09:00"), eventTypeId: 303 }
      })
      yield* TestClock.setTime(Kit.at("06T00:00").epochMillis)
      const found = (urlParams: typeof Schemas.BookingListParams.Type) =>
        Effect.map(calCom.bookings.list({ urlParams }), ({ data, pagination }) => [
          data.map(({ id }) => id),
          pagination.hasNextPage
        ])
      deepStrictEqual(yield* found({ status: ["past"], sortStart: "desc", take: 2 }), [[403, 402], true])
      deepStrictEqual(yield* found({ status: ["unconfirmed", "cancelled"] }), [[404], false])
      deepStrictEqual(yield* found({ status: ["upcoming"] }), [[], false])
      deepStrictEqual(yield* found({ eventTypeId: 303, skip: 0 }), [[404], false])
      deepStrictEqual(yield* found({ teamId: 1 }), [[], false])
    }))

  it.scoped("a slug is taken once", () =>
    Effect.gen(function*() {
      const { calCom } = yield* Kit.inProcess()
      const error = yield* Effect.flip(
        calCom.eventTypes.create({ payload: { lengthInMinutes: 30, slug: "workshop", title: "Workshop" } })
      )
      deepStrictEqual([error._tag, error.code], ["ValidationError", "BadRequestException"])
    }))

  it.scoped("a limit that is told in a 200 is a limit all the same", () =>
    Effect.gen(function*() {
      const { calCom } = yield* Kit.inProcess({
        faults: Faults.script([
          Faults.status(200, { body: Emulator.Bodies.body(429), headers: { "retry-after": "7" } })
        ])
      })
      const error = yield* Effect.flip(calCom.me.get())
      deepStrictEqual([error._tag, error.retryable], ["RateLimitError", true])
    }))

  it("what details hold is read in every shape that is in use", () => {
    const issues = (details: unknown) =>
      CalComErrors.classify({
        body: Emulator.Bodies.body(400, "no", details),
        headers: Headers.empty,
        nowMillis: 0,
        status: 400
      })?.issues
    deepStrictEqual(issues("a text"), [{ message: "a text", path: "" }])
    deepStrictEqual(issues(["one", { message: "two", path: "start" }]), [
      { message: "one", path: "" },
      { message: "two", path: "start" }
    ])
    deepStrictEqual(issues({ errors: [{ constraints: { a: "b" }, property: "take" }] }), [{
      message: "b",
      path: "take"
    }])
    deepStrictEqual(issues(7), [])
  })
})
