/**
 * How the emulated Yelp finds.
 *
 * @since 0.1.0
 */
import { Emulator } from "holdfast/testing"
import type * as Schemas from "../Schemas.js"
import type { Business, Category } from "./Data.js"

type Params = typeof Schemas.SearchParams.Type
type Brief = typeof Schemas.Business.Type

/**
 * @since 0.1.0
 * @category errors
 */
export const invalid = (path: string, message: string) =>
  new Emulator.EmulatorError({ issues: [{ message, path }], message, status: 400 })

/**
 * A business as lists have it.
 *
 * @since 0.1.0
 * @category results
 */
export const brief = ({ hours: _hours, is_claimed: _claimed, photos: _photos, ...business }: Business): Brief =>
  business

const words = (text: string): ReadonlyArray<string> =>
  text.toLowerCase().split(/[^\p{L}\p{N}]+/u).filter((word) => word !== "")

const within = (text: string, wanted: string): boolean => {
  const has = new Set(words(text))
  return words(wanted).every((word) => has.has(word))
}

interface Place {
  readonly latitude?: number
  readonly longitude?: number
}

/** Metres, as on a plane. */
const distance = (one: Place | undefined, { latitude = 0, longitude = 0 }: Place): number =>
  111_000 * Math.hypot(
    (one?.latitude ?? 0) - latitude,
    ((one?.longitude ?? 0) - longitude) * Math.cos((latitude * Math.PI) / 180)
  )

const placeOf = (businesses: ReadonlyArray<Business>, { latitude, location = "", longitude }: Params): Place => {
  if (latitude !== undefined && longitude !== undefined) return { latitude, longitude }
  const there = businesses.find((business) =>
    within([...business.location?.display_address ?? [], business.location?.country].join(" "), location)
  )
  if (there?.coordinates === undefined) {
    throw new Emulator.EmulatorError({
      code: "LOCATION_NOT_FOUND",
      message: `${location} is nowhere`,
      status: 400
    })
  }
  return there.coordinates
}

const orders: Readonly<Record<string, (one: Brief, other: Brief) => number>> = {
  distance: (one, other) => (one.distance ?? 0) - (other.distance ?? 0),
  rating: (one, other) => (other.rating ?? 0) - (one.rating ?? 0),
  review_count: (one, other) => (other.review_count ?? 0) - (one.review_count ?? 0)
}

/**
 * All that a search finds.
 *
 * @since 0.1.0
 * @category results
 */
export const search = (businesses: ReadonlyArray<Business>, params: Params) => {
  const center = placeOf(businesses, params)
  const { categories, open_now, price, radius = 40_000, sort_by = "best_match", term } = params
  const found = businesses
    .filter((business) =>
      (term === undefined ||
        within([business.name, ...business.categories.map(({ title }) => title)].join(" "), term)) &&
      (categories?.some((alias) => business.categories.some((one) => one.alias === alias)) ?? true) &&
      (price?.some((level) => Number(level) === business.price?.length) ?? true) &&
      (open_now !== true || business.hours.some(({ is_open_now }) => is_open_now === true))
    )
    .map((business) => ({ ...brief(business), distance: distance(business.coordinates, center) }))
    .filter((business) => business.distance <= radius)
  const order = orders[sort_by]
  return { center, found: order === undefined ? found : found.sort(order) }
}

const same = (one: string | undefined, other: string): boolean => words(one ?? "").join(" ") === words(other).join(" ")

/**
 * With the threshold `none` a name will do that is a part of the other; with `strict` the address has to be the same.
 *
 * @since 0.1.0
 * @category results
 */
export const match = (businesses: ReadonlyArray<Business>, params: typeof Schemas.MatchParams.Type) => {
  const { address1, city, country, limit = 3, match_threshold = "default", name, state } = params
  return businesses.filter((business) => {
    const { location } = business
    const isThere = same(location?.city, city) && location?.state === state && location.country === country
    const isNamed = match_threshold === "none" ? within(business.name ?? "", name) : same(business.name, name)
    return isThere && isNamed && (match_threshold !== "strict" || same(location.address1, address1))
  }).slice(0, limit).map(brief)
}

/**
 * @since 0.1.0
 * @category results
 */
export const suggest = (
  businesses: ReadonlyArray<Business>,
  categories: ReadonlyArray<Category>,
  text: string
): typeof Schemas.Suggestions.Type => {
  const typed = text.toLowerCase()
  const has = (name: string | undefined) => name !== undefined && name.toLowerCase().includes(typed)
  const matching = categories.filter(({ title }) => has(title))
  return {
    businesses: businesses.filter(({ name }) => has(name)).slice(0, 3).map(({ id, name = "" }) => ({ id, name })),
    categories: matching.map(({ alias, title = "" }) => ({ alias, title })),
    terms: matching.map(({ title = "" }) => ({ text: title }))
  }
}
