/**
 * What Intercom is sent.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { Field } from "holdfast"
import { SearchQuery } from "../Search.js"

/** Seconds since 1970. */
const Seconds = Schema.Int

const Value = Schema.Union(Schema.String, Schema.JsonNumber, Schema.Boolean, Schema.Null)

/** @internal */
export const byId = Schema.Struct({ id: Schema.NonEmptyString })

/** @internal */
export const byExternalId = Schema.Struct({ externalId: Schema.NonEmptyString })

const EmailAddress = Schema.String.pipe(
  Schema.pattern(/^[^\s@]+@[^\s@]+$/, { message: () => "an e-mail address" })
)

const contactFields = {
  avatar: Field.may(Schema.NullOr(Schema.String)),
  /** By their names, which have to be there. */
  custom_attributes: Field.may(Schema.Record({ key: Schema.String, value: Value })),
  last_seen_at: Field.may(Schema.NullOr(Seconds)),
  name: Field.may(Schema.NullOr(Schema.String)),
  owner_id: Field.may(Schema.NullOr(Schema.Int)),
  phone: Field.may(Schema.NullOr(Schema.String)),
  signed_up_at: Field.may(Schema.NullOr(Seconds)),
  unsubscribed_from_emails: Field.may(Schema.Boolean)
}

const identity = {
  email: Field.may(EmailAddress),
  external_id: Field.may(Schema.NonEmptyString),
  role: Field.may(Schema.Literal("lead", "user"))
}

/**
 * With at least one of `email`, `external_id` and `role`.
 *
 * @since 0.1.0
 * @category sent
 */
export const ContactInput = Schema.Struct({ ...contactFields, ...identity }).pipe(
  Schema.filter((contact) =>
    "email" in contact || "external_id" in contact || "role" in contact ||
    "one of email, external_id and role is needed"
  )
)

/**
 * @since 0.1.0
 * @category sent
 */
export const ContactUpdate = Schema.Struct({ ...contactFields, ...identity })

/**
 * The lead `from` is gone, and what it had is with the user `into`.
 *
 * @since 0.1.0
 * @category sent
 */
export const MergeInput = Schema.Struct({ from: Schema.NonEmptyString, into: Schema.NonEmptyString })

const maxPage = 150

const PerPage = Schema.Int.pipe(Schema.between(1, maxPage))

/**
 * @since 0.1.0
 * @category sent
 */
export const ListParams = Schema.Struct({
  /** 1 to 150. */
  per_page: Field.may(Schema.NumberFromString.pipe(Schema.int(), Schema.between(1, maxPage))),
  starting_after: Field.may(Schema.NonEmptyString)
})

/**
 * @since 0.1.0
 * @category sent
 */
export const SearchInput = Schema.Struct({
  pagination: Field.may(
    Schema.Struct({ per_page: Field.may(PerPage), starting_after: Field.may(Schema.NonEmptyString) })
  ),
  query: SearchQuery,
  sort: Field.may(Schema.Struct({ field: Schema.NonEmptyString, order: Schema.Literal("ascending", "descending") }))
})

/**
 * @since 0.1.0
 * @category sent
 */
export const ConversationParams = Schema.Struct({
  /** Texts without HTML. */
  display_as: Field.may(Schema.Literal("plaintext"))
})

const Attachments = Schema.Array(Schema.NonEmptyString).pipe(Schema.maxItems(10))

/**
 * A conversation that a contact begins.
 *
 * @since 0.1.0
 * @category sent
 */
export const ConversationInput = Schema.Struct({
  attachment_urls: Field.may(Attachments),
  body: Schema.NonEmptyString,
  created_at: Field.may(Seconds),
  from: Schema.Struct({ id: Schema.NonEmptyString, type: Schema.Literal("contact", "lead", "user") })
})

/** Of two one would be sent, and the other be dropped without a word. */
const other = Schema.optionalWith(Schema.Never.annotations({ message: () => "who it is is said in one way" }), {
  exact: true
})

const reply = { attachment_urls: Field.may(Attachments), created_at: Field.may(Seconds) }

const contactReply = {
  ...reply,
  body: Schema.NonEmptyString,
  message_type: Schema.Literal("comment"),
  type: Schema.Literal("user")
}

/**
 * Of an admin, or of a contact by one of its ids.
 *
 * @since 0.1.0
 * @category sent
 */
export const ReplyInput = Schema.Union(
  Schema.Struct({
    ...reply,
    admin_id: Schema.NonEmptyString,
    body: Field.may(Schema.NonEmptyString),
    message_type: Schema.Literal("comment", "note", "quick_reply"),
    reply_options: Field.may(Schema.Array(Schema.Struct({ text: Schema.NonEmptyString, uuid: Schema.NonEmptyString }))),
    type: Schema.Literal("admin")
  }),
  Schema.Struct({ ...contactReply, intercom_user_id: Schema.NonEmptyString, user_id: other, email: other }),
  Schema.Struct({ ...contactReply, intercom_user_id: other, user_id: Schema.NonEmptyString, email: other }),
  Schema.Struct({ ...contactReply, intercom_user_id: other, user_id: other, email: EmailAddress })
)

const message = {
  body: Schema.NonEmptyString,
  created_at: Field.may(Seconds),
  create_conversation_without_contact_reply: Field.may(Schema.Boolean),
  from: Schema.Struct({ id: Schema.Int, type: Schema.Literal("admin") }),
  to: Schema.Struct({ id: Schema.NonEmptyString, type: Schema.Literal("contact", "lead", "user") })
}

/**
 * @since 0.1.0
 * @category sent
 */
export const MessageInput = Schema.Union(
  // the reference says in_app, Intercom's own SDK sends inapp
  Schema.Struct({ ...message, message_type: Schema.Literal("in_app", "inapp") }),
  Schema.Struct({
    ...message,
    message_type: Schema.Literal("email"),
    subject: Schema.NonEmptyString,
    template: Field.may(Schema.Literal("personal", "plain"))
  })
)

/** Of a text and its `url` or an amount and its currency, Intercom has forms of its own. */
const Metadata = Schema.Record({ key: Schema.String, value: Schema.Unknown })

const event = { created_at: Seconds, event_name: Schema.NonEmptyString, metadata: Field.may(Metadata) }

/**
 * What a contact did, by one of its ids. The same event of the same second is one.
 *
 * @since 0.1.0
 * @category sent
 */
export const EventInput = Schema.Union(
  Schema.Struct({ ...event, user_id: Schema.NonEmptyString, id: other, email: other }),
  Schema.Struct({ ...event, user_id: other, id: Schema.NonEmptyString, email: other }),
  Schema.Struct({ ...event, user_id: other, id: other, email: EmailAddress })
)
