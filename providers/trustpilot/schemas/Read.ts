/**
 * What Trustpilot answers. Tolerant: unknown fields pass, `null` stands for an absent field, an enumeration is a string.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { Field } from "holdfast"

/** Where else there is something: `rel` is not documented. */
const Link = Schema.Struct({
  href: Field.maybe(Schema.String),
  method: Field.maybe(Schema.String),
  rel: Field.maybe(Schema.String)
})

/** A number of reviews has been seen as a number and as an object with numbers. */
const Count = Schema.Union(Schema.Number, Schema.Struct({ total: Field.maybe(Schema.Number) }))

/**
 * @since 0.1.0
 * @category read
 */
export const BusinessUnit = Schema.Struct({
  id: Schema.String,
  displayName: Field.maybe(Schema.String),
  name: Field.maybe(Schema.Struct({ identifying: Field.maybe(Schema.String), referring: Field.list(Schema.String) })),
  websiteUrl: Field.maybe(Schema.String),
  country: Field.maybe(Schema.String),
  numberOfReviews: Field.maybe(Count),
  score: Field.maybe(
    Schema.Struct({ stars: Field.maybe(Schema.Number), trustScore: Field.maybe(Schema.Number) })
  ),
  status: Field.maybe(Schema.String),
  links: Field.list(Link)
})

/**
 * @since 0.1.0
 * @category read
 */
export const CompanyReply = Schema.Struct({
  text: Field.maybe(Schema.String),
  createdAt: Field.maybe(Schema.String)
})

/**
 * @since 0.1.0
 * @category read
 */
export const Tag = Schema.Struct({ group: Field.maybe(Schema.String), value: Field.maybe(Schema.String) })

/**
 * A review as everybody sees it.
 *
 * @since 0.1.0
 * @category read
 */
export const Review = Schema.Struct({
  id: Schema.String,
  /** 1 to 5. */
  stars: Field.maybe(Schema.Number),
  title: Field.maybe(Schema.String),
  text: Field.maybe(Schema.String),
  language: Field.maybe(Schema.String),
  createdAt: Field.maybe(Schema.String),
  updatedAt: Field.orNull(Schema.String),
  isVerified: Field.maybe(Schema.Boolean),
  companyReply: Field.orNull(CompanyReply),
  consumer: Field.maybe(Schema.Struct({
    id: Field.maybe(Schema.String),
    displayName: Field.maybe(Schema.String),
    displayLocation: Field.orNull(Schema.String),
    numberOfReviews: Field.maybe(Schema.Number)
  })),
  businessUnit: Field.maybe(Schema.Struct({
    id: Field.maybe(Schema.String),
    identifyingName: Field.maybe(Schema.String),
    displayName: Field.maybe(Schema.String)
  })),
  numberOfLikes: Field.maybe(Schema.Number),
  complianceLabels: Field.list(Schema.String),
  links: Field.list(Link)
})

/**
 * A review as the business sees it: with the number of the order and the address of who wrote it.
 *
 * @since 0.1.0
 * @category read
 */
export const PrivateReview = Schema.Struct({
  ...Review.fields,
  referenceId: Field.orNull(Schema.String),
  referralEmail: Field.orNull(Schema.String),
  tags: Field.list(Tag)
})

/**
 * @since 0.1.0
 * @category read
 */
export const ReviewPage = Schema.Struct({ reviews: Field.list(PrivateReview), links: Field.list(Link) })

/**
 * @since 0.1.0
 * @category read
 */
export const InvitationLink = Schema.Struct({ id: Field.maybe(Schema.String), url: Field.maybe(Schema.String) })

/**
 * @since 0.1.0
 * @category read
 */
export const Template = Schema.Struct({
  id: Schema.String,
  name: Field.maybe(Schema.String),
  locale: Field.maybe(Schema.String),
  language: Field.maybe(Schema.String),
  type: Field.maybe(Schema.String)
})

/**
 * @since 0.1.0
 * @category read
 */
export const Templates = Schema.Struct({ templates: Field.list(Template) })
