/**
 * How a search by text goes on: by cursor, in the body.
 *
 * @since 0.1.0
 */
import { Pagination } from "holdfast"
import type * as Schemas from "./Schemas.js"

/**
 * The places that a search by text finds, at most 60. The field mask has to name `nextPageToken`, or there is one page.
 *
 * @example
 * ```ts
 * import { Effect, Stream } from "effect"
 * import { Pagination } from "holdfast"
 * import { GooglePlaces, searches } from "holdfast/providers/google-places"
 *
 * const cafes = Effect.gen(function*() {
 *   const google = yield* GooglePlaces
 *   return yield* Pagination.items(google.places.searchText, searches, {
 *     headers: { "x-goog-fieldmask": ["places.id", "places.displayName", "nextPageToken"] },
 *     payload: { textQuery: "cafe in Berlin", pageSize: 20 }
 *   }).pipe(Stream.runCollect)
 * })
 * ```
 *
 * @since 0.1.0
 * @category pagination
 */
export const searches = Pagination.cursor({
  in: "payload",
  items: (page: typeof Schemas.Places.Type) => page.places,
  next: (page) => page.nextPageToken,
  parameter: "pageToken"
})
