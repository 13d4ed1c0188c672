/**
 * What the Cal.com emulator holds, and the rules that it obeys.
 *
 * @since 0.1.0
 */
import * as DateTime from "effect/DateTime"
import { Emulator } from "holdfast/testing"
import type * as Schemas from "../Schemas.js"
import { taken } from "./Bodies.js"

export type Booking = typeof Schemas.Booking.Type
export type EventType = typeof Schemas.EventType.Type
export type Webhook = typeof Schemas.Webhook.Type

/** What a write is done with: the time, and where it is written down. */
export interface Write {
  readonly now: number
  readonly changed: Emulator.Exchange["changed"]
}

/** By which an event type is asked for. */
export interface TypeRef {
  readonly eventTypeId?: number
  readonly eventTypeSlug?: string
  readonly username?: string
}

export const refuse = (status: number, message: string) => new Emulator.EmulatorError({ status, message })

const minute = 60_000

const half = 30 * minute

const written = (millis: number): string => DateTime.formatIso(DateTime.unsafeMake(millis))

const me: typeof Schemas.Me.Type = {
  id: 101,
  username: "ada",
  email: "ada@example.com",
  name: "Ada Lovelace",
  timeFormat: 24,
  defaultScheduleId: 201,
  weekStart: "Monday",
  timeZone: "Europe/London"
}

const host = { id: me.id, name: "Ada Lovelace", email: me.email, username: "ada", timeZone: "Europe/London" }

const eventType = (id: number, title: string, lengthInMinutes: number): EventType => ({
  id,
  ownerId: me.id,
  title,
  slug: title.toLowerCase().replaceAll(" ", "-"),
  lengthInMinutes,
  description: "",
  hidden: false,
  scheduleId: 201,
  locations: [],
  bookingFields: [],
  metadata: {}
})

/** The event type whose bookings wait for the host to confirm them. */
const confirmed = 303

/**
 * One user, who is free on every day from 9 to 17 o'clock, UTC, and has three event types: `introduction` (301), `workshop`
 * (302), and `interview` (303), whose bookings have to be confirmed.
 *
 * @since 0.1.0
 * @category models
 */
export class Account {
  readonly me = me
  readonly eventTypes: Array<EventType> = [
    eventType(301, "Introduction", 30),
    eventType(302, "Workshop", 60),
    eventType(confirmed, "Interview", 30)
  ]
  readonly bookings = new Map<string, Booking>()
  readonly webhooks = new Map<string, Webhook>()
  #last = 400

  typeOf({ eventTypeId, eventTypeSlug, username }: TypeRef): EventType {
    const found = this.eventTypes.find(({ id, slug }) =>
      eventTypeId === undefined ? username === me.username && slug === eventTypeSlug : id === eventTypeId
    )
    if (found === undefined) throw refuse(404, "Event type not found")
    return found
  }

  bookingOf(uid: string): Booking {
    const found = this.bookings.get(uid)
    if (found === undefined) throw refuse(404, `Booking with uid=${uid} was not found in the database`)
    return found
  }

  webhookOf(id: string): Webhook {
    const found = this.webhooks.get(id)
    if (found === undefined) throw refuse(404, `Webhook with ID ${id} not found`)
    return found
  }

