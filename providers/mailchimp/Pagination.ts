/**
 * How Mailchimp's lists go on: by offset.
 *
 * @since 0.1.0
 */
import { Pagination } from "holdfast"
import type * as Schemas from "./Schemas.js"

/**
 * What all of Mailchimp's lists say.
 *
 * @since 0.1.0
 * @category models
 */
export interface Counted {
  readonly total_items?: number
}

// without a total, which `fields` may leave out, the empty page is the last
const hasMore = (page: Counted, read: number): boolean => page.total_items === undefined || read < page.total_items

/**
 * Of each list of Mailchimp's, by what it lists.
 *
 * @example
 * ```ts
 * import { Effect, Stream } from "effect"
 * import { Pagination } from "holdfast"
 * import { lists, Mailchimp } from "holdfast/providers/mailchimp"
 *
 * const members = (listId: string) =>
 *   Effect.gen(function*() {
 *     const mailchimp = yield* Mailchimp
 *     const all = { path: { listId }, urlParams: { count: 1000 } }
 *     return yield* Stream.runCollect(Pagination.items(mailchimp.members.list, lists.members, all))
 *   })
 * ```
 *
 * @since 0.1.0
 * @category pagination
 */
export const lists = {
  lists: Pagination.offset({
    hasMore,
    items: (page: Counted & { readonly lists: ReadonlyArray<Schemas.List> }) => page.lists,
    parameter: "offset"
  }),
  members: Pagination.offset({
    hasMore,
    items: (page: Counted & { readonly members: ReadonlyArray<Schemas.Member> }) => page.members,
    parameter: "offset"
  })
}
