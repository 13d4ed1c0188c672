/**
 * How a search goes on: by offset, up to what Yelp shows.
 *
 * @since 0.1.0
 */
import { Pagination } from "holdfast"
import type * as Schemas from "./Schemas.js"

type Page = typeof Schemas.BusinessPage.Type

const limitOf = (params: object | undefined): number => {
  const limit: unknown = params === undefined ? undefined : Reflect.get(params, "limit")
  return typeof limit === "number" ? limit : 20
}

/**
 * The businesses that a search finds. Yelp shows the first 240 of them, and refuses a page that goes beyond: the last one is
 * made to end there. `most`: of a plan that shows more, up to 1,000.
 *
 * @example
 * ```ts
 * import { Effect, Stream } from "effect"
 * import { Pagination } from "holdfast"
 * import { searched, Yelp } from "holdfast/providers/yelp"
 *
 * const cafes = Effect.gen(function*() {
 *   const yelp = yield* Yelp
 *   return yield* Pagination.items(yelp.businesses.search, searched(), {
 *     urlParams: { categories: ["coffee"], limit: 50, location: "San Francisco, CA" }
 *   }).pipe(Stream.runCollect)
 * })
 * ```
 *
 * @since 0.1.0
 * @category pagination
 */
export const searched = (most = 240): Pagination.Pagination<Page, Page["businesses"][number]> => {
  const byOffset = Pagination.offset({
    hasMore: (page: Page, read) => read < Math.min(page.total ?? most, most),
    items: (page) => page.businesses,
    parameter: "offset"
  })
  return {
    ...byOffset,
    next: (page, request) => {
      const parts = byOffset.next(page, request)
      if (parts === undefined || typeof parts === "string") return parts
      const offset = Number(Reflect.get(parts.urlParams ?? {}, "offset"))
      return { urlParams: { limit: Math.min(limitOf(request.urlParams), most - offset), offset } }
    }
  }
}
