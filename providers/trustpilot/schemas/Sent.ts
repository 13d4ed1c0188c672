/**
 * What Trustpilot is sent. Strict: a request that it is known to refuse fails before it leaves.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { Field } from "holdfast"

const Text = Schema.NonEmptyTrimmedString

/**
 * An id, of a business unit, a review, a person or a template.
 *
 * @since 0.1.0
 * @category sent
 */
export const Id = Schema.String.pipe(Schema.pattern(/^[\w-]+$/, { message: () => "an id, without spaces and slashes" }))

/**
 * An instant without its zone, `2026-01-31T12:00:00`, as Trustpilot wants it; `timeOf` makes one.
 *
 * @since 0.1.0
 * @category sent
 */
export const Time = Schema.String.pipe(
  Schema.pattern(/^\d{4}-[01]\d-[0-3]\dT[0-2]\d:[0-5]\d:[0-5]\d$/, {
    message: () => "a time such as 2026-01-31T12:00:00, in UTC and without a zone"
  })
)

const Email = Schema.String.pipe(Schema.pattern(/^[^\s@]+@[^\s@]+$/, { message: () => "an e-mail address" }))

const Locale = Schema.String.pipe(
  Schema.pattern(/^[a-z]{2,3}-[A-Z]{2}$/, { message: () => "a locale such as en-GB" })
)

const Uri = Schema.String.pipe(Schema.filter((text) => URL.canParse(text) || "a URL"))

const Stars = Schema.NumberFromString.pipe(Schema.int(), Schema.between(1, 5))

/**
 * @since 0.1.0
 * @category sent
 */
export const byBusinessUnit = Schema.Struct({ businessUnitId: Id })

/**
 * @since 0.1.0
 * @category sent
 */
export const byReview = Schema.Struct({ reviewId: Id })

/**
 * Who does it, with a token that is nobody's (`client_credentials`): the id of an admin or a manager.
 *
 * @since 0.1.0
 * @category sent
 */
export const BusinessUserHeaders = Schema.Struct({ "x-business-user-id": Field.may(Id) })

/**
 * @since 0.1.0
 * @category sent
 */
export const FindParams = Schema.Struct({
  /** The domain, `example.com`. */
  name: Schema.String.pipe(
    Schema.pattern(/^[^\s/:]+\.[^\s/:]+$/, { message: () => "a domain such as example.com, without https:// and path" })
  )
})

const Order = Schema.Literal("createdat.asc", "createdat.desc", "stars.asc", "stars.desc")

/**
 * `perPage` is 1 to 100, Trustpilot's default 20; `page` counts from 1; the newest come first. `startDateTime` and
 * `endDateTime` are of when a review was written.
 *
 * @since 0.1.0
 * @category sent
 */
export const ReviewListParams = Schema.Struct({
  stars: Field.may(Field.csv(Stars)),
  /** Two letters. */
  language: Field.may(Schema.String.pipe(Schema.pattern(/^[a-z]{2,3}$/, { message: () => "a language such as en" }))),
  page: Field.may(Schema.NumberFromString.pipe(Schema.int(), Schema.greaterThanOrEqualTo(1))),
  perPage: Field.may(Schema.NumberFromString.pipe(Schema.int(), Schema.between(1, 100))),
  orderBy: Field.may(Order),
  startDateTime: Field.may(Time),
  endDateTime: Field.may(Time),
  /** Whether there is a reply. */
  responded: Field.may(Schema.BooleanFromString),
  reported: Field.may(Schema.BooleanFromString),
  findReviewer: Field.may(Schema.BooleanFromString),
  referenceId: Field.may(Text),
  referralEmail: Field.may(Email),
  tagGroup: Field.may(Text),
  tagValue: Field.may(Text),
  internalLocationId: Field.may(Text),
  username: Field.may(Text)
})

/**
 * @since 0.1.0
 * @category sent
 */
export const ReplyInput = Schema.Struct({
  /** Who signs it: an admin or a manager. */
  authorBusinessUserId: Id,
  message: Text,
  submittedAt: Field.may(Time)
})

/**
 * The group `generic` is the one that the Business app shows.
 *
 * @since 0.1.0
 * @category sent
 */
export const TagInput = Schema.Struct({ group: Text, value: Text })

/**
 * All tags that the review has afterwards.
 *
 * @since 0.1.0
 * @category sent
 */
export const TagsInput = Schema.Struct({ tags: Schema.Array(TagInput) })

const invitation = {
  templateId: Field.may(Id),
  /** In UTC. Left out: at once. */
  preferredSendTime: Field.may(Time),
  redirectUri: Field.may(Uri)
}

const Product = Schema.Struct({
  sku: Text,
  name: Text,
  mpn: Field.may(Text),
  brand: Field.may(Text),
  imageUrl: Field.may(Uri),
  productUrl: Field.may(Uri)
})

/**
 * To one person. `referenceNumber`, the number of the order, is the only thing by which a second one can be told.
 *
 * @since 0.1.0
 * @category sent
 */
export const EmailInvitationInput = Schema.Struct({
  consumerEmail: Email,
  consumerName: Text,
  referenceNumber: Field.may(Text),
  locale: Field.may(Locale),
  senderName: Field.may(Text),
  senderEmail: Field.may(Email),
  replyTo: Field.may(Email),
  locationId: Field.may(Text),
  type: Field.may(Schema.Literal("email")),
  serviceReviewInvitation: Field.may(Schema.Struct({ ...invitation, tags: Field.may(Schema.Array(Text)) })),
  productReviewInvitation: Field.may(
    Schema.Struct({
      ...invitation,
      products: Field.may(Schema.NonEmptyArray(Product)),
      productSkus: Field.may(Schema.NonEmptyArray(Text))
    }).pipe(
      Schema.filter(({ productSkus, products }) =>
        (products === undefined) !== (productSkus === undefined) || "one of products and productSkus"
      )
    )
  )
}).pipe(
  Schema.filter((input) =>
    input.serviceReviewInvitation !== undefined || input.productReviewInvitation !== undefined ||
    "to what? give serviceReviewInvitation, productReviewInvitation, or both"
  )
)

/**
 * @since 0.1.0
 * @category sent
 */
export const InvitationLinkInput = Schema.Struct({
  referenceId: Field.may(Text),
  email: Field.may(Email),
  name: Field.may(Text),
  locale: Field.may(Locale),
  tags: Field.may(Schema.Array(Text)),
  redirectUri: Field.may(Uri)
})

/**
 * Whose data goes, for good: that of these customers, or all that is older.
 *
 * @since 0.1.0
 * @category sent
 */
export const InvitationDataDeletion = Schema.Struct({
  customerEmails: Field.may(Schema.NonEmptyArray(Email)),
  deleteOlderThan: Field.may(Time)
}).pipe(
  Schema.filter(({ customerEmails, deleteOlderThan }) =>
    (customerEmails === undefined) !== (deleteOlderThan === undefined) || "one of customerEmails and deleteOlderThan"
  )
)
