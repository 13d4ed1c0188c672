/**
 * What the Business Profile APIs are sent, and what they answer.
 *
 * What is sent is strict: a request that Google is known to refuse fails before it leaves. What is read is tolerant: unknown
 * fields pass, an enumeration is read as a string, and what proto3 leaves out of its JSON is absent, or an empty list.
 *
 * Sources: the reference of My Business v4 (reviews); the discovery documents of mybusinessaccountmanagement v1 (revision
 * 20260512), mybusinessbusinessinformation v1 (20260916) and mybusinessnotifications v1 (20240707).
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { Field } from "holdfast"

// ---------------------------------------------------------------------------------------------------------------------
// ids
// ---------------------------------------------------------------------------------------------------------------------

/**
 * One of a kind, in a path: the name that Google gives it (`accounts/1`, `locations/2`, `accounts/1/locations/2`), of which
 * the last part is sent, or that part.
 *
 * @since 0.1.0
 * @category ids
 */
export const Id = (kind: "accounts" | "locations" | "reviews") =>
  Schema.transform(
    Schema.String,
    Schema.String.pipe(
      Schema.pattern(new RegExp(`^(?:(?:[a-z]+/[^/?#\\s]+/)*${kind}/)?[^/?#\\s]+$`), {
        message: () => `one of ${kind}: ${kind}/…, or what comes last in it`
      })
    ),
    { strict: true, decode: (id) => id, encode: (name) => name.slice(name.lastIndexOf("/") + 1) }
  )

// ---------------------------------------------------------------------------------------------------------------------
// sent
// ---------------------------------------------------------------------------------------------------------------------

const paging = (most: number) => ({
  pageSize: Field.may(Schema.NumberFromString.pipe(Schema.int(), Schema.between(1, most))),
  pageToken: Field.may(Schema.NonEmptyString)
})

/**
 * @since 0.1.0
 * @category sent
 */
export const AccountListParams = Schema.Struct({ filter: Field.may(Schema.NonEmptyString), ...paging(20) })

/**
 * `readMask` are the fields that are wanted: Google gives no others, and refuses a request without it.
 *
 * @since 0.1.0
 * @category sent
 */
export const LocationListParams = Schema.Struct({
  readMask: Field.csv(
    Schema.String.pipe(
      Schema.pattern(/^[a-z]\w*(\.\w+)*$/i, { message: () => "a field such as title, or metadata.placeId" })
    )
  ),
  filter: Field.may(Schema.NonEmptyString),
  orderBy: Field.may(Schema.NonEmptyString),
  ...paging(100)
})

const ReviewOrder = Schema.Literal("updateTime desc", "rating", "rating desc")

/**
 * Without `orderBy`, what was changed last comes first.
 *
 * @since 0.1.0
 * @category sent
 */
export const ReviewListParams = Schema.Struct({ orderBy: Field.may(ReviewOrder), ...paging(50) })

