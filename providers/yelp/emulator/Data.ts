/**
 * A town to start with.
 *
 * @since 0.1.0
 */
import type * as Schemas from "../Schemas.js"

/**
 * @since 0.1.0
 * @category models
 */
export type Business = typeof Schemas.BusinessDetail.Type

/**
 * @since 0.1.0
 * @category models
 */
export type Review = typeof Schemas.Review.Type

/**
 * @since 0.1.0
 * @category models
 */
export type Category = typeof Schemas.Category.Type

const category = (alias: string, title: string, parent: string): Category => ({
  alias,
  country_blacklist: [],
  country_whitelist: [],
  parent_aliases: [parent],
  title
})

/**
 * @since 0.1.0
 * @category models
 */
export const categories: ReadonlyArray<Category> = [
  category("coffee", "Coffee & Tea", "food"),
  category("bakeries", "Bakeries", "food"),
  category("bookstores", "Bookstores", "media")
]

const prices = ["$", "$$", "$$$", "$$$$"]

/**
 * 260 of them, of which Yelp would show 240.
 *
 * @since 0.1.0
 * @category models
 */
export const businesses: ReadonlyArray<Business> = Array.from({ length: 260 }, (_, index): Business => {
  const number = index + 1
  const { alias = "", title = "" } = categories[index % categories.length] ?? {}
  const phone = `+1415555${String(number).padStart(4, "0")}`
  return {
    alias: `fake-${alias}-${number}-san-francisco`,
    categories: [{ alias, title }],
    coordinates: { latitude: 37.7 + index / 10_000, longitude: -122.4 },
    display_phone: phone,
    hours: [{
      hours_type: "REGULAR",
      is_open_now: index % 2 === 0,
      open: [{ day: 0, end: "1700", is_overnight: false, start: "0900" }]
    }],
    // as long as Yelp's
    id: `fake-business-${String(number).padStart(8, "0")}`,
    is_claimed: true,
    is_closed: false,
    location: {
      address1: `${number} Analytical Way`,
      city: "San Francisco",
      country: "US",
      display_address: [`${number} Analytical Way`, "San Francisco, CA 94103"],
      state: "CA",
      zip_code: "94103"
    },
    name: `${title} Number ${number}`,
    phone,
    photos: [],
    price: prices[index % prices.length] ?? "$",
    rating: 1 + (index % 9) / 2,
    review_count: number,
    transactions: [],
    url: `https://yelp.example/biz/${number}`
  }
})

/**
 * Those that may be seen of a business: three, whatever its `review_count`.
 *
 * @since 0.1.0
 * @category models
 */
export const reviewsOf = ({ id }: Business): ReadonlyArray<Review> =>
  [5, 3, 4].map((rating, index) => ({
    id: `${id}-review-${index + 1}`,
    rating,
    text: `It was as good as number ${rating}...`,
    time_created: `2026-01-0${3 - index} 12:00:00`,
    user: { id: `fake-user-${index + 1}`, name: `Ada ${index + 1}` }
  }))
