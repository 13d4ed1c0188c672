/**
 * How reviews are walked: by the number of the page, to the first one that is empty.
 *
 * @since 0.1.0
 */
import * as DateTime from "effect/DateTime"
import { Pagination } from "holdfast"
import type * as Schemas from "./Schemas.js"

type Page = typeof Schemas.ReviewPage.Type

/**
 * The reviews of a business unit. What a page names as its next one is not documented: a page is asked for until one has
 * nothing in it.
 *
 * Ask for `orderBy: "createdat.asc"`: with the newest first, one that is written meanwhile moves all others down, and the
 * last of a page comes again as the first of the next.
 *
 * @example
 * ```ts
 * import { DateTime, Effect, Stream } from "effect"
 * import { Pagination } from "holdfast"
 * import { reviews, timeOf, Trustpilot } from "holdfast/providers/trustpilot"
 *
 * const since = (lastRun: DateTime.DateTime) =>
 *   Effect.gen(function*() {
 *     const trustpilot = yield* Trustpilot
 *     return yield* Pagination.items(trustpilot.reviews.list, reviews, {
 *       path: { businessUnitId: "5f0000000000000000000001" },
 *       urlParams: { orderBy: "createdat.asc", perPage: 100, startDateTime: timeOf(lastRun) }
 *     }).pipe(Stream.runCollect)
 *   })
 * ```
 *
 * @since 0.1.0
 * @category pagination
 */
export const reviews: Pagination.Pagination<Page, Page["reviews"][number]> = Pagination.page({
  hasMore: (page: Page) => page.reviews.length > 0,
  items: (page) => page.reviews,
  parameter: "page"
})

/**
 * A time as Trustpilot takes it: in UTC, to the second, without a zone.
 *
 * @since 0.1.0
 * @category conversions
 */
export const timeOf = (time: DateTime.DateTime): string => DateTime.formatIso(time).slice(0, 19)
