/**
 * Whether an appointment was made, after the answer was lost.
 *
 * @since 0.1.0
 */
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { IntegrationError } from "holdfast"
import { Acuity } from "./Acuity.js"
import type * as Schemas from "./Schemas.js"

/**
 * The appointment of this address, type and time that stands, if there is one. Acuity has no idempotency key: whoever
 * books anew after an answer that was lost asks this first. None does not say that nothing will appear: Acuity may still be
 * at work.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Reconcile } from "holdfast"
 * import { Acuity, findBooked, type Schemas } from "holdfast/providers/acuity"
 *
 * const book = (payload: typeof Schemas.AppointmentInput.Type) =>
 *   Effect.flatMap(Acuity, ({ appointments }) =>
 *     appointments.create({ payload, urlParams: {} }).pipe(
 *       Reconcile.orFind(findBooked(payload))
 *     ))
 * ```
 *
 * @since 0.1.0
 * @category reconciliation
 */
export const findBooked = (
  { appointmentTypeID, datetime, email }: {
    readonly appointmentTypeID: number
    readonly datetime: DateTime.DateTime
    readonly email: string
  }
): Effect.Effect<Option.Option<Schemas.Appointment>, IntegrationError.IntegrationError, Acuity> =>
  Effect.gen(function*() {
    const acuity = yield* Acuity
    const day = (days: number) => DateTime.formatIsoDateUtc(DateTime.add(datetime, { days }))
    const found = yield* acuity.appointments.list({
      // the days are those of the account, wherever it is
      urlParams: { appointmentTypeID, email, maxDate: day(1), minDate: day(-1) }
    })
    return Option.fromNullable(
      found.find((appointment) => DateTime.Equivalence(appointment.datetime, datetime))
    )
  })
