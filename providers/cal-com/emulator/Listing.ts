/**
 * How the emulator finds, sorts and pages bookings.
 *
 * @since 0.1.0
 */
import type * as DateTime from "effect/DateTime"
import type * as Schemas from "../Schemas.js"
import type { Booking } from "./Store.js"

type Params = typeof Schemas.BookingListParams.Type

const after = (time: string | undefined, from: DateTime.Utc | undefined): boolean =>
  from === undefined || time !== undefined && Date.parse(time) >= from.epochMillis

const before = (time: string | undefined, to: DateTime.Utc | undefined): boolean =>
  to === undefined || time !== undefined && Date.parse(time) <= to.epochMillis

/** Groups, of which a booking can be in none that is asked for. */
const groupOf = ({ end, status }: Booking, now: number): string => {
  if (status === "cancelled" || status === "rejected") return "cancelled"
  if (status === "pending") return "unconfirmed"
  return Date.parse(end) < now ? "past" : "upcoming"
}

const ids = (one: number | undefined, more: ReadonlyArray<number> | undefined) =>
  one === undefined ? more : [one, ...(more ?? [])]

const isAsked = (params: Params, now: number) => (booking: Booking): boolean => {
  const types = ids(params.eventTypeId, params.eventTypeIds)
  const { attendees, createdAt, end, eventType, start, uid, updatedAt } = booking
  return (params.status === undefined || params.status.some((one) => one === groupOf(booking, now))) &&
    (params.attendeeEmail === undefined || attendees.some(({ email }) => email === params.attendeeEmail)) &&
    (params.attendeeName === undefined || attendees.some(({ name }) => name === params.attendeeName)) &&
    (params.bookingUid === undefined || uid === params.bookingUid) &&
    (types === undefined || types.some((id) => id === eventType?.id)) &&
    // nothing here is of a team
    params.teamId === undefined && params.teamIds === undefined &&
    after(start, params.afterStart) && before(end, params.beforeEnd) &&
    after(createdAt, params.afterCreatedAt) && before(createdAt, params.beforeCreatedAt) &&
    after(updatedAt, params.afterUpdatedAt) && before(updatedAt, params.beforeUpdatedAt)
}

const sorted = (found: ReadonlyArray<Booking>, params: Params): ReadonlyArray<Booking> => {
  const keys = [
    ["start", params.sortStart],
    ["end", params.sortEnd],
    ["createdAt", params.sortCreated],
    ["updatedAt", params.sortUpdatedAt]
  ] as const
  const [by, direction] = keys.find(([, order]) => order !== undefined) ?? ["start", "asc"]
  const sign = direction === "desc" ? -1 : 1
  return [...found].sort((one, other) => {
    const [a = "", b = ""] = [one[by], other[by]]
    return a === b ? 0 : sign * (a < b ? -1 : 1)
  })
}

/** A page of the bookings that are asked for, with what Cal.com says of the pages. */
export const pageOf = (bookings: Iterable<Booking>, params: Params, now: number): typeof Schemas.BookingPage.Type => {
  const found = sorted([...bookings].filter(isAsked(params, now)), params)
  const { skip = 0, take = 100 } = params
  const data = found.slice(skip, skip + take)
  const remaining = Math.max(0, found.length - skip - data.length)
  return {
    status: "success",
    data,
    pagination: {
      totalItems: found.length,
      remainingItems: remaining,
      returnedItems: data.length,
      itemsPerPage: take,
      currentPage: Math.floor(skip / take) + 1,
      totalPages: Math.ceil(found.length / take),
      hasNextPage: remaining > 0,
      hasPreviousPage: skip > 0
    }
  }
}
