/**
 * What Tidio is sent, strictly.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { Field } from "holdfast"

/**
 * @since 0.1.0
 * @category sent
 */
export const byContact = Schema.Struct({ contactId: Schema.UUID })

/**
 * The number of a ticket, or what `tickets.create` gave for it.
 *
 * @since 0.1.0
 * @category sent
 */
export const byTicket = Schema.Struct({
  ticketId: Schema.Union(Schema.NumberFromString.pipe(Schema.int(), Schema.positive()), Schema.UUID)
})

/**
 * @since 0.1.0
 * @category sent
 */
export const byProduct = Schema.Struct({ productId: Schema.NumberFromString.pipe(Schema.int()) })

const email = Schema.String.pipe(Schema.pattern(/^[^\s@]+@[^\s@]+$/, { message: () => "an e-mail address" }))

const url = Schema.String.pipe(
  Schema.pattern(/^https?:\/\/\S+$/, { message: () => "a URL with http or https" }),
  Schema.maxLength(512)
)

const upTo = (length: number) => Schema.NonEmptyString.pipe(Schema.maxLength(length))

/**
 * Query of `tickets.list` and `operators.list`. Nothing says how long a page is to be.
 *
 * @since 0.1.0
 * @category sent
 */
export const ListParams = Schema.Struct({ cursor: Field.may(Schema.NonEmptyString) })

/**
 * Query of `contacts.list`: all of them, or those of one address, which is whole.
 *
 * @since 0.1.0
 * @category sent
 */
export const ContactListParams = Schema.Struct({ ...ListParams.fields, email: Field.may(email) })

const name = { name: upTo(128) }

const value = Schema.String.pipe(Schema.maxLength(1000))

const texts = { first_name: upTo(127), last_name: upTo(127), email, phone: upTo(155) }

const distinct_id = upTo(55)

const email_consent = Schema.Literal("subscribed", "unsubscribed")

/**
 * A new contact: one more, also where there is one of the same address or `distinct_id`. That is its id in one's own
 * system. Properties are those that the project has defined.
 *
 * @since 0.1.0
 * @category sent
 */
export const ContactInput = Schema.Struct({
  distinct_id,
  email: Field.may(texts.email),
  first_name: Field.may(texts.first_name),
  last_name: Field.may(texts.last_name),
  phone: Field.may(texts.phone),
  email_consent: Field.may(email_consent),
  properties: Field.may(Schema.Array(Schema.Struct({ ...name, value })))
}).pipe(
  Schema.filter(({ email, first_name, last_name, phone }) =>
    [email, first_name, last_name, phone].some((field) => field !== undefined)
      ? undefined
      : "a contact has an email, a first_name, a last_name or a phone"
  )
)

const changes = {
  distinct_id: Field.may(distinct_id),
  email: Field.may(Schema.NullOr(texts.email)),
  first_name: Field.may(Schema.NullOr(texts.first_name)),
  last_name: Field.may(Schema.NullOr(texts.last_name)),
  phone: Field.may(Schema.NullOr(texts.phone)),
  email_consent: Field.may(email_consent),
  properties: Field.may(Schema.Array(Schema.Struct({ ...name, value: Schema.NullOr(value) })))
}

const somethingBut = (...names: ReadonlyArray<string>) => (input: object) =>
  Object.keys(input).some((name) => !names.includes(name)) ? undefined : "nothing to change"

/**
 * What is to change: `null` clears a field, and what is not there stays as it is. `distinct_id` cannot be cleared.
 *
 * @since 0.1.0
 * @category sent
 */
export const ContactUpdate = Schema.Struct(changes).pipe(Schema.filter(somethingBut()))

const batchOf = <A, I>(schema: Schema.Schema<A, I>) => Schema.NonEmptyArray(schema).pipe(Schema.maxItems(100))

/**
 * Up to 100, of which all are made, or none.
 *
 * @since 0.1.0
 * @category sent
 */
export const ContactBatch = Schema.Struct({ contacts: batchOf(ContactInput) })

/**
 * Up to 100, of which all are changed, or none.
 *
 * @since 0.1.0
 * @category sent
 */
export const ContactUpdateBatch = Schema.Struct({
  contacts: batchOf(Schema.Struct({ id: Schema.UUID, ...changes }).pipe(Schema.filter(somethingBut("id"))))
})

/**
 * A ticket as if its contact had written. Without a department it goes to the general one.
 *
 * @since 0.1.0
 * @category sent
 */
export const TicketInput = Schema.Struct({
  contact_email: email,
  subject: Schema.NonEmptyString,
  message_content: Schema.NonEmptyString,
  assigned_department_id: Field.may(Schema.UUID)
})

/**
 * Written by an operator, who is named, as `public` or as an `internal` note; or by the contact.
 *
 * @since 0.1.0
 * @category sent
 */
export const ReplyInput = Schema.Union(
  Schema.Struct({
    author_type: Schema.Literal("operator"),
    operator_id: Schema.UUID,
    content: Schema.NonEmptyString,
    message_type: Field.may(Schema.Literal("public", "internal"))
  }),
  Schema.Struct({
    author_type: Schema.Literal("contact"),
    content: Schema.NonEmptyString,
    message_type: Field.may(Schema.Literal("public"))
  })
)

/**
 * `assigned: null` takes the ticket from whoever has it.
 *
 * @since 0.1.0
 * @category sent
 */
export const TicketUpdate = Schema.Struct({
  status: Field.may(Schema.Literal("open", "pending", "solved")),
  priority: Field.may(Schema.Literal("low", "normal", "urgent")),
  assigned: Field.may(
    Schema.NullOr(Schema.Struct({ type: Schema.Literal("operator", "department"), id: Schema.UUID }))
  )
}).pipe(Schema.filter(somethingBut()))

/** As Tidio's reference writes it: without fractions, and with an offset. */
const Time = Schema.transform(Schema.String, Schema.DateTimeUtc, {
  strict: true,
  decode: (text) => text,
  encode: (iso) => iso.replace(/\.\d+Z$/, "+00:00")
})

const short = upTo(255)

/** By a filter: a record whose keys are refined drops those that do not fit. */
const Features = Schema.Record({ key: Schema.String, value: Schema.String.pipe(Schema.maxLength(255)) }).pipe(
  Schema.filter((features) =>
    Object.keys(features).every((key) => key.length <= 255)
      ? undefined
      : "the name of a feature has 255 characters at most"
  )
)

/**
 * One variant of a product, whole: what is there under its `id` is replaced.
 *
 * @since 0.1.0
 * @category sent
 */
export const ProductInput = Schema.Struct({
  id: Schema.Int,
  url,
  title: upTo(512),
  description: Schema.String,
  default_currency: Schema.NonEmptyTrimmedString,
  status: Schema.Literal("visible", "hidden"),
  updated_at: Time,
  price: Field.may(Schema.NullOr(Schema.NonNegative)),
  image_url: Field.may(url),
  vendor: Field.may(short),
  product_type: Field.may(short),
  sku: Field.may(short),
  barcode: Field.may(short),
  features: Field.may(Features)
})

/**
 * @since 0.1.0
 * @category sent
 */
export interface ProductInput extends Schema.Schema.Type<typeof ProductInput> {}

/**
 * Up to 100, of which all are taken, or none.
 *
 * @since 0.1.0
 * @category sent
 */
export const ProductBatch = Schema.Struct({ products: batchOf(ProductInput) })
