/**
 * How SendGrid's lists go on: marketing lists by a link, suppressions by an offset. Contacts have no pages: they are
 * exported.
 *
 * @since 0.1.0
 */
import { Pagination } from "holdfast"

/**
 * What a list of marketing looks like.
 *
 * @since 0.1.0
 * @category models
 */
export interface Page<A> {
  readonly result: ReadonlyArray<A>
  readonly _metadata?: { readonly next?: string }
}

/**
 * Of `lists.list`. Of a link only its `page_token` is taken, and asked for on the server of the definition.
 *
 * @since 0.1.0
 * @category pagination
 */
export const links = <A>(): Pagination.Pagination<Page<A>, A> =>
  Pagination.link({
    items: (page: Page<A>) => page.result,
    next: (page) => page._metadata?.next,
    parameter: "page_token"
  })

/**
 * Of `suppressions.list`. Nothing in a page says that it is the last, and a page may have fewer than were asked for: the last
 * is the one that is empty.
 *
 * @example
 * ```ts
 * import { Effect, Stream } from "effect"
 * import { Pagination } from "holdfast"
 * import { offsets, SendGrid } from "holdfast/providers/sendgrid"
 *
 * const bouncedSince = (start_time: number) =>
 *   Effect.gen(function*() {
 *     const sendgrid = yield* SendGrid
 *     return yield* Pagination.items(sendgrid.suppressions.list, offsets(), {
 *       path: { kind: "bounces" },
 *       urlParams: { limit: 500, start_time }
 *     }).pipe(Stream.map(({ email }) => email), Stream.runCollect)
 *   })
 * ```
 *
 * @since 0.1.0
 * @category pagination
 */
export const offsets = <A>(): Pagination.Pagination<ReadonlyArray<A>, A> =>
  Pagination.offset({ hasMore: () => true, items: (page: ReadonlyArray<A>) => page, parameter: "offset" })
