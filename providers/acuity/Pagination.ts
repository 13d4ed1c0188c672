/**
 * How a calendar is read whole, though Acuity's lists have no pages: by windows of days.
 *
 * @since 0.1.0
 */
import * as DateTime from "effect/DateTime"
import * as Option from "effect/Option"
import type { Pagination } from "holdfast"
import type * as Schemas from "./Schemas.js"

const dayOf = (params: object | undefined, name: string): DateTime.Utc | undefined => {
  const value: unknown = params === undefined ? undefined : Reflect.get(params, name)
  return typeof value === "string" ? Option.getOrUndefined(Option.map(DateTime.make(value), DateTime.toUtc)) : undefined
}

const maxOf = (params: object | undefined): number => {
  const max: unknown = params === undefined ? undefined : Reflect.get(params, "max")
  return typeof max === "number" ? max : 100
}

const aDay = 24 * 3600 * 1000

/** Whose days they are depends on the zone of a calendar: one more at either end. */
const isWithin = (from: DateTime.Utc, to: DateTime.Utc) => ({ datetime }: Schemas.Appointment): boolean => {
  const time = DateTime.toEpochMillis(datetime)
  return time >= from.epochMillis - aDay && time < to.epochMillis + 2 * aDay
}

/**
 * The appointments from `minDate` of the first request to the day `until`, in windows that are as many days long as the first
 * one, `minDate` to `maxDate`. Without `until` that window is all.
 *
 * A window in which there are as many as `max` may have more that Acuity left out, and nothing asks for those: it ends the
 * stream with a `ResponseDecodeError`, rather than that some are missing, and so does one with appointments of other days. A
 * larger `max` or shorter windows help against the former.
 *
 * @example
 * ```ts
 * import { Effect, Stream } from "effect"
 * import { Pagination } from "holdfast"
 * import { Acuity, windows } from "holdfast/providers/acuity"
 *
 * const ofTheYear = Effect.gen(function*() {
 *   const acuity = yield* Acuity
 *   return yield* Pagination.items(acuity.appointments.list, windows({ until: "2026-12-31" }), {
 *     urlParams: { minDate: "2026-01-01", maxDate: "2026-01-07", showall: true }
 *   }).pipe(Stream.runCollect)
 * })
 * ```
 *
 * @since 0.1.0
 * @category pagination
 */
export const windows = (
  { until }: { readonly until?: string } = {}
): Pagination.Pagination<ReadonlyArray<Schemas.Appointment>, Schemas.Appointment> => ({
  items: (page) => page,
  kind: "window",
  next: (page, { urlParams }) => {
    const from = dayOf(urlParams, "minDate")
    const to = dayOf(urlParams, "maxDate")
    const max = maxOf(urlParams)
    if (page.length >= max) {
      return `there are ${max} appointments or more in this window: ask with a larger max, or for fewer days at once`
    }
    if (until === undefined) return undefined
    const last = Option.getOrUndefined(DateTime.make(until))
    if (from === undefined || to === undefined || last === undefined || to.epochMillis < from.epochMillis) {
      return "the windows are not days: minDate and maxDate of the first request, and until"
    }
    if (!page.every(isWithin(from, to))) return "there are appointments of other days than were asked for"
    if (to.epochMillis >= last.epochMillis) return undefined
    const next = Math.min(to.epochMillis + (to.epochMillis - from.epochMillis) + aDay, last.epochMillis)
    return {
      urlParams: {
        maxDate: DateTime.formatIsoDateUtc(DateTime.unsafeMake(next)),
        minDate: DateTime.formatIsoDateUtc(DateTime.add(to, { days: 1 }))
      }
    }
  },
  parameter: "minDate"
})
