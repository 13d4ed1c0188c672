/** Every operation of Yelp, its answer checked. */
import { deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { Effect } from "effect"
import type * as Kit from "./kit.js"

export const everything = Effect.fnUntraced(function*(yelp: Kit.Client) {
  const found = yield* yelp.businesses.search({
    urlParams: {
      categories: ["coffee", "bakeries"],
      limit: 2,
      locale: "en_US",
      location: "San Francisco, CA",
      offset: 1,
      open_now: true,
      price: ["1", "3"],
      sort_by: "review_count",
      term: "number"
    }
  })
  deepStrictEqual(found.businesses.map(({ name, price }) => [name, price]), [
    ["Bakeries Number 257", "$"],
    ["Coffee & Tea Number 253", "$"]
  ])
  strictEqual(found.total, 87)
  deepStrictEqual(found.region?.center, { latitude: 37.7, longitude: -122.4 })

  const near = yield* yelp.businesses.search({
    urlParams: {
      attributes: ["hot_and_new"],
      latitude: 37.7,
      longitude: -122.4,
      open_at: 1_800_000_000,
      radius: 20,
      sort_by: "distance"
    }
  })
  deepStrictEqual(near.businesses.map(({ distance, name }) => [Math.round(distance ?? -1), name]), [
    [0, "Coffee & Tea Number 1"],
    [11, "Bakeries Number 2"]
  ])

  const byPhone = yield* yelp.businesses.searchByPhone({ urlParams: { locale: "en_US", phone: "+14155550007" } })
  deepStrictEqual(byPhone.businesses.map(({ phone }) => phone), ["+14155550007"])

  const matched = yield* yelp.businesses.match({
    urlParams: {
      address1: "2 Analytical Way",
      city: "San Francisco",
      country: "US",
      latitude: 37.7,
      limit: 1,
      longitude: -122.4,
      match_threshold: "strict",
      name: "Bakeries Number 2",
      phone: "+14155550002",
      postal_code: "94103",
      state: "CA"
    }
  })
  const id = matched.businesses[0]?.id ?? ""
  strictEqual(id, "fake-business-00000002")

  const one = yield* yelp.businesses.get({ path: { business: id }, urlParams: { locale: "en_US" } })
  deepStrictEqual([one.name, one.is_claimed, one.hours[0]?.open[0]?.start], ["Bakeries Number 2", true, "0900"])
  // by its alias
  strictEqual((yield* yelp.businesses.get({ path: { business: one.alias ?? "" } })).id, id)

  const { reviews, total } = yield* yelp.reviews.list({
    path: { business: id },
    urlParams: { limit: 2, locale: "en_US", offset: 1, sort_by: "newest" }
  })
  deepStrictEqual([reviews.map(({ rating, time_created }) => [rating, time_created]), total], [
    [[3, "2026-01-02 12:00:00"], [4, "2026-01-01 12:00:00"]],
    2
  ])

  const typed = yield* yelp.autocomplete.suggest({
    urlParams: { latitude: 37.7, locale: "en_US", longitude: -122.4, text: "book" }
  })
  deepStrictEqual(typed.categories, [{ alias: "bookstores", title: "Bookstores" }])
  strictEqual(typed.businesses.length, 3)

  const { categories } = yield* yelp.categories.list({ urlParams: { locale: "en_US" } })
  deepStrictEqual(categories.map(({ alias }) => alias), ["coffee", "bakeries", "bookstores"])
  const { category } = yield* yelp.categories.get({ path: { alias: "coffee" }, urlParams: { locale: "en_US" } })
  deepStrictEqual(category?.parent_aliases, ["food"])
})
