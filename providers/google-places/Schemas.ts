/**
 * What the Places API (New) is sent, and what it answers.
 *
 * What is sent is strict: a request that Google is known to refuse fails before it leaves. What is read is tolerant: unknown
 * fields pass, an enum is read as a string, and every field may be absent, since only those of the field mask come.
 *
 * Source: the discovery document of the Places API, v1, revision 20260729.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"

/** A field that may be left out of what is sent. */
const may = <S extends Schema.Schema.All>(schema: S) => Schema.optionalWith(schema, { exact: true })

/** An absent field, read also where it is spelled `null`. */
const maybe = <A, I, R>(schema: Schema.Schema<A, I, R>) => Schema.optionalWith(schema, { exact: true, nullable: true })

const list = <A, I, R>(schema: Schema.Schema<A, I, R>) =>
  Schema.optionalWith(Schema.Array(schema), { default: () => [], exact: true, nullable: true })

// ---------------------------------------------------------------------------------------------------------------------
// sent
// ---------------------------------------------------------------------------------------------------------------------

const Field = Schema.String.pipe(
  Schema.pattern(/^(\*|[A-Za-z]+(\.[A-Za-z]+)*)$/, { message: () => "a field such as places.displayName, or *" })
)

/**
 * The fields that are wanted, which is also what is billed: `["id", "displayName"]` of one place, `["places.id",
 * "nextPageToken"]` of a search.
 *
 * @since 0.1.0
 * @category sent
 */
export const FieldMask = Schema.transform(Schema.String, Schema.NonEmptyArray(Field), {
  // what is split is looked at by `Field`
  strict: false,
  decode: (text) => text.split(","),
  encode: (fields) => fields.join(",")
})

/**
 * @since 0.1.0
 * @category sent
 */
export const Mask = Schema.Struct({ "x-goog-fieldmask": FieldMask })

/**
 * @since 0.1.0
 * @category sent
 */
export const OptionalMask = Schema.Struct({ "x-goog-fieldmask": may(FieldMask) })

const Point = Schema.Struct({
  latitude: Schema.Finite.pipe(Schema.between(-90, 90)),
  longitude: Schema.Finite.pipe(Schema.between(-180, 180))
})

const Circle = Schema.Struct({ center: Point, radius: Schema.Finite.pipe(Schema.between(0, 50_000)) })

const Rectangle = Schema.Struct({ low: Point, high: Point })

const Bias = Schema.Union(Schema.Struct({ circle: Circle }), Schema.Struct({ rectangle: Rectangle }))

const twenty = Schema.Int.pipe(Schema.between(1, 20))

const languages = {
  languageCode: may(Schema.NonEmptyString),
  regionCode: may(Schema.String.pipe(Schema.pattern(/^[a-z]{2}$/i, { message: () => "a region of two letters" })))
}

/**
 * @since 0.1.0
 * @category sent
 */
export const SearchTextInput = Schema.Struct({
  ...languages,
  textQuery: Schema.NonEmptyString,
  pageSize: may(twenty),
  pageToken: may(Schema.NonEmptyString),
  includedType: may(Schema.NonEmptyString),
  strictTypeFiltering: may(Schema.Boolean),
  locationBias: may(Bias),
  locationRestriction: may(Schema.Struct({ rectangle: Rectangle })),
  openNow: may(Schema.Boolean),
  minRating: may(Schema.Finite.pipe(Schema.between(0, 5))),
  priceLevels: may(Schema.Array(Schema.Literal(
    "PRICE_LEVEL_INEXPENSIVE",
    "PRICE_LEVEL_MODERATE",
    "PRICE_LEVEL_EXPENSIVE",
    "PRICE_LEVEL_VERY_EXPENSIVE"
  ))),
  rankPreference: may(Schema.Literal("RELEVANCE", "DISTANCE"))
}).pipe(
  Schema.filter((input) =>
    !("locationBias" in input && "locationRestriction" in input) || "one of locationBias and locationRestriction"
  )
)

/**
 * @since 0.1.0
 * @category sent
 */
export const SearchNearbyInput = Schema.Struct({
  ...languages,
  locationRestriction: Schema.Struct({ circle: Circle }),
  includedTypes: may(Schema.Array(Schema.NonEmptyString)),
  excludedTypes: may(Schema.Array(Schema.NonEmptyString)),
  maxResultCount: may(twenty),
  rankPreference: may(Schema.Literal("POPULARITY", "DISTANCE"))
})

