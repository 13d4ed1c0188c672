/**
 * How the lists of the Data API go on: reports by offset, in the body; audience exports by cursor.
 *
 * @since 0.1.0
 */
import { Pagination } from "holdfast"
import type * as Schemas from "./Schemas.js"

type Counted = { readonly rowCount: number }

const byOffset = <Page extends Counted, Item>(items: (page: Page) => ReadonlyArray<Item>) =>
  Pagination.offset({ hasMore: (page: Page, read) => read < page.rowCount, in: "payload", items, parameter: "offset" })

/**
 * The rows of a report. Without `limit` Google gives 10,000 at a time, with it at most 250,000. Order them, or a page may
 * repeat what another has.
 *
 * @example
 * ```ts
 * import { Effect, Stream } from "effect"
 * import { Pagination } from "holdfast"
 * import { GoogleAnalytics, rows } from "holdfast/providers/google-analytics"
 *
 * const pages = Effect.gen(function*() {
 *   const analytics = yield* GoogleAnalytics
 *   return yield* Pagination.items(analytics.reports.run, rows, {
 *     path: { propertyId: "123456789" },
 *     payload: {
 *       dateRanges: [{ startDate: "28daysAgo", endDate: "yesterday" }],
 *       dimensions: [{ name: "pagePath" }],
 *       limit: 100_000,
 *       metrics: [{ name: "screenPageViews" }],
 *       orderBys: [{ dimension: { dimensionName: "pagePath" } }]
 *     }
 *   }).pipe(Stream.runCollect)
 * })
 * ```
 *
 * @since 0.1.0
 * @category pagination
 */
export const rows = byOffset((page: typeof Schemas.Report.Type) => page.rows)

/**
 * The people of an audience export.
 *
 * @since 0.1.0
 * @category pagination
 */
export const audienceRows = byOffset((page: typeof Schemas.AudienceRows.Type) => page.audienceRows)

/**
 * The audience exports of a property.
 *
 * @since 0.1.0
 * @category pagination
 */
export const audienceExports = Pagination.cursor({
  items: (page: typeof Schemas.AudienceExportPage.Type) => page.audienceExports,
  next: (page) => page.nextPageToken,
  parameter: "pageToken"
})
