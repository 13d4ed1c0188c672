/**
 * How Calendly's lists go on: by a token. The URL of the next page is not followed.
 *
 * @since 0.1.0
 */
import { Pagination } from "holdfast"

/**
 * What all of Calendly's lists look like.
 *
 * @since 0.1.0
 * @category models
 */
export interface Page<A> {
  readonly collection: ReadonlyArray<A>
  readonly pagination: { readonly next_page_token?: string }
}

/**
 * Of every list: event types, events, invitees, webhooks.
 *
 * @example
 * ```ts
 * import { DateTime, Effect, Stream } from "effect"
 * import { Pagination } from "holdfast"
 * import { Calendly, lists } from "holdfast/providers/calendly"
 *
 * const upcoming = Effect.gen(function*() {
 *   const calendly = yield* Calendly
 *   const { resource: me } = yield* calendly.users.me()
 *   const urlParams = { user: me.uri, status: "active", min_start_time: yield* DateTime.now, count: 100 } as const
 *   return yield* Stream.runCollect(Pagination.items(calendly.events.list, lists(), { urlParams }))
 * })
 * ```
 *
 * @since 0.1.0
 * @category pagination
 */
export const lists = <A>(): Pagination.Pagination<Page<A>, A> =>
  Pagination.cursor({
    items: (page: Page<A>) => page.collection,
    next: (page) => page.pagination.next_page_token,
    parameter: "page_token"
  })
