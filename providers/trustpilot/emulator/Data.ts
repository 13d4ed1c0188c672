/**
 * What the emulated Trustpilot starts with.
 *
 * @since 0.1.0
 */
import type * as Schemas from "../Schemas.js"

/**
 * A review, of which nothing but its id, its stars and its time has to be there.
 *
 * @since 0.1.0
 * @category models
 */
export type Seed =
  & Pick<typeof Schemas.PrivateReview.Type, "id">
  & Partial<typeof Schemas.PrivateReview.Type>
  & { readonly createdAt: string; readonly stars: number }

/**
 * A business unit with the people who may act for it.
 *
 * @since 0.1.0
 * @category models
 */
export interface Unit {
  readonly id: string
  /** The domain. */
  readonly name: string
  readonly displayName: string
  /** Ids of admins and managers: a reply is signed by one of them. */
  readonly users: ReadonlyArray<string>
  readonly templates: ReadonlyArray<typeof Schemas.Template.Type>
  readonly reviews: ReadonlyArray<Seed>
}

const hours = 3_600_000

/** The first of January 2026. */
const beginning = Date.UTC(2026, 0, 1)

const languages = ["en", "de", "da"]

/** Every sixth has no number of an order. */
const review = (_: unknown, index: number): Seed => ({
  id: `6a${String(index + 1).padStart(22, "0")}`,
  stars: index % 5 + 1,
  title: `Review ${index + 1}`,
  text: "It came, and it works.",
  language: languages[index % languages.length]!,
  createdAt: new Date(beginning + index * 6 * hours).toISOString(),
  isVerified: index % 6 !== 0,
  ...(index % 6 === 0 ? undefined : {
    referenceId: `order-${index + 1}`,
    referralEmail: `buyer-${index + 1}@example.com`
  }),
  tags: []
})

/**
 * `example.com`, of one manager, two templates and 60 reviews, one every six hours.
 *
 * @since 0.1.0
 * @category models
 */
export const sample: Unit = {
  id: "5f0000000000000000000001",
  name: "example.com",
  displayName: "Analytical Engines",
  users: ["5e0000000000000000000001"],
  templates: [
    { id: "5d0000000000000000000001", name: "Service reviews", locale: "en-GB" },
    { id: "5d0000000000000000000002", name: "Product reviews", locale: "en-GB" }
  ],
  reviews: Array.from({ length: 60 }, review)
}