const LocationName = Schema.String.pipe(
  Schema.pattern(/^accounts\/[^/?#\s]+\/locations\/[^/?#\s]+$/, { message: () => "accounts/…/locations/…" })
)

/**
 * @since 0.1.0
 * @category sent
 */
export const BatchGetReviewsInput = Schema.Struct({
  locationNames: Schema.NonEmptyArray(LocationName).pipe(Schema.maxItems(200)),
  pageSize: Field.may(Schema.Int.pipe(Schema.between(1, 50))),
  pageToken: Field.may(Schema.NonEmptyString),
  orderBy: Field.may(ReviewOrder),
  ignoreRatingOnlyReviews: Field.may(Schema.Boolean)
})

const maxReplyBytes = 4096

/**
 * @since 0.1.0
 * @category sent
 */
export const ReplyInput = Schema.Struct({
  comment: Schema.NonEmptyTrimmedString.pipe(
    Schema.filter((text) => new TextEncoder().encode(text).length <= maxReplyBytes || `at most ${maxReplyBytes} bytes`)
  )
})

/**
 * What Google can tell of by Pub/Sub.
 *
 * @since 0.1.0
 * @category sent
 */
export const NotificationType = Schema.Literal(
  "NEW_REVIEW",
  "UPDATED_REVIEW",
  "GOOGLE_UPDATE",
  "NEW_CUSTOMER_MEDIA",
  // of questions and answers: a setting that has them can be written back
  "NEW_QUESTION",
  "UPDATED_QUESTION",
  "NEW_ANSWER",
  "UPDATED_ANSWER",
  "DUPLICATE_LOCATION",
  "VOICE_OF_MERCHANT_UPDATED"
)

/**
 * @since 0.1.0
 * @category sent
 */
export const NotificationSettingParams = Schema.Struct({
  updateMask: Field.csv(Schema.Literal("notificationTypes", "pubsubTopic"))
})

/**
 * With no types there are no notifications any more.
 *
 * @since 0.1.0
 * @category sent
 */
export const NotificationSettingInput = Schema.Struct({
  pubsubTopic: Field.may(
    Schema.String.pipe(
      Schema.pattern(/^projects\/[^/\s]+\/topics\/[^/\s]+$/, { message: () => "projects/…/topics/…" })
    )
  ),
  notificationTypes: Field.may(Schema.Array(NotificationType))
})

// ---------------------------------------------------------------------------------------------------------------------
// read
// ---------------------------------------------------------------------------------------------------------------------

/**
 * @since 0.1.0
 * @category read
 */
export const Account = Schema.Struct({
  /** `accounts/123` */
  name: Schema.String,
  accountName: Field.maybe(Schema.String),
  /** `PERSONAL`, `LOCATION_GROUP`, `USER_GROUP`, `ORGANIZATION` */
  type: Field.maybe(Schema.String),
  role: Field.maybe(Schema.String),
  verificationState: Field.maybe(Schema.String),
  vettedState: Field.maybe(Schema.String)
})

/**
 * @since 0.1.0
 * @category read
 */
export const AccountPage = Schema.Struct({
  accounts: Field.list(Account),
  nextPageToken: Field.maybe(Schema.String)
})

/**
 * Only the fields of the mask are there.
 *
 * @since 0.1.0
 * @category read
 */
export const Location = Schema.Struct({
  /** `locations/456`, without its account. */
  name: Field.maybe(Schema.String),
  title: Field.maybe(Schema.String),
  storeCode: Field.maybe(Schema.String),
  languageCode: Field.maybe(Schema.String),
  websiteUri: Field.maybe(Schema.String),
  phoneNumbers: Field.maybe(Schema.Struct({ primaryPhone: Field.maybe(Schema.String) })),
  storefrontAddress: Field.maybe(
    Schema.Struct({
      regionCode: Field.maybe(Schema.String),
      postalCode: Field.maybe(Schema.String),
      locality: Field.maybe(Schema.String),
      addressLines: Field.list(Schema.String)
    })
  ),
  metadata: Field.maybe(
    Schema.Struct({
      placeId: Field.maybe(Schema.String),
      mapsUri: Field.maybe(Schema.String),
      newReviewUri: Field.maybe(Schema.String),
      hasVoiceOfMerchant: Field.maybe(Schema.Boolean)
    })
  )
})

/**
 * @since 0.1.0
 * @category read
 */
export const LocationPage = Schema.Struct({
  locations: Field.list(Location),
  nextPageToken: Field.maybe(Schema.String),
  totalSize: Field.maybe(Schema.Number)
})

/**
 * Google looks at a reply before all can see it: what became of that is in `reviewReplyState` and `policyViolation`, where
 * Google says it.
 *
 * @since 0.1.0
 * @category read
 */
export const Reply = Schema.Struct({
  comment: Field.maybe(Schema.String),
  updateTime: Field.maybe(Schema.String),
  reviewReplyState: Field.maybe(Schema.String),
  policyViolation: Field.maybe(Schema.Unknown)
})

/**
 * @since 0.1.0
 * @category read
 */
export const Review = Schema.Struct({
  /** `accounts/…/locations/…/reviews/…` */
  name: Schema.String,
  reviewId: Field.maybe(Schema.String),
  reviewer: Field.maybe(
    Schema.Struct({
      displayName: Field.maybe(Schema.String),
      profilePhotoUrl: Field.maybe(Schema.String),
      isAnonymous: Field.maybe(Schema.Boolean)
    })
  ),
  /** A word, `FIVE`: see `starsOf`. */
  starRating: Field.maybe(Schema.String),
  /** Absent where somebody gave stars alone. */
  comment: Field.maybe(Schema.String),
  createTime: Field.maybe(Schema.String),
  updateTime: Field.maybe(Schema.String),
  reviewReply: Field.maybe(Reply),
  reviewMediaItems: Field.list(Schema.Unknown)
})

/**
 * @since 0.1.0
 * @category read
 */
export const ReviewPage = Schema.Struct({
  reviews: Field.list(Review),
  averageRating: Field.maybe(Schema.Number),
  totalReviewCount: Field.maybe(Schema.Number),
  nextPageToken: Field.maybe(Schema.String)
})

/**
 * @since 0.1.0
 * @category read
 */
export const LocationReviewPage = Schema.Struct({
  locationReviews: Field.list(Schema.Struct({ name: Field.maybe(Schema.String), review: Field.maybe(Review) })),
  nextPageToken: Field.maybe(Schema.String)
})

/**
 * @since 0.1.0
 * @category read
 */
export const NotificationSetting = Schema.Struct({
  name: Field.maybe(Schema.String),
  pubsubTopic: Field.maybe(Schema.String),
  notificationTypes: Field.list(Schema.String)
})
