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
import { Field } from "holdfast"

// ---------------------------------------------------------------------------------------------------------------------
// sent
// ---------------------------------------------------------------------------------------------------------------------

const MaskField = Schema.String.pipe(
  Schema.pattern(/^(\*|[A-Za-z]+(\.[A-Za-z]+)*)$/, { message: () => "a field such as places.displayName, or *" })
)

/**
 * The fields that are wanted, which is also what is billed: `["id", "displayName"]` of one place, `["places.id",
 * "nextPageToken"]` of a search.
 *
 * @since 0.1.0
 * @category sent
 */
export const FieldMask = Field.csv(MaskField)

/**
 * @since 0.1.0
 * @category sent
 */
export const Mask = Schema.Struct({ "x-goog-fieldmask": FieldMask })

/**
 * @since 0.1.0
 * @category sent
 */
export const OptionalMask = Schema.Struct({ "x-goog-fieldmask": Field.may(FieldMask) })

const Point = Schema.Struct({
  latitude: Schema.Finite.pipe(Schema.between(-90, 90)),
  longitude: Schema.Finite.pipe(Schema.between(-180, 180))
})

const Circle = Schema.Struct({ center: Point, radius: Schema.Finite.pipe(Schema.between(0, 50_000)) })

const Rectangle = Schema.Struct({ low: Point, high: Point })

/** Of both one would be sent, and the other be dropped without a word. */
const otherBias = Schema.optionalWith(Schema.Never.annotations({ message: () => "one of circle and rectangle" }), {
  exact: true
})

const Bias = Schema.Union(
  Schema.Struct({ circle: Circle, rectangle: otherBias }),
  Schema.Struct({ circle: otherBias, rectangle: Rectangle })
)

const twenty = Schema.Int.pipe(Schema.between(1, 20))

const languages = {
  languageCode: Field.may(Schema.NonEmptyString),
  regionCode: Field.may(Schema.String.pipe(Schema.pattern(/^[a-z]{2}$/i, { message: () => "a region of two letters" })))
}

/**
 * @since 0.1.0
 * @category sent
 */
export const SearchTextInput = Schema.Struct({
  ...languages,
  textQuery: Schema.NonEmptyString,
  pageSize: Field.may(twenty),
  pageToken: Field.may(Schema.NonEmptyString),
  includedType: Field.may(Schema.NonEmptyString),
  strictTypeFiltering: Field.may(Schema.Boolean),
  locationBias: Field.may(Bias),
  locationRestriction: Field.may(Schema.Struct({ rectangle: Rectangle })),
  openNow: Field.may(Schema.Boolean),
  minRating: Field.may(Schema.Finite.pipe(Schema.between(0, 5))),
  priceLevels: Field.may(Schema.Array(Schema.Literal(
    "PRICE_LEVEL_INEXPENSIVE",
    "PRICE_LEVEL_MODERATE",
    "PRICE_LEVEL_EXPENSIVE",
    "PRICE_LEVEL_VERY_EXPENSIVE"
  ))),
  rankPreference: Field.may(Schema.Literal("RELEVANCE", "DISTANCE"))
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
  includedTypes: Field.may(Schema.Array(Schema.NonEmptyString)),
  excludedTypes: Field.may(Schema.Array(Schema.NonEmptyString)),
  maxResultCount: Field.may(twenty),
  rankPreference: Field.may(Schema.Literal("POPULARITY", "DISTANCE"))
})

/**
 * @since 0.1.0
 * @category sent
 */
export const AutocompleteInput = Schema.Struct({
  ...languages,
  input: Schema.NonEmptyString,
  /** Of one person's typing, up to the `get` that ends it: Google then bills both as one. */
  sessionToken: Field.may(Schema.NonEmptyString),
  includedPrimaryTypes: Field.may(Schema.Array(Schema.NonEmptyString).pipe(Schema.maxItems(5))),
  includedRegionCodes: Field.may(Schema.Array(Schema.NonEmptyString)),
  locationBias: Field.may(Bias)
})

/**
 * @since 0.1.0
 * @category sent
 */
export const GetParams = Schema.Struct({ ...languages, sessionToken: Field.may(Schema.NonEmptyString) })

const pixels = Schema.NumberFromString.pipe(Schema.int(), Schema.between(1, 4800))

/**
 * Without `skipHttpRedirect` the answer is the picture, by a redirect to another host, which is not followed.
 *
 * @since 0.1.0
 * @category sent
 */
