/**
 * What an emulated Trustpilot holds, and its rules.
 *
 * @since 0.1.0
 */
import type * as Schemas from "../Schemas.js"
import { refusal } from "./Bodies.js"
import type * as Data from "./Data.js"

type Stored = Data.Seed & { readonly unit: string }

type EmailInvitation = typeof Schemas.EmailInvitationInput.Type

type ListParams = typeof Schemas.ReviewListParams.Type

/**
 * @since 0.1.0
 * @category models
 */
export interface Invitation {
  readonly unit: string
  /** When it was asked for, epoch milliseconds. */
  readonly at: number
  readonly input: EmailInvitation
}

/** What is sent and told without a zone is in UTC. */
export const millisOf = (time: string): number => Date.parse(/Z$/.test(time) ? time : `${time}Z`)

const orders: Readonly<Record<NonNullable<ListParams["orderBy"]>, (a: Stored, b: Stored) => number>> = {
  "createdat.asc": (a, b) => millisOf(a.createdAt) - millisOf(b.createdAt),
  "createdat.desc": (a, b) => millisOf(b.createdAt) - millisOf(a.createdAt),
  "stars.asc": (a, b) => a.stars - b.stars,
  "stars.desc": (a, b) => b.stars - a.stars
}

const isSame = <A>(wanted: A | undefined, found: A | undefined) => wanted === undefined || wanted === found

/** `username`, `reported`, `findReviewer` and `internalLocationId` are taken, and choose nothing here. */
const fits = (params: ListParams) => (review: Stored): boolean => {
  const at = millisOf(review.createdAt)
  const { endDateTime, startDateTime, tagGroup, tagValue } = params
  return (params.stars === undefined || params.stars.includes(review.stars)) &&
    isSame(params.language, review.language) &&
    isSame(params.referenceId, review.referenceId) &&
    isSame(params.referralEmail, review.referralEmail) &&
    isSame(params.responded, review.companyReply !== undefined) &&
    (startDateTime === undefined || at >= millisOf(startDateTime)) &&
    (endDateTime === undefined || at <= millisOf(endDateTime)) &&
    (tagGroup === undefined && tagValue === undefined ||
      (review.tags ?? []).some(({ group, value }) => isSame(tagGroup, group) && isSame(tagValue, value)))
}

/**
 * Business units with their reviews, and the invitations that were asked for.
 *
 * @since 0.1.0
 * @category models
 */
export class Store {
  readonly units: ReadonlyMap<string, Data.Unit>
  readonly reviews = new Map<string, Stored>()
  readonly links = new Map<string, { readonly unit: string; readonly input: typeof Schemas.InvitationLinkInput.Type }>()
  invitations: ReadonlyArray<Invitation> = []

  constructor(units: ReadonlyArray<Data.Unit>) {
    this.units = new Map(units.map((unit) => [unit.id, unit]))
    for (const { id, reviews } of units) {
      for (const review of reviews) this.write(id, review)
    }
  }

  /** Somebody writes a review, which no operation of the API does. */
  write(unit: string, review: Data.Seed): void {
    this.reviews.set(review.id, { ...review, unit })
  }

  unit(id: string): Data.Unit {
    const unit = this.units.get(id)
    if (unit === undefined) throw refusal(404, `there is no business unit ${id}`)
    return unit
  }

  review(id: string): Stored {
    const review = this.reviews.get(id)
    if (review === undefined) throw refusal(404, `there is no review ${id}`)
    return review
  }

  of(unit: string): ReadonlyArray<Stored> {
    return [...this.reviews.values()].filter((review) => review.unit === unit)
  }

  find(name: string): typeof Schemas.BusinessUnit.Type {
    const unit = [...this.units.values()].find((unit) => unit.name === name.toLowerCase().replace(/^www\./, ""))
    if (unit === undefined) throw refusal(404, `there is no business unit ${name}`)
    return {
      id: unit.id,
      displayName: unit.displayName,
      name: { identifying: unit.name, referring: [unit.name, `www.${unit.name}`] },
      numberOfReviews: { total: this.of(unit.id).length },
      links: []
    }
  }

  /** A page past the end is empty. */
  page(unit: string, params: ListParams): typeof Schemas.ReviewPage.Type {
    this.unit(unit)
    const { orderBy = "createdat.desc", page = 1, perPage = 20 } = params
    const all = this.of(unit).filter(fits(params)).sort(orders[orderBy])
    return { links: [], reviews: all.slice((page - 1) * perPage, page * perPage).map((review) => this.shown(review)) }
  }

  shown({ unit: id, ...review }: Stored): typeof Schemas.PrivateReview.Type {
    const unit = this.unit(id)
    return {
      complianceLabels: [],
      links: [],
      numberOfLikes: 0,
      tags: [],
      ...review,
      businessUnit: { displayName: unit.displayName, id, identifyingName: unit.name },
      consumer: { displayName: "Ada L.", id: `5c${review.id.slice(2)}`, numberOfReviews: 1, ...review.consumer }
    }
  }

  /** Without what only the business sees. */
  open(id: string): typeof Schemas.Review.Type {
    const { referenceId: _, referralEmail: __, tags: ___, ...review } = this.shown(this.review(id))
    return review
  }

  reply(id: string, { authorBusinessUserId, message, submittedAt }: typeof Schemas.ReplyInput.Type, now: number): void {
    const review = this.review(id)
    this.actsFor(review.unit, authorBusinessUserId)
    if (review.companyReply !== undefined) throw refusal(400, "the review has a reply")
    const createdAt = new Date(submittedAt === undefined ? now : millisOf(submittedAt)).toISOString()
    this.reviews.set(id, { ...review, companyReply: { createdAt, text: message } })
  }

  deleteReply(id: string): void {
    const { companyReply, ...review } = this.review(id)
    if (companyReply === undefined) throw refusal(404, "the review has no reply")
    this.reviews.set(id, review)
  }

  /** Where somebody is named, it has to be one of the unit. */
  actsFor(unit: string, user: string | undefined): void {
    if (user !== undefined && !this.unit(unit).users.includes(user)) {
      throw refusal(403, `${user} is no admin or manager of ${unit}`)
    }
  }

  invite(unit: string, input: EmailInvitation, at: number): void {
    const known = new Set(this.unit(unit).templates.map(({ id }) => id))
    for (const templateId of [input.serviceReviewInvitation?.templateId, input.productReviewInvitation?.templateId]) {
      if (templateId !== undefined && !known.has(templateId)) throw refusal(400, `there is no template ${templateId}`)
    }
    this.invitations = [...this.invitations, { at, input, unit }]
  }

  link(unit: string, input: typeof Schemas.InvitationLinkInput.Type) {
    const { name } = this.unit(unit)
    const id = `5b${String(this.links.size + 1).padStart(22, "0")}`
    this.links.set(id, { input, unit })
    return { id, url: `https://www.trustpilot.com/evaluate-link/${id}?domain=${name}` }
  }

  /** How many invitations are gone. */
  deleteData(unit: string, { customerEmails, deleteOlderThan }: typeof Schemas.InvitationDataDeletion.Type): number {
    this.unit(unit)
    const isGone = (invitation: Invitation) =>
      invitation.unit === unit &&
      (customerEmails?.includes(invitation.input.consumerEmail) ??
        (deleteOlderThan !== undefined && invitation.at < millisOf(deleteOlderThan)))
    const before = this.invitations.length
    this.invitations = this.invitations.filter((invitation) => !isGone(invitation))
    return before - this.invitations.length
  }
}
