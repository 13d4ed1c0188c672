/** Every operation of Acuity, its answer checked. */
import { assertTrue, deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { DateTime, Effect } from "effect"
import * as Kit from "./kit.js"

const availability = Effect.fnUntraced(function*({ availability }: Kit.Client) {
  const dates = yield* availability.dates({
    urlParams: { appointmentTypeID: 12, calendarID: 1, month: "1970-01", timezone: "America/New_York" }
  })
  deepStrictEqual(dates.slice(0, 3).map(({ date }) => date), ["1970-01-01", "1970-01-02", "1970-01-05"])
  const times = yield* availability.times({
    urlParams: { appointmentTypeID: 11, date: "1970-01-05", timezone: "America/New_York" }
  })
  strictEqual(times.length, 16)
  // nine o'clock in Los Angeles
  deepStrictEqual(
    times.slice(0, 1).map(({ slotsAvailable, time }) => [DateTime.formatIsoOffset(time), slotsAvailable]),
    [
      ["1970-01-05T12:00:00.000-05:00", 1]
    ]
  )
  const check = yield* availability.check({ payload: { appointmentTypeID: 11, datetime: Kit.at("05T09:00") } })
  deepStrictEqual([check.valid, check.datetime], [true, "1970-01-05T17:00:00.000Z"])
})

const appointments = Effect.fnUntraced(function*({ appointments, availability }: Kit.Client) {
  const made = yield* appointments.create({
    payload: {
      ...Kit.booking("grace@example.com", "05T09:00"),
      addonIDs: [31],
      calendarID: 1,
      certificate: "FAKE-CERTIFICATE",
      fields: [{ id: 7, value: "ships" }],
      labels: [{ id: 21 }],
      phone: "+1 888-888-8888",
      smsOptIn: true,
      timezone: "America/New_York"
    },
    urlParams: { noEmail: true }
  })
  deepStrictEqual(
    [made.date, made.time, made.endTime, made.paid, made.duration, made.calendar],
    ["January 5, 1970", "9:00am", "9:30am", "no", "30", "Ada"]
  )
  deepStrictEqual(made.forms.map(({ values }) => values.map(({ value }) => value)), [["ships"]])
  strictEqual(DateTime.formatIsoOffset(made.datetime), "1970-01-05T09:00:00.000-08:00")
  const path = { id: made.id }
  const got = yield* appointments.get({ path, urlParams: { pastFormAnswers: false } })
  deepStrictEqual([got.id, got.timezone, got.certificate], [made.id, "America/New_York", "FAKE-CERTIFICATE"])

  const updated = yield* appointments.update({
    path,
    payload: { email: "hopper@example.com", fields: [{ id: 8, value: "by ship" }], labels: [], notes: "early" },
    urlParams: { admin: true }
  })
  deepStrictEqual([updated.email, updated.firstName, updated.notes], ["hopper@example.com", "Grace", "early"])
  deepStrictEqual([updated.labels, updated.forms[0]?.values[0]?.fieldID], [[], 8])

  const urlParams = { appointmentTypeID: 11, calendarID: 1, date: "1970-01-05" }
  const taken = yield* availability.times({ urlParams })
  const free = yield* availability.times({ urlParams: { ...urlParams, "ignoreAppointmentIDs[]": [made.id, 999] } })
  const single = yield* availability.times({ urlParams: { ...urlParams, "ignoreAppointmentIDs[]": [made.id] } })
  deepStrictEqual([taken.length, free.length, single.length], [15, 16, 16])

  const moved = yield* appointments.reschedule({
    path,
    payload: { calendarID: 2, datetime: Kit.at("06T10:00"), timezone: "America/Chicago" },
    urlParams: {}
  })
  deepStrictEqual([moved.time, moved.calendar, moved.timezone], ["10:00am", "Grace", "America/Chicago"])

  const found = yield* appointments.list({
    urlParams: {
      appointmentTypeID: 11,
      calendarID: 2,
      direction: "ASC",
      email: "hopper@example.com",
      "field:8": "by ship",
      firstName: "Grace",
      lastName: "Hopper",
      max: 10,
      maxDate: "1970-01-06",
      minDate: "1970-01-06",
      phone: "+1 888-888-8888"
    }
  })
  deepStrictEqual(found.map(({ id }) => id), [made.id])
  deepStrictEqual(yield* appointments.list({ urlParams: { "field:8": "by plane" } }), [])

  const canceled = yield* appointments.cancel({
    path,
    payload: { cancelNote: "ill", noShow: true },
    urlParams: { noEmail: true }
  })
  deepStrictEqual([canceled.canceled, canceled.notes, canceled.labels[0]?.name], [true, "ill", "No-show"])
  const lists = yield* Effect.all([
    appointments.list({ urlParams: {} }),
    appointments.list({ urlParams: { canceled: true } }),
    appointments.list({ urlParams: { excludeForms: true, showall: true } })
  ])
  deepStrictEqual(lists.map(({ length }) => length), [0, 1, 1])
})

/** Every operation once or more. */
export const everything = Effect.fnUntraced(function*(acuity: Kit.Client) {
  strictEqual((yield* acuity.account.me()).timezone, "America/Los_Angeles")
  deepStrictEqual((yield* acuity.appointmentTypes.list({ urlParams: {} })).map(({ id }) => id), [11, 12])
  strictEqual((yield* acuity.appointmentTypes.list({ urlParams: { includeDeleted: true } })).length, 3)
  deepStrictEqual((yield* acuity.calendars.list()).map(({ name }) => name), ["Ada", "Grace"])
  yield* availability(acuity)
  yield* appointments(acuity)

  const key = { firstName: "Ada", lastName: "Lovelace", phone: "+44 20 7946 0000" }
  const client = yield* acuity.clients.create({ payload: { ...key, email: "ada@example.com", notes: "first" } })
  strictEqual(client.notes, "first")
  const renamed = yield* acuity.clients.update({ payload: { ...key, lastName: "King" }, urlParams: key })
  deepStrictEqual([renamed.lastName, renamed.email], ["King", "ada@example.com"])
  deepStrictEqual((yield* acuity.clients.list({ urlParams: { search: "king" } })).length, 1)
  yield* acuity.clients.delete({ urlParams: { firstName: "Ada", lastName: "King" } })
  deepStrictEqual(yield* acuity.clients.list({ urlParams: {} }), [])

  const webhook = yield* acuity.webhooks.create({
    payload: { event: "appointment.changed", target: "https://app.example.com/hooks/acuity" }
  })
  deepStrictEqual((yield* acuity.webhooks.list()).map(({ id }) => id), [webhook.id])
  yield* acuity.webhooks.delete({ path: { id: webhook.id } })
  assertTrue((yield* acuity.webhooks.list()).length === 0)
})