  #isFree(from: number, to: number, moved?: string): boolean {
    return [...this.bookings.values()].every(({ end, start, status, uid }) =>
      uid === moved || status === "cancelled" || status === "rejected" || Date.parse(end) <= from ||
      Date.parse(start) >= to
    )
  }

  /** Every half hour of the working days at which there is room for it. */
  slots(from: number, to: number, minutes: number, moved?: string): ReadonlyArray<number> {
    const slots: Array<number> = []
    for (let at = Math.ceil(from / half) * half; at < to; at += half) {
      const ofDay = (at % (24 * 60 * minute)) / minute
      const isOpen = ofDay >= 9 * 60 && ofDay + minutes <= 17 * 60
      if (isOpen && this.#isFree(at, at + minutes * minute, moved)) slots.push(at)
    }
    return slots
  }

  #take(from: number, minutes: number, now: number, moved?: string): void {
    if (from <= now) throw refuse(400, "Attempting to book a meeting in the past.")
    if (this.slots(from, from + 1, minutes, moved).length === 0) throw refuse(400, taken.error.message)
  }

  #save(booking: Booking, kind: string, { changed }: Write): Booking {
    this.bookings.set(booking.uid, booking)
    changed({ resource: "bookings", kind, key: booking.attendees[0]?.email ?? booking.uid })
    return booking
  }

  #next(from: number, minutes: number, now: number) {
    const id = ++this.#last
    return {
      id,
      uid: `booking${id}`,
      start: written(from),
      end: written(from + minutes * minute),
      duration: minutes,
      createdAt: written(now),
      updatedAt: written(now)
    }
  }

  book(input: typeof Schemas.BookingInput.Type, write: Write): Booking {
    const type = this.typeOf(input)
    const minutes = input.lengthInMinutes ?? type.lengthInMinutes ?? 30
    const from = input.start.epochMillis
    this.#take(from, minutes, write.now)
    const { email, language = "en", name, phoneNumber, timeZone } = input.attendee
    return this.#save(
      {
        ...this.#next(from, minutes, write.now),
        title: `${type.title ?? ""} between Ada Lovelace and ${name}`,
        description: "",
        hosts: [host],
        status: type.id === confirmed ? "pending" : "accepted",
        eventTypeId: type.id,
        eventType: { id: type.id, slug: type.slug },
        location: typeof input.location === "string" ? input.location : "integrations:daily",
        absentHost: false,
        attendees: [{
          name,
          ...(email === undefined ? undefined : { email, displayEmail: email }),
          timeZone,
          language,
          absent: false,
          ...(phoneNumber === undefined ? undefined : { phoneNumber })
        }],
        guests: input.guests ?? [],
        bookingFieldsResponses: input.bookingFieldsResponses ?? {},
        metadata: input.metadata ?? {}
      },
      "created",
      write
    )
  }

  /** The former one is cancelled, and there is a new one. */
  reschedule(uid: string, input: typeof Schemas.RescheduleInput.Type, write: Write): Booking {
    const former = this.#open(uid)
    const minutes = former.duration ?? 30
    const from = input.start.epochMillis
    this.#take(from, minutes, write.now, uid)
    const booking = {
      ...former,
      ...this.#next(from, minutes, write.now),
      rescheduledFromUid: uid,
      ...(input.reschedulingReason === undefined ? undefined : { reschedulingReason: input.reschedulingReason }),
      ...(input.rescheduledBy === undefined ? undefined : { rescheduledByEmail: input.rescheduledBy })
    }
    this.bookings.set(uid, {
      ...former,
      status: "cancelled",
      rescheduledToUid: booking.uid,
      updatedAt: written(write.now)
    })
    return this.#save(booking, "created", write)
  }

  #open(uid: string): Booking {
    const booking = this.bookingOf(uid)
    if (booking.status === "cancelled" || booking.status === "rejected") {
      throw refuse(400, `Can't change booking with uid=${uid} because it has been ${booking.status} already.`)
    }
    return booking
  }

  cancel(uid: string, reason: string | undefined, write: Write): Booking {
    const booking = this.#open(uid)
    return this.#save(
      {
        ...booking,
        status: "cancelled",
        ...(reason === undefined ? undefined : { cancellationReason: reason }),
        cancelledByEmail: me.email,
        updatedAt: written(write.now)
      },
      "cancelled",
      write
    )
  }

  /** What the host says of a booking that waits. */
  settle(uid: string, status: "accepted" | "rejected", write: Write): Booking {
    const booking = this.bookingOf(uid)
    if (booking.status !== "pending") throw refuse(400, `Booking with uid=${uid} does not wait to be confirmed`)
    return this.#save({ ...booking, status, updatedAt: written(write.now) }, status, write)
  }

  addType(input: typeof Schemas.EventTypeInput.Type, { changed }: Write): EventType {
    if (this.eventTypes.some(({ slug }) => slug === input.slug)) {
      throw refuse(400, "User already has an event type with this slug.")
    }
    const type = { ...eventType(++this.#last, input.title, input.lengthInMinutes), ...input }
    this.eventTypes.push(type)
    changed({ resource: "eventTypes", kind: "created", key: type.slug })
    return type
  }

  subscribe(input: typeof Schemas.WebhookInput.Type, { changed }: Write): Webhook {
    const isThere = [...this.webhooks.values()].some(({ subscriberUrl }) => subscriberUrl === input.subscriberUrl)
    if (isThere) throw refuse(409, "Webhook with this subscriberUrl already exists for this user")
    const webhook = { id: `webhook-${++this.#last}`, userId: me.id, ...input }
    this.webhooks.set(webhook.id, webhook)
    changed({ resource: "webhooks", kind: "created", key: input.subscriberUrl })
    return webhook
  }

  change(id: string, input: typeof Schemas.WebhookChange.Type, { changed }: Write): Webhook {
    const webhook = { ...this.webhookOf(id), ...input }
    this.webhooks.set(id, webhook)
    changed({ resource: "webhooks", kind: "updated", key: webhook.subscriberUrl })
    return webhook
  }

  unsubscribe(id: string, { changed }: Write): Webhook {
    const webhook = this.webhookOf(id)
    this.webhooks.delete(id)
    changed({ resource: "webhooks", kind: "deleted", key: webhook.subscriberUrl })
    return webhook
  }
}
