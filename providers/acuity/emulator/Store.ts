/**
 * The account of the Acuity emulator: its appointments, and the rules by which a time can be booked.
 *
 * @since 0.1.0
 */
import * as DateTime from "effect/DateTime"
import * as Option from "effect/Option"
import type { Emulator } from "holdfast/testing"
import type * as Schemas from "../Schemas.js"
import { refusal } from "./Bodies.js"
import * as Data from "./Data.js"

type Appointment = Schemas.Appointment

type Input = typeof Schemas.AppointmentInput.Type

export type Write = Pick<Emulator.Exchange, "changed" | "now">

const aMinute = 60_000

const aDay = 24 * 60 * aMinute

const zoneOf = (name: string): DateTime.TimeZone =>
  Option.getOrThrowWith(
    DateTime.zoneMakeNamed(name),
    () => refusal(400, "invalid_timezone", `The timezone ${name} is not valid.`)
  )

const zoned = (time: DateTime.DateTime.Input, zone = Data.timezone): DateTime.Zoned =>
  DateTime.setZone(DateTime.unsafeMake(time), zoneOf(zone))

const dayText = (time: DateTime.Zoned): string =>
  DateTime.format(time, { day: "numeric", locale: "en-US", month: "long", year: "numeric" })

const clockText = (time: DateTime.Zoned): string => {
  const { hours, minutes } = DateTime.toParts(time)
  return `${(hours + 11) % 12 + 1}:${String(minutes).padStart(2, "0")}${hours < 12 ? "am" : "pm"}`
}

/** Nine to five on weekdays, in the zone of the account. */
const isOpen = (start: DateTime.Zoned, minutes: number): boolean => {
  const parts = DateTime.toParts(start)
  const from = parts.hours * 60 + parts.minutes
  return parts.weekDay >= 1 && parts.weekDay <= 5 && from >= 9 * 60 && from + minutes <= 17 * 60
}

const startOf = ({ datetime }: { readonly datetime: DateTime.DateTime }): number => DateTime.toEpochMillis(datetime)

export class Account {
  readonly appointments = new Map<number, Appointment>()
  readonly clients: Array<Schemas.Client> = []
  readonly webhooks = new Map<number, Schemas.Webhook>()
  #last = 1000

  next(): number {
    return ++this.#last
  }

  appointmentOf(id: number): Appointment {
    const found = this.appointments.get(id)
    if (found === undefined) throw refusal(404, "not_found", "The appointment does not exist.")
    return found
  }

  typeOf(id: number) {
    const found = Data.appointmentTypes.find((type) => type.id === id && type.active)
    if (found === undefined) throw refusal(400, "invalid_appointment_type", `There is no appointment type ${id}.`)
    return found
  }

