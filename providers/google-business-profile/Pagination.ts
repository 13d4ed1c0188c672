/**
 * How the lists go on: by a token.
 *
 * @since 0.1.0
 */
import { Pagination } from "holdfast"
import type * as Schemas from "./Schemas.js"

const byToken = <Page extends { readonly nextPageToken?: string }, Item>(
  items: (page: Page) => ReadonlyArray<Item>,
  part: "payload" | "urlParams" = "urlParams"
) => Pagination.cursor({ in: part, items, next: (page: Page) => page.nextPageToken, parameter: "pageToken" })

/**
 * The accounts that one may manage.
 *
 * @since 0.1.0
 * @category pagination
 */
export const accounts = byToken((page: typeof Schemas.AccountPage.Type) => page.accounts)

/**
 * The locations of an account.
 *
 * @since 0.1.0
 * @category pagination
 */
export const locations = byToken((page: typeof Schemas.LocationPage.Type) => page.locations)

/**
 * The reviews of a location, what was changed last first.
 *
 * @example
 * ```ts
 * import { Effect, Stream } from "effect"
 * import { Pagination } from "holdfast"
 * import { GoogleBusinessProfile, reviews, starsOf } from "holdfast/providers/google-business-profile"
 *
 * const unanswered = Effect.gen(function*() {
 *   const google = yield* GoogleBusinessProfile
 *   return yield* Pagination.items(google.reviews.list, reviews, {
 *     path: { accountId: "accounts/1", locationId: "locations/2" },
 *     urlParams: { pageSize: 50 }
 *   }).pipe(
 *     Stream.filter((review) => review.reviewReply === undefined && (starsOf(review) ?? 0) < 3),
 *     Stream.runCollect
 *   )
 * })
 * ```
 *
 * @since 0.1.0
 * @category pagination
 */
export const reviews = byToken((page: typeof Schemas.ReviewPage.Type) => page.reviews)

/**
 * The reviews of several locations, each with the name of its own.
 *
 * @since 0.1.0
 * @category pagination
 */
export const locationReviews = byToken(
  (page: typeof Schemas.LocationReviewPage.Type) => page.locationReviews,
  "payload"
)
