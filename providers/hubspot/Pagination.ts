/**
 * How HubSpot's lists go on: by cursor. A link is never followed: HubSpot's links name another host.
 *
 * @since 0.1.0
 */
import { Pagination } from "holdfast"

/**
 * What all of HubSpot's lists look like.
 *
 * @since 0.1.0
 * @category models
 */
export interface Page<A> {
  readonly results: ReadonlyArray<A>
  readonly paging?: { readonly next?: { readonly after: string } }
}

const cursorIn = (part: "payload" | "urlParams") => <A>(): Pagination.Pagination<Page<A>, A> =>
  Pagination.cursor({
    in: part,
    items: (page: Page<A>) => page.results,
    next: (page) => page.paging?.next?.after,
    parameter: "after"
  })

/**
 * Of every list: contacts, companies, deals, associations, owners.
 *
 * @example
 * ```ts
 * import { Effect, Stream } from "effect"
 * import { Pagination } from "holdfast"
 * import { HubSpot, lists } from "holdfast/providers/hubspot"
 *
 * const owners = Effect.gen(function*() {
 *   const hubspot = yield* HubSpot
 *   return yield* Stream.runCollect(Pagination.items(hubspot.owners.list, lists(), { urlParams: { limit: 100 } }))
 * })
 * ```
 *
 * @since 0.1.0
 * @category pagination
 */
export const lists = cursorIn("urlParams")

/**
 * Of every search, which has its cursor in the body. A search ends with a ValidationError where it would pass HubSpot's
 * limit of 10,000 results: narrow its filters, or go on from the last value of its sort.
 *
 * @since 0.1.0
 * @category pagination
 */
export const searches = cursorIn("payload")
