/**
 * What Yelp is sent, and what it answers.
 *
 * What is sent is strict: a request that Yelp is known to refuse fails before it leaves. What is read is tolerant: unknown
 * fields pass, `null` stands for an absent field, and an enumeration is read as a string.
 *
 * Sources: docs.developer.yelp.com (limits, webhooks); for parameters and fields accounts of Yelp's reference by others, since
 * Yelp publishes no OpenAPI document.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { Field } from "holdfast"

// ---------------------------------------------------------------------------------------------------------------------
// sent
// ---------------------------------------------------------------------------------------------------------------------

const whole = (least: number, most: number) =>
  Field.may(Schema.NumberFromString.pipe(Schema.int(), Schema.between(least, most)))

const degrees = (most: number) => Field.may(Schema.NumberFromString.pipe(Schema.finite(), Schema.between(-most, most)))

const place = { latitude: degrees(90), longitude: degrees(180) }

const isPlace = (params: { readonly latitude?: number; readonly longitude?: number }) =>
  (params.latitude === undefined) === (params.longitude === undefined)

const locale = {
  locale: Field.may(
    Schema.String.pipe(Schema.pattern(/^[a-z]{2,3}_[A-Z]{2}$/, { message: () => "a locale such as en_US" }))
  )
}

const Word = Schema.String.pipe(Schema.pattern(/^[^,]+$/, { message: () => "a name without a comma" }))

const paging = { limit: whole(1, 50), offset: whole(0, 1000) }

/**
 * Where: `location`, or `latitude` and `longitude`. `limit` is 1 to 50, Yelp's default 20. `limit` and `offset` may come to
 * 240 together: the pages that `searched` asks for do.
 *
 * @since 0.1.0
 * @category sent
 */
export const SearchParams = Schema.Struct({
  location: Field.may(Schema.NonEmptyTrimmedString.pipe(Schema.maxLength(250))),
  ...place,
  term: Field.may(Schema.NonEmptyTrimmedString),
  /** Metres. */
  radius: whole(0, 40_000),
  /** By alias. */
  categories: Field.may(Field.csv(Word)),
  ...locale,
  /** 1 for `$`, to 4 for `$$$$`. */
  price: Field.may(Field.csv(Schema.Literal("1", "2", "3", "4"))),
  open_now: Field.may(Schema.BooleanFromString),
  /** Epoch seconds. */
  open_at: Field.may(Schema.NumberFromString.pipe(Schema.int())),
  attributes: Field.may(Field.csv(Word)),
  sort_by: Field.may(Schema.Literal("best_match", "rating", "review_count", "distance")),
  ...paging
}).pipe(
  Schema.filter((params) =>
    !isPlace(params)
      ? "latitude and longitude come together"
      : params.location !== undefined || params.latitude !== undefined ||
        "where? give location, or latitude and longitude"
  ),
  Schema.filter((params) =>
    params.open_now === undefined || params.open_at === undefined || "one of open_now and open_at"
  )
)

/**
 * @since 0.1.0
 * @category sent
 */
export const PhoneSearchParams = Schema.Struct({
  phone: Schema.String.pipe(Schema.pattern(/^\+[1-9]\d{1,14}$/, { message: () => "a number such as +14157492060" })),
  ...locale
})

/**
 * @since 0.1.0
 * @category sent
 */
export const MatchParams = Schema.Struct({
  name: Schema.NonEmptyTrimmedString,
  address1: Schema.NonEmptyTrimmedString,
  city: Schema.NonEmptyTrimmedString,
  state: Schema.NonEmptyTrimmedString,
  country: Schema.String.pipe(Schema.pattern(/^[A-Z]{2}$/, { message: () => "a country such as US" })),
  postal_code: Field.may(Schema.NonEmptyTrimmedString),
  phone: Field.may(PhoneSearchParams.fields.phone),
  ...place,
  limit: whole(1, 10),
  match_threshold: Field.may(Schema.Literal("none", "default", "strict"))
}).pipe(Schema.filter((params) => isPlace(params) || "latitude and longitude come together"))

/**
 * @since 0.1.0
 * @category sent
 */
export const LocaleParams = Schema.Struct(locale)

/**
 * @since 0.1.0
 * @category sent
 */
export const ReviewListParams = Schema.Struct({
  ...locale,
  sort_by: Field.may(Schema.Literal("yelp_sort", "newest")),
  ...paging
})

/**
 * @since 0.1.0
 * @category sent
 */
export const AutocompleteParams = Schema.Struct({ text: Schema.NonEmptyTrimmedString, ...place, ...locale }).pipe(
  Schema.filter((params) => isPlace(params) || "latitude and longitude come together")
)

// ---------------------------------------------------------------------------------------------------------------------
// read
// ---------------------------------------------------------------------------------------------------------------------

const Coordinates = Schema.Struct({ latitude: Field.maybe(Schema.Number), longitude: Field.maybe(Schema.Number) })

/**
 * @since 0.1.0
 * @category read
 */
