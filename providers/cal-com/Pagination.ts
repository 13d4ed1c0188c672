/**
 * How Cal.com's lists go on: so many are skipped.
 *
 * @since 0.1.0
 */
import { Pagination } from "holdfast"
import type * as Schemas from "./Schemas.js"

type BookingPage = typeof Schemas.BookingPage.Type

type WebhookPage = typeof Schemas.WebhooksAnswer.Type

type Webhook = typeof Schemas.Webhook.Type

/**
 * The bookings of `bookings.list`. What is booked or cancelled meanwhile moves those behind it: sort by what does not change,
 * such as `sortCreated: "asc"`.
 *
 * @example
 * ```ts
 * import { Effect, Stream } from "effect"
 * import { Pagination } from "holdfast"
 * import { booked, CalCom } from "holdfast/providers/cal-com"
 *
 * const upcoming = Effect.gen(function*() {
 *   const { bookings } = yield* CalCom
 *   return yield* Pagination.items(bookings.list, booked, {
 *     urlParams: { sortCreated: "asc", status: ["upcoming"], take: 100 }
 *   }).pipe(Stream.runCollect)
 * })
 * ```
 *
 * @since 0.1.0
 * @category pagination
 */
export const booked = Pagination.offset({
  hasMore: (page: BookingPage) => page.pagination.hasNextPage,
  items: (page) => page.data,
  parameter: "skip"
})

/**
 * The subscriptions of `webhooks.list`. That answer does not say whether there are more: the page after the last one is empty.
 *
 * @since 0.1.0
 * @category pagination
 */
export const subscribed: Pagination.Pagination<WebhookPage, Webhook> = Pagination.offset({
  hasMore: () => true,
  items: (page) => page.data,
  parameter: "skip"
})
