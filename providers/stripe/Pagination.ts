/**
 * How Stripe's lists go on: after the last object of a page; and how its searches do: by a cursor.
 *
 * @since 0.1.0
 */
import { Pagination } from "holdfast"

/**
 * What all of Stripe's lists look like.
 *
 * @since 0.1.0
 * @category models
 */
export interface List<A> {
  readonly data: ReadonlyArray<A>
  readonly has_more: boolean
}

/**
 * What its searches look like.
 *
 * @since 0.1.0
 * @category models
 */
export interface SearchPage<A> extends List<A> {
  readonly next_page?: string
}

/**
 * Of every list: payments, charges, events, the newest first. What is made meanwhile comes before the first page, and
 * moves none of those that are still to be read.
 *
 * @example
 * ```ts
 * import { Effect, Stream } from "effect"
 * import { Pagination } from "holdfast"
 * import { lists, Stripe } from "holdfast/providers/stripe"
 *
 * const chargesSince = (created: number) =>
 *   Effect.gen(function*() {
 *     const stripe = yield* Stripe
 *     return yield* Stream.runCollect(
 *       Pagination.items(stripe.charges.list, lists(), { urlParams: { created: { gte: created }, limit: 100 } })
 *     )
 *   })
 * ```
 *
 * @since 0.1.0
 * @category pagination
 */
export const lists = <A extends { readonly id: string }>(): Pagination.Pagination<List<A>, A> =>
  Pagination.lastId({
    hasMore: (page: List<A>) => page.has_more,
    idOf: (item) => item.id,
    items: (page) => page.data,
    parameter: "starting_after"
  })

/**
 * Of every search.
 *
 * @since 0.1.0
 * @category pagination
 */
export const searches = <A>(): Pagination.Pagination<SearchPage<A>, A> =>
  Pagination.cursor({
    items: (page: SearchPage<A>) => page.data,
    // a cursor where there is no more would be one for nothing
    next: (page) => page.has_more ? page.next_page : undefined,
    parameter: "page"
  })
