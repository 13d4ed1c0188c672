/**
 * How Tidio's lists go on: by the cursor in `meta`, until there is none.
 *
 * @since 0.1.0
 */
import { Pagination } from "holdfast"
import type * as Schemas from "./Schemas.js"

/**
 * What all lists that have pages look like.
 *
 * @since 0.1.0
 * @category models
 */
export interface Paged {
  readonly meta: { readonly cursor?: string }
}

const cursor = <Page extends Paged, Item>(items: (page: Page) => ReadonlyArray<Item>) =>
  Pagination.cursor({ items, next: (page: Page) => page.meta.cursor, parameter: "cursor" })

/**
 * Of each list that has pages, by what it lists.
 *
 * @example
 * ```ts
 * import { Effect, Stream } from "effect"
 * import { Pagination } from "holdfast"
 * import { lists, Tidio } from "holdfast/providers/tidio"
 *
 * const open = Effect.gen(function*() {
 *   const tidio = yield* Tidio
 *   return yield* Pagination.items(tidio.tickets.list, lists.tickets, {}).pipe(
 *     Stream.filter((ticket) => ticket.status === "open"),
 *     Stream.runCollect
 *   )
 * })
 * ```
 *
 * @since 0.1.0
 * @category pagination
 */
export const lists = {
  contacts: cursor((page: Paged & { readonly contacts: ReadonlyArray<Schemas.Contact> }) => page.contacts),
  operators: cursor((page: Paged & { readonly operators: ReadonlyArray<Schemas.Operator> }) => page.operators),
  tickets: cursor((page: Paged & { readonly tickets: ReadonlyArray<Schemas.Ticket> }) => page.tickets)
}
