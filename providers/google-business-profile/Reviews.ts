/**
 * Of a review, what Google has in a form of its own: stars as words, times as texts of differing precision.
 *
 * @since 0.1.0
 */
import * as DateTime from "effect/DateTime"
import * as Option from "effect/Option"
import type * as Schemas from "./Schemas.js"

type Review = typeof Schemas.Review.Type

const words = ["ONE", "TWO", "THREE", "FOUR", "FIVE"]

/**
 * `FIVE` as 5. Nothing where there is no rating, or none that is known.
 *
 * @since 0.1.0
 * @category accessors
 */
export const starsOf = ({ starRating }: Pick<Review, "starRating">): number | undefined => {
  const index = words.indexOf(starRating ?? "")
  return index < 0 ? undefined : index + 1
}

/**
 * Whether it was changed after `since`: with `Stream.takeWhile` over a list in its default order, what is new since a former
 * run. One that does not say when it was changed counts as new.
 *
 * @example
 * ```ts
 * import { DateTime, Effect, Stream } from "effect"
 * import { Pagination } from "holdfast"
 * import { changedSince, GoogleBusinessProfile, reviews } from "holdfast/providers/google-business-profile"
 *
 * const fresh = (since: DateTime.Utc) =>
 *   Effect.gen(function*() {
 *     const google = yield* GoogleBusinessProfile
 *     return yield* Pagination.items(google.reviews.list, reviews, {
 *       path: { accountId: "accounts/1", locationId: "locations/2" }
 *     }).pipe(Stream.takeWhile(changedSince(since)), Stream.runCollect)
 *   })
 * ```
 *
 * @since 0.1.0
 * @category incremental
 */
export const changedSince = (since: DateTime.Utc) => ({ updateTime }: Pick<Review, "updateTime">): boolean =>
  Option.match(DateTime.make(updateTime ?? ""), {
    onNone: () => true,
    onSome: (changed) => DateTime.greaterThan(changed, since)
  })
