/**
 * Accounts, their locations, the reviews of these, and who is told of them.
 *
 * @since 0.1.0
 */
import * as Encoding from "effect/Encoding"
import { Emulator } from "holdfast/testing"
import { starsOf } from "../Reviews.js"
import * as Schemas from "../Schemas.js"
import type * as Data from "./Data.js"

type Review = typeof Schemas.Review.Type
type Location = typeof Schemas.Location.Type
type Setting = typeof Schemas.NotificationSetting.Type

interface HeldReview {
  readonly id: string
  readonly stars: number
  review: Review
}

interface HeldLocation {
  readonly location: Location
  readonly verified: boolean
  readonly reviews: Map<string, HeldReview>
}

interface HeldAccount {
  readonly account: typeof Schemas.Account.Type
  readonly locations: Map<string, HeldLocation>
}

interface Path {
  readonly accountId: string
  readonly locationId: string
  readonly reviewId: string
}

const refuse = (status: number, message: string, code?: string) =>
  new Emulator.EmulatorError({ status, message, ...(code === undefined ? undefined : { code }) })

/**
 * @since 0.1.0
 * @category errors
 */
export const notFound = (name: string) => refuse(404, `there is no ${name}`)

const held = (accountId: string, locationId: string, data: Data.Location): HeldLocation => ({
  location: {
    name: `locations/${locationId}`,
    title: data.title,
    languageCode: "en",
    metadata: data.placeId === undefined ? {} : { placeId: data.placeId }
  },
  reviews: new Map(
    Object.entries(data.reviews ?? {}).map(([id, review]) => [id, {
      id,
      stars: starsOf(review) ?? 0,
      review: {
        ...review,
        name: `accounts/${accountId}/locations/${locationId}/reviews/${id}`,
        reviewId: id,
        reviewMediaItems: []
      }
    }])
  ),
  verified: data.verified ?? true
})

/**
 * What the emulated APIs hold.
 *
 * @since 0.1.0
 * @category models
 */
export class Profiles {
  /** By id. */
  readonly accounts: ReadonlyMap<string, HeldAccount>
  readonly #settings = new Map<string, Setting>()

  constructor(data: Data.Accounts) {
    this.accounts = new Map(
      Object.entries(data).map(([id, { accountName, locations = {}, type = "PERSONAL" }]) => [id, {
        account: { name: `accounts/${id}`, accountName, type },
        locations: new Map(
          Object.entries(locations).map(([locationId, location]) => [locationId, held(id, locationId, location)])
        )
      }])
    )
  }

  account(id: string): HeldAccount {
    const found = this.accounts.get(id)
    if (found === undefined) throw refuse(403, `you do not manage accounts/${id}`)
    return found
  }

  /** A location whose reviews may be seen. */
  verified(accountId: string, locationId: string): HeldLocation {
    const found = this.account(accountId).locations.get(locationId)
    if (found === undefined) throw notFound(`accounts/${accountId}/locations/${locationId}`)
    if (!found.verified) {
      throw refuse(400, `locations/${locationId} is not verified`, "FAILED_PRECONDITION")
    }
    return found
  }

  review({ accountId, locationId, reviewId }: Path): HeldReview {
    const found = this.verified(accountId, locationId).reviews.get(reviewId)
    if (found === undefined) throw notFound(`accounts/${accountId}/locations/${locationId}/reviews/${reviewId}`)
    return found
  }

  /** The location with the fields of the mask alone: a field of a field brings the whole. */
  masked(location: Location, mask: ReadonlyArray<string>): Location {
    const wanted = mask.map((field) => {
      const name = field.split(".", 1)[0]!
      if (!Object.hasOwn(Schemas.Location.fields, name)) {
        throw new Emulator.EmulatorError({
          status: 400,
          message: "Request contains an invalid argument.",
          issues: [{ path: "read_mask", message: `${field} is no field of a location` }]
        })
      }
      return name
    })
    return Object.fromEntries(Object.entries(location).filter(([name]) => wanted.includes(name)))
  }

  reply(path: Path, comment: string, now: number) {
    const one = this.review(path)
    const changed = one.review.reviewReply === undefined ? "created" as const : "updated" as const
    const reply = { comment, updateTime: new Date(now).toISOString() }
    one.review = { ...one.review, reviewReply: reply }
    return { changed, reply }
  }

  deleteReply(path: Path): void {
    const one = this.review(path)
    const { reviewReply, ...review } = one.review
    if (reviewReply === undefined) throw notFound(`reply to ${review.name}`)
    one.review = review
  }

  setting(accountId: string): Setting {
    this.account(accountId)
    return this.#settings.get(accountId) ??
      { name: `accounts/${accountId}/notificationSetting`, notificationTypes: [] }
  }

  /** What the mask names and the input lacks is taken away. */
  changeSetting(
    accountId: string,
    mask: ReadonlyArray<"notificationTypes" | "pubsubTopic">,
    input: typeof Schemas.NotificationSettingInput.Type
  ): Setting {
    const { name = "", notificationTypes, pubsubTopic } = this.setting(accountId)
    const types = mask.includes("notificationTypes") ? input.notificationTypes ?? [] : notificationTypes
    const topic = mask.includes("pubsubTopic") ? input.pubsubTopic : pubsubTopic
    if (types.length > 0 && topic === undefined) throw refuse(400, "pubsubTopic is needed where there are types")
    const setting: Setting = {
      name,
      notificationTypes: types,
      ...(topic === undefined ? undefined : { pubsubTopic: topic })
    }
    this.#settings.set(accountId, setting)
    return setting
  }

  snapshot() {
    return [...this.accounts.values()].map(({ account, locations }) => ({
      ...account,
      locations: [...locations.values()].map(({ location, reviews, verified }) => ({
        ...location,
        verified,
        reviews: [...reviews.values()].map(({ review }) => review)
      })),
      notificationSetting: this.#settings.get(account.name.slice("accounts/".length))
    }))
  }
}

const changedAt = ({ review: { updateTime = "" } }: HeldReview): number => Date.parse(updateTime) || 0

/**
 * What was changed last first, or by stars.
 *
 * @since 0.1.0
 * @category lists
 */
export const sorted = (reviews: Array<HeldReview>, orderBy = "updateTime desc"): ReadonlyArray<HeldReview> => {
  if (orderBy === "updateTime desc") return reviews.sort((one, other) => changedAt(other) - changedAt(one))
  const sign = orderBy === "rating" ? 1 : -1
  return reviews.sort((one, other) => sign * (one.stars - other.stars))
}

/**
 * A page of a list. A token is good for the list that it came from, `of`, and no other.
 *
 * @since 0.1.0
 * @category lists
 */
export const pageOf = <A>(
  all: ReadonlyArray<A>,
  { pageSize, pageToken }: { readonly pageSize?: number; readonly pageToken?: string },
  most: number,
  of: unknown
) => {
  const tokenOf = (start: number) => Encoding.encodeBase64Url(JSON.stringify([start, of]))
  const size = pageSize ?? most
  let start = 0
  while (pageToken !== undefined && tokenOf(start) !== pageToken) {
    if (start >= all.length) throw refuse(400, "the page token is of another list")
    start++
  }
  const end = start + size
  return {
    items: all.slice(start, end),
    next: end < all.length ? { nextPageToken: tokenOf(end) } : undefined
  }
}
