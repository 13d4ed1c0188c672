/**
 * How Plausible's lists go on: the rows of a query by offset, in the body; sites and teams by cursor.
 *
 * @since 0.1.0
 */
import { Pagination } from "holdfast"
import type * as Schemas from "./Schemas.js"

/**
 * The rows of a query. Ask for `include: { total_rows: true }`: without it, the last page is known only by the empty one after
 * it. Order them, or a page may repeat what another has.
 *
 * @example
 * ```ts
 * import { Effect, Stream } from "effect"
 * import { Pagination } from "holdfast"
 * import { Plausible, rows } from "holdfast/providers/plausible"
 *
 * const pages = Effect.gen(function*() {
 *   const plausible = yield* Plausible
 *   return yield* Pagination.items(plausible.stats.query, rows, {
 *     payload: {
 *       date_range: "30d",
 *       dimensions: ["event:page"],
 *       include: { total_rows: true },
 *       metrics: ["visitors", "pageviews"],
 *       order_by: [["event:page", "asc"]],
 *       pagination: { limit: 1000 },
 *       site_id: "example.com"
 *     }
 *   }).pipe(Stream.runCollect)
 * })
 * ```
 *
 * @since 0.1.0
 * @category pagination
 */
export const rows = Pagination.offset({
  // an empty page is the last whatever is said here
  hasMore: (page, read) => page.meta.total_rows === undefined || read < page.meta.total_rows,
  in: "payload",
  items: (page: typeof Schemas.Report.Type) => page.results,
  parameter: "pagination.offset"
})

/**
 * @since 0.1.0
 * @category pagination
 */
export const sites = Pagination.cursor({
  items: (page: typeof Schemas.SitePage.Type) => page.sites,
  next: (page) => page.meta.after,
  parameter: "after"
})

/**
 * @since 0.1.0
 * @category pagination
 */
export const teams = Pagination.cursor({
  items: (page: typeof Schemas.TeamPage.Type) => page.teams,
  next: (page) => page.meta.after,
  parameter: "after"
})