export const Business = Schema.Struct({
  id: Schema.String,
  alias: Field.maybe(Schema.String),
  name: Field.maybe(Schema.String),
  image_url: Field.maybe(Schema.String),
  /** For good; not whether it is open now. */
  is_closed: Field.maybe(Schema.Boolean),
  url: Field.maybe(Schema.String),
  review_count: Field.maybe(Schema.Number),
  categories: Field.list(Schema.Struct({ alias: Field.maybe(Schema.String), title: Field.maybe(Schema.String) })),
  rating: Field.maybe(Schema.Number),
  coordinates: Field.maybe(Coordinates),
  transactions: Field.list(Schema.String),
  /** `$` to `$$$$` */
  price: Field.maybe(Schema.String),
  location: Field.maybe(Schema.Struct({
    address1: Field.maybe(Schema.String),
    address2: Field.maybe(Schema.String),
    address3: Field.maybe(Schema.String),
    city: Field.maybe(Schema.String),
    zip_code: Field.maybe(Schema.String),
    country: Field.maybe(Schema.String),
    state: Field.maybe(Schema.String),
    display_address: Field.list(Schema.String)
  })),
  phone: Field.maybe(Schema.String),
  display_phone: Field.maybe(Schema.String),
  /** Metres from where the search was. */
  distance: Field.maybe(Schema.Number)
})

/**
 * @since 0.1.0
 * @category read
 */
export const BusinessDetail = Schema.Struct({
  ...Business.fields,
  is_claimed: Field.maybe(Schema.Boolean),
  photos: Field.list(Schema.String),
  hours: Field.list(Schema.Struct({
    hours_type: Field.maybe(Schema.String),
    is_open_now: Field.maybe(Schema.Boolean),
    /** `day` is 0 on Mondays; `start` and `end` are as in `0900`. */
    open: Field.list(Schema.Struct({
      day: Field.maybe(Schema.Number),
      start: Field.maybe(Schema.String),
      end: Field.maybe(Schema.String),
      is_overnight: Field.maybe(Schema.Boolean)
    }))
  }))
})

/**
 * @since 0.1.0
 * @category read
 */
export const BusinessPage = Schema.Struct({
  /** Of all that are found, of which Yelp shows 240. */
  total: Field.maybe(Schema.Number),
  businesses: Field.list(Business),
  region: Field.maybe(Schema.Struct({ center: Field.maybe(Coordinates) }))
})

/**
 * @since 0.1.0
 * @category read
 */
export const Review = Schema.Struct({
  id: Schema.String,
  url: Field.maybe(Schema.String),
  /** The beginning of it. */
  text: Field.maybe(Schema.String),
  rating: Field.maybe(Schema.Number),
  /** `2026-01-31 12:00:00`, without its zone. */
  time_created: Field.maybe(Schema.String),
  user: Field.maybe(Schema.Struct({
    id: Field.maybe(Schema.String),
    name: Field.maybe(Schema.String),
    profile_url: Field.maybe(Schema.String),
    image_url: Field.maybe(Schema.String)
  }))
})

/**
 * @since 0.1.0
 * @category read
 */
export const ReviewPage = Schema.Struct({
  /** Of all that there are, of which Yelp shows three, or more on a larger plan. */
  total: Field.maybe(Schema.Number),
  possible_languages: Field.list(Schema.String),
  reviews: Field.list(Review)
})

/**
 * @since 0.1.0
 * @category read
 */
export const Suggestions = Schema.Struct({
  terms: Field.list(Schema.Struct({ text: Field.maybe(Schema.String) })),
  businesses: Field.list(Schema.Struct({ id: Field.maybe(Schema.String), name: Field.maybe(Schema.String) })),
  categories: Field.list(Schema.Struct({ alias: Field.maybe(Schema.String), title: Field.maybe(Schema.String) }))
})

/**
 * @since 0.1.0
 * @category read
 */
export const Category = Schema.Struct({
  alias: Schema.String,
  title: Field.maybe(Schema.String),
  parent_aliases: Field.list(Schema.String),
  country_whitelist: Field.list(Schema.String),
  country_blacklist: Field.list(Schema.String)
})

/**
 * @since 0.1.0
 * @category read
 */
export const Categories = Schema.Struct({ categories: Field.list(Category) })

/**
 * One category: as `category`, or as the only one of `categories`.
 *
 * @since 0.1.0
 * @category read
 */
export const CategoryAnswer = Schema.Struct({ category: Field.maybe(Category), categories: Field.list(Category) })

// ---------------------------------------------------------------------------------------------------------------------
// webhooks
// ---------------------------------------------------------------------------------------------------------------------

/**
 * What Yelp tells its partners of a business: that there is a new review.
 *
 * @since 0.1.0
 * @category webhooks
 */
export const BusinessWebhook = Schema.Struct({
  /** Without its zone. */
  time: Field.maybe(Schema.String),
  object: Field.maybe(Schema.String),
  data: Schema.Struct({
    id: Schema.String,
    updates: Field.list(Schema.Struct({
      /** `NEW_REVIEW_EVENT` */
      event_type: Schema.String,
      review_id: Field.maybe(Schema.String),
      rating: Field.maybe(Schema.Number),
      language: Field.maybe(Schema.String),
      user_id: Field.maybe(Schema.String)
    }))
  })
})