/**
 * @since 0.1.0
 * @category sent
 */
export const AutocompleteInput = Schema.Struct({
  ...languages,
  input: Schema.NonEmptyString,
  /** Of one person's typing, up to the `get` that ends it: Google then bills both as one. */
  sessionToken: may(Schema.NonEmptyString),
  includedPrimaryTypes: may(Schema.Array(Schema.NonEmptyString).pipe(Schema.maxItems(5))),
  includedRegionCodes: may(Schema.Array(Schema.NonEmptyString)),
  locationBias: may(Bias)
})

/**
 * @since 0.1.0
 * @category sent
 */
export const GetParams = Schema.Struct({ ...languages, sessionToken: may(Schema.NonEmptyString) })

const pixels = Schema.NumberFromString.pipe(Schema.int(), Schema.between(1, 4800))

/**
 * Without `skipHttpRedirect` the answer is the picture, by a redirect to another host, which is not followed.
 *
 * @since 0.1.0
 * @category sent
 */
export const PhotoParams = Schema.Struct({
  maxWidthPx: may(pixels),
  maxHeightPx: may(pixels),
  skipHttpRedirect: Schema.Literal("true")
}).pipe(
  Schema.filter((params) => "maxWidthPx" in params || "maxHeightPx" in params || "maxWidthPx or maxHeightPx, or both")
)

// ---------------------------------------------------------------------------------------------------------------------
// read
// ---------------------------------------------------------------------------------------------------------------------

const LocalizedText = Schema.Struct({ text: maybe(Schema.String), languageCode: maybe(Schema.String) })

/**
 * @since 0.1.0
 * @category read
 */
export const Review = Schema.Struct({
  name: maybe(Schema.String),
  /** From 1 to 5. */
  rating: maybe(Schema.Number),
  text: maybe(LocalizedText),
  publishTime: maybe(Schema.String),
  relativePublishTimeDescription: maybe(Schema.String),
  authorAttribution: maybe(Schema.Struct({ displayName: maybe(Schema.String), uri: maybe(Schema.String) }))
})

/**
 * @since 0.1.0
 * @category read
 */
export const Place = Schema.Struct({
  id: maybe(Schema.String),
  /** `places/ID` */
  name: maybe(Schema.String),
  displayName: maybe(LocalizedText),
  formattedAddress: maybe(Schema.String),
  location: maybe(Schema.Struct({ latitude: maybe(Schema.Number), longitude: maybe(Schema.Number) })),
  types: list(Schema.String),
  primaryType: maybe(Schema.String),
  businessStatus: maybe(Schema.String),
  priceLevel: maybe(Schema.String),
  /** From 1.0 to 5.0. */
  rating: maybe(Schema.Number),
  userRatingCount: maybe(Schema.Number),
  googleMapsUri: maybe(Schema.String),
  websiteUri: maybe(Schema.String),
  nationalPhoneNumber: maybe(Schema.String),
  internationalPhoneNumber: maybe(Schema.String),
  regularOpeningHours: maybe(
    Schema.Struct({ openNow: maybe(Schema.Boolean), weekdayDescriptions: list(Schema.String) })
  ),
  photos: list(
    Schema.Struct({ name: maybe(Schema.String), widthPx: maybe(Schema.Number), heightPx: maybe(Schema.Number) })
  ),
  reviews: list(Review)
})

/**
 * @since 0.1.0
 * @category read
 */
export const Places = Schema.Struct({ places: list(Place), nextPageToken: maybe(Schema.String) })

/**
 * @since 0.1.0
 * @category read
 */
export const Suggestions = Schema.Struct({
  suggestions: list(Schema.Struct({
    placePrediction: maybe(
      Schema.Struct({ placeId: maybe(Schema.String), text: maybe(LocalizedText), types: list(Schema.String) })
    ),
    queryPrediction: maybe(Schema.Struct({ text: maybe(LocalizedText) }))
  }))
})

/**
 * @since 0.1.0
 * @category read
 */
export const Photo = Schema.Struct({ name: maybe(Schema.String), photoUri: Schema.String })
