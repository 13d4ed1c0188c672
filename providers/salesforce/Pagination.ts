/**
 * How the results of a query go on: each page has the path of the next, and another operation takes it.
 *
 * @since 0.1.0
 */
import { Pagination } from "holdfast"

/**
 * What all pages of a query look like.
 *
 * @since 0.1.0
 * @category models
 */
export interface Page<A> {
  readonly records: ReadonlyArray<A>
  readonly done: boolean
  readonly nextRecordsUrl?: string
}

/** `/services/data/v67.0/query/01gD0000002HU6KIAW-2000` */
const locator = /\/query(?:All)?\/([^/]+)\/?$/

/**
 * Of `soql.query` and `soql.queryAll`. The pages after the first are of `soql.more`, which has to be named: `Salesforce`
 * itself is asked for them, whatever host a link says.
 *
 * @example
 * ```ts
 * import { Effect, Stream } from "effect"
 * import { Pagination } from "holdfast"
 * import { queries, Salesforce } from "holdfast/providers/salesforce"
 *
 * const names = Effect.gen(function*() {
 *   const { soql } = yield* Salesforce
 *   return yield* Pagination.items(soql.query, queries(), { urlParams: { q: "SELECT Name FROM Account" } }, {
 *     more: soql.more
 *   }).pipe(
 *     Stream.map((account) => account.Name),
 *     Stream.runCollect
 *   )
 * })
 * ```
 *
 * @since 0.1.0
 * @category pagination
 */
export const queries = <A>(): Pagination.Pagination<Page<A>, A> =>
  Pagination.link({
    items: (page: Page<A>) => page.records,
    next: (page) => page.nextRecordsUrl,
    parameter: "locator",
    read: (url) => {
      const found = locator.exec(url.pathname)?.[1]
      return found === undefined ? undefined : { path: { locator: decodeURIComponent(found) } }
    }
  })
