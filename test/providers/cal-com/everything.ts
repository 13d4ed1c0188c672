/** Every operation of Cal.com, its answer checked. */
import { assertTrue, deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { Effect, Redacted } from "effect"
import type { Schemas } from "holdfast/providers/cal-com"
import * as Kit from "./kit.js"

type Booking = typeof Schemas.Booking.Type

/** The one that there is; all of a series come together. */
const one = ({ data }: { readonly data: Booking | ReadonlyArray<Booking> }): Booking => {
  assertTrue("uid" in data)
  return data
}

/** Every operation once or more. */
export const everything = Effect.fnUntraced(function*({ bookings, eventTypes, me, slots, webhooks }: Kit.Client) {
  const { data: user } = yield* me.get()
  deepStrictEqual([user.username, user.email], ["ada", "ada@example.com"])

  const { data: type } = yield* eventTypes.create({
    payload: { description: "A word", hidden: false, lengthInMinutes: 60, scheduleId: 201, slug: "chat", title: "Chat" }
  })
  const { data: types } = yield* eventTypes.list({ urlParams: { eventSlug: "chat", username: "ada" } })
  deepStrictEqual(types.map(({ id }) => id), [type.id])
  strictEqual((yield* eventTypes.list()).data.length, 4)

  const free = yield* slots.list({
    urlParams: {
      end: Kit.at("05T10:00"),
      eventTypeSlug: "introduction",
      format: "range",
      start: Kit.at("05T09:00"),
      timeZone: "Asia/Tokyo",
      username: "ada"
    }
  })
  deepStrictEqual(free.data, {
    "1970-01-05": [
      { end: "1970-01-05T18:30:00.000+09:00", start: "1970-01-05T18:00:00.000+09:00" },
      { end: "1970-01-05T19:00:00.000+09:00", start: "1970-01-05T18:30:00.000+09:00" }
    ]
  })

  const booked = one(
    yield* bookings.create({
      payload: {
        attendee: {
          email: "grace@example.com",
          language: "en",
          name: "Grace Hopper",
          phoneNumber: "+12025550123",
          timeZone: "America/New_York"
        },
        bookingFieldsResponses: { topic: "ships" },
        eventTypeSlug: "introduction",
        guests: ["guest@example.com"],
        location: "https://meet.example.com/a",
        metadata: { source: "spec" },
        start: Kit.at("05T09:00"),
        username: "ada"
      }
    })
  )
  deepStrictEqual([booked.status, booked.end, booked.duration], ["accepted", "1970-01-05T09:30:00.000Z", 30])
  strictEqual(one(yield* bookings.get({ path: { bookingUid: booked.uid } })).metadata?.source, "spec")

  const moved = one(
    yield* bookings.reschedule({
      path: { bookingUid: booked.uid },
      payload: { rescheduledBy: "ada@example.com", reschedulingReason: "ill", start: Kit.at("05T11:00") }
    })
  )
  deepStrictEqual([moved.rescheduledFromUid, moved.start], [booked.uid, "1970-01-05T11:00:00.000Z"])
  const cancelled = one(
    yield* bookings.cancel({
      path: { bookingUid: moved.uid },
      payload: { cancelSubsequentBookings: false, cancellationReason: "too ill" }
    })
  )
  deepStrictEqual([cancelled.status, cancelled.cancellationReason], ["cancelled", "too ill"])

  const waiting = { ...Kit.booking("alan@example.com", "06T09:00"), eventTypeId: 303 }
  const first = one(yield* bookings.create({ payload: waiting }))
  strictEqual(first.status, "pending")
  strictEqual(one(yield* bookings.confirm({ path: { bookingUid: first.uid } })).status, "accepted")
  const second = one(yield* bookings.create({ payload: { ...waiting, start: Kit.at("06T10:00") } }))
  const declined = yield* bookings.decline({ path: { bookingUid: second.uid }, payload: { reason: "no" } })
  strictEqual(one(declined).status, "rejected")

  const listed = yield* bookings.list({
    urlParams: {
      afterStart: Kit.at("05T00:00"),
      afterUpdatedAt: Kit.at("01T00:00"),
      attendeeEmail: "alan@example.com",
      beforeEnd: Kit.at("07T00:00"),
      eventTypeIds: [301, 303],
      sortUpdatedAt: "asc",
      status: ["upcoming", "past"],
      take: 10
    }
  })
  deepStrictEqual(listed.data.map(({ uid }) => uid), [first.uid])

  const { data: webhook } = yield* webhooks.create({
    payload: {
      active: true,
      secret: Redacted.make("fake-webhook-secret"),
      subscriberUrl: "https://app.example.com/hooks/cal-com",
      triggers: ["BOOKING_CREATED", "BOOKING_CANCELLED"],
      version: "2021-10-20"
    }
  })
  const path = { webhookId: String(webhook.id) }
  strictEqual((yield* webhooks.update({ path, payload: { active: false } })).data.active, false)
  deepStrictEqual((yield* webhooks.get({ path })).data.triggers, ["BOOKING_CREATED", "BOOKING_CANCELLED"])
  strictEqual((yield* webhooks.list({ urlParams: { skip: 0, take: 10 } })).data.length, 1)
  strictEqual((yield* webhooks.delete({ path })).data.id, webhook.id)
})
