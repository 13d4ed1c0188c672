/**
 * How Supabase's lists go on: rows and objects by offset, users by page, and all objects of a bucket by cursor.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import { IntegrationError, Pagination } from "holdfast"
import type * as Schemas from "./Schemas.js"

type Row = typeof Schemas.Row.Type
type User = typeof Schemas.User.Type
type UserPage = typeof Schemas.UserPage.Type
type Entry = typeof Schemas.Entry.Type
type ListPage = typeof Schemas.ListPage.Type

/**
 * Of `rows.select`. A page that is shorter than `limit` need not be the last, as the project has a limit of its own: only an
 * empty one is. Rows that are written meanwhile move the others: give `order` a unique column, or walk by `Filters.gt` of it.
 *
 * @example
 * ```ts
 * import { Effect, Stream } from "effect"
 * import { Pagination } from "holdfast"
 * import { Filters, rows, Supabase } from "holdfast/providers/supabase"
 *
 * const open = Effect.gen(function*() {
 *   const supabase = yield* Supabase
 *   return yield* Stream.runCollect(
 *     Pagination.items(supabase.rows.select, rows(), {
 *       path: { table: "orders" },
 *       urlParams: { limit: 500, order: "id", where: Filters.eq("status", "open") }
 *     })
 *   )
 * })
 * ```
 *
 * @since 0.1.0
 * @category pagination
 */
export const rows = (): Pagination.Pagination<ReadonlyArray<Row>, Row> =>
  Pagination.offset({ hasMore: () => true, items: (page: ReadonlyArray<Row>) => page, parameter: "offset" })

const perPage = (request: Pagination.Parts): number => {
  const size: unknown = request.urlParams && Reflect.get(request.urlParams, "per_page")
  return typeof size === "number" ? size : 1
}

/**
 * Of `users.list`, whose last page is one that is not full.
 *
 * @since 0.1.0
 * @category pagination
 */
export const users = (): Pagination.Pagination<UserPage, User> => {
  const pages = Pagination.page({ hasMore: () => true, items: (page: UserPage) => page.users, parameter: "page" })
  return {
    ...pages,
    next: (page, request) => page.users.length < perPage(request) ? undefined : pages.next(page, request)
  }
}

/**
 * Of `buckets.list`.
 *
 * @since 0.1.0
 * @category pagination
 */
export const buckets = (): Pagination.Pagination<ReadonlyArray<Bucket>, Bucket> =>
  Pagination.offset({ hasMore: () => true, items: (page: ReadonlyArray<Bucket>) => page, parameter: "offset" })

type Bucket = typeof Schemas.Bucket.Type

/**
 * Of `objects.list`: what is in one folder, the folders in it among it.
 *
 * @since 0.1.0
 * @category pagination
 */
export const entries = (): Pagination.Pagination<ReadonlyArray<Entry>, Entry> =>
  Pagination.offset({
    hasMore: () => true,
    in: "payload",
    items: (page: ReadonlyArray<Entry>) => page,
    parameter: "offset"
  })

/**
 * Of `objects.listPage`, without its folders.
 *
 * @since 0.1.0
 * @category pagination
 */
export const objects = (): Pagination.Pagination<ListPage, ListPage["objects"][number]> => {
  const byCursor = Pagination.cursor({
    in: "payload",
    items: (page: ListPage) => page.objects,
    next: (page) => page.hasNext ? page.nextCursor : undefined,
    parameter: "cursor"
  })
  return {
    ...byCursor,
    next: (page, request) =>
      page.hasNext && page.nextCursor === undefined
        ? "a page says that there are more, and not where they begin"
        : byCursor.next(page, request)
  }
}

/**
 * How many rows there are in all, of an answer that was asked to count: `Content-Range: 0-24/3573458`.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Supabase, totalOf } from "holdfast/providers/supabase"
 *
 * const orders = Effect.gen(function*() {
 *   const { rows } = yield* Supabase
 *   const [, response] = yield* rows.count({
 *     headers: { prefer: { count: "exact" } },
 *     path: { table: "orders" },
 *     withResponse: true
 *   })
 *   return yield* totalOf(response)
 * })
 * ```
 *
 * @since 0.1.0
 * @category accessors
 */
export const totalOf = (
  response: { readonly headers: Readonly<Record<string, string | undefined>> }
): Effect.Effect<number, IntegrationError.ResponseDecodeError> => {
  const range = response.headers["content-range"]
  const total = /\/(\d+)$/.exec(range ?? "")?.[1]
  return total === undefined
    ? Effect.fail(
      new IntegrationError.ResponseDecodeError({
        integration: "supabase",
        message: `no number of all rows in Content-Range ${range ?? "(absent)"}: was it asked for with prefer.count?`,
        operation: "rows.count"
      })
    )
    : Effect.succeed(Number(total))
}