export const PhotoParams = Schema.Struct({
  maxWidthPx: Field.may(pixels),
  maxHeightPx: Field.may(pixels),
  skipHttpRedirect: Schema.Literal("true")
}).pipe(
  Schema.filter((params) => "maxWidthPx" in params || "maxHeightPx" in params || "maxWidthPx or maxHeightPx, or both")
)

// ---------------------------------------------------------------------------------------------------------------------
// read
// ---------------------------------------------------------------------------------------------------------------------

const LocalizedText = Schema.Struct({ text: Field.maybe(Schema.String), languageCode: Field.maybe(Schema.String) })

/**
 * @since 0.1.0
 * @category read
 */
export const Review = Schema.Struct({
  name: Field.maybe(Schema.String),
  /** From 1 to 5. */
  rating: Field.maybe(Schema.Number),
  /** In the language that was asked for, by a translation where there is one. */
  text: Field.maybe(LocalizedText),
  /** As it was written. */
  originalText: Field.maybe(LocalizedText),
  publishTime: Field.maybe(Schema.String),
  relativePublishTimeDescription: Field.maybe(Schema.String),
  /** The day may be missing. */
  visitDate: Field.maybe(
    Schema.Struct({
      year: Field.maybe(Schema.Number),
      month: Field.maybe(Schema.Number),
      day: Field.maybe(Schema.Number)
    })
  ),
  /** Google wants it shown with the review. */
  authorAttribution: Field.maybe(
    Schema.Struct({
      displayName: Field.maybe(Schema.String),
      uri: Field.maybe(Schema.String),
      photoUri: Field.maybe(Schema.String)
    })
  ),
  googleMapsUri: Field.maybe(Schema.String),
  /** Where it can be reported. */
  flagContentUri: Field.maybe(Schema.String)
})

/**
 * @since 0.1.0
 * @category read
 */
export const Place = Schema.Struct({
  id: Field.maybe(Schema.String),
  /** `places/ID` */
  name: Field.maybe(Schema.String),
  displayName: Field.maybe(LocalizedText),
  formattedAddress: Field.maybe(Schema.String),
  location: Field.maybe(Schema.Struct({ latitude: Field.maybe(Schema.Number), longitude: Field.maybe(Schema.Number) })),
  types: Field.list(Schema.String),
  primaryType: Field.maybe(Schema.String),
  businessStatus: Field.maybe(Schema.String),
  priceLevel: Field.maybe(Schema.String),
  /** From 1.0 to 5.0. */
  rating: Field.maybe(Schema.Number),
  userRatingCount: Field.maybe(Schema.Number),
  googleMapsUri: Field.maybe(Schema.String),
  websiteUri: Field.maybe(Schema.String),
  nationalPhoneNumber: Field.maybe(Schema.String),
  internationalPhoneNumber: Field.maybe(Schema.String),
  regularOpeningHours: Field.maybe(
    Schema.Struct({ openNow: Field.maybe(Schema.Boolean), weekdayDescriptions: Field.list(Schema.String) })
  ),
  photos: Field.list(
    Schema.Struct({
      name: Field.maybe(Schema.String),
      widthPx: Field.maybe(Schema.Number),
      heightPx: Field.maybe(Schema.Number)
    })
  ),
  /** The five most relevant: there are no others. */
  reviews: Field.list(Review),
  /** Written by a machine, from all of them. */
  reviewSummary: Field.maybe(
    Schema.Struct({
      text: Field.maybe(LocalizedText),
      disclosureText: Field.maybe(LocalizedText),
      flagContentUri: Field.maybe(Schema.String),
      reviewsUri: Field.maybe(Schema.String)
    })
  )
})

/**
 * @since 0.1.0
 * @category read
 */
export const Places = Schema.Struct({ places: Field.list(Place), nextPageToken: Field.maybe(Schema.String) })

/**
 * @since 0.1.0
 * @category read
 */
export const Suggestions = Schema.Struct({
  suggestions: Field.list(Schema.Struct({
    placePrediction: Field.maybe(
      Schema.Struct({
        /** `places/ID` */
        place: Field.maybe(Schema.String),
        placeId: Field.maybe(Schema.String),
        text: Field.maybe(LocalizedText),
        types: Field.list(Schema.String)
      })
    ),
    queryPrediction: Field.maybe(Schema.Struct({ text: Field.maybe(LocalizedText) }))
  }))
})

/**
 * @since 0.1.0
 * @category read
 */
export const Photo = Schema.Struct({ name: Field.maybe(Schema.String), photoUri: Schema.String })
