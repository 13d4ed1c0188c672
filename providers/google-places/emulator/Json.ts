/**
 * Other ways of saying the same, which the generated clients use.
 *
 * Source: google/maps/places/v1 of googleapis.
 *
 * @since 0.1.0
 */
import { type Emulator, ProtoJson } from "holdfast/testing"

const priceLevel = {
  PRICE_LEVEL_FREE: 1,
  PRICE_LEVEL_INEXPENSIVE: 2,
  PRICE_LEVEL_MODERATE: 3,
  PRICE_LEVEL_EXPENSIVE: 4,
  PRICE_LEVEL_VERY_EXPENSIVE: 5
}

const { hears, says } = ProtoJson.make({
  businessStatus: { OPERATIONAL: 1, CLOSED_TEMPORARILY: 2, CLOSED_PERMANENTLY: 3, FUTURE_OPENING: 4 },
  priceLevel,
  priceLevels: priceLevel,
  "places.searchNearby.rankPreference": { DISTANCE: 1, POPULARITY: 2 },
  "places.searchText.rankPreference": { DISTANCE: 1, RELEVANCE: 2 }
})

/** A search by text had another name for the size of a page, the only one that the proto has. */
const sized = (body: unknown): unknown => {
  if (typeof body !== "object" || body === null || !("maxResultCount" in body)) return body
  const { maxResultCount, ...rest } = body
  return { pageSize: maxResultCount, ...rest }
}

/**
 * @since 0.1.0
 * @category json
 */
export const json: Pick<Emulator.Spec<never, never>, "hears" | "says"> = {
  hears: (heard) => {
    const { body, ...rest } = hears(heard)
    return { ...rest, body: heard.operation === "places.searchText" ? sized(body) : body }
  },
  says
}
