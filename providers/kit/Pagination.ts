/**
 * How Kit's lists go on: by cursor.
 *
 * @since 0.1.0
 */
import { Pagination } from "holdfast"
import type * as Schemas from "./Schemas.js"

/**
 * What all of Kit's lists look like.
 *
 * @since 0.1.0
 * @category models
 */
export interface Paged {
  readonly pagination: { readonly end_cursor?: string; readonly has_next_page: boolean }
}

const cursor = <Page extends Paged, Item>(items: (page: Page) => ReadonlyArray<Item>) =>
  Pagination.cursor({
    items,
    // the last page has an end as well
    next: (page: Page) => page.pagination.has_next_page ? page.pagination.end_cursor : undefined,
    parameter: "after"
  })

/**
 * Of each list of Kit's, by what it lists.
 *
 * @example
 * ```ts
 * import { Effect, Stream } from "effect"
 * import { Pagination } from "holdfast"
 * import { Kit, lists } from "holdfast/providers/kit"
 *
 * const tags = Effect.gen(function*() {
 *   const kit = yield* Kit
 *   return yield* Stream.runCollect(Pagination.items(kit.tags.list, lists.tags, { urlParams: { per_page: 1000 } }))
 * })
 * ```
 *
 * @since 0.1.0
 * @category pagination
 */
export const lists = {
  broadcasts: cursor((page: Paged & { readonly broadcasts: ReadonlyArray<Schemas.Broadcast> }) => page.broadcasts),
  customFields: cursor((page: Paged & { readonly custom_fields: ReadonlyArray<Schemas.CustomField> }) =>
    page.custom_fields
  ),
  subscribers: cursor((page: Paged & { readonly subscribers: ReadonlyArray<Schemas.Subscriber> }) => page.subscribers),
  tags: cursor((page: Paged & { readonly tags: ReadonlyArray<Schemas.Tag> }) => page.tags),
  webhooks: cursor((page: Paged & { readonly webhooks: ReadonlyArray<Schemas.Webhook> }) => page.webhooks)
}
