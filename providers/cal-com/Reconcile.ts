/**
 * Whether a booking was made, after the answer was lost.
 *
 * @since 0.1.0
 */
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { type IntegrationError, Pagination } from "holdfast"
import { CalCom } from "./CalCom.js"
import { booked } from "./Pagination.js"
import type * as Schemas from "./Schemas.js"

/**
 * The booking of this address at this time that stands, if there is one; where the event type recurs, the first of its
 * series. Cal.com has no idempotency key: whoever books anew after an answer that was lost asks this first. None does not say
 * that nothing will appear: Cal.com may still be at work.
 *
 * @example
 * ```ts
 * import { type DateTime, Effect } from "effect"
 * import { Reconcile } from "holdfast"
 * import { CalCom, findBooked } from "holdfast/providers/cal-com"
 *
 * const book = (eventTypeId: number, start: DateTime.Utc, email: string) =>
 *   Effect.gen(function*() {
 *     const { bookings } = yield* CalCom
 *     const attendee = { email, name: "Ada Lovelace", timeZone: "Europe/London" }
 *     const { data } = yield* bookings.create({ payload: { attendee, eventTypeId, start } }).pipe(
 *       Reconcile.orFind(findBooked({ attendeeEmail: email, eventTypeId, start }))
 *     )
 *     return data
 *   })
 * ```
 *
 * @since 0.1.0
 * @category reconciliation
 */
export const findBooked = ({ attendeeEmail, eventTypeId, start }: {
  readonly attendeeEmail: string
  readonly start: DateTime.Utc
  readonly eventTypeId?: number | undefined
}): Effect.Effect<Option.Option<typeof Schemas.BookingAnswer.Type>, IntegrationError.IntegrationError, CalCom> =>
  Effect.flatMap(CalCom, ({ bookings }) =>
    Pagination.items(bookings.list, booked, {
      urlParams: {
        // whether a start at that very moment is after it is not documented
        afterStart: DateTime.subtract(start, { seconds: 1 }),
        attendeeEmail,
        ...(eventTypeId === undefined ? undefined : { eventTypeId }),
        sortStart: "asc",
        status: ["upcoming", "recurring", "unconfirmed"]
      }
    }).pipe(
      Stream.takeWhile((booking) => Date.parse(booking.start) <= start.epochMillis),
      Stream.filter((booking) =>
        Date.parse(booking.start) === start.epochMillis && booking.status !== "cancelled" &&
        booking.status !== "rejected"
      ),
      Stream.runHead,
      Effect.map(Option.map((data) => ({ data, status: "success" })))
    ))
