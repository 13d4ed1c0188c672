/**
 * What the emulated profiles hold, and an account to start with.
 *
 * @since 0.1.0
 */
import * as DateTime from "effect/DateTime"
import type * as Schemas from "../Schemas.js"

/**
 * A review less what its place says: its name and its id.
 *
 * @since 0.1.0
 * @category models
 */
export type Review = Omit<typeof Schemas.Review.Type, "name" | "reviewId" | "reviewMediaItems">

/**
 * @since 0.1.0
 * @category models
 */
export interface Location {
  readonly title: string
  /** One that is not verified has no reviews for anybody. Default `true`. */
  readonly verified?: boolean | undefined
  readonly placeId?: string | undefined
  /** By id. */
  readonly reviews?: Readonly<Record<string, Review>> | undefined
}

/**
 * @since 0.1.0
 * @category models
 */
export interface Account {
  readonly accountName: string
  readonly type?: string | undefined
  /** By id. */
  readonly locations?: Readonly<Record<string, Location>> | undefined
}

/**
 * By id.
 *
 * @since 0.1.0
 * @category models
 */
export type Accounts = Readonly<Record<string, Account>>

const stars = ["FIVE", "FOUR", "ONE"]

const newest = DateTime.unsafeMake("2026-01-31T12:00:00Z")

/** Review `r-60` is the newest. Every third one has stars alone. */
const reviews = Object.fromEntries(
  Array.from({ length: 60 }, (_, index): [string, Review] => {
    const time = DateTime.formatIso(DateTime.subtract(newest, { hours: 59 - index }))
    return [`r-${index + 1}`, {
      reviewer: { displayName: `Guest ${index + 1}` },
      starRating: stars[index % stars.length] ?? "",
      ...(index % 3 === 2 ? undefined : { comment: `Coffee number ${index + 1}` }),
      createTime: time,
      updateTime: time
    }]
  })
)

/**
 * An account of three locations, the last of which is not verified.
 *
 * @since 0.1.0
 * @category models
 */
export const sample: Accounts = {
  "100001": {
    accountName: "Analytical Cafes",
    locations: {
      "200001": { placeId: "fake-place-1", reviews, title: "Analytical Cafe" },
      "200002": {
        reviews: { "s-1": { ...reviews["r-1"], starRating: "TWO", updateTime: "2026-01-30T00:00:00Z" } },
        title: "Difference Cafe"
      },
      "200003": { title: "Cafe to be", verified: false }
    },
    type: "LOCATION_GROUP"
  }
}