  #isFree(calendarID: number, start: number, minutes: number, besides: ReadonlyArray<number>): boolean {
    return [...this.appointments.values()].every((one) =>
      one.canceled === true || one.calendarID !== calendarID || besides.includes(one.id) ||
      startOf(one) >= start + minutes * aMinute || startOf(one) + Number(one.duration) * aMinute <= start
    )
  }

  /** The calendars on which a type can be booked at a time. */
  freeCalendars(
    type: Schemas.AppointmentType,
    start: DateTime.Zoned,
    calendarID: number | undefined,
    besides: ReadonlyArray<number> = []
  ): ReadonlyArray<number> {
    const minutes = Number(type.duration)
    return type.calendarIDs.filter((id) =>
      (calendarID === undefined || calendarID === id) && isOpen(start, minutes) &&
      this.#isFree(id, DateTime.toEpochMillis(start), minutes, besides)
    )
  }

  /** A calendar for a time, or the refusal: as a client may book. */
  bookable(
    input: Pick<Input, "appointmentTypeID" | "calendarID" | "datetime">,
    now: number,
    besides: ReadonlyArray<number> = []
  ): number {
    const type = this.typeOf(input.appointmentTypeID)
    const start = startOf(input)
    if (start < now + 60 * aMinute) {
      throw refusal(400, "not_available_min_hours_in_advance", "That time is too soon to be booked.")
    }
    if (start > now + 365 * aDay) {
      throw refusal(400, "not_available_max_days_in_advance", "That time is too far ahead to be booked.")
    }
    const [free] = this.freeCalendars(type, zoned(start), input.calendarID, besides)
    if (free === undefined) throw refusal(400, "not_available", "That time is not available.")
    return free
  }

  /** The times of a day, or of a month, at which there is room. */
  *times(
    { appointmentTypeID, besides, calendarID, days, from, now, timezone = Data.timezone }: {
      readonly appointmentTypeID: number
      readonly besides?: ReadonlyArray<number> | undefined
      readonly calendarID?: number | undefined
      readonly days: number
      readonly from: string
      readonly now: number
      readonly timezone?: string | undefined
    }
  ): Iterable<{ readonly time: DateTime.Zoned; readonly slotsAvailable: number }> {
    const type = this.typeOf(appointmentTypeID)
    const zone = zoneOf(timezone)
    const first = Option.getOrThrowWith(
      DateTime.makeZoned(from, { adjustForTimeZone: true, timeZone: zone }),
      () => refusal(400, "bad_request", `${from} is not a day.`)
    )
    const end = DateTime.toEpochMillis(DateTime.add(first, { days }))
    for (let at = DateTime.toEpochMillis(first); at < end; at += type.duration * aMinute) {
      const free = this.freeCalendars(type, zoned(at), calendarID, besides).length
      if (at >= now + 60 * aMinute && free > 0) {
        yield { slotsAvailable: 1, time: DateTime.setZone(DateTime.unsafeMake(at), zone) }
      }
    }
  }

  #forms(fields: Input["fields"] = []): Appointment["forms"] {
    if (fields.length === 0) return []
    const values = fields.map(({ id, value }) => {
      const name = Data.questions.get(id)
      if (name === undefined) throw refusal(400, "invalid_fields", `There is no field ${id}.`)
      return { fieldID: id, id: this.next(), name, value }
    })
    return [{ id: 5, name: "Intake", values }]
  }

  #labels(labels: Input["labels"] = []): Appointment["labels"] {
    return labels.map(({ id }) => {
      const found = Data.labels.find((label) => label.id === id)
      if (found === undefined) throw refusal(400, "invalid_label", `There is no label ${id}.`)
      return found
    })
  }

  create(input: Input, admin: boolean, { changed, now }: Write): Appointment {
    const { addonIDs = [], calendarID, certificate, datetime, fields, labels, notes, phone, smsOptIn: _, ...rest } =
      input
    const type = this.typeOf(input.appointmentTypeID)
    if (admin && calendarID === undefined) {
      throw refusal(400, "required_calendar", "With admin the calendarID is required.")
    }
    if (!admin && notes !== undefined) throw refusal(400, "bad_request", "notes are for admin alone.")
    const calendar = admin && calendarID !== undefined ? calendarID : this.bookable(input, now)
    const known = Data.calendars.find(({ id }) => id === calendar)
    if (known === undefined) throw refusal(400, "invalid_calendar", `There is no calendar ${calendar}.`)
    const id = this.next()
    const appointment: Appointment = {
      ...rest,
      id,
      phone: phone ?? "",
      ...this.#when(datetime, type.duration),
      dateCreated: dayText(zoned(now)),
      price: type.price,
      paid: "no",
      amountPaid: "0.00",
      type: type.name,
      addonIDs,
      duration: String(type.duration),
      calendar: known.name,
      calendarID: calendar,
      canClientCancel: true,
      canClientReschedule: true,
      canceled: false,
      location: known.location,
      ...(certificate === undefined ? undefined : { certificate }),
      confirmationPage: `https://acuityscheduling.com/schedule.php?owner=1&id=${id}`,
      forms: this.#forms(fields),
      formsText: "",
      labels: this.#labels(labels),
      notes: notes ?? "",
      timezone: input.timezone ?? Data.timezone
    }
    this.appointments.set(id, appointment)
    changed({ resource: "appointments", kind: "created", key: input.email })
    return appointment
  }

  #when(datetime: DateTime.DateTime, minutes: number) {
    const start = zoned(datetime)
    const end = DateTime.add(start, { minutes })
    return { date: dayText(start), datetime: start, endTime: clockText(end), time: clockText(start) }
  }

  #put(appointment: Appointment, { changed }: Write): Appointment {
    this.appointments.set(appointment.id, appointment)
    changed({ resource: "appointments", kind: "updated", key: appointment.email ?? "" })
    return appointment
  }

  update(id: number, input: typeof Schemas.AppointmentUpdate.Type, admin: boolean, write: Write): Appointment {
    const { fields, labels, ...rest } = input
    const appointment = this.appointmentOf(id)
    if (!admin && rest.notes !== undefined) throw refusal(400, "bad_request", "notes are for admin alone.")
    return this.#put({
      ...appointment,
      ...rest,
      ...(fields === undefined ? undefined : { forms: this.#forms(fields) }),
      ...(labels === undefined ? undefined : { labels: this.#labels(labels) })
    }, write)
  }

  reschedule(id: number, input: typeof Schemas.Reschedule.Type, admin: boolean, write: Write): Appointment {
    const appointment = this.appointmentOf(id)
    if (appointment.canceled === true) {
      throw refusal(400, "reschedule_not_allowed", "A canceled appointment cannot be rescheduled.")
    }
    const { calendarID = appointment.calendarID, datetime, timezone = appointment.timezone ?? Data.timezone } = input
    const { appointmentTypeID = 0 } = appointment
    const wanted = { appointmentTypeID, datetime, ...(calendarID === undefined ? undefined : { calendarID }) }
    if (!admin) {
      if (startOf(appointment) < write.now + 60 * aMinute) {
        throw refusal(400, "reschedule_too_close", "The appointment is too close to be rescheduled.")
      }
      this.bookable(wanted, write.now, [id])
    }
    const known = Data.calendars.find((calendar) => calendar.id === calendarID)
    if (known === undefined) throw refusal(400, "invalid_calendar", `There is no calendar ${calendarID}.`)
    return this.#put({
      ...appointment,
      ...this.#when(datetime, Number(appointment.duration)),
      calendar: known.name,
      calendarID: known.id,
      timezone
    }, write)
  }

  cancel(id: number, { cancelNote, noShow }: typeof Schemas.Cancel.Type, write: Write): Appointment {
    const appointment = this.appointmentOf(id)
    return this.#put({
      ...appointment,
      canceled: true,
      canClientCancel: false,
      canClientReschedule: false,
      ...(cancelNote === undefined ? undefined : { notes: cancelNote }),
      ...(noShow === true ? { labels: this.#labels([{ id: 22 }]) } : undefined)
    }, write)
  }

  list(params: typeof Schemas.AppointmentListParams.Type): ReadonlyArray<Appointment> {
    const { direction = "DESC", max = 100 } = params
    const day = (one: Appointment) => DateTime.formatIsoDate(one.datetime)
    const wanted = ["calendarID", "appointmentTypeID", "firstName", "lastName", "email", "phone"] as const
    const fields = Object.entries(params).filter(([name]) => name.startsWith("field:"))
    const found = [...this.appointments.values()].filter((one) =>
      (params.showall === true || (one.canceled === true) === (params.canceled === true)) &&
      (params.minDate === undefined || day(one) >= params.minDate) &&
      (params.maxDate === undefined || day(one) <= params.maxDate) &&
      wanted.every((name) => params[name] === undefined || one[name] === params[name]) &&
      fields.every(([name, value]) =>
        one.forms.some(({ values }) =>
          values.some((answer) => `field:${answer.fieldID}` === name && answer.value === value)
        )
      )
    )
    const sign = direction === "ASC" ? 1 : -1
    return found.sort((one, other) => sign * (startOf(one) - startOf(other))).slice(0, max)
      .map((one) => params.excludeForms === true ? { ...one, forms: [] } : one)
  }
}
