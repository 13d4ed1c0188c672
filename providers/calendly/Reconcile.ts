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
import { Calendly } from "./Calendly.js"
import { lists } from "./Pagination.js"
import type * as Schemas from "./Schemas.js"

/**
 * The invitee with this address of the event at this time that stands, if there is one, as `invitees.book` would have
 * answered. Calendly has no idempotency key: whoever books anew after an answer that was lost asks this first. None does
 * not say that nothing will appear: Calendly may still be at work.
 *
 * `user`, or `organization`: whose events are looked through.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Reconcile } from "holdfast"
 * import { Calendly, findBooked, type Schemas } from "holdfast/providers/calendly"
 *
 * const book = (user: string, payload: typeof Schemas.BookInput.Type) =>
 *   Effect.flatMap(Calendly, ({ invitees }) =>
 *     invitees.book({ payload }).pipe(
 *       Reconcile.orFind(findBooked({
 *         email: payload.invitee.email,
 *         eventType: payload.event_type,
 *         start: payload.start_time,
 *         user
 *       }))
 *     ))
 * ```
 *
 * @since 0.1.0
 * @category reconciliation
 */
export const findBooked = ({ email, eventType, start, ...owner }: {
  readonly email: string
  readonly start: DateTime.Utc
  /** The URI of the event type; without it any event at that time is taken. */
  readonly eventType?: string | undefined
  readonly user?: string
  readonly organization?: string
}): Effect.Effect<Option.Option<typeof Schemas.InviteeResource.Type>, IntegrationError.IntegrationError, Calendly> =>
  Effect.flatMap(Calendly, ({ events, invitees }) =>
    Pagination.items(events.list, lists(), {
      urlParams: {
        ...owner,
        invitee_email: email,
        // whether an event at the very border is within is not documented
        max_start_time: DateTime.add(start, { seconds: 1 }),
        min_start_time: DateTime.subtract(start, { seconds: 1 }),
        status: "active"
      }
    }).pipe(
      Stream.filter(({ event_type, start_time }) =>
        Date.parse(start_time) === start.epochMillis && (eventType === undefined || event_type === eventType)
      ),
      Stream.flatMap(({ uri }) =>
        Pagination.items(invitees.list, lists(), { path: { event: uri }, urlParams: { email, status: "active" } })
      ),
      Stream.runHead,
      Effect.map(Option.map((resource) => ({ resource })))
    ))
